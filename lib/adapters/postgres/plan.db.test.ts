/** What one process does for all: the tick, and what it takes from those that fell silent. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { beginTransfer } from "@/lib/testing/recorded-pages";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

async function ticking(leaseMs = 60_000): Promise<readonly string[]> {
  const workers = Array.from({ length: 8 }, (_, index) => `w${index}`);
  const taken = await Promise.all(
    workers.map((worker) => ledger.store.takeTick(worker, leaseMs).then((may) => may && worker)),
  );
  return taken.filter((worker) => worker !== false);
}

test("of eight processes that want to tick one does, and none again until its lease is over", async () => {
  const { store, database } = ledger;
  const [first, ...others] = await ticking();
  expect(others).toEqual([]);
  expect(await ticking()).toEqual([]);
  expect(await store.takeTick(first ?? "", 60_000)).toBe(false);
  await database.query(`UPDATE "Planner" SET "leaseUntil" = "leaseUntil" - interval '1 minute'`);
  expect(await ticking()).toHaveLength(1);
});

test("a run whose worker beats stays with it, one that was silent for longer is queued again", async () => {
  const { store, tenantId, database } = ledger;
  const silentFor = async (seconds: number) => {
    const transfer = await beginTransfer(ledger);
    await database.query(
      `UPDATE "SyncRun" SET "heartbeatAt" = "heartbeatAt" - $2 * interval '1 second' WHERE "id" = $1`,
      [transfer.runId, seconds],
    );
    return transfer;
  };
  const [slow, silent, beating] = [await silentFor(30), await silentFor(90), await silentFor(90)];
  expect(await store.heartbeat(tenantId, beating.hold)).toBe("held");
  expect(await store.requeueSilent(tenantId, 60_000)).toEqual([silent.runId]);
  const rows = await database.query(
    `SELECT "id", "state", "failureCode" FROM "SyncRun" WHERE "tenantId" = $1 ORDER BY "id"`,
    [tenantId],
  );
  expect(rows).toEqual([
    { id: slow.runId, state: "TRANSFERRING", failureCode: null },
    { id: silent.runId, state: "QUEUED", failureCode: "Interrupted" },
    { id: beating.runId, state: "TRANSFERRING", failureCode: null },
  ]);
  for (const { hold } of [slow, beating]) {
    expect(await store.heartbeat(tenantId, hold)).toBe("held");
  }
});
