import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 2, heartbeatMs: 50 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const recent = ["m1", "m2"].map((id) => chat({ id, receivedAt: hoursAgo(3) }));
const old = ["o1", "o2", "o3", "o4", "o5", "o6"].map((id, index) =>
  chat({ id, receivedAt: new Date(hoursAgo(100).getTime() + index * 1000) }),
);
const all = { start: hoursAgo(200), end: hoursAgo(1) };

/** A connector whose first window (the last 24 hours) is transferred and imported. */
async function finish(records: readonly unknown[] = [...recent, ...old], attachments = {}) {
  await open.reset(world([alice, bob], records, attachments));
  const connector = await open.finish();
  // No scheduled instant lies between the first window and now.
  const later = new Date(Date.now() + 3_600_000).toISOString().slice(11, 16);
  await open.sql.query(`UPDATE "Connector" SET "timeOfDay" = $1`, [later]);
  await open.drain();
  return connector;
}

type Kind = "backfill" | "manual";

async function insert(connectorId: string, { start, end }: typeof all, kind: Kind = "backfill") {
  const id = uuid();
  const rules = { automaticMapping: true, mappingFileId: null, requestedById: uuid() };
  const inserted = await open.outside.portalStore.transaction((tx) =>
    tx.runs.insert(tenantId, {
      ...{ id, connectorId, kind, windowStart: start, windowEnd: end, createdAt: new Date() },
      ...rules,
    }),
  );
  return { id, inserted };
}

function cancel(runId: string) {
  return open.outside.portalStore.transaction((tx) => tx.runs.cancel(tenantId, runId, new Date()));
}

async function watermark(): Promise<unknown> {
  return (await open.sql.query<{ watermark: Date }>(`SELECT "watermark" FROM "Connector"`))[0]
    ?.watermark;
}

/** A transfer of the run that is slow enough to be met in the middle, with its first page recorded. */
async function inTheMiddleOf(runId: string): Promise<{ readonly transfer: Promise<void> }> {
  await open.control("PATCH", "/latency", { telemessage: 150 });
  const transfer = transferRun(open.parts, runId, open.signal);
  await expect.poll(async () => Number((await open.run(runId))["pages"])).toBeGreaterThan(0);
  return { transfer };
}

test("a backfill brings what was never transferred, counts beside what was, and leaves the watermark", async () => {
  const { id } = await finish();
  const before = await watermark();
  const { id: runId, inserted } = await insert(id, all);
  expect(inserted).toBe("inserted");
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    ...{ state: "SUCCEEDED", availableFromSource: 6, imported: 6, alreadyRecorded: 2 },
    isManifestEqual: true,
  });
  expect(await watermark()).toEqual(before);
  expect(await open.mail(alice.upn)).toHaveLength(8);
});

test("a backfill over what was backfilled before imports nothing twice", async () => {
  const { id } = await finish();
  await insert(id, all);
  await open.drain();
  const again = await insert(id, all);
  await open.drain();
  expect(await open.run(again.id)).toMatchObject({
    ...{ state: "SUCCEEDED", availableFromSource: 0, alreadyRecorded: 8 },
  });
  expect(await open.mail(alice.upn)).toHaveLength(8);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test.each([
  ["in part reads what is left", hoursAgo(50), { alreadyRecorded: 2 }],
  ["altogether reads nothing", new Date(), { alreadyRecorded: 0 }],
])(
  "a backfill over time that expired %s, says so, ends partial and makes no gap",
  async (_name, oldestAvailable, counts) => {
    const { id } = await finish();
    await open.control("PATCH", "/telemessage", { oldestAvailable });
    const { id: runId } = await insert(id, all);
    await open.drain();
    expect(await open.run(runId)).toMatchObject({
      ...{ state: "PARTIAL", failureCode: "SourceWindowExpired", availableFromSource: 0 },
      ...counts,
    });
    expect(await open.sql.query(`SELECT 1 FROM "Gap"`)).toEqual([]);
  },
);

test("a window of the schedule that comes due in the middle of a backfill goes first; the backfill goes on at its cursor", async () => {
  const { id } = await finish();
  const { id: runId } = await insert(id, all);
  const { transfer } = await inTheMiddleOf(runId);
  const overdue = new Date(Date.now() - 60_000).toISOString().slice(11, 16);
  await open.sql.query(
    `UPDATE "Connector" SET "timeOfDay" = $1, "watermark" = "watermark" - interval '2 hours'`,
    [overdue],
  );
  await open.control("PATCH", "/latency", { telemessage: 0 });
  const { pages } = await open.run(runId);
  await open.drain();
  await transfer;

  const [scheduled] = await open.sql.query<Record<string, unknown>>(
    `SELECT * FROM "SyncRun" WHERE "kind" = 'SCHEDULED' ORDER BY "id" DESC LIMIT 1`,
  );
  expect(scheduled).toMatchObject({ state: "SUCCEEDED" });
  expect(await watermark()).toEqual(scheduled?.["windowEnd"]);
  const backfill = await open.run(runId);
  expect(backfill).toMatchObject({
    ...{ state: "SUCCEEDED", imported: 6, attempt: 2, pages: 4, manifestTries: 0 },
  });
  expect(Number(pages)).toBeLessThan(4);
  expect(Number(backfill["transferredAt"])).toBeGreaterThan(Number(scheduled?.["transferredAt"]));
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("Sync now goes before a backfill that waits, and a second backfill is refused meanwhile", async () => {
  const { id } = await finish();
  const { id: runId } = await insert(id, all);
  const start = (await watermark()) as Date;
  const now = await insert(id, { start, end: hoursAgo(0.001) }, "manual");
  expect(now.inserted).toBe("inserted");
  expect(await open.run(runId)).toMatchObject({ state: "QUEUED", hasGivenWay: true });
  expect((await insert(id, all)).inserted).toBe("transfer");
  expect(await open.parts.store.runsToTransfer(tenantId)).toEqual([now.id]);
  expect(await open.parts.store.claimRun(tenantId, runId)).toBeNull();

  await open.drain();
  expect(await open.run(now.id)).toMatchObject({ state: "SUCCEEDED" });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 6 });
});

test("a backfill that is cancelled in the middle stops, and another one brings the rest", async () => {
  const { id } = await finish();
  const { id: runId } = await insert(id, all);
  const { transfer } = await inTheMiddleOf(runId);
  expect(await cancel(runId)).toBe("cancelled");
  await transfer;
  await open.control("PATCH", "/latency", { telemessage: 0 });
  await open.drain();

  const cancelled = await open.run(runId);
  expect(cancelled).toMatchObject({ state: "CANCELLED", isTransferCancelled: true, open: 0 });
  const recorded = Number(cancelled["availableFromSource"]);
  expect(recorded).toBeGreaterThan(0);
  expect(recorded).toBeLessThan(6);
  const failed = (await open.deliveries()).filter(({ state }) => state === "FAILED");
  expect(failed).toHaveLength(recorded);
  expect(failed.every(({ failureCode }) => failureCode === "Cancelled")).toBe(true);

  const again = await insert(id, all);
  await open.drain();
  expect(await open.run(again.id)).toMatchObject({
    ...{ state: "SUCCEEDED", availableFromSource: 6 - recorded, imported: 6 - recorded },
    alreadyRecorded: 2 + recorded,
  });
});

test("an item whose attachments a cancelled backfill did not fetch comes whole with the next", async () => {
  const attachments = [{ id: "a1", name: "a.txt", contentType: "text/plain", sizeBytes: 3 }];
  const record = chat({ id: "o1", receivedAt: hoursAgo(100), body: { attachments } });
  const base64 = Buffer.from("abc").toString("base64");
  const { id } = await finish([record], { a1: { base64 } });
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/attachments/", times: 100, effect: { status: 503 } },
  });
  const { id: runId } = await insert(id, all);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "QUEUED", availableFromSource: 1 });
  expect(await cancel(runId)).toBe("cancelled");
  await open.control("DELETE", "/faults");

  const again = await insert(id, all);
  await open.drain();
  expect(await open.run(again.id)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  const [mail] = await open.mail(alice.upn);
  expect(mail?.attachments.map(({ name }) => name)).toEqual(["a.txt"]);
});
