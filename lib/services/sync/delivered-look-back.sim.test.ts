/** Delivered files that come late, change, are moved or go: what a look back makes of them. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emlWithFiles } from "@/lib/core/eml-builder";
import { createDeliveredWorld, type DeliveredWorld } from "@/lib/testing/delivered-world";
import { mails, name, person, sentAt } from "@/lib/testing/delivered-world";
import { alice, bob, hoursAgo } from "@/lib/testing/records";
import { noDuplicates, tenantId } from "@/lib/testing/sync-world";
import { deliveryOf } from "@/lib/testing/zip-files";

let open: DeliveredWorld;
beforeAll(async () => {
  open = await createDeliveredWorld();
});
afterAll(() => open.close());

/** Two files, of which the first has come in part only. */
async function halfDelivered() {
  const drop = await open.dropped();
  const zip = await deliveryOf(mails(4, "late"));
  const file = name(1);
  drop.put(file, zip.subarray(0, 400));
  drop.put(name(2), await deliveryOf(mails(2)));
  const { runId } = await open.imported(drop);
  return { drop, file, zip, runId };
}

test("a file that is not whole is left alone, told, and read once it was completed", async () => {
  const { drop, file, zip, runId } = await halfDelivered();
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: "DeliveryIncomplete", imported: 4 },
  });
  expect(await open.files()).toMatchObject([
    { state: "REFUSED", reason: "damaged" },
    { state: "DONE", reason: null },
  ]);

  drop.put(file, zip);
  await open.lookBack(drop);
  expect(await open.texts(bob.upn)).toHaveLength(6);
  expect((await open.files()).map(({ state }) => state)).toEqual(["DONE", "DONE"]);
  const [again] = await open.sql.query(`SELECT * FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`);
  expect(again).toMatchObject({ state: "SUCCEEDED", alreadyRecorded: 2, availableFromSource: 4 });
  // What it was told to lack has come.
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "SUCCEEDED", failureCode: null, isManifestEqual: true, imported: 4 },
  });
});

test("a file that appears after its window is found by looking back", async () => {
  const drop = await open.dropped();
  drop.put(name(1), await deliveryOf(mails(1)));
  await open.imported(drop);
  drop.put(name(2, 5), await deliveryOf(mails(2, "late")));
  await open.lookBack(drop);
  expect(await open.texts(bob.upn)).toEqual(["Text of late0", "Text of late1", "Text of m0"]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a file that was replaced is read again, and what is known is not written twice", async () => {
  const drop = await open.dropped();
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  await open.imported(drop);
  drop.put(file, await deliveryOf(mails(3)));
  await open.lookBack(drop);
  expect(await open.texts(bob.upn)).toEqual(["Text of m0", "Text of m1", "Text of m2"]);
  expect(await open.files()).toMatchObject([{ state: "DONE", count: 3 }]);
});

test("a window whose files are taken away since still is what was transferred", async () => {
  const drop = await open.dropped();
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  await open.imported(drop);
  drop.remove(file);
  await open.lookBack(drop);
  expect(await open.sql.query(`SELECT * FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`)).toEqual([]);
});

test("what a cancelled look-back had not brought whole comes with the next one", async () => {
  let isStruck = false;
  const drop = await open.dropped({
    passes(point) {
      if (point !== "attachment.asked" || isStruck) return;
      isStruck = true;
      throw new Error("killed");
    },
  });
  drop.put(name(1), await deliveryOf(mails(1)));
  await open.imported(drop);
  const head = 'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"';
  const large = emlWithFiles([{ head, bytes: randomBytes(1_500_000) }], {
    ...{ From: person(alice), To: person(bob), Date: sentAt },
  });
  drop.put(name(2, 5), await deliveryOf([large]));
  await open.lookBack(drop);
  const [run] = await open.sql.query<{ id: string }>(
    `SELECT "id" FROM "SyncRun" WHERE "kind" = 'LOOKBACK' AND "state" = 'QUEUED'`,
  );
  const cancelled = await open.outside.portalStore.transaction((tx) =>
    tx.runs.cancel(tenantId, run?.id ?? "", new Date()),
  );
  expect(cancelled).toBe("cancelled");

  await open.lookBack(drop, 2);
  expect((await open.files()).map(({ state }) => state)).toEqual(["DONE", "DONE"]);
  expect(await open.texts(bob.upn)).toHaveLength(2);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a run stays incomplete while another file of its window is not whole", async () => {
  const drop = await open.dropped();
  const [one, other] = [name(1), name(2)];
  const zips = [await deliveryOf(mails(2, "a")), await deliveryOf(mails(2, "b"))] as const;
  drop.put(one, zips[0].subarray(0, 200));
  drop.put(other, zips[1].subarray(0, 200));
  drop.put(name(3), await deliveryOf(mails(1)));
  const { runId } = await open.imported(drop);
  drop.put(one, zips[0]);
  await open.lookBack(drop);
  expect(await open.texts(bob.upn)).toHaveLength(3);
  const incomplete = { state: "PARTIAL", failureCode: "DeliveryIncomplete" };
  expect(await open.run(runId)).toMatchObject(incomplete);

  drop.put(other, zips[1]);
  await open.lookBack(drop);
  const runs = await open.sql.query(`SELECT "state", "failureCode" FROM "SyncRun"`);
  expect(runs).toEqual(runs.map(() => ({ state: "SUCCEEDED", failureCode: null })));
});

test("a file that was left alone and then taken away is named as a gap, and its run stays incomplete", async () => {
  const { drop, file, zip, runId } = await halfDelivered();
  expect(await open.gaps()).toEqual([]);
  drop.remove(file);
  await open.lookBack(drop);
  expect(await open.gaps()).toEqual([{ fileName: file, runId, reason: null }]);
  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    failureCode: "DeliveryIncomplete",
  });
  const [found] = await open.sql.query<{ details: unknown }>(
    `SELECT "details"::jsonb AS "details" FROM "AuditEvent" WHERE "action" = 'gap.found'`,
  );
  expect(found?.details).toMatchObject({ runId, fileName: file });

  // Put there again, whole: it is read, and nothing is missing any more.
  drop.put(file, zip);
  await open.lookBack(drop, 2);
  expect(await open.texts(bob.upn)).toHaveLength(6);
  expect(await open.gaps()).toMatchObject([{ reason: "The file is on the server again." }]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED" });
});

test("a file that was seen before its window and is gone by then is a gap of the run that looks for it", async () => {
  const drop = await open.dropped();
  drop.put(name(1), await deliveryOf(mails(1)));
  const later = name(2, 0.02);
  drop.put(later, await deliveryOf(mails(1, "later")));
  const { id } = await open.imported(drop);
  expect((await open.files()).map(({ state }) => state)).toEqual(["DONE", "SEEN"]);
  drop.remove(later);
  const [connector] = await open.sql.query<{ watermark: Date }>(
    `SELECT "watermark" FROM "Connector"`,
  );
  const window = { start: connector?.watermark ?? new Date(), end: hoursAgo(0.001) };
  const run = { connectorId: id, kind: "manual", window } as const;
  const runId = await open.parts.store.openRun(tenantId, run);
  await open.drain([drop.parts]);
  expect(await open.gaps()).toEqual([{ fileName: later, runId, reason: null }]);
  expect(await open.run(runId ?? "")).toMatchObject({ state: "SUCCEEDED", manifestCount: 0 });
});

test("files that are moved when they are done are looked back at where they lie, and a database that forgot them reads them there", async () => {
  const drop = await open.dropped({}, { movesFinishedFiles: true });
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  const { runId } = await open.imported(drop);
  await open.lookBack(drop);
  expect(drop.asked.moved).toEqual([file]);
  await open.lookBack(drop, 2);
  const lookbacks = `SELECT 1 FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`;
  expect(await open.sql.query(lookbacks)).toEqual([]);

  await open.sql.query(`DELETE FROM "DeliveredFile"`);
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL WHERE "id" = $1`, [runId]);
  await open.lookBack(drop);
  expect(await open.sql.query(lookbacks)).toHaveLength(1);
  expect((await open.files()).map(({ state }) => state)).toEqual(["DONE"]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a server that refuses to move files is told of on the connector, and everything is imported", async () => {
  const drop = await open.dropped({}, { movesFinishedFiles: true });
  drop.rules.refusesMoves = true;
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  const { runId } = await open.imported(drop);
  await open.lookBack(drop);
  const state = `SELECT "state", "movesRefusedAt" IS NOT NULL AS "isRefused" FROM "Connector"`;
  expect(await open.sql.query(state)).toEqual([{ state: "ACTIVE", isRefused: true }]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });

  drop.rules.refusesMoves = false;
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL`);
  await open.lookBack(drop);
  expect(await open.sql.query(state)).toEqual([{ state: "ACTIVE", isRefused: false }]);
  expect(drop.asked.moved).toEqual([file]);
});
