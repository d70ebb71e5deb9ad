import { afterAll, beforeAll, expect, test } from "vitest";
import { alice, bob, carol, chat, hoursAgo, type Person, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { v7 as uuid } from "uuid";
import { directoryDuties } from "./directory-duties";
import { healLearned } from "./heal";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());

const receivedAt = hoursAgo(2);
const dora: Person = { mobile: "+1 617 555 0077", upn: "dora@contoso.com", name: "Dora" };
const fred: Person = { mobile: "16175550088", upn: "", name: "Fred" };

/** Of Dora's item Bob gets his copy; Dora's waits. */
async function finish(records = [chat({ id: "m1", receivedAt, owner: dora, to: [bob] })]) {
  await open.reset(world([alice, bob, carol], records));
  const connector = await open.finish();
  await open.drain();
  return connector;
}

function learns(upn: string, alias: string): Promise<unknown> {
  return open.control("PATCH", `/people/${upn}`, { proxyAddresses: [`smtp:${alias}`] });
}

/** As if the last update were long ago. */
async function refresh(): Promise<void> {
  await open.sql.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  await open.parts.refreshDirectory(open.signal);
}

async function mapTo(connectorId: string, externalId: string, address: string): Promise<void> {
  const fileId = uuid();
  await open.sql.query(
    `INSERT INTO "MappingFile" ("tenantId", "id", "connectorId", "fileName", "sha256", "sizeBytes", "state", "createdById")
     VALUES ($1, $2, $3, 'm.csv', '', 1, 'CHECKED', $2)`,
    [open.parts.tenantId, fileId, connectorId],
  );
  await open.sql.query(
    `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs", "mailboxAddress")
     VALUES ($1, $2, 2, $3, $3, $4)`,
    [open.parts.tenantId, fileId, externalId, address],
  );
  await open.sql.query(`UPDATE "Connector" SET "mappingFileId" = $1`, [fileId]);
}

test("an address the directory learns brings what waited for it, and its run closes again with right counts", async () => {
  const { runId } = await finish();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });

  await learns(carol.upn, dora.upn);
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(1);
  expect(await open.run(runId)).toMatchObject({ state: "IMPORTING", open: 1, failed: 0 });
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, failed: 0 });
  expect(await open.mail(carol.upn)).toHaveLength(1);
  expect(await open.duplicates()).toEqual(noDuplicates);
  const closed = await open.sql.query(
    `SELECT 1 FROM "AuditEvent" WHERE "action" = 'run.closed' AND "details" LIKE $1`,
    [`%${runId}%`],
  );
  expect(closed).toHaveLength(2);
});

test("an address that a mapping names brings what waited for that mapping", async () => {
  const { id, runId } = await finish([chat({ id: "m1", receivedAt, owner: fred, to: [bob] })]);
  await mapTo(id, fred.mobile, "fred@contoso.com");
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(0);
  await learns(carol.upn, "fred@contoso.com");
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(1);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  expect((await open.deliveries()).find(({ via }) => via === "customMapping")).toMatchObject({
    mailboxAddress: carol.upn,
  });
});

test("a number is compared as it is read, however the archive writes it", async () => {
  const { id } = await finish([
    chat({ id: "m1", receivedAt, owner: { ...dora, upn: "" }, to: [bob] }),
  ]);
  await mapTo(id, "16175550077", "nobody-yet@contoso.com");
  await learns(carol.upn, "nobody-yet@contoso.com");
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(1);
});

test("an address that nobody waits for wakes nobody, and who waits is not even asked about", async () => {
  const { runId } = await finish();
  await learns(carol.upn, "somebody@contoso.com");
  await refresh();
  let asked = 0;
  const { store } = open.parts;
  const counting: typeof store = {
    ...store,
    unmappedAmong: (...how) => ((asked += 1), store.unmappedAmong(...how)),
    unmappedDeliveries: (...how) => ((asked += 1), store.unmappedDeliveries(...how)),
  };
  expect(await healLearned({ ...open.parts, store: counting }, open.signal)).toBe(0);
  expect(asked).toBe(0);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", failed: 1 });
});

test("where the item is in the mailbox already, what waited ends as its duplicate and names it", async () => {
  const { runId } = await finish();
  await learns(bob.upn, dora.upn);
  await refresh();
  await healLearned(open.parts, open.signal);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1, skipped: 1 });
  const rows = await open.deliveries();
  const skipped = rows.find(({ state }) => state === "SKIPPED");
  expect(rows.find(({ id }) => id === skipped?.["duplicateOfId"])).toMatchObject({
    state: "IMPORTED",
  });
});

test("what a process that died had learned and not offered is offered by the next", async () => {
  await finish();
  await learns(carol.upn, dora.upn);
  await refresh();
  // Nobody healed; an hour later another process finds nothing new in the directory.
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(1);
});

test("an item recorded while the directory learned its owner's address is offered by the next", async () => {
  const { runId } = await finish([chat({ id: "m0", receivedAt })]);
  await learns(carol.upn, dora.upn);
  await refresh();
  await healLearned(open.parts, open.signal);
  // Looked up before, recorded after.
  const rows = await open.sql.query<{ itemId: string; connectorId: string }>(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'UserMapping', "mailboxId" = NULL,
       "laneId" = NULL, "duplicateKey" = NULL, "idempotencyKey" = 'waiting', "ownerAddress" = $1
     WHERE "runId" = $2 RETURNING "itemId", "connectorId"`,
    [dora.upn, runId],
  );
  await open.sql.query(
    `UPDATE "SyncItem" SET "participants" = jsonb_set("participants", '{0,email}', to_jsonb($1::text))
     WHERE "id" = $2`,
    [dora.upn, rows[0]?.itemId],
  );
  expect(await healLearned(open.parts, open.signal)).toBe(1);
});

test("two that heal at the same time bring every item once", async () => {
  const records = Array.from({ length: 30 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt, owner: dora, to: [bob] }),
  );
  const { runId } = await finish(records);
  await learns(carol.upn, dora.upn);
  await refresh();
  const both = [healLearned(open.parts, open.signal), healLearned(open.parts, open.signal)];
  await Promise.all(both);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 60, open: 0 });
  expect(await open.mail(carol.upn)).toHaveLength(30);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a connector that was deleted, or maps by its file alone, is woken by nobody's e-mail", async () => {
  await finish();
  await learns(carol.upn, dora.upn);
  await refresh();
  await open.sql.query(`UPDATE "Connector" SET "automaticMapping" = false`);
  expect(await healLearned(open.parts, open.signal)).toBe(0);
  await open.sql.query(`UPDATE "Connector" SET "automaticMapping" = true, "state" = 'DELETED'`);
  expect(await healLearned(open.parts, open.signal)).toBe(0);
});

test("what somebody has given up stays given up", async () => {
  await finish();
  await open.sql.query(
    `UPDATE "Delivery" SET "dismissedAt" = now(), "dismissReason" = 'left' WHERE "state" = 'FAILED'`,
  );
  await learns(carol.upn, dora.upn);
  await refresh();
  expect(await healLearned(open.parts, open.signal)).toBe(0);
});

test("of somebody who left the directory with items under way they fail by name, and no other lane", async () => {
  await open.reset(world([alice, bob], [chat({ id: "m1", receivedAt, to: [bob] })]));
  const { runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  await open.control("PATCH", `/people/${bob.upn}`, { removed: true });
  await refresh();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });
  const failed = (await open.deliveries()).find(({ state }) => state === "FAILED");
  expect(failed).toMatchObject({ failureCode: "MailboxNotFound", mailboxAddress: bob.upn });
});

const duty = (name: string) => directoryDuties.find((each) => each.name === name)?.work;

test("while a run imports its directory is followed, and what is learned arrives without another run", async () => {
  const { runId } = await finish();
  await learns(carol.upn, dora.upn);
  const follow = duty("directory");
  await open.control("DELETE", "/stats");
  await follow?.(open.parts, open.signal);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL" });

  await open.sql.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  const other = chat({ id: "m2", receivedAt: hoursAgo(0.03) });
  await open.control("POST", "/records", { records: [other] });
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL`);
  await follow?.(open.parts, open.signal);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test("once a day everybody is read, and everybody who waits is asked about", async () => {
  const { runId } = await finish();
  const whole = duty("directoryWhole");
  await learns(carol.upn, dora.upn);
  await whole?.(open.parts, open.signal);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL" });

  // A change that Graph never told of, and that was not noticed as new either.
  await open.sql.query(
    `UPDATE "Tenant" SET "directoryFullAt" = now() - interval '25 hours', "directoryHealedAt" = now() + interval '1 day'`,
  );
  await whole?.(open.parts, open.signal);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test("a Graph that is away fails no duty: the mirror stays, and is asked for again in its time", async () => {
  await finish();
  await open.sql.query(`UPDATE "Tenant" SET "directoryFullAt" = now() - interval '25 hours'`);
  await open.control("POST", "/faults", {
    ...{ service: "graph", path: "/users", times: 9, effect: { status: 503 } },
  });
  await duty("directoryWhole")?.(open.parts, open.signal);
  await open.control("DELETE", "/faults");
  expect(await open.sql.query(`SELECT 1 FROM "DirectoryMailbox"`)).toHaveLength(4);
});
