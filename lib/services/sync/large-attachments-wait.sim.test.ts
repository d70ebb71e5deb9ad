/** Uploads that have to wait do so at nobody else's cost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { exchangeLimits } from "@/lib/core/pacing";
import type { Destination } from "@/lib/ports/destination";
import { alice, bob, carol, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";
import { createSlots } from "./concurrency";
import { runLane } from "./lane";
import type { SyncParts } from "./parts";
import { transferRun } from "./transfer";

const people = [alice, bob, carol];
const sizeBytes = 9_000_000;
const longMs = 300_000;
const soon = { timeout: 20_000 };

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world(people, []));
});
afterAll(() => open.close());

/** Everybody has one message with a file that goes in pieces, and a short one. */
async function transferred(): Promise<void> {
  const file = { name: "a.mp4", contentType: "video/mp4", sizeBytes };
  const records = people.flatMap((owner) => {
    const body = { messageType: "FILE", attachments: [{ ...file, id: `file-${owner.name}` }] };
    return [
      chat({ id: `large-${owner.name}`, receivedAt: hoursAgo(3), owner, body }),
      chat({ id: `short-${owner.name}`, receivedAt: hoursAgo(2), owner }),
    ];
  });
  const stored = people.map(({ name }, seed) => [`file-${name}`, { sizeBytes, seed }] as const);
  await open.reset(world(people, records, Object.fromEntries(stored)));
  const { runId } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 157286400`);
  await transferRun(open.parts, runId, open.signal);
}

async function laneOf(upn: string): Promise<string> {
  const [row] = await open.sql.query<{ id: string }>(
    `SELECT l."id" FROM "Lane" l JOIN "DirectoryMailbox" m ON m."id" = l."mailboxId"
     WHERE m."upn" = $1`,
    [upn],
  );
  return row?.id ?? "";
}

/** One place for each who is made to wait. */
function narrow(more: Partial<SyncParts> = {}): SyncParts {
  return { ...open.parts, heavySlots: createSlots(2), graphSlots: createSlots(2), ...more };
}

/** How many readings of staged files are open. */
function watchedStaging() {
  const { staging } = open.parts;
  const seen = { open: 0 };
  const watched: SyncParts["staging"] = {
    ...staging,
    async *readFile(...how) {
      seen.open += 1;
      try {
        yield* staging.readFile(...how);
      } finally {
        seen.open -= 1;
      }
    },
  };
  return { seen, staging: watched };
}

/** Answers the second piece of every upload of a mailbox with a 429, as long as it is said. */
function throttling(isThrottled: (url: string) => boolean) {
  const { destination } = open.parts;
  const seen = { throttled: 0 };
  const asksForPause: Destination = {
    ...destination,
    async sendPiece(url, piece, signal) {
      if (piece.from === 0 || !isThrottled(url)) return destination.sendPiece(url, piece, signal);
      seen.throttled += 1;
      return { outcome: "throttled", retryAfterMs: longMs };
    },
  };
  return { seen, destination: asksForPause };
}

/** Two mailboxes wait for minutes; whatever the third one has arrives meanwhile. */
async function othersGoOn(
  parts: (upn: string) => SyncParts,
  areWaiting: () => boolean,
): Promise<void> {
  const leave = new AbortController();
  const waiting = await Promise.all(
    [alice, bob].map(async ({ upn }) => ({ parts: parts(upn), laneId: await laneOf(upn) })),
  );
  let told = 0;
  const onWait = () => void (told += 1);
  const turns = waiting.map(({ parts: own, laneId }) => runLane(own, laneId, leave.signal, onWait));
  try {
    await expect.poll(areWaiting, soon).toBe(true);
    expect(told).toBe(2);
    const other = runLane(parts(carol.upn), await laneOf(carol.upn), leave.signal);
    turns.push(other);
    await expect.poll(async () => (await open.mail(carol.upn)).length, soon).toBe(2);
    await other;
    const found = (await open.mail(carol.upn)).flatMap(({ attachments }) => attachments);
    expect(found).toMatchObject([{ size: sizeBytes }]);
  } finally {
    leave.abort();
    await Promise.all(turns);
  }
}

test("mailboxes that ask for a pause in the middle of an upload keep no place from the others", async () => {
  await transferred();
  const { seen: read, staging } = watchedStaging();
  const { seen, destination } = throttling(() => true);
  const shared = narrow({ staging });
  await othersGoOn(
    (upn) => (upn === carol.upn ? shared : { ...shared, destination }),
    () => seen.throttled === 2 && read.open === 0,
  );
});

test("mailboxes whose windows are full in the middle of an upload keep no place from the others", async () => {
  await transferred();
  const { seen: read, staging } = watchedStaging();
  const shared = narrow({ staging });
  const bytes = { count: 5_000_000, seconds: 600 };
  const traffic = { ...exchangeLimits, bytes };
  const paced = { ...shared, limits: { ...shared.limits, traffic } };
  let pieces = 0;
  const { destination } = open.parts;
  const counted: Destination = {
    ...destination,
    async sendPiece(...how) {
      const answer = await destination.sendPiece(...how);
      pieces += 1;
      return answer;
    },
  };
  await othersGoOn(
    (upn) => (upn === carol.upn ? shared : { ...paced, destination: counted }),
    () => pieces === 2 && read.open === 0,
  );
});
