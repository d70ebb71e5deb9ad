import { afterEach, beforeEach, expect, test } from "vitest";
import type { RetryChoice } from "@/lib/core/item-view";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { seedDeliveries } from "@/lib/testing/portal-ledger";
import { freshId } from "@/lib/testing/fakes";
import { messageOf, valueOf } from "@/lib/testing/portal-world";

let world: ConnectorWorld;
beforeEach(async () => {
  world = await createConnectorWorld();
});
afterEach(() => world.close());

function retry(choice: Partial<RetryChoice>) {
  const everything = { runId: null, deliveryIds: null, code: null, mailboxId: null };
  return world.services.connectors.retry(world.actor, world.connectorId, {
    ...everything,
    ...choice,
  });
}

async function states(): Promise<string[]> {
  const rows = await world.database.query<{ state: string }>(
    `SELECT "state"::text FROM "Delivery" ORDER BY "id"`,
  );
  return rows.map(({ state }) => state);
}

const full = { state: "FAILED", code: "MailboxFull" } as const;
const susan = { ...full, mailbox: "susan@contoso.com" };
const jeff = { ...full, mailbox: "jeff@contoso.com" };

test("a run's failed and partial items become pending, and the counters balance at every moment", async () => {
  await world.seed([
    { state: "IMPORTED" },
    { ...susan, writes: 3 },
    { state: "FAILED", code: "Cancelled" },
    { state: "PARTIALLY_IMPORTED", code: "AttachmentsNotWritten", mailbox: "jeff@contoso.com" },
    { state: "FAILED", code: "UserMapping", mailbox: null },
  ]);
  await world.closeRun("PARTIAL");
  await world.database.query(`UPDATE "Lane" SET "blockedCode" = 'MailboxFull'`);
  const { items, message } = valueOf(await retry({ runId: world.runId }));
  expect(items).toBe(3);
  expect(message).toBe(
    "3 items are tried again. 1 item waits for a mapping and is then imported by itself.",
  );
  const run = await world.services.connectors.run(world.actor, world.connectorId, world.runId);
  expect(run).toMatchObject({
    ...{ state: "importing", closedAt: null },
    counters: { availableForImport: 5, imported: 1, failed: 1, partiallyImported: 0, open: 3 },
  });
  const [pending] = await world.database.query<{ writes: number }>(
    `SELECT max("writes") AS writes FROM "Delivery" WHERE "state" = 'PENDING'`,
  );
  expect(pending?.writes).toBe(1);
  // A blocked mailbox stays blocked until it takes something: then what others have for it comes as well.
  const blocked = await world.database.query(
    `SELECT 1 FROM "Lane" WHERE "blockedCode" IS NOT NULL AND "blockedAt" > now() - interval '1 minute'`,
  );
  expect(blocked).toHaveLength(2);
  expect(world.queue.lanes).toHaveLength(2);
  expect(world.resolved).toEqual([{ connectorId: world.connectorId, mappingFileId: null }]);
});

test("single items are tried again, the others stay as they are", async () => {
  const ids = await world.seed([full, full, { state: "SKIPPED", code: "Duplicate" }]);
  await world.closeRun("PARTIAL");
  expect(valueOf(await retry({ deliveryIds: ids.slice(1) })).items).toBe(1);
  expect(await states()).toEqual(["FAILED", "PENDING", "SKIPPED"]);
});

test("one reason is tried again over all runs of the connector", async () => {
  await world.seed([full, { state: "FAILED", code: "Cancelled" }]);
  await world.closeRun("FAILED");
  const { tenantId, connectorId } = world;
  const second = freshId();
  await world.database.query(
    `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "windowStart", "windowEnd",
       "availableForImport", "failed", "isTransferDone")
     VALUES ($1, $2, $3, 'MANUAL', 'FAILED', now(), now() + interval '1 hour', 1, 1, true)`,
    [tenantId, second, connectorId],
  );
  await seedDeliveries(world.database, { tenantId, connectorId, runId: second }, [
    { state: "FAILED", code: "Cancelled" },
  ]);
  expect(valueOf(await retry({ code: "Cancelled" })).items).toBe(2);
  const runs = await world.database.query(
    `SELECT "state"::text, "open", "failed" FROM "SyncRun" ORDER BY "failed"`,
  );
  expect(runs).toEqual([
    { state: "IMPORTING", open: 1, failed: 0 },
    { state: "IMPORTING", open: 1, failed: 1 },
  ]);
});

test("one mailbox is tried again, its neighbours are not", async () => {
  await world.seed([susan, jeff]);
  await world.closeRun("FAILED");
  await world.database.query(`UPDATE "Lane" SET "blockedCode" = 'MailboxFull'`);
  const { byMailbox } = await world.services.connectors.notImported(
    world.actor,
    world.connectorId,
    null,
  );
  const mailboxId = byMailbox.find(({ address }) => address === "jeff@contoso.com")?.mailboxId;
  expect(valueOf(await retry({ mailboxId: mailboxId ?? "" })).items).toBe(1);
  expect(await states()).toEqual(["FAILED", "PENDING"]);
  expect(
    await world.database.query(`SELECT 1 FROM "Lane" WHERE "blockedAt" IS NOT NULL`),
  ).toHaveLength(1);
});

test("an item without its staged original is refused in words", async () => {
  const [id = ""] = await world.seed([{ ...full, original: "removed" }]);
  await world.closeRun("FAILED");
  expect(messageOf(await retry({ deliveryIds: [id] }))).toBe(
    "No item was retried. 1 item has no staged original any longer.",
  );
  expect(await states()).toEqual(["FAILED"]);
});

test("nothing is audited when nothing was retried", async () => {
  await world.seed([{ state: "IMPORTED" }]);
  await world.closeRun("SUCCEEDED");
  expect(messageOf(await retry({ runId: world.runId }))).toContain("No item was retried.");
  expect(await world.actions()).not.toContain("run.retried");
});

test("the audit says what was asked for and how many items it was", async () => {
  await world.seed([full, full]);
  await world.closeRun("FAILED");
  valueOf(await retry({ code: "MailboxFull" }));
  const { rows } = await world.services.audit.list(
    world.actor,
    { connectorId: world.connectorId },
    null,
  );
  const told = rows.find(({ action }) => action === "run.retried");
  expect(told?.details).toEqual({ code: "MailboxFull", items: 2 });
});

test("what was given up stays given up, unless it is named itself", async () => {
  const [id = ""] = await world.seed([full]);
  await world.closeRun("FAILED");
  await world.database.query(
    `UPDATE "Delivery" SET "dismissedAt" = now(), "dismissReason" = 'Left the company'`,
  );
  expect((await retry({ code: "MailboxFull" })).ok).toBe(false);
  expect(valueOf(await retry({ deliveryIds: [id] })).items).toBe(1);
});

test("items of a paused connector say what they wait for", async () => {
  await world.seed([full]);
  await world.closeRun("FAILED");
  valueOf(await world.services.connectors.pause(world.actor, world.connectorId));
  expect(valueOf(await retry({ runId: world.runId })).message).toBe(
    "1 item is tried again as soon as the connector is resumed.",
  );
});

test("an attachment that the source did not give is not promised", async () => {
  await world.seed([{ state: "PARTIALLY_IMPORTED", code: "AttachmentGone" }]);
  await world.closeRun("PARTIAL");
  expect(valueOf(await retry({ runId: world.runId })).message).toBe(
    "1 item is tried again. Attachments that TeleMessage did not give are not asked for again.",
  );
});

test("what was not imported is counted by reason and by mailbox, with what a retry takes up", async () => {
  await world.seed([
    susan,
    { ...susan, original: "removed" },
    jeff,
    { state: "PARTIALLY_IMPORTED", code: "AttachmentGone" },
    { state: "FAILED", code: "SourceDecodeError", mailbox: null },
    { state: "FAILED", code: "UserMapping", mailbox: null },
    { state: "IMPORTED" },
  ]);
  await world.closeRun("PARTIAL");
  const found = await world.services.connectors.notImported(
    world.actor,
    world.connectorId,
    world.runId,
  );
  expect(found.byReason.map(({ code, count, retryable }) => [code, count, retryable])).toEqual([
    ["MailboxFull", 3, 2],
    ["AttachmentGone", 1, 1],
    ["SourceDecodeError", 1, 0],
    ["UserMapping", 1, 1],
  ]);
  expect(found.byMailbox.map(({ address, code, count }) => [address, code, count])).toEqual([
    ["susan@contoso.com", "MailboxFull", 2],
    ["jeff@contoso.com", "MailboxFull", 1],
    ["susan@contoso.com", "AttachmentGone", 1],
  ]);
});

test("another connector's run, and nonsense, are refused", async () => {
  await world.seed([full]);
  expect(messageOf(await retry({ runId: freshId() }))).toContain("no longer there");
  expect(messageOf(await retry({ runId: "nonsense" }))).toContain("no longer there");
});
