import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunView } from "@/lib/core/view";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { messageOf, valueOf } from "@/lib/testing/portal-world";

let world: ConnectorWorld;
beforeEach(async () => {
  world = await createConnectorWorld();
});
afterEach(() => world.close());

const week = { from: "2026-11-09", to: "2026-11-15" };

function backfill(days = week) {
  return world.services.connectors.backfill(world.actor, world.connectorId, days);
}

function cancel(runId: string) {
  return world.services.connectors.cancelRun(world.actor, world.connectorId, runId);
}

async function run(runId = world.runId): Promise<RunView> {
  const found = await world.services.connectors.run(world.actor, world.connectorId, runId);
  if (found === null) throw new Error("No such run");
  return found;
}

async function transferred(): Promise<void> {
  await world.database.query(
    `UPDATE "SyncRun" SET "state" = 'SUCCEEDED', "isTransferDone" = true, "closedAt" = now()`,
  );
}

test("a past period becomes a run over its days in the connector's zone, told to the queue", async () => {
  await transferred();
  const { runId } = valueOf(await backfill());
  expect(await run(runId)).toMatchObject({
    ...{ kind: "backfill", state: "queued", alreadyRecorded: 0 },
    windowStart: "2026-11-08T23:00:00.000Z",
    windowEnd: "2026-11-15T23:00:00.000Z",
  });
  expect(world.queue.runs).toEqual([runId]);
  expect(await world.actions()).toContain("run.backfill");
});

test("the same period may be asked for again once it was read", async () => {
  await transferred();
  valueOf(await backfill());
  await transferred();
  expect((await backfill()).ok).toBe(true);
});

test("while a run is being read the period is refused, and nothing is audited", async () => {
  expect(messageOf(await backfill())).toContain("one is read at a time");
  expect(await world.actions()).not.toContain("run.backfill");
});

test("a day that is not over is refused beside its field", async () => {
  await transferred();
  const today = { from: "2026-11-20", to: "2026-11-20" };
  expect(await backfill(today)).toMatchObject({ ok: false, fields: { to: expect.any(String) } });
});

test.each([
  ["PAUSED", null, "paused"],
  ["NEEDS_ATTENTION", "SourceAuthFailed", "stands still"],
])("a connector that is %s reads no past period", async (state, code, words) => {
  await transferred();
  await world.set(
    `"state" = '${state}', "attentionCode" = ${code === null ? "NULL" : `'${code}'`}`,
  );
  expect(messageOf(await backfill())).toContain(words);
});

test("an auditor neither imports a past period nor cancels a run", async () => {
  const auditor = await world.admin({ roles: ["Connector.Auditor"] });
  const { connectors } = world.services;
  for (const result of [
    await connectors.backfill(auditor, world.connectorId, week),
    await connectors.cancelRun(auditor, world.connectorId, world.runId),
  ]) {
    expect(messageOf(result)).toContain("Connector.Admin");
  }
});

test("what was transferred is told as spans, without what the archive no longer held", async () => {
  await world.database.query(`DELETE FROM "SyncRun"`);
  const span = async (start: string, end: string, more = "") => {
    await world.database.query(
      `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "windowStart", "windowEnd",
         "isTransferDone", "failureCode")
       VALUES ($1, gen_random_uuid(), $2, 'BACKFILL', 'PARTIAL', $3, $4, true, nullif($5, ''))`,
      [world.tenantId, world.connectorId, `2026-11-${start}Z`, `2026-11-${end}Z`, more],
    );
  };
  await span("01T00:00", "03T00:00");
  await span("03T00:00", "05T00:00");
  await span("08T00:00", "09T00:00");
  await span("10T00:00", "11T00:00", "SourceWindowExpired");
  await world.database.query(
    `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd")
     SELECT "tenantId", "id", "connectorId", "id", '2026-11-01T00:00Z', '2026-11-01T12:00Z'
     FROM "SyncRun" LIMIT 1`,
  );
  const { connectors } = world.services;
  expect(await connectors.transferredSpans(world.actor, world.connectorId)).toEqual([
    { start: "2026-11-08T00:00:00.000Z", end: "2026-11-09T00:00:00.000Z" },
    { start: "2026-11-01T12:00:00.000Z", end: "2026-11-05T00:00:00.000Z" },
  ]);
});

test("a past period that waits is cancelled at once", async () => {
  await transferred();
  const { runId } = valueOf(await backfill());
  expect((await run(runId)).isCancellable).toBe(true);
  expect(valueOf(await cancel(runId)).message).toBe("The run was cancelled.");
  expect((await run(runId)).state).toBe("cancelled");
  expect(await world.actions()).toEqual(expect.arrayContaining(["run.cancelled", "run.closed"]));
  expect(messageOf(await cancel(runId))).toBe("This run has ended already.");
});

test("a past period that was cancelled says nothing about the daily import", async () => {
  await transferred();
  const { runId } = valueOf(await backfill());
  valueOf(await cancel(runId));
  const [connector] = await world.services.connectors.list(world.actor);
  expect(connector?.status.import).toBe("Completed");
});

test("what waits in an importing run fails as cancelled, can be retried, and what is written ends first", async () => {
  const ids = await world.seed([{ state: "PENDING" }, { state: "IMPORTING" }]);
  await world.database.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "isTransferDone" = true`);
  expect(valueOf(await cancel(world.runId)).message).toContain("What is being written ends first");
  expect(await run()).toMatchObject({ state: "importing", counters: { failed: 1, open: 1 } });
  const again = { runId: world.runId, deliveryIds: ids, code: null, mailboxId: null };
  const { connectors } = world.services;
  expect(valueOf(await connectors.retry(world.actor, world.connectorId, again)).items).toBe(1);
});

test("a first reading cannot be cancelled, and says what can be done instead", async () => {
  expect((await run()).isCancellable).toBe(false);
  expect(messageOf(await cancel(world.runId))).toContain("Pause the connector");
  expect(await world.actions()).not.toContain("run.cancelled");
});

test("a run of another connector is not cancelled", async () => {
  const other = await world.finish(await world.admin(), "Second", "other@contoso.com");
  const result = await world.services.connectors.cancelRun(world.actor, other, world.runId);
  expect(messageOf(result)).toContain("no longer there");
});

test("runs are filtered by kind and by state", async () => {
  await transferred();
  const { runId } = valueOf(await backfill());
  const { connectors } = world.services;
  const ids = async (filter: Parameters<typeof connectors.runs>[2]) =>
    (await connectors.runs(world.actor, world.connectorId, filter, null)).rows.map(({ id }) => id);
  expect(await ids({ kind: "backfill", state: null })).toEqual([runId]);
  expect(await ids({ kind: null, state: "succeeded" })).toEqual([world.runId]);
  expect(await ids({ kind: "backfill", state: "succeeded" })).toEqual([]);
});

test("a manifest that differs is told in figures, what we stopped ourselves is not", async () => {
  await world.seed([{ state: "IMPORTED" }]);
  await world.closeRun("SUCCEEDED");
  await world.database.query(
    `UPDATE "SyncRun" SET "failureCode" = 'ManifestMismatch', "manifestCount" = 1245,
       "alreadyRecorded" = 1243`,
  );
  expect((await run()).reason).toBe(
    "TeleMessage counts 1,245 items in this window, 1,244 were received. It is asked again every day for 14 days.",
  );
  await world.database.query(`UPDATE "SyncRun" SET "failureCode" = 'Interrupted'`);
  expect((await run()).reason).toBeNull();
});
