import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { v7 as uuid } from "uuid";
import type { CreateAnswer } from "@/lib/ports/destination";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { laneRenewMs: 100 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

/** Three of them are sent at a time. */
const batch = Array.from({ length: 40 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function transferred(records: readonly unknown[] = batch, attachments = {}) {
  await open.reset(world([alice, bob], records, attachments));
  const connector = await open.finish();
  await transferRun(open.parts, connector.runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  return { ...connector, laneId };
}

const set = (assignments: string, connectorId: string) =>
  open.sql.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [connectorId]);

async function states(connectorId?: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of await open.deliveries()) {
    if (connectorId !== undefined && row["connectorId"] !== connectorId) continue;
    counts[String(row["state"])] = (counts[String(row["state"])] ?? 0) + 1;
  }
  return counts;
}

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** As the adapter answers a request that was ended under way. */
async function hangs(signal: AbortSignal): Promise<CreateAnswer> {
  const sentAt = new Date();
  const { opened, open: end } = gate();
  signal.addEventListener("abort", end);
  if (!signal.aborted) await opened;
  return { outcome: "inDoubt", status: null, sentAt };
}

/**
 * Runs the lane to the end of its turn and meddles at the first create. What is created after it
 * hangs, or ends when the lane has heard of the meddling and before it is told a second time.
 * @returns how many renewals had said so when what hung was ended
 */
async function meddledWith(
  laneId: string,
  meddle: () => Promise<unknown>,
  others: "hang" | "end" = "end",
): Promise<number> {
  const [meddled, told, landed] = [gate(), gate(), gate()];
  const seen = { isFirst: true, underWay: 0, renewals: 0, ended: 0 };
  let last = meddled.opened;
  const { destination, store } = open.parts;
  const parts: typeof open.parts = {
    ...open.parts,
    destination: {
      ...destination,
      async createMessage(...how) {
        if (seen.isFirst) {
          seen.isFirst = false;
          const answer = await destination.createMessage(...how);
          await meddle();
          meddled.open();
          return answer;
        }
        await meddled.opened;
        if (others === "hang") {
          const answer = await hangs(how[3]);
          seen.ended ||= seen.renewals;
          return answer;
        }
        seen.underWay += 1;
        await told.opened;
        const answer = await destination.createMessage(...how);
        seen.underWay -= 1;
        if (seen.underWay === 0) landed.open();
        return answer;
      },
    },
    store: {
      ...store,
      renewLane(...how) {
        const renewed = last.then(async () => {
          seen.renewals += 1;
          if (seen.renewals > 1 && others === "end") await landed.opened;
          return store.renewLane(...how);
        });
        // The lane hears of each before the next one is asked for.
        last = renewed.then(setImmediate, setImmediate).then(told.open);
        return renewed;
      },
    },
  };
  await runLane(parts, laneId, open.signal);
  landed.open();
  return seen.ended;
}

test("a pause stops a batch under way: nothing more is sent, and what was in flight too long is in doubt", async () => {
  const { id, laneId, runId } = await transferred();
  const renewals = await meddledWith(laneId, () => set(`"state" = 'PAUSED'`, id), "hang");
  // Every three seconds in a worker, and everything has to be over within ten.
  expect(renewals).toBe(2);
  expect(await states()).toEqual({ IMPORTED: 1, IMPORTING: 3, PENDING: 36 });

  await open.drain();
  expect(await states()).toEqual({ IMPORTED: 1, IMPORTING: 3, PENDING: 36 });
  await set(`"state" = 'ACTIVE'`, id);
  await open.drainUntil(async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 40, open: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(40);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("what is in flight when the pause comes and ends soon is waited for, not doubted", async () => {
  const { id, laneId } = await transferred();
  await meddledWith(laneId, () => set(`"state" = 'PAUSED'`, id));
  const { IMPORTED = 0, PENDING = 0, ...others } = await states();
  expect([others, IMPORTED + PENDING]).toEqual([{}, 40]);
  expect(PENDING).toBeGreaterThanOrEqual(36);
});

test.each([
  ["paused", `"state" = 'PAUSED'`, "PENDING"],
  ["deleted", `"state" = 'DELETED', "deletedAt" = now()`, "FAILED"],
  [
    "waiting for consent",
    `"state" = 'NEEDS_ATTENTION', "attentionCode" = 'ConsentRevoked'`,
    "PENDING",
  ],
])(
  "of two connectors that write into one mailbox the one that is %s stops, the other goes on",
  async (_name, change, rest) => {
    const { id, laneId } = await transferred();
    const other = await secondConnector(id);
    await meddledWith(laneId, () => set(change, id));
    expect(await states(other)).toEqual({ IMPORTED: 20 });
    expect((await states(id))[rest]).toBeGreaterThanOrEqual(16);
  },
);

test("a pause in the middle of an upload stops it; the half message is removed, and written whole when the pause is over", async () => {
  const sizeBytes = 9_000_000;
  const file = { id: "a", name: "a.mp4", contentType: "video/mp4", sizeBytes };
  const body = { messageType: "FILE", attachments: [file] };
  const record = chat({ id: "large", receivedAt: hoursAgo(2), body });
  const { id, laneId, runId } = await transferred([record], { a: { sizeBytes, seed: 1 } });
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "PUT", path: "attachment-sessions", times: 1, skip: 1 },
    effect: { delayMs: 8_000 },
  });
  const turn = runLane(open.parts, laneId, open.signal);
  await expect.poll(() => open.mail(alice.upn), { timeout: 20_000 }).not.toEqual([]);
  await set(`"state" = 'PAUSED'`, id);
  await turn;
  expect(await states()).toEqual({ IMPORTING: 1 });

  await open.drainUntil(async () => (await states())["PENDING"] === 1);
  expect(await open.mail(alice.upn)).toEqual([]);
  await set(`"state" = 'ACTIVE'`, id);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect((await open.mail(alice.upn)).map(({ attachments }) => attachments.length)).toEqual([1]);
});

/** Half of what the first one transferred belongs to another one. */
async function secondConnector(firstId: string): Promise<string> {
  const id = uuid();
  await open.sql.query(
    `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
       "sourceUsername", "timeOfDay", "zone", "automaticMapping", "messageDomain", "finishedAt", "createdById", "updatedAt")
     SELECT "tenantId", $2, 'Second', 'ACTIVE', 'second', 'Second', "sourceUsername", "timeOfDay", "zone",
       "automaticMapping", "messageDomain", "finishedAt", "createdById", now()
     FROM "Connector" WHERE "id" = $1`,
    [firstId, id],
  );
  const half = `(SELECT "id" FROM "SyncItem" ORDER BY "id" OFFSET 20)`;
  await open.sql.query(`UPDATE "Delivery" SET "connectorId" = $1 WHERE "itemId" IN ${half}`, [id]);
  await open.sql.query(`UPDATE "SyncItem" SET "connectorId" = $1 WHERE "id" IN ${half}`, [id]);
  return id;
}
