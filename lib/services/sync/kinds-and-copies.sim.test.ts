import { afterAll, beforeAll, expect, test } from "vitest";
import { alice, bob, carol, chat, hoursAgo, stranger, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { healUserMapping } from "./heal";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());

const receivedAt = hoursAgo(2);

async function finish(records: readonly unknown[], people = [alice, bob, carol]) {
  await open.reset(world(people, records));
  return open.finish();
}

test.each([
  [
    "a call",
    { messageType: "CALL", call: { kind: "VIDEO", status: "MISSED", durationInMillis: 0 } },
    /^WhatsApp Missed Video Call From 16175550001 to 16175550002/,
  ],
  [
    "a deletion",
    {
      messageType: "DELETED",
      deleted: { originalId: "net-x", scope: "FOR_ALL", readState: "READ" },
    },
    /^DELETED – READ – WhatsApp Message From/,
  ],
  [
    "an edit",
    { messageType: "EDITED", edited: { originalId: "net-x" } },
    /^EDITED – WhatsApp Message From/,
  ],
  ["a kind nobody knows", { messageType: "HOLOGRAM" }, /^WhatsApp Message From 16175550001/],
])("%s arrives with its own subject", async (_name, body, subject) => {
  await finish([chat({ id: "m1", receivedAt, to: [bob], body })]);
  await open.drain();
  const [written] = await open.mail(bob.upn);
  expect(written?.subject).toMatch(subject);
});

test("a record of an unknown kind carries itself as an attachment", async () => {
  await finish([chat({ id: "m1", receivedAt, body: { messageType: "HOLOGRAM" } })]);
  await open.drain();
  const [written] = await open.mail(alice.upn);
  expect(written?.attachments.map(({ name }) => name)).toEqual(["record.json"]);
});

/** One message as both archived ends recorded it: two records, one networkMessageId. */
const bothEnds = [
  chat({ id: "a", receivedAt, to: [bob], body: { networkMessageId: "n1", text: "Hello" } }),
  chat({
    id: "b",
    receivedAt,
    owner: bob,
    to: [alice],
    body: { networkMessageId: "n1", text: "Hello" },
  }),
];

test("one message archived on both ends is in each mailbox once, and the second says of which it is a copy", async () => {
  const { runId } = await finish(bothEnds);
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, skipped: 2 });
  const rows = await open.deliveries();
  for (const { duplicateOfId, mailboxId } of rows.filter(({ state }) => state === "SKIPPED")) {
    const named = rows.find(({ id }) => id === duplicateOfId);
    expect(named).toMatchObject({ state: "IMPORTED", mailboxId });
  }
  expect(await open.mail(alice.upn)).toHaveLength(1);
  expect(await open.mail(bob.upn)).toHaveLength(1);
});

test("when the copy that was written fails in the end, the next one takes its place", async () => {
  const { runId } = await finish(bothEnds);
  await transferRun(open.parts, runId, open.signal);
  const [first] = await open.deliveries();
  const { tenantId, store } = open.parts;
  const laneId = String(first?.["laneId"]);
  const lane = await store.claimLane(tenantId, laneId, "test", 60_000);
  const hold = { laneId, token: lane?.token ?? 0n };
  const [taken] = await store.takeBatch(tenantId, hold, 10);
  const counts = { deliveryId: taken?.id ?? "", writes: 1, refusals: 0, failuresInRow: 0 };
  const partial = { code: "AttachmentGone", messageId: null, evidence: null, leftOut: [] } as const;
  await store.recordOutcomes(tenantId, hold, [
    { ...counts, ...partial, state: "partiallyImported" },
  ]);
  const other = (await open.deliveries()).find((row) => row["duplicateOfId"] === taken?.id);
  expect(other).toMatchObject({ state: "SKIPPED", failureCode: "Duplicate" });

  await open.sql.query(`UPDATE "Delivery" SET "state" = 'IMPORTING' WHERE "id" = $1`, [taken?.id]);
  await store.recordOutcomes(tenantId, hold, [
    { ...counts, writes: 0, state: "failed", code: "AttachmentsNotWritten" },
  ]);
  expect(await open.deliveries()).toContainEqual(
    expect.objectContaining({ id: other?.["id"], state: "PENDING", duplicateOfId: null }),
  );
});

test("messages without a network id are never taken for copies", async () => {
  const body = { networkMessageId: undefined, text: "Hello" };
  const { runId } = await finish([
    chat({ id: "a", receivedAt, body }),
    chat({ id: "b", receivedAt, body }),
  ]);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ imported: 2, skipped: 0 });
});

test("what a deleted connector left undone is taken over by the next one, what it imported is not repeated", async () => {
  const other = { ...stranger, upn: "" };
  const first = await finish([
    chat({ id: "done", receivedAt, to: [bob] }),
    chat({ id: "unmapped", receivedAt, owner: other, to: [bob] }),
  ]);
  await open.drain();
  expect(await open.run(first.runId)).toMatchObject({ imported: 3, failed: 1 });
  await open.sql.query(`UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL`);

  const second = await open.finish();
  await open.drain();
  expect(await open.run(second.runId)).toMatchObject({
    availableFromSource: 1,
    alreadyRecorded: 1,
    failed: 1,
  });
  expect(await open.mail(bob.upn)).toHaveLength(2);
  expect(await open.duplicates()).toEqual(noDuplicates);
  const orphan = (await open.deliveries()).filter((row) => row["sourceItemId"] === "unmapped");
  expect(orphan).toContainEqual(
    expect.objectContaining({ connectorId: second.id, runId: second.runId, state: "FAILED" }),
  );
});

test("a record that changed without saying so does not take over what a deleted connector left of the one before", async () => {
  const owner = { ...stranger, upn: "" };
  const before = chat({ id: "m1", receivedAt, owner, to: [bob], body: { text: "as it was" } });
  const body = { text: "as it is", networkMessageId: "n2" };
  const changed = chat({ id: "m1", receivedAt: hoursAgo(3), owner, to: [bob], body });
  await finish([before]);
  await open.drain();
  await open.sql.query(`UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL`);
  // Read first, by a connector that finds the other's delivery to nobody.
  await open.control("POST", "/records", { records: [changed] });

  const second = await open.finish();
  await open.drain();
  expect(await open.run(second.runId)).toMatchObject({ availableFromSource: 2, imported: 1 });
  const bodies = (await open.mail(bob.upn)).map((mail) => JSON.stringify(mail.body));
  expect(bodies).toEqual([
    expect.stringContaining("as it was"),
    expect.stringContaining("as it is"),
  ]);
});

test("what a deleted connector may have written is looked for before the next one writes it", async () => {
  const { runId } = await finish([chat({ id: "m1", receivedAt })], [alice]);
  const create = { service: "graph", method: "POST", path: "/messages$" };
  await open.control("POST", "/faults", { ...create, times: 1, effect: { loseResponse: true } });
  await transferRun(open.parts, runId, open.signal);
  const [delivery] = await open.deliveries();
  const laneId = String(delivery?.["laneId"]);
  await runLane(open.parts, laneId, open.signal);
  // It arrived, nobody knows, and then nobody may look.
  expect(await open.mail(alice.upn)).toHaveLength(1);
  await open.control("PATCH", `/people/${alice.upn}`, { mailbox: "denied" });
  await open.sql.query(`UPDATE "Delivery" SET "sentAt" = now() - interval '1 hour'`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1 });

  await open.sql.query(`UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL`);
  await open.control("PATCH", `/people/${alice.upn}`, { mailbox: "ok" });
  const second = await open.finish();
  await open.drain();
  expect(await open.run(second.runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a connector deleted in the middle ends its run with everything accounted for", async () => {
  const { runId } = await finish([chat({ id: "m1", receivedAt }), chat({ id: "m2", receivedAt })]);
  await transferRun(open.parts, runId, open.signal);
  const [first] = await open.deliveries();
  const { tenantId, store } = open.parts;
  const laneId = String(first?.["laneId"]);
  const lane = await store.claimLane(tenantId, laneId, "test", 60_000);
  const hold = { laneId, token: lane?.token ?? 0n };
  const batch = await store.takeBatch(tenantId, hold, 10);
  await open.sql.query(`UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL`);
  await store.recordOutcomes(
    tenantId,
    hold,
    batch.map(({ id }, index) => ({
      ...{ deliveryId: id, writes: 1, refusals: 0, failuresInRow: 0 },
      ...(index === 0
        ? { state: "imported" as const, messageId: "x", evidence: null }
        : { state: "pending" as const, waitMs: 0, code: null }),
    })),
  );
  expect((await store.closeRun(tenantId, runId))?.counters).toMatchObject({
    imported: 1,
    failed: 1,
    open: 0,
  });
  expect((await open.deliveries()).map(({ failureCode }) => failureCode)).toContain("Cancelled");
});

test("a mapping that is mended heals by itself: the item arrives, its run counts it", async () => {
  const { runId, id } = await finish(
    [chat({ id: "m1", receivedAt, owner: carol, to: [bob] })],
    [alice, bob],
  );
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });

  await open.sql.query(
    `WITH m AS (
       INSERT INTO "MappingFile" ("tenantId", "id", "connectorId", "fileName", "sha256", "sizeBytes", "state", "createdById")
       VALUES ($1, gen_random_uuid(), $2, 'm.csv', '', 1, 'CHECKED', gen_random_uuid()) RETURNING "id")
     INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs", "mailboxAddress")
     SELECT $1, "id", 2, $3, $3, $4 FROM m`,
    [open.parts.tenantId, id, carol.mobile, alice.upn],
  );
  const [file] = await open.sql.query<{ id: string }>(`SELECT "id" FROM "MappingFile"`);
  await open.sql.query(`UPDATE "Connector" SET "mappingFileId" = $1`, [file?.id]);
  const rules = { mappingFileId: file?.id ?? null, automaticMapping: true };
  expect(await healUserMapping(open.parts, id, rules)).toBe(1);
  expect(await healUserMapping(open.parts, id, rules)).toBe(0);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, failed: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
});

test("an item whose row no database accepts stands alone as failed, its page is recorded", async () => {
  const { runId } = await finish(
    ["m1", "poison", "m3", "m4"].map((id) => chat({ id, receivedAt })),
  );
  await open.sql.query(
    `ALTER TABLE "SyncItem" ADD CONSTRAINT "test_poison" CHECK ("sourceItemId" <> 'poison')`,
  );
  await open.drain();
  await open.sql.query(`ALTER TABLE "SyncItem" DROP CONSTRAINT "test_poison"`);

  expect(await open.run(runId)).toMatchObject({ imported: 3, failed: 1, availableFromSource: 4 });
  const failed = (await open.deliveries()).find(({ state }) => state === "FAILED");
  expect(failed).toMatchObject({ failureCode: "SourceDecodeError" });
});
