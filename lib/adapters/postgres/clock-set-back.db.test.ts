/** The database's clock was a day ahead and is right again: what was written meanwhile holds nothing up. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { directoryUser } from "@/lib/testing/fakes";
import { createPortalStore } from "./portal";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

/** As if these instants had been written while the clock was a day ahead. */
async function ahead(table: string, columns: readonly string[], where = "true"): Promise<void> {
  const set = columns.map((column) => `"${column}" = "${column}" + interval '1 day'`).join(", ");
  const rows = await ledger.database.query(
    `UPDATE "${table}" SET ${set} WHERE ${where} RETURNING 1`,
  );
  expect(rows).not.toEqual([]);
}

test("somebody ticks", async () => {
  expect(await ledger.store.takeTick("w", 4_500)).toBe(true);
  expect(await ledger.store.takeTick("w", 4_500)).toBe(false);
  await ahead("Planner", ["leaseUntil"]);
  expect(await ledger.store.takeTick("w", 4_500)).toBe(true);
});

test("the day's duties are done", async () => {
  const { store, tenantId } = ledger;
  const dayAt = (day: number) => new Date(Date.UTC(2026, 4, day));
  expect(await store.takeDay(tenantId, dayAt(9))).toBe(true);
  expect(await store.takeDay(tenantId, dayAt(8))).toBe(false);
  expect(await store.takeDay(tenantId, dayAt(4))).toBe(true);
});

test.each(["leaseUntil", "doneAt"])("a duty whose %s lies ahead is taken", async (column) => {
  const { store, tenantId } = ledger;
  const hour = 3_600_000;
  const duty = { name: column, everyMs: hour, leaseMs: 30_000, aheadMs: 90_000 };
  expect(await store.takeDuty(tenantId, duty, "a")).toBe(true);
  if (column === "doneAt") await store.endDuty(tenantId, column, "a", { isDone: true });
  expect(await store.takeDuty(tenantId, duty, "b")).toBe(false);
  await ahead("Duty", [column], `"name" = '${column}'`);
  expect(await store.takeDuty(tenantId, duty, "b")).toBe(true);
});

test("a run whose worker died then is queued again", async () => {
  const { store, tenantId } = ledger;
  const heartbeatAt = new Date();
  const runId = await ledger.addRun({ state: "TRANSFERRING", attempt: 1, heartbeatAt });
  expect(await store.requeueSilent(tenantId, 15_000)).toEqual([]);
  await ahead("SyncRun", ["heartbeatAt"], `"id" = '${runId}'`);
  expect(await store.requeueSilent(tenantId, 15_000)).toEqual([runId]);
});

async function heldLane() {
  const { store, tenantId } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  const deliveryId = await ledger.addDelivery({ runId, itemId, lane });
  const claimed = await store.claimLane(tenantId, lane.id, "first", 10_000);
  const hold = { laneId: lane.id, token: claimed?.token ?? 0n };
  await store.takeBatch(tenantId, hold, 1);
  await ahead("Lane", ["leaseUntil"], `"id" = '${lane.id}'`);
  return { laneId: lane.id, deliveryId, hold };
}

const second = (laneId: string) =>
  ledger.store.claimLane(ledger.tenantId, laneId, "second", 10_000);

test("a lane whose holder lives stays his: within a lease he has renewed it", async () => {
  const { store, tenantId } = ledger;
  const { laneId, hold } = await heldLane();
  await store.shortenLeases(tenantId, 10_000);
  expect(await second(laneId)).toBeNull();
  expect(await store.renewLane(tenantId, hold, 10_000)).not.toBeNull();
  expect(await second(laneId)).toBeNull();
});

test("a lane whose holder died is free a lease later, and what he had taken is in doubt from now on", async () => {
  const { store, tenantId, database } = ledger;
  const { laneId, deliveryId } = await heldLane();
  await store.shortenLeases(tenantId, 10_000);
  await database.query(
    `UPDATE "Lane" SET "leaseUntil" = "leaseUntil" - interval '10 seconds' WHERE "id" = $1`,
    [laneId],
  );
  expect(await second(laneId)).toMatchObject({ hasDoubtful: true });
  const doubtful = await database.query(
    `SELECT "id" FROM "Delivery" WHERE "laneId" = $1 AND "sentAt" <= clock_timestamp()`,
    [laneId],
  );
  expect(doubtful).toEqual([{ id: deliveryId }]);
});

test("what was in doubt is looked for: its lane is told, and dates it anew", async () => {
  const { store, tenantId, database } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  const doubt = { state: "IMPORTING", sentAt: new Date(), writes: 1 };
  const deliveryId = await ledger.addDelivery({ runId, itemId, lane }, doubt);
  await ahead("Delivery", ["sentAt"], `"id" = '${deliveryId}'`);
  expect(await store.lanesToPoke(tenantId, 45_000)).toContain(lane.id);
  const claimed = await second(lane.id);
  const hold = { laneId: lane.id, token: claimed?.token ?? 0n };
  expect(await store.takeInDoubt(tenantId, hold, 45_000, 9)).toEqual([]);
  await database.query(
    `UPDATE "Delivery" SET "sentAt" = "sentAt" - interval '45 seconds' WHERE "id" = $1`,
    [deliveryId],
  );
  expect(await store.takeInDoubt(tenantId, hold, 45_000, 9)).toMatchObject([{ id: deliveryId }]);
});

test("a worker that died then is not taken for alive", async () => {
  const { store, database } = ledger;
  const { people } = createPortalStore(database);
  expect(await store.beat("dead", new Date())).toBe(1);
  expect(await people.workerSeenAt()).not.toBeNull();
  await ahead("WorkerBeat", ["beatAt"]);
  expect(await people.workerSeenAt()).toBeNull();
  expect(await store.beat("alive", new Date())).toBe(1);
  expect((await people.workerSeenAt())?.getTime()).toBeLessThan(Date.now() + 60_000);
});

test("a window that was looked back at then is looked back at again", async () => {
  const { store, tenantId } = ledger;
  const connectorId = await ledger.addConnector();
  const done = { connectorId, kind: "SCHEDULED", isTransferDone: true };
  const runId = await ledger.addRun({ ...done, lookedBackAt: new Date() });
  const day = new Date(Date.now() - 3_600_000);
  const since = new Date(0);
  const due = async () =>
    (await store.windowsToLookBack(tenantId, { since, day })).map(({ connector }) => connector.id);
  expect(await due()).not.toContain(connectorId);
  await ahead("SyncRun", ["lookedBackAt"], `"id" = '${runId}'`);
  expect(await due()).toContain(connectorId);
});

test("the directory is read anew, and whoever left it since goes", async () => {
  const { database } = ledger;
  const tenantId = await ledger.addTenant();
  const store = createPortalStore(database);
  const [susan, jeff] = [directoryUser("susan@x.com"), directoryUser("jeff@x.com")];
  const readWhole = async (users: (typeof susan)[]) => {
    const { stamp } = await store.directory.begin(tenantId);
    const isSaved = await store.directory.savePage(tenantId, users, stamp);
    return isSaved && store.directory.finish(tenantId, stamp, "link");
  };
  await readWhole([susan, jeff]);
  const columns = ["directoryBegunAt", "directoryReadAt", "directoryFullAt", "directoryHealedAt"];
  await database.query(`UPDATE "Tenant" SET "directoryHealedAt" = now() WHERE "id" = $1`, [
    tenantId,
  ]);
  await ahead("Tenant", columns, `"id" = '${tenantId}'`);
  await ahead("DirectoryMailbox", ["readAt"], `"tenantId" = '${tenantId}'`);
  const { stamp, ageMs } = await store.directory.begin(tenantId);
  expect(stamp.getTime()).toBeLessThan(Date.now() + 60_000);
  expect(Math.abs(ageMs ?? 0)).toBeGreaterThan(60_000);
  expect(await readWhole([susan])).toBe(true);
  const left = await database.query(
    `SELECT "upn", "readAt" <= clock_timestamp() AS "isPast" FROM "DirectoryMailbox" WHERE "tenantId" = $1`,
    [tenantId],
  );
  expect(left).toEqual([{ upn: "susan@x.com", isPast: true }]);
  const [tenant] = await database.query(
    `SELECT "directoryFullAt" <= clock_timestamp() AS "isPast", "directoryHealedAt" AS "healedAt"
     FROM "Tenant" WHERE "id" = $1`,
    [tenantId],
  );
  expect(tenant).toEqual({ isPast: true, healedAt: null });
});

/** An update that began while the clock was a day ahead; it has saved Susan, and then everything is dated anew. */
async function updateUnderWay() {
  const tenantId = await ledger.addTenant();
  const { directory } = createPortalStore(ledger.database);
  const [susan, jeff] = [directoryUser("susan@x.com"), directoryUser("jeff@x.com")];
  const first = await directory.begin(tenantId);
  await directory.savePage(tenantId, [susan, jeff], first.stamp);
  await directory.finish(tenantId, first.stamp, "link");
  const { stamp } = await directory.begin(tenantId);
  await directory.savePage(tenantId, [susan], stamp);
  await ahead("Tenant", ["directoryBegunAt"], `"id" = '${tenantId}'`);
  await ahead("DirectoryMailbox", ["readAt"], `"tenantId" = '${tenantId}'`);
  await directory.begin(tenantId);
  const upns = async () => {
    const rows = await ledger.database.query<{ upn: string }>(
      `SELECT "upn" FROM "DirectoryMailbox"
       WHERE "tenantId" = $1 AND "readAt" <= clock_timestamp() ORDER BY 1`,
      [tenantId],
    );
    return rows.map(({ upn }) => upn);
  };
  return { tenantId, directory, stamp: new Date(stamp.getTime() + 86_400_000), jeff, upns };
}

test("a whole reading that began then takes nobody away whom it had seen", async () => {
  const { tenantId, directory, stamp, jeff, upns } = await updateUnderWay();
  expect(await directory.savePage(tenantId, [jeff], stamp)).toBe(false);
  expect(await directory.finish(tenantId, stamp, "later")).toBe(false);
  expect(await upns()).toEqual(["jeff@x.com", "susan@x.com"]);
});

test("changes that were asked for then are asked for again", async () => {
  const { tenantId, directory, stamp, jeff, upns } = await updateUnderWay();
  const changes = { changed: [jeff], removed: [], link: "later", isLast: true };
  expect(await directory.saveChanges(tenantId, "link", changes, stamp)).toBe("moved");
  const again = await directory.begin(tenantId);
  expect(again.link).toBe("link");
  expect(await directory.saveChanges(tenantId, "link", changes, again.stamp)).toBe("saved");
  expect(await upns()).toEqual(["jeff@x.com", "susan@x.com"]);
});
