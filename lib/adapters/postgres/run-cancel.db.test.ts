import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { runsOn } from "./portal-runs";
import { repairsOn } from "./repair";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const at = new Date("2026-11-20T10:00:00.000Z");

function cancel(runId: string) {
  return ledger.database.transaction((sql) => runsOn(sql).cancel(ledger.tenantId, runId, at));
}

async function runRow(runId: string): Promise<Record<string, unknown>> {
  const [row] = await ledger.database.query<Record<string, unknown>>(
    `SELECT * FROM "SyncRun" WHERE "id" = $1`,
    [runId],
  );
  return row ?? {};
}

async function delivery(id: string): Promise<Record<string, unknown>> {
  const [row] = await ledger.database.query<Record<string, unknown>>(
    `SELECT * FROM "Delivery" WHERE "id" = $1`,
    [id],
  );
  return row ?? {};
}

/** A run with one item per state, all for one mailbox. */
async function runWith(row: Record<string, unknown>, states: readonly string[]) {
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, ...row });
  const lane = await ledger.addLane();
  const ids: string[] = [];
  for (const state of states) {
    const itemId = await ledger.addItem(runId, { connectorId });
    const sent = state === "IMPORTING" ? { sentAt: new Date() } : {};
    const of = { runId, itemId, lane };
    ids.push(await ledger.addDelivery(of, { connectorId, state, ...sent }));
  }
  return { connectorId, runId, lane, ids };
}

test.each([
  ["SCHEDULED", "QUEUED"],
  ["SCHEDULED", "TRANSFERRING"],
  ["MANUAL", "QUEUED"],
  ["MANUAL", "TRANSFERRING"],
])("a %s run that is %s cannot be cancelled: the watermark stands on it", async (kind, state) => {
  const { runId } = await runWith({ kind, state }, []);
  expect(await cancel(runId)).toBe("notCancellable");
  expect(await runRow(runId)).toMatchObject({ state, isCancelRequested: false });
});

test.each(["BACKFILL", "LOOKBACK"])(
  "a %s run that is queued is cancelled at once, and another may begin",
  async (kind) => {
    const { connectorId, runId } = await runWith({ kind, state: "QUEUED" }, []);
    expect(await cancel(runId)).toBe("cancelled");
    expect(await runRow(runId)).toMatchObject({ state: "CANCELLED", closedAt: at });
    await ledger.addRun({ connectorId, kind, state: "QUEUED" });
  },
);

test("the transfer of a cancelled backfill has lost its run at its next beat, and writes nothing more", async () => {
  const { store, tenantId } = ledger;
  const { connectorId, runId } = await runWith({ kind: "BACKFILL", state: "QUEUED" }, []);
  const hold = { runId, attempt: (await store.claimRun(tenantId, runId))?.attempt ?? 0 };
  expect(await cancel(runId)).toBe("cancelled");

  expect(await store.heartbeat(tenantId, hold)).toBe("lost");
  const page = {
    items: [],
    takenOver: [],
    restaged: [],
    alreadyRecorded: 0,
    undated: null,
    completed: [],
    rules: { mappingFileId: null, automaticMapping: true },
    cursor: "x",
    isLastPage: true,
  };
  await expect(
    store.recordPage(tenantId, hold, connectorId, "acc", page, new Map()),
  ).rejects.toMatchObject({ name: "HoldLost" });
  await store.giveBack(tenantId, hold, { code: "Interrupted", waitMs: 0, countsAsFailure: false });
  expect(await runRow(runId)).toMatchObject({ state: "CANCELLED" });
});

test.each(["SCHEDULED", "BACKFILL"])(
  "an importing %s run ends with its outcome: pending fails with Cancelled, in flight ends by itself",
  async (kind) => {
    const { store, tenantId } = ledger;
    const states = ["PENDING", "IMPORTING", "IMPORTED"];
    const { runId, ids, lane } = await runWith({ kind, isTransferDone: true }, states);
    const [pending = "", importing = "", imported = ""] = ids;
    expect(await cancel(runId)).toBe("cancelling");
    expect(await delivery(pending)).toMatchObject({ state: "FAILED", failureCode: "Cancelled" });
    expect(await delivery(importing)).toMatchObject({ state: "IMPORTING" });
    expect(await delivery(imported)).toMatchObject({ state: "IMPORTED" });
    expect(await store.closeRun(tenantId, runId)).toBeNull();

    await endsAs(lane.id, importing, "imported");
    expect(await store.closeRun(tenantId, runId)).toMatchObject({
      ...{ state: "partial" },
      counters: { imported: 2, failed: 1, open: 0 },
    });
    expect(await cancel(runId)).toBe("ended");
  },
);

test("what was in flight when its run was cancelled and is not in the mailbox fails, it does not wait again", async () => {
  const { store, tenantId } = ledger;
  const { runId, ids, lane } = await runWith({ isTransferDone: true }, ["IMPORTING"]);
  expect(await cancel(runId)).toBe("cancelling");
  await endsAs(lane.id, ids[0] ?? "", "pending");
  expect(await delivery(ids[0] ?? "")).toMatchObject({
    ...{ state: "FAILED", failureCode: "Cancelled" },
  });
  expect(await store.closeRun(tenantId, runId)).toMatchObject({ state: "failed" });
});

test("what came back pending in the moment of the cancel is found and ended by the tick", async () => {
  const { store, tenantId, database } = ledger;
  const { runId, ids } = await runWith({ isTransferDone: true }, ["IMPORTING"]);
  await cancel(runId);
  await database.query(`UPDATE "Delivery" SET "state" = 'PENDING' WHERE "id" = $1`, [ids[0]]);
  expect(await store.runsToClose(tenantId)).toContain(runId);
  expect(await store.closeRun(tenantId, runId)).toMatchObject({ state: "failed" });
  expect(await delivery(ids[0] ?? "")).toMatchObject({ failureCode: "Cancelled" });
});

test("a cancelled transfer closes as cancelled, and as cancelled again after its items were retried", async () => {
  const { store, tenantId, database } = ledger;
  const backfill = { kind: "BACKFILL", state: "QUEUED" };
  const { connectorId, runId, ids, lane } = await runWith(backfill, ["PENDING"]);
  expect(await cancel(runId)).toBe("cancelled");
  expect(await runRow(runId)).toMatchObject({ state: "CANCELLED", failed: 1, open: 0 });

  const reopened = await database.transaction((sql) =>
    repairsOn(sql).reopen(tenantId, connectorId, { runId }, null, 10),
  );
  expect(reopened).toMatchObject({ deliveries: 1 });
  expect(await runRow(runId)).toMatchObject({ state: "IMPORTING", isCancelRequested: false });
  const claimed = await store.claimLane(tenantId, lane.id, "worker", 10_000);
  await store.takeBatch(tenantId, { laneId: lane.id, token: claimed?.token ?? 0n }, 10);
  await endsAs(lane.id, ids[0] ?? "", "imported", claimed?.token);
  expect(await store.closeRun(tenantId, runId)).toMatchObject({
    ...{ state: "cancelled" },
    counters: { imported: 1, failed: 0 },
  });
});

test("a copy that is wanted again after its connector was deleted does not keep its run open", async () => {
  const { store, tenantId, database } = ledger;
  const states = ["IMPORTING", "IMPORTED"];
  const { connectorId, runId, ids, lane } = await runWith({ isTransferDone: true }, states);
  const [failing = "", skipped = ""] = ids;
  await database.query(
    `UPDATE "Delivery" SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = $2
     WHERE "id" = $1`,
    [skipped, failing],
  );
  await database.query(`UPDATE "Connector" SET "state" = 'DELETED' WHERE "id" = $1`, [connectorId]);
  await endsAs(lane.id, failing, "failed");
  expect(await store.runsToClose(tenantId)).toContain(runId);
  expect(await store.closeRun(tenantId, runId)).toMatchObject({ state: "failed" });
  expect(await delivery(skipped)).toMatchObject({ state: "FAILED", failureCode: "Cancelled" });
});

test("an item whose attachments were not fetched yet is let go: its manifest entry, its blob, its retry", async () => {
  const { store, tenantId, database } = ledger;
  const { runId, connectorId } = await runWith({ kind: "BACKFILL", state: "QUEUED" }, []);
  const receivedAt = new Date("2026-01-01T12:00:00Z");
  const blobs = { a: "t/r/1/a", b: "t/r/1/b" };
  const base = { connectorId, sourceAccountId: "acc-let-go", receivedAt };
  const whole = await ledger.addItem(runId, { ...base, blobName: blobs.a });
  const half = await ledger.addItem(runId, { ...base, blobName: blobs.b, attachmentsOpen: 1 });
  const lane = await ledger.addLane();
  await ledger.addDelivery({ runId, itemId: whole, lane }, { connectorId });
  await ledger.addDelivery({ runId, itemId: half, lane }, { connectorId });
  const window = {
    start: new Date("2026-01-01T00:00:00Z"),
    end: new Date("2026-01-02T00:00:00Z"),
  };
  expect(await store.ledgerManifest(tenantId, "acc-let-go", window)).toMatchObject({ count: 2 });
  expect(await cancel(runId)).toBe("cancelled");

  expect(await store.ledgerManifest(tenantId, "acc-let-go", window)).toMatchObject({ count: 1 });
  expect(await database.query(`SELECT "blobName" FROM "ReleasedBlob"`)).toEqual([
    { blobName: blobs.b },
  ]);
  expect(await store.knownItems(tenantId, [whole, half])).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ itemDigest: whole, isOrphan: false }),
      expect.objectContaining({ itemDigest: half, isOrphan: true }),
    ]),
  );
  const reopened = await database.transaction((sql) =>
    repairsOn(sql).reopen(tenantId, connectorId, { runId }, null, 10),
  );
  expect(reopened).toMatchObject({ deliveries: 1 });
});

/** As the lane records it. */
async function endsAs(
  laneId: string,
  deliveryId: string,
  state: "imported" | "pending" | "failed",
  token?: bigint,
): Promise<void> {
  const { store, tenantId } = ledger;
  const held = token ?? (await store.claimLane(tenantId, laneId, "worker", 10_000))?.token ?? 0n;
  const counts = { deliveryId, writes: 1, refusals: 0, failuresInRow: 0 };
  const ends = {
    imported: { ...counts, state: "imported", messageId: "m", evidence: null },
    pending: { ...counts, state: "pending", waitMs: 0, code: null },
    failed: { ...counts, state: "failed", code: "ItemRefused" },
  } as const;
  await store.recordOutcomes(tenantId, { laneId, token: held }, [ends[state]]);
}
