import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { freshId } from "@/lib/testing/fakes";
import { messageOf, valueOf } from "@/lib/testing/portal-world";

let world: ConnectorWorld;
beforeEach(async () => {
  world = await createConnectorWorld();
});
afterEach(() => world.close());

test("a new connector waits for its first import", async () => {
  await world.database.query(`INSERT INTO "WorkerBeat" VALUES ('w', $1, $1)`, [world.clock.now()]);
  const [row] = await world.services.connectors.list(world.actor);
  expect(row).toMatchObject({
    name: "WhatsApp Archiver",
    status: { connection: "Connected", import: "In progress" },
    progress: { phase: "waiting" },
    lastImportAt: null,
    nextImportAt: "2026-11-21T01:00:00.000Z",
  });
});

test("progress counts what is there, without waiting for the run to close", async () => {
  await world.seed([
    { state: "IMPORTED" },
    { state: "PENDING" },
    { state: "IMPORTING" },
    { state: "FAILED", code: "UserMapping", mailbox: null },
  ]);
  const started = `"state" = 'IMPORTING', "isTransferDone" = true, "startedAt" = $1`;
  await world.database.query(`UPDATE "SyncRun" SET ${started}`, [world.clock.now()]);
  world.clock.advance(60_000);
  const { progress, runs, unmappedItems } = await world.detail();
  expect(progress).toMatchObject({ phase: "importing", done: 2, total: 4, remainingMs: 60_000 });
  expect(runs[0]?.counters).toMatchObject({
    availableForImport: 4,
    imported: 1,
    failed: 1,
    open: 2,
  });
  expect(unmappedItems).toEqual({ count: 1, isMore: false });
});

test("a run that waits after a failure says when it is tried again, until then", async () => {
  const at = new Date(world.clock.now().getTime() + 300_000);
  await world.database.query(`UPDATE "SyncRun" SET "notBefore" = $1`, [at]);
  const waits = { phase: "waiting", nextTryAt: at.toISOString() };
  expect((await world.detail()).progress).toMatchObject(waits);
  world.clock.advance(300_000);
  expect((await world.detail()).progress).toMatchObject({ phase: "waiting", nextTryAt: null });
});

test("runs are paged by key, newest first", async () => {
  for (let index = 0; index < 25; index += 1) {
    await world.database.query(
      `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "windowStart", "windowEnd", "createdAt")
       VALUES ($1, gen_random_uuid(), $2, 'LOOKBACK', 'SUCCEEDED', $3::timestamptz, $3::timestamptz + interval '1 day', $4)`,
      [world.tenantId, world.connectorId, new Date(index), new Date(index >> 1)],
    );
  }
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const any = { kind: null, state: null };
    const page = await world.services.connectors.runs(world.actor, world.connectorId, any, after);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  expect(seen).toHaveLength(26);
  expect(new Set(seen).size).toBe(26);
  expect(seen[0]).toBe(world.runId);
  expect((await world.detail()).hasMoreRuns).toBe(true);
});

test("items are filtered, searched and paged by key", async () => {
  const ids = await world.seed([
    ...Array.from({ length: 60 }, () => ({ state: "IMPORTED" as const })),
    { state: "FAILED", code: "ItemSizeExceeded", owner: "4915112345", mailbox: "Zoe@contoso.com" },
  ]);
  const none = { outcome: null, search: null };
  const first = await world.services.connectors.items(
    world.actor,
    world.connectorId,
    world.runId,
    none,
    null,
  );
  const second = await world.services.connectors.items(
    world.actor,
    world.connectorId,
    world.runId,
    none,
    first.next,
  );
  const all = [...first.rows, ...second.rows];
  expect(all.map(({ deliveryId }) => deliveryId)).toEqual(ids);
  expect(second.next).toBeNull();
  const failed = await world.services.connectors.items(
    world.actor,
    world.connectorId,
    world.runId,
    { ...none, outcome: "failed" },
    null,
  );
  expect(failed.rows).toMatchObject([
    { outcome: "failed", reason: "The item is larger than the connector's limit." },
  ]);
  for (const search of ["item-60", "49151", "zoe@"]) {
    const found = await world.services.connectors.items(
      world.actor,
      world.connectorId,
      world.runId,
      { ...none, search },
      null,
    );
    expect(found.rows.map(({ sourceItemId }) => sourceItemId)).toEqual(["item-60"]);
  }
});

test("the log names every item, and no cell runs as a formula", async () => {
  const [, failed = ""] = await world.seed([
    { state: "IMPORTED", owner: "=1+1" },
    { state: "FAILED", code: "Cancelled" },
  ]);
  const { services, actor, connectorId } = world;
  valueOf(await services.connectors.dismiss(actor, connectorId, failed, "=A test number"));
  let csv = "";
  for await (const line of world.services.connectors.runLog(
    world.actor,
    world.connectorId,
    world.runId,
  ))
    csv += line;
  const [header, first, second] = csv.split("\r\n");
  expect(header).toBe(
    "Item id,Source user id,Microsoft 365 user,Outcome,Reason,Completed at (UTC),Dismissed at (UTC),Dismissed because",
  );
  expect(first).toBe("item-0,'=1+1,susan@contoso.com,Imported,,,,");
  expect(second).toContain("Failed,The run was cancelled");
  expect(second).toMatch(/Z,'=A test number$/);
  expect(await world.actions()).toContain("log.downloaded");
});

test("Sync now opens a window from the watermark, once", async () => {
  expect(
    messageOf(await world.services.connectors.syncNow(world.actor, world.connectorId)),
  ).toContain("first run");
  await world.seed([{ state: "IMPORTED" }]);
  await world.closeRun("SUCCEEDED");
  await world.set(`"watermark" = '2026-11-20T09:55:00Z'`);
  expect(
    messageOf(await world.services.connectors.syncNow(world.actor, world.connectorId)),
  ).toContain("Everything up to 2026-11-20 09:55 UTC");
  world.clock.advance(60 * 60_000);
  const results = await Promise.all(
    [1, 2].map(() => world.services.connectors.syncNow(world.actor, world.connectorId)),
  );
  const messages = results.map((result) => (result.ok ? result.value.message : result.message));
  expect(messages).toContain("A run over 2026-11-20 09:55 UTC to 2026-11-20 10:55 UTC has begun.");
  expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  expect(messages.join()).toContain("being transferred right now");
  expect(world.queue.runs).toHaveLength(1);
});

test("a queue that is away does not undo what was saved", async () => {
  await world.closeRun("SUCCEEDED");
  await world.set(`"watermark" = '2026-11-19T20:00:00Z'`);
  world.queue.isAway = true;
  expect((await world.services.connectors.syncNow(world.actor, world.connectorId)).ok).toBe(true);
  world.queue.isAway = false;
});

test("Pause and Resume, and what waited is told", async () => {
  valueOf(await world.services.connectors.pause(world.actor, world.connectorId));
  expect((await world.services.connectors.list(world.actor))[0]).toMatchObject({
    status: { import: "Paused" },
    nextImportAt: null,
  });
  expect(
    messageOf(await world.services.connectors.syncNow(world.actor, world.connectorId)),
  ).toContain("paused");
  valueOf(await world.services.connectors.resume(world.actor, world.connectorId));
  expect(world.queue.runs).toEqual([world.runId]);
  expect(await world.actions()).toEqual(
    expect.arrayContaining(["connector.paused", "connector.resumed"]),
  );
});

test("nobody without the role changes anything, and no other tenant sees anything", async () => {
  const auditor = await world.admin({ roles: ["Connector.Auditor"] });
  const wholeRun = { runId: world.runId, deliveryIds: null, code: null, mailboxId: null };
  for (const result of [
    await world.services.connectors.pause(auditor, world.connectorId),
    await world.services.connectors.remove(auditor, world.connectorId, "WhatsApp Archiver"),
    await world.services.connectors.retry(auditor, world.connectorId, wholeRun),
    await world.services.connectors.syncNow(auditor, world.connectorId),
  ]) {
    expect(messageOf(result)).toContain("Connector.Admin");
  }
  const stranger = { ...world.actor, tenantId: "00000000-0000-4000-8000-000000000009" };
  expect(await world.services.connectors.list(stranger)).toEqual([]);
  expect(await world.services.connectors.detail(stranger, world.connectorId)).toBeNull();
  expect(await world.services.connectors.run(stranger, world.connectorId, world.runId)).toBeNull();
  expect(messageOf(await world.services.connectors.pause(stranger, world.connectorId))).toContain(
    "deleted",
  );
});

test("an id that is none finds nothing instead of failing", async () => {
  expect(await world.services.connectors.detail(world.actor, "x' OR 1=1")).toBeNull();
  expect(await world.services.connectors.run(world.actor, world.connectorId, "1")).toBeNull();
});

test("alarms that are open are shown with since when, and whether the webhook has taken them", async () => {
  await world.database.query(
    `INSERT INTO "Alarm" ("tenantId", "id", "connectorId", "cause", "code", "raisedAt", "raisedToldAt", "mendedAt")
     SELECT $1, n."id"::uuid, $2, n."cause", n."code", n."at", n."told", n."mended" FROM (VALUES
       ($3, 'needsAttention', 'SourceAuthFailed', timestamptz '2026-11-20T10:00Z', timestamptz '2026-11-20T10:01Z', NULL::timestamptz),
       ($4, 'stalled', '', '2026-11-20T11:00Z', NULL, NULL),
       ($5, 'late', '', '2026-11-19T11:00Z', '2026-11-19T11:00Z', '2026-11-19T12:00Z')
     ) AS n("id", "cause", "code", "at", "told", "mended")`,
    [world.tenantId, world.connectorId, freshId(), freshId(), freshId()],
  );
  expect((await world.detail()).alarms).toMatchObject([
    {
      ...{ cause: "needsAttention", raisedAt: "2026-11-20T10:00:00.000Z", told: "webhook" },
      advice: "TeleMessage refused the username or password. Enter them again.",
    },
    { cause: "stalled", raisedAt: "2026-11-20T11:00:00.000Z", told: "waiting" },
  ]);
});
