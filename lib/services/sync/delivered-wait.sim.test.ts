/** Delivered mails of megabytes whose mailbox makes their files wait. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emlWithFiles } from "@/lib/core/eml-builder";
import { sha256Hex } from "@/lib/core/keys";
import type { Destination } from "@/lib/ports/destination";
import { createDeliveredWorld, mail, name, person, sentAt } from "@/lib/testing/delivered-world";
import type { DeliveredWorld } from "@/lib/testing/delivered-world";
import { alice, bob } from "@/lib/testing/records";
import { deliveryOf } from "@/lib/testing/zip-files";
import { runLane } from "./lane";
import type { SyncParts } from "./parts";
import { transferRun } from "./transfer";

const soon = { timeout: 20_000 };

let open: DeliveredWorld;
beforeAll(async () => {
  open = await createDeliveredWorld();
});
afterAll(() => open.close());

/** One of the first two fits into the create, the other goes in one request, the last in pieces. */
const contents = [2_400_000, 2_600_000, 4_500_000].map((bytes) => randomBytes(bytes));
const whole = contents.map(sha256Hex).toSorted();

/** One mail from Alice to Bob with files of megabytes, staged for both. */
async function transferred(): Promise<{ parts: SyncParts; runId: string }> {
  const drop = await open.dropped();
  const files = contents.map((bytes, index) => {
    const disposition = `Content-Disposition: attachment; filename="v${index}.mp4"`;
    return { head: `Content-Type: video/mp4\r\n${disposition}`, bytes };
  });
  const headers = { From: person(alice), To: person(bob), Date: sentAt };
  drop.put(name(1), await deliveryOf([emlWithFiles(files, headers), mail("m1")]));
  const { runId } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 157286400`);
  await transferRun(drop.parts, runId, open.signal);
  return { parts: drop.parts, runId };
}

async function arrived(upn: string): Promise<string[]> {
  const found = (await open.mail(upn)).flatMap(({ attachments }) => attachments);
  return found.map(({ sha256 }) => sha256).toSorted();
}

/** Asks for a pause before each file, and in the middle of what goes in pieces; once each. */
function askingForPauses({ destination }: SyncParts, retryAfterMs: number) {
  const paused = new Set<string>();
  const isNew = (place: string) => paused.size < paused.add(place).size;
  const throttled = { outcome: "throttled", retryAfterMs } as const;
  const asking: Destination = {
    ...destination,
    addAttachment: async (...how) =>
      isNew("whole") ? throttled : destination.addAttachment(...how),
    openSession: async (...how) => (isNew("session") ? throttled : destination.openSession(...how)),
    sendPiece: async (url, piece, signal) =>
      isNew(`piece ${piece.from}`) ? throttled : destination.sendPiece(url, piece, signal),
  };
  return { paused, destination: asking };
}

test("a mail whose mailbox asks for pauses is read again after each, and arrives as it was delivered", async () => {
  const { parts, runId } = await transferred();
  const { paused, destination } = askingForPauses(parts, 1);
  await open.drain([{ ...parts, destination }]);
  await open.later();
  await open.drain([parts]);
  expect([...paused]).toEqual(expect.arrayContaining(["whole", "session", "piece 3932160"]));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
  expect(await arrived(alice.upn)).toEqual(whole);
  expect(await arrived(bob.upn)).toEqual(whole);
});

test("a mail that waits for its mailbox keeps no other mail from being read", async () => {
  const { parts } = await transferred();
  const { paused, destination } = askingForPauses(parts, 300_000);
  const leave = new AbortController();
  const lanes = await open.sql.query<{ id: string; upn: string }>(
    `SELECT l."id", m."upn" FROM "Lane" l JOIN "DirectoryMailbox" m ON m."id" = l."mailboxId"`,
  );
  const laneOf = (upn: string) => lanes.find((lane) => lane.upn === upn)?.id ?? "";
  const turns = [runLane({ ...parts, destination }, laneOf(alice.upn), leave.signal)];
  try {
    await expect.poll(() => paused.size, soon).toBe(1);
    turns.push(runLane(parts, laneOf(bob.upn), leave.signal));
    await expect.poll(() => arrived(bob.upn), soon).toEqual(whole);
  } finally {
    leave.abort();
    await Promise.all(turns);
  }
});
