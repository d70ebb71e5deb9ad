import { afterEach, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import type { ConnectorDetail } from "@/lib/core/view";
import { closeSeededRun, type SeededDelivery, seedDeliveries } from "@/lib/testing/portal-ledger";
import {
  createPortalWorld,
  messageOf,
  never,
  type PortalWorld,
  valueOf,
} from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
let connectorId: string;
let runId: string;
beforeEach(async () => {
  world = await createPortalWorld();
  actor = await world.admin();
  connectorId = await world.finish(actor);
  runId = (await detail()).runs[0]?.id ?? "";
  world.queue.runs.length = 0;
});
afterEach(() => world.close());

async function detail(): Promise<ConnectorDetail> {
  const found = await world.services.connectors.detail(actor, connectorId);
  if (found === null) throw new Error("No such connector");
  return found;
}

const seed = (deliveries: readonly SeededDelivery[]) =>
  seedDeliveries(world.database, { tenantId: world.tenantId, connectorId, runId }, deliveries);
const close = (state: "SUCCEEDED" | "PARTIAL" | "FAILED") =>
  closeSeededRun(world.database, world.tenantId, runId, state);
const set = (assignments: string) =>
  world.database.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [connectorId]);
const actions = async () =>
  (await world.services.audit.list(actor, { connectorId }, null)).rows.map(({ action }) => action);

async function edit(more: Partial<Parameters<typeof world.services.connectors.edit>[3]> = {}) {
  const now = await detail();
  const input = {
    ...{ name: now.name, timeOfDay: now.timeOfDay, zone: now.zone },
    ...{ username: now.sourceUsername, password: "", automaticMapping: now.automaticMapping },
    ...{ mappingFileId: now.mappingFile?.id ?? null, leavesBadLinesOut: false, ...more },
  };
  return world.services.connectors.edit(actor, connectorId, now.version, input, never);
}

test("a new connector waits for its first import", async () => {
  await world.database.query(`INSERT INTO "WorkerBeat" VALUES ('w', $1, $1)`, [world.clock.now()]);
  const [row] = await world.services.connectors.list(actor);
  expect(row).toMatchObject({
    name: "WhatsApp Archiver",
    status: { connection: "Connected", import: "In progress" },
    progress: { phase: "waiting" },
    lastImportAt: null,
    nextImportAt: "2026-11-21T01:00:00.000Z",
  });
});

test("progress counts what is there, without waiting for the run to close", async () => {
  await seed([
    { state: "IMPORTED" },
    { state: "PENDING" },
    { state: "IMPORTING" },
    { state: "FAILED", code: "UserMapping", mailbox: null },
  ]);
  const started = `"state" = 'IMPORTING', "isTransferDone" = true, "startedAt" = $1`;
  await world.database.query(`UPDATE "SyncRun" SET ${started}`, [world.clock.now()]);
  world.clock.advance(60_000);
  const { progress, runs, unmappedPeople } = await detail();
  expect(progress).toMatchObject({ phase: "importing", done: 2, total: 4, remainingMs: 60_000 });
  expect(runs[0]?.counters).toMatchObject({
    availableForImport: 4,
    imported: 1,
    failed: 1,
    open: 2,
  });
  expect(unmappedPeople).toBe(1);
});

test("runs are paged by key, newest first", async () => {
  for (let index = 0; index < 25; index += 1) {
    await world.database.query(
      `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "windowStart", "windowEnd", "createdAt")
       VALUES ($1, gen_random_uuid(), $2, 'LOOKBACK', 'SUCCEEDED', $3::timestamptz, $3::timestamptz + interval '1 day', $4)`,
      [world.tenantId, connectorId, new Date(index), new Date(index >> 1)],
    );
  }
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page = await world.services.connectors.runs(actor, connectorId, after);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  expect(seen).toHaveLength(26);
  expect(new Set(seen).size).toBe(26);
  expect(seen[0]).toBe(runId);
  expect((await detail()).hasMoreRuns).toBe(true);
});

test("items are filtered, searched and paged by key", async () => {
  const ids = await seed([
    ...Array.from({ length: 60 }, () => ({ state: "IMPORTED" as const })),
    { state: "FAILED", code: "ItemSizeExceeded", owner: "4915112345", mailbox: "Zoe@contoso.com" },
  ]);
  const none = { outcome: null, search: null };
  const first = await world.services.connectors.items(actor, connectorId, runId, none, null);
  const second = await world.services.connectors.items(actor, connectorId, runId, none, first.next);
  const all = [...first.rows, ...second.rows];
  expect(all.map(({ deliveryId }) => deliveryId)).toEqual(ids);
  expect(second.next).toBeNull();
  const failed = await world.services.connectors.items(
    actor,
    connectorId,
    runId,
    { ...none, outcome: "failed" },
    null,
  );
  expect(failed.rows).toMatchObject([
    { outcome: "failed", reason: "The item is larger than the connector's limit." },
  ]);
  for (const search of ["item-60", "49151", "zoe@"]) {
    const found = await world.services.connectors.items(
      actor,
      connectorId,
      runId,
      { ...none, search },
      null,
    );
    expect(found.rows.map(({ sourceItemId }) => sourceItemId)).toEqual(["item-60"]);
  }
});

test("the log names every item, and no cell runs as a formula", async () => {
  await seed([
    { state: "IMPORTED", owner: "=1+1" },
    { state: "FAILED", code: "Cancelled" },
  ]);
  let csv = "";
  for await (const line of world.services.connectors.runLog(actor, connectorId, runId)) csv += line;
  const [header, first, second] = csv.split("\r\n");
  expect(header).toBe(
    "Item id,Source user id,Microsoft 365 user,Outcome,Reason,Completed at (UTC)",
  );
  expect(first).toBe("item-0,'=1+1,susan@contoso.com,Imported,,");
  expect(second).toContain("Failed,The run was cancelled");
  expect(await actions()).toContain("log.downloaded");
});

test("Sync now opens a window from the watermark, once", async () => {
  expect(messageOf(await world.services.connectors.syncNow(actor, connectorId))).toContain(
    "first run",
  );
  await seed([{ state: "IMPORTED" }]);
  await close("SUCCEEDED");
  await set(`"watermark" = '2026-11-20T09:55:00Z'`);
  expect(messageOf(await world.services.connectors.syncNow(actor, connectorId))).toContain(
    "Everything up to 2026-11-20 09:55 UTC",
  );
  world.clock.advance(60 * 60_000);
  const results = await Promise.all(
    [1, 2].map(() => world.services.connectors.syncNow(actor, connectorId)),
  );
  const messages = results.map((result) => (result.ok ? result.value.message : result.message));
  expect(messages).toContain("A run over 2026-11-20 09:55 UTC to 2026-11-20 10:55 UTC has begun.");
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(messages.join()).toContain("being transferred right now");
  expect(world.queue.runs).toHaveLength(1);
});

test("a queue that is away does not undo what was saved", async () => {
  await close("SUCCEEDED");
  await set(`"watermark" = '2026-11-19T20:00:00Z'`);
  world.queue.isAway = true;
  expect((await world.services.connectors.syncNow(actor, connectorId)).ok).toBe(true);
  world.queue.isAway = false;
});

test("Pause and Resume, and what waited is told", async () => {
  valueOf(await world.services.connectors.pause(actor, connectorId));
  expect((await world.services.connectors.list(actor))[0]).toMatchObject({
    status: { import: "Paused" },
    nextImportAt: null,
  });
  expect(messageOf(await world.services.connectors.syncNow(actor, connectorId))).toContain(
    "paused",
  );
  valueOf(await world.services.connectors.resume(actor, connectorId));
  expect(world.queue.runs).toEqual([runId]);
  expect(await actions()).toEqual(
    expect.arrayContaining(["connector.paused", "connector.resumed"]),
  );
});

test("Retry makes failed and partial items pending, and the counters balance at every moment", async () => {
  await seed([
    { state: "IMPORTED" },
    { state: "FAILED", code: "MailboxFull", writes: 3 },
    { state: "FAILED", code: "Cancelled" },
    { state: "PARTIALLY_IMPORTED", code: "AttachmentsNotWritten", mailbox: "jeff@contoso.com" },
    { state: "FAILED", code: "UserMapping", mailbox: null },
  ]);
  await close("PARTIAL");
  await world.database.query(`UPDATE "Lane" SET "blockedCode" = 'MailboxFull'`);
  expect(valueOf(await world.services.connectors.retryRun(actor, connectorId, runId)).items).toBe(
    3,
  );
  expect(await world.services.connectors.run(actor, connectorId, runId)).toMatchObject({
    state: "importing",
    closedAt: null,
    counters: { availableForImport: 5, imported: 1, failed: 1, partiallyImported: 0, open: 3 },
  });
  const rows = await world.database.query<{ writes: number }>(
    `SELECT max("writes") AS writes FROM "Delivery" WHERE "state" = 'PENDING'`,
  );
  expect(rows[0]?.writes).toBe(1);
  expect(
    await world.database.query(`SELECT 1 FROM "Lane" WHERE "blockedCode" IS NOT NULL`),
  ).toEqual([]);
  expect(world.queue.lanes).toHaveLength(2);
  expect(world.resolved).toEqual([{ connectorId, mappingFileId: null }]);
});

test("a run without anything to retry says so", async () => {
  await seed([{ state: "IMPORTED" }]);
  await close("SUCCEEDED");
  const result = await world.services.connectors.retryRun(actor, connectorId, runId);
  expect(messageOf(result)).toContain("No item of this run can be retried");
});

test("an edit with a blank password keeps it, and asks TeleMessage nothing", async () => {
  const tried = world.source.tried.length;
  valueOf(await edit({ name: "Archive", timeOfDay: "03:15" }));
  expect(world.source.tried.length).toBe(tried);
  expect(await detail()).toMatchObject({ name: "Archive", timeOfDay: "03:15", version: 2 });
});

test("an older tab is told what an edit changed", async () => {
  const before = await detail();
  valueOf(await edit({ name: "Archive" }));
  const input = {
    ...{ name: "Old tab", timeOfDay: "02:00", zone: "UTC", username: before.sourceUsername },
    ...{ password: "", automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false },
  };
  const result = await world.services.connectors.edit(
    actor,
    connectorId,
    before.version,
    input,
    never,
  );
  expect(messageOf(result)).toContain("the connector's properties");
});

test("another TeleMessage account is refused", async () => {
  const result = await edit({ username: "other@contoso.com", password: "secret" });
  expect(messageOf(result)).toBe(
    "This is another TeleMessage account. Create a new connector for it.",
  );
});

test("a mended password sets the connector and its waiting run going", async () => {
  await set(`"state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAuthFailed'`);
  await world.database.query(`UPDATE "SyncRun" SET "notBefore" = now() + interval '1 day'`);
  const known = world.source.accounts.get("archive@contoso.com");
  if (known) world.source.accounts.set("archive@contoso.com", { ...known, password: "new" });
  expect((await detail()).status.connection).toBe("Authentication failed");
  expect(messageOf(await edit())).toContain("refused the username or password");
  valueOf(await edit({ password: "new" }));
  expect(await detail()).toMatchObject({ state: "active", status: { connection: "Connected" } });
  expect((await detail()).runs[0]?.notBefore).toBeNull();
  expect(world.queue.runs).toEqual([runId]);
  expect(await actions()).toEqual(
    expect.arrayContaining(["connector.credentialReplaced", "connector.mended"]),
  );
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toHaveLength(1);
});

test("an account that was unlocked is mended with the password that is kept", async () => {
  await set(`"state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAccountLocked'`);
  valueOf(await edit());
  expect((await detail()).state).toBe("active");
});

test("a name taken by another live connector is refused in its field, and the password stays", async () => {
  const other = await world.admin();
  await world.finish(other, "Second", "other@contoso.com");
  const result = await edit({ name: "SECOND", password: "secret" });
  expect(result).toMatchObject({ ok: false, fields: { name: expect.any(String) } });
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toHaveLength(2);
});

test("a mapping file is put in force by an edit, and who waited is looked for anew", async () => {
  const lines = "ExternalUserId,O365UserMailbox\n445204334324,susan@contoso.com\n";
  const file = valueOf(await world.upload(actor, lines, { connectorId }));
  expect((await detail()).mappingFile).toBeNull();
  expect(messageOf(await edit({ mappingFileId: file.id }))).toContain("does not know");
  valueOf(await edit({ mappingFileId: file.id, leavesBadLinesOut: true }));
  expect((await detail()).mappingFile).toMatchObject({ id: file.id, leavesBadLinesOut: true });
  expect(world.resolved).toEqual([{ connectorId, mappingFileId: file.id }]);
  expect(await actions()).toContain("mapping.applied");
});

test("Delete asks for the name, ends runs, destroys the credential and keeps history", async () => {
  await seed([{ state: "IMPORTED" }, { state: "PENDING" }]);
  expect(
    messageOf(await world.services.connectors.remove(actor, connectorId, "whatsapp archiver")),
  ).toContain("exactly");
  valueOf(await world.services.connectors.remove(actor, connectorId, "WhatsApp Archiver"));
  expect(await world.services.connectors.list(actor)).toEqual([]);
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toEqual([]);
  const left = await detail();
  expect(left).toMatchObject({ state: "deleted" });
  expect(left.runs[0]).toMatchObject({
    state: "cancelled",
    counters: { availableForImport: 2, imported: 1, failed: 1, open: 0 },
  });
  expect(
    messageOf(await world.services.connectors.remove(actor, connectorId, "WhatsApp Archiver")),
  ).toContain("deleted");
  await world.finish(await world.admin(), "WhatsApp Archiver");
});

test("what is being written when its connector is deleted ends by itself first", async () => {
  await seed([{ state: "IMPORTING" }, { state: "PENDING" }]);
  valueOf(await world.services.connectors.remove(actor, connectorId, "WhatsApp Archiver"));
  expect((await detail()).runs[0]).toMatchObject({
    state: "importing",
    counters: { failed: 1, open: 1 },
  });
});

test("a gap is acknowledged once, with a reason", async () => {
  const gapId = runId;
  await world.database.query(
    `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd")
     VALUES ($1, $2, $3, $2, now() - interval '2 days', now() - interval '1 day')`,
    [world.tenantId, gapId, connectorId],
  );
  expect(await world.services.connectors.gaps(actor, connectorId)).toHaveLength(1);
  expect((await world.services.connectors.acknowledgeGap(actor, connectorId, gapId, " ")).ok).toBe(
    false,
  );
  valueOf(
    await world.services.connectors.acknowledgeGap(actor, connectorId, gapId, "Known outage"),
  );
  expect(await world.services.connectors.gaps(actor, connectorId)).toEqual([]);
  expect(
    (await world.services.connectors.acknowledgeGap(actor, connectorId, gapId, "Again")).ok,
  ).toBe(false);
});

test("nobody without the role changes anything, and no other tenant sees anything", async () => {
  const auditor = await world.admin({ roles: ["Connector.Auditor"] });
  for (const result of [
    await world.services.connectors.pause(auditor, connectorId),
    await world.services.connectors.remove(auditor, connectorId, "WhatsApp Archiver"),
    await world.services.connectors.retryRun(auditor, connectorId, runId),
    await world.services.connectors.syncNow(auditor, connectorId),
  ]) {
    expect(messageOf(result)).toContain("Connector.Admin");
  }
  const stranger = { ...actor, tenantId: "00000000-0000-4000-8000-000000000009" };
  expect(await world.services.connectors.list(stranger)).toEqual([]);
  expect(await world.services.connectors.detail(stranger, connectorId)).toBeNull();
  expect(await world.services.connectors.run(stranger, connectorId, runId)).toBeNull();
  expect(messageOf(await world.services.connectors.pause(stranger, connectorId))).toContain(
    "deleted",
  );
});

test("an id that is none finds nothing instead of failing", async () => {
  expect(await world.services.connectors.detail(actor, "x' OR 1=1")).toBeNull();
  expect(await world.services.connectors.run(actor, connectorId, "1")).toBeNull();
});
