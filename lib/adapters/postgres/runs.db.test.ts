import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { reopenRuns } from "./closing";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const day = (n: number) => new Date(Date.UTC(2026, 0, n));

async function runRow(runId: string): Promise<Record<string, unknown>> {
  const [row] = await ledger.database.query<Record<string, unknown>>(
    `SELECT * FROM "SyncRun" WHERE "id" = $1`,
    [runId],
  );
  return row ?? {};
}

async function watermark(connectorId: string): Promise<unknown> {
  const [row] = await ledger.database.query<{ watermark: Date | null }>(
    `SELECT "watermark" FROM "Connector" WHERE "id" = $1`,
    [connectorId],
  );
  return row?.watermark;
}

async function transfer(connectorId: string, kind: string, from: number, to: number) {
  const { store, tenantId } = ledger;
  const window = { windowStart: day(from), windowEnd: day(to) };
  const runId = await ledger.addRun({ connectorId, kind, state: "QUEUED", ...window });
  const claimed = await store.claimRun(tenantId, runId);
  const hold = { runId, attempt: claimed?.attempt ?? 0 };
  await store.finishTransfer(tenantId, hold, { isManifestEqual: true, failureCode: null });
}

test("the watermark moves with scheduled and manual runs and never backwards", async () => {
  const connectorId = await ledger.addConnector();
  await transfer(connectorId, "SCHEDULED", 3, 5);
  expect(await watermark(connectorId)).toEqual(day(5));
  await transfer(connectorId, "MANUAL", 1, 2);
  expect(await watermark(connectorId)).toEqual(day(5));
  await transfer(connectorId, "BACKFILL", 6, 8);
  await transfer(connectorId, "LOOKBACK", 6, 9);
  expect(await watermark(connectorId)).toEqual(day(5));
});

test("of sixteen that want a run at the same time one gets it", async () => {
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, state: "QUEUED" });
  const claims = await Promise.all(
    Array.from({ length: 16 }, () => ledger.store.claimRun(ledger.tenantId, runId)),
  );
  expect(claims.filter((run) => run !== null)).toHaveLength(1);
});

test.each(["PAUSED", "NEEDS_ATTENTION", "DELETED"])(
  "a run of a connector that is %s is not claimed",
  async (state) => {
    const connectorId = await ledger.addConnector(undefined, { state });
    const runId = await ledger.addRun({ connectorId, state: "QUEUED" });
    expect(await ledger.store.claimRun(ledger.tenantId, runId)).toBeNull();
    expect(await ledger.store.runsToTransfer(ledger.tenantId)).not.toContain(runId);
  },
);

test("a gap that grew is one gap, with an audit event for each time", async () => {
  const { store, tenantId, database } = ledger;
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, state: "QUEUED" });
  const hold = { runId, attempt: (await store.claimRun(tenantId, runId))?.attempt ?? 0 };
  for (const end of [day(2), day(3), day(2)]) {
    await store.recordGap(tenantId, hold, connectorId, { start: day(1), end });
  }
  const gaps = await database.query(`SELECT "gapEnd" FROM "Gap" WHERE "runId" = $1`, [runId]);
  expect(gaps).toEqual([{ gapEnd: day(3) }]);
  const events = await database.query(
    `SELECT 1 FROM "AuditEvent" WHERE "action" = 'gap.found' AND "subject" = $1`,
    [`connector:${connectorId}`],
  );
  expect(events).toHaveLength(2);
});

test("a gap that grows after somebody acknowledged it is named again", async () => {
  const { store, tenantId, database } = ledger;
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, state: "QUEUED" });
  const hold = { runId, attempt: (await store.claimRun(tenantId, runId))?.attempt ?? 0 };
  const acknowledged = () =>
    database.query(`SELECT "acknowledgedAt", "reason" FROM "Gap" WHERE "runId" = $1`, [runId]);
  await store.recordGap(tenantId, hold, connectorId, { start: day(1), end: day(3) });
  await database.query(
    `UPDATE "Gap" SET "acknowledgedAt" = $2, "acknowledgedById" = $1, "reason" = 'Known'
     WHERE "runId" = $1`,
    [runId, day(9)],
  );
  await store.recordGap(tenantId, hold, connectorId, { start: day(1), end: day(3) });
  expect(await acknowledged()).toEqual([{ acknowledgedAt: day(9), reason: "Known" }]);
  await store.recordGap(tenantId, hold, connectorId, { start: day(1), end: day(4) });
  expect(await acknowledged()).toEqual([{ acknowledgedAt: null, reason: null }]);
});

test("a run that owes nothing is closed once, by whoever comes first", async () => {
  const runId = await ledger.addRun({ isTransferDone: true });
  const closed = await Promise.all(
    Array.from({ length: 8 }, () => ledger.store.closeRun(ledger.tenantId, runId)),
  );
  expect(closed.filter((outcome) => outcome !== null)).toHaveLength(1);
});

test("a run whose transfer is not done is not closed, nor one that owes a delivery", async () => {
  const early = await ledger.addRun();
  expect(await ledger.store.closeRun(ledger.tenantId, early)).toBeNull();
  const owing = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  await ledger.addDelivery({ runId: owing, itemId: await ledger.addItem(owing), lane });
  expect(await ledger.store.closeRun(ledger.tenantId, owing)).toBeNull();
});

test("to find that a run still owes something, nobody waits for its lock", async () => {
  const { database, store, tenantId } = ledger;
  const owing = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  await ledger.addDelivery({ runId: owing, itemId: await ledger.addItem(owing), lane });
  await database.transaction(async (sql) => {
    await sql.query(`SELECT 1 FROM "SyncRun" WHERE "id" = $1 FOR NO KEY UPDATE`, [owing]);
    expect(await store.closeRun(tenantId, owing)).toBeNull();
  });
});

test("a delivery that becomes pending while its run is being closed opens the run again", async () => {
  const { database, store, tenantId } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  const failed = { state: "FAILED", failureCode: "ItemRefused" };
  const id = await ledger.addDelivery({ runId, itemId, lane }, failed);
  let closing: Promise<unknown> = Promise.resolve();
  await database.transaction(async (sql) => {
    await sql.query(
      `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL WHERE "id" = $1`,
      [id],
    );
    // Sees the delivery failed still, and closes; the retry commits after it.
    closing = store.closeRun(tenantId, runId);
    await closing;
    await reopenRuns(sql, tenantId, [runId]);
  });
  await closing;
  expect(await runRow(runId)).toMatchObject({ state: "IMPORTING", open: 1, failed: 0 });
});

test("a retry that meets its run in the middle of being closed waits, and opens it again", async () => {
  const { database, tenantId } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  const failed = { state: "FAILED", failureCode: "ItemRefused" };
  const id = await ledger.addDelivery({ runId, itemId, lane }, failed);
  let retry: Promise<void> = Promise.resolve();
  await database.transaction(async (closing) => {
    await closing.query(`SELECT 1 FROM "SyncRun" WHERE "id" = $1 FOR NO KEY UPDATE`, [runId]);
    retry = database.transaction(async (sql) => {
      await sql.query(
        `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL WHERE "id" = $1`,
        [id],
      );
      await reopenRuns(sql, tenantId, [runId]);
    });
    await expect.poll(isSomebodyWaiting).toBe(true);
    await closing.query(
      `UPDATE "SyncRun" SET "state" = 'FAILED', "availableForImport" = 1, "failed" = 1 WHERE "id" = $1`,
      [runId],
    );
  });
  await retry;
  expect(await runRow(runId)).toMatchObject({ state: "IMPORTING", open: 1, failed: 0 });
});

async function isSomebodyWaiting(): Promise<boolean> {
  const waiting = await ledger.database.query(
    `SELECT 1 FROM "pg_stat_activity"
     WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`,
  );
  return waiting.length > 0;
}

test("a retry that holds the run first makes the close wait and count anew", async () => {
  const { database, store, tenantId } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  const failed = { state: "FAILED", failureCode: "ItemRefused" };
  const id = await ledger.addDelivery({ runId, itemId, lane }, failed);
  const closing = await database.transaction(async (sql) => {
    await reopenRuns(sql, tenantId, [runId]);
    const later = store.closeRun(tenantId, runId);
    await sql.query(
      `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL WHERE "id" = $1`,
      [id],
    );
    return { later };
  });
  expect(await closing.later).toBeNull();
  expect(await runRow(runId)).toMatchObject({ state: "IMPORTING" });
});
