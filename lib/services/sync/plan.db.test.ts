import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeClock, type FakeClock, fakeQueue, silentLog } from "@/lib/testing/fakes";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { syncLimits } from "@/lib/wiring";
import { tick } from "./plan";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

type Connector = Awaited<ReturnType<typeof newConnector>>;

/** A connector of a tenant of its own, whose ticks follow a clock of its own. */
async function newConnector(row: Readonly<Record<string, unknown>>) {
  const tenantId = await ledger.addTenant();
  const id = await ledger.addConnector(tenantId, { timeOfDay: "02:00", ...row });
  const clock: FakeClock = fakeClock();
  const { store } = ledger;
  const parts = {
    ...{ tenantId, store, clock, queue: fakeQueue(), workerId: "w", log: silentLog },
    ...{ limits: { ...syncLimits, tickLeaseMs: 0 }, passes: () => undefined },
  };
  return {
    id,
    clock,
    tick: () => tick(parts),
    set: (assignments: string) =>
      ledger.database.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [id]),
    async windows(): Promise<string[]> {
      const rows = await ledger.database.query<{ windowStart: Date; windowEnd: Date }>(
        `SELECT "windowStart", "windowEnd" FROM "SyncRun" WHERE "connectorId" = $1 ORDER BY "id"`,
        [id],
      );
      return rows.map(
        ({ windowStart, windowEnd }) => `${short(windowStart)} to ${short(windowEnd)}`,
      );
    },
    async states(): Promise<unknown> {
      const rows = await ledger.database.query<{ state: string }>(
        `SELECT "state" FROM "SyncRun" WHERE "connectorId" = $1 ORDER BY "id"`,
        [id],
      );
      return rows.map(({ state }) => state);
    },
    /** The run that is queued has something for a mailbox that nobody writes to. */
    async owe(): Promise<void> {
      const [runId = ""] = await store.runsToTransfer(tenantId);
      const itemId = await ledger.addItem(runId, { tenantId, connectorId: id });
      const lane = {
        mailboxId: itemId,
        id: (await store.laneIds(tenantId, [itemId])).get(itemId) ?? "",
      };
      await ledger.addDelivery({ runId, itemId, lane }, { tenantId, connectorId: id });
    },
    async watermark(): Promise<string> {
      const [row] = await ledger.database.query<{ watermark: Date }>(
        `SELECT "watermark" FROM "Connector" WHERE "id" = $1`,
        [id],
      );
      return row === undefined ? "" : short(row.watermark);
    },
    /** Whatever is queued is transferred whole. */
    async transfer(): Promise<void> {
      for (const runId of await store.runsToTransfer(tenantId)) {
        const attempt = (await store.claimRun(tenantId, runId))?.attempt ?? 0;
        const end = { isManifestEqual: true, failureCode: null };
        await store.finishTransfer(tenantId, { runId, attempt }, end);
      }
    },
  };
}

function short(at: Date): string {
  return at.toISOString().slice(5, 16);
}

async function catchUp(connector: Connector, ticks = 12): Promise<void> {
  for (let n = 0; n < ticks; n += 1) {
    await connector.tick();
    await connector.transfer();
  }
}

const watermark = new Date("2025-03-01T01:55:00Z");

test("after days without a worker every window is made up in order, one at a time", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-05T12:00:00Z");
  await connector.tick();
  await connector.tick();
  expect(await connector.windows()).toEqual(["03-01T01:55 to 03-02T01:55"]);
  await catchUp(connector);
  expect(await connector.windows()).toEqual([
    "03-01T01:55 to 03-02T01:55",
    "03-02T01:55 to 03-03T01:55",
    "03-03T01:55 to 03-04T01:55",
    "03-04T01:55 to 03-05T01:55",
  ]);
  expect(await connector.watermark()).toBe("03-05T01:55");
});

test("a clock that is set back opens nothing and leaves the watermark; set right, it goes on without overlap", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-02T02:00:00Z");
  await catchUp(connector);
  for (const at of ["2025-03-02T01:00:00Z", "2025-02-20T00:00:00Z", "2025-03-02T02:30:00Z"]) {
    connector.clock.set(at);
    await catchUp(connector, 3);
  }
  expect(await connector.windows()).toEqual(["03-01T01:55 to 03-02T01:55"]);
  expect(await connector.watermark()).toBe("03-02T01:55");
  connector.clock.set("2025-03-03T02:00:00Z");
  await catchUp(connector);
  expect((await connector.windows()).slice(1)).toEqual(["03-02T01:55 to 03-03T01:55"]);
});

test("a clock an hour ahead opens the window early, and nothing twice when it is set right", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-02T02:10:00Z");
  await catchUp(connector);
  connector.clock.advance(-3_600_000);
  await catchUp(connector, 3);
  connector.clock.advance(3_600_000);
  await catchUp(connector, 3);
  expect(await connector.windows()).toEqual(["03-01T01:55 to 03-02T01:55"]);
});

test("a worker whose clock runs ahead opens no window that ends in the future by the database's clock", async () => {
  const hourMs = 3_600_000;
  const start = new Date(Date.now() - 26 * hourMs);
  const connector = await newConnector({ watermark: start, zone: "UTC" });
  const ahead = new Date(Date.now() + hourMs);
  await connector.set(`"timeOfDay" = '${ahead.toISOString().slice(11, 16)}'`);
  connector.clock.set(ahead.toISOString());
  await catchUp(connector, 3);
  const before = (await connector.windows()).length;
  await connector.tick();
  expect(await connector.windows()).toHaveLength(before);
  expect(before).toBe(1);
});

test("a connector whose zone and time change goes on where its last window ended", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-02T02:00:00Z");
  await catchUp(connector);
  await connector.set(`"zone" = 'Asia/Kolkata', "timeOfDay" = '06:15'`);
  connector.clock.set("2025-03-03T02:00:00Z");
  await catchUp(connector);
  await connector.set(`"zone" = 'America/New_York', "timeOfDay" = '23:30'`);
  connector.clock.set("2025-03-04T05:00:00Z");
  await catchUp(connector);
  expect((await connector.windows()).slice(1)).toEqual([
    "03-02T01:55 to 03-03T00:40",
    "03-03T00:40 to 03-03T04:25",
    "03-03T04:25 to 03-04T04:25",
  ]);
});

test("a paused connector opens nothing; resumed, it makes up what it slept through", async () => {
  const connector = await newConnector({ watermark, zone: "UTC", state: "PAUSED" });
  connector.clock.set("2025-03-03T12:00:00Z");
  await catchUp(connector, 2);
  expect(await connector.windows()).toEqual([]);
  await connector.set(`"state" = 'ACTIVE'`);
  await catchUp(connector);
  expect(await connector.windows()).toEqual([
    "03-01T01:55 to 03-02T01:55",
    "03-02T01:55 to 03-03T01:55",
  ]);
});

test("a window whose transfer waits holds back the next, and no window is opened twice", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-04T12:00:00Z");
  await Promise.all(Array.from({ length: 8 }, () => connector.tick()));
  connector.clock.set("2025-03-08T12:00:00Z");
  await connector.tick();
  expect(await connector.windows()).toEqual(["03-01T01:55 to 03-02T01:55"]);
});

test("a run that still owes a slow mailbox holds back neither the next window nor its transfer", async () => {
  const connector = await newConnector({ watermark, zone: "UTC" });
  connector.clock.set("2025-03-02T12:00:00Z");
  await connector.tick();
  await connector.owe();
  await catchUp(connector);
  connector.clock.set("2025-03-03T12:00:00Z");
  await catchUp(connector);
  expect(await connector.windows()).toEqual([
    "03-01T01:55 to 03-02T01:55",
    "03-02T01:55 to 03-03T01:55",
  ]);
  expect(await connector.states()).toEqual(["IMPORTING", "SUCCEEDED"]);
  expect(await connector.watermark()).toBe("03-03T01:55");
});

test("while another process ticks this one plans nothing", async () => {
  const tenantId = await ledger.addTenant();
  await ledger.addConnector(tenantId);
  const queue = fakeQueue();
  await tick({
    ...{ tenantId, queue, workerId: "w", log: silentLog, clock: fakeClock() },
    ...{ store: { ...ledger.store, takeTick: async () => false }, passes: () => undefined },
    limits: syncLimits,
  });
  expect(queue.runs).toEqual([]);
  expect(await ledger.store.runsToTransfer(tenantId)).toEqual([]);
});

test("a run that cannot be closed keeps nobody else from the tick", async () => {
  const tenantId = await ledger.addTenant();
  const connectorId = await ledger.addConnector(tenantId);
  const owner = { tenantId, connectorId };
  await ledger.addRun({ ...owner, state: "IMPORTING", isTransferDone: true });
  const waiting = await ledger.addRun({ ...owner, kind: "SCHEDULED", state: "QUEUED" });
  const queue = fakeQueue();
  const closeRun = () => Promise.reject(new Error("a fault of our own"));
  await tick({
    ...{ tenantId, queue, workerId: "w", log: silentLog, clock: fakeClock() },
    ...{ store: { ...ledger.store, closeRun }, passes: () => undefined },
    limits: { ...syncLimits, tickLeaseMs: 0 },
  });
  expect(queue.runs).toEqual([waiting]);
});
