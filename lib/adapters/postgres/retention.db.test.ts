import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type KeptDelivery, originalKeptUntil } from "@/lib/core/retention";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { keptUntil } from "./kept-until";
import { toColumn } from "./words";

const dayMs = 24 * 60 * 60_000;
const retentionDays = 30;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs);

let ledger: Ledger;
let runId: string;
beforeAll(async () => {
  ledger = await createLedger();
});
beforeEach(async () => {
  runId = await ledger.addRun({ state: "SUCCEEDED" });
});
afterAll(() => ledger.close());

/** An item in a segment of its run's, and its one delivery. */
async function itemWith(
  blobName: string,
  delivery: Readonly<Record<string, unknown>>,
  item: Readonly<Record<string, unknown>> = {},
): Promise<{ itemId: string; deliveryId: string }> {
  const itemId = await ledger.addItem(runId, { blobName, recordedAt: daysAgo(40), ...item });
  const lane = await ledger.addLane();
  const deliveryId = await ledger.addDelivery({ runId, itemId, lane }, delivery);
  return { itemId, deliveryId };
}

const importedLongAgo = { state: "IMPORTED", completedAt: daysAgo(39) };
const failedLongAgo = { state: "FAILED", failureCode: "ItemRefused", completedAt: daysAgo(39) };

async function itemRow(itemId: string): Promise<Record<string, unknown> | undefined> {
  const rows = await ledger.database.query<Record<string, unknown>>(
    `SELECT * FROM "SyncItem" WHERE "id" = $1`,
    [itemId],
  );
  return rows[0];
}

async function deliveryRow(id: string): Promise<Record<string, unknown> | undefined> {
  const rows = await ledger.database.query<Record<string, unknown>>(
    `SELECT * FROM "Delivery" WHERE "id" = $1`,
    [id],
  );
  return rows[0];
}

async function releasedNames(): Promise<string[]> {
  const rows = await ledger.database.query<{ blobName: string }>(
    `SELECT "blobName" FROM "ReleasedBlob" WHERE "tenantId" = $1`,
    [ledger.tenantId],
  );
  return rows.map(({ blobName }) => blobName);
}

function replace(from: string, to: string | null, moved: readonly string[] = []) {
  const moves = moved.map((itemId, index) => ({ itemId, frame: { offset: index, length: 7 } }));
  return ledger.store.replaceSegment(ledger.tenantId, retentionDays, { from, to, moves });
}

test("the ledger's rule of how long an original is kept is the one in the core", async () => {
  const states = ["pending", "imported", "partiallyImported", "skipped", "failed"] as const;
  const single = states.flatMap((state): KeptDelivery[] => [
    { state, completedAt: null, dismissedAt: null },
    { state, completedAt: daysAgo(35), dismissedAt: null },
    { state, completedAt: daysAgo(500), dismissedAt: null },
    ...(state === "failed"
      ? [31, 5].map((days) => ({ state, completedAt: daysAgo(60), dismissedAt: daysAgo(days) }))
      : []),
  ]);
  const sets = [[], ...single.map((one) => [one]), ...pairsOf(single)];
  const open = await ledger.addRun({ state: "IMPORTING" });
  const expected = new Map<string, Date | null>();
  for (const [index, deliveries] of sets.entries()) {
    const recordedAt = daysAgo(index % 2 === 0 ? 41 : 399);
    const isRunClosed = index % 7 !== 0;
    const run = isRunClosed ? runId : open;
    const itemId = await ledger.addItem(run, { blobName: "agree", recordedAt });
    for (const { state, completedAt, dismissedAt } of deliveries) {
      await ledger.addDelivery(
        { runId: run, itemId, lane: await ledger.addLane() },
        {
          ...{ state: toColumn(state), completedAt, dismissedAt },
          ...(dismissedAt === null ? {} : { dismissReason: "Not wanted" }),
          ...(/failed|skipped|partially/.test(state) ? { failureCode: "ItemRefused" } : {}),
        },
      );
    }
    expected.set(itemId, originalKeptUntil({ recordedAt, isRunClosed, deliveries }, retentionDays));
  }
  const rows = await ledger.database.query<{ id: string; until: Date | null }>(
    `SELECT i."id", kept."until" FROM "SyncItem" i CROSS JOIN ${keptUntil("$1")}
     WHERE i."blobName" = 'agree'`,
    [retentionDays],
  );
  expect(rows).toHaveLength(sets.length);
  expect(new Map(rows.map(({ id, until }) => [id, until]))).toEqual(expected);
});

function pairsOf<T>(values: readonly T[]): T[][] {
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => [one, other]));
}

test("segments are found in the order of their recording, page by page, with what is over in them", async () => {
  await itemWith("mixed", importedLongAgo, { recordedAt: daysAgo(300) });
  await itemWith("mixed", failedLongAgo, { recordedAt: daysAgo(300) });
  await itemWith("whole", importedLongAgo, { recordedAt: daysAgo(200) });
  await itemWith(
    "young",
    { state: "IMPORTED", completedAt: daysAgo(1) },
    { recordedAt: daysAgo(2) },
  );
  const found: Record<string, unknown>[] = [];
  for (let after = null as Parameters<typeof ledger.store.agedSegments>[2]; ;) {
    const page = await ledger.store.agedSegments(ledger.tenantId, retentionDays, after, 1);
    found.push(...page.segments.map((segment) => ({ ...segment })));
    if (page.next === null) break;
    after = page.next;
  }
  const names = found.map(({ blobName }) => blobName);
  expect(names.slice(names.indexOf("mixed"))).toEqual(
    expect.arrayContaining(["mixed", "mixed", "whole"]),
  );
  expect(names.indexOf("mixed")).toBeLessThan(names.indexOf("whole"));
  expect(names).not.toContain("young");
  const mixed = found.find(({ blobName }) => blobName === "mixed");
  expect(mixed).toMatchObject({ items: 2, over: 1 });
  expect(Number(mixed?.["overForMs"]) / dayMs).toBeCloseTo(9, 3);
});

describe("replacing a segment", () => {
  test("points what is left to the new blob, takes the rest away and releases what lost its name", async () => {
    const over = await itemWith("r1", importedLongAgo);
    const left = await itemWith("r1", failedLongAgo);
    await ledger.database.query(
      `INSERT INTO "StagedAttachment" ("tenantId", "itemId", "position", "runId", "sourceAttachmentId",
         "state", "blobName", "sizeBytes", "sha256", "closedAt")
       VALUES ($1, $2, 0, $3, 'a', 'STAGED', 'r1-file', 3, 'ab', now())`,
      [ledger.tenantId, over.itemId, runId],
    );
    expect(await replace("r1", "r1-new", [left.itemId])).toEqual({ removed: 1 });
    expect(await itemRow(over.itemId)).toMatchObject({
      ...{ blobName: null, frameOffset: null, frameLength: null },
      originalRemovedAt: expect.any(Date) as Date,
    });
    expect(await itemRow(left.itemId)).toMatchObject({
      ...{ blobName: "r1-new", frameOffset: 0, frameLength: 7, originalRemovedAt: null },
    });
    const [attachment] = await ledger.database.query<Record<string, unknown>>(
      `SELECT "blobName", "removedAt", "sha256" FROM "StagedAttachment" WHERE "itemId" = $1`,
      [over.itemId],
    );
    expect(attachment).toEqual({
      blobName: null,
      removedAt: expect.any(Date) as Date,
      sha256: "ab",
    });
    expect(await releasedNames()).toEqual(expect.arrayContaining(["r1", "r1-file"]));
    expect(await releasedNames()).not.toContain("r1-new");
  });

  test("changes nothing when something else in it is wanted again", async () => {
    const over = await itemWith("r2", importedLongAgo);
    const wanted = await itemWith("r2", failedLongAgo);
    expect(await replace("r2", null)).toBeNull();
    expect(await itemRow(over.itemId)).toMatchObject({ blobName: "r2" });
    expect(await itemRow(wanted.itemId)).toMatchObject({ blobName: "r2" });
    expect(await releasedNames()).not.toContain("r2");
  });

  test("leaves alone what another run staged anew meanwhile", async () => {
    const elsewhere = await itemWith("r3-other", failedLongAgo);
    await itemWith("r3", importedLongAgo);
    expect(await replace("r3", "r3-new", [elsewhere.itemId])).toEqual({ removed: 1 });
    expect(await itemRow(elsewhere.itemId)).toMatchObject({ blobName: "r3-other" });
  });

  test("never takes what a lane has in hand, and points it to the new blob like the rest", async () => {
    const inHand = await itemWith("r4", { state: "IMPORTING" });
    await itemWith("r4", importedLongAgo);
    expect(await replace("r4", null)).toBeNull();
    expect(await replace("r4", "r4-new", [inHand.itemId])).toEqual({ removed: 1 });
    expect(await itemRow(inHand.itemId)).toMatchObject({ blobName: "r4-new" });
    expect(await deliveryRow(inHand.deliveryId)).toMatchObject({ state: "IMPORTING" });
  });

  test("waits for somebody who is just making a delivery pending, and then leaves its original", async () => {
    const { itemId, deliveryId } = await itemWith("r5", {
      ...{ state: "PARTIALLY_IMPORTED", failureCode: "AttachmentsNotWritten" },
      completedAt: daysAgo(39),
    });
    let replacing: Promise<unknown> = Promise.resolve();
    await ledger.database.transaction(async (sql) => {
      await sql.query(
        `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL WHERE "id" = $1`,
        [deliveryId],
      );
      replacing = replace("r5", null);
      await expect.poll(() => waitingForLocks()).toBeGreaterThan(0);
    });
    expect(await replacing).toBeNull();
    expect(await itemRow(itemId)).toMatchObject({ blobName: "r5" });
  });

  test("tells the audit of what goes without having been imported", async () => {
    const old = { recordedAt: daysAgo(401) };
    await itemWith("r6", failedLongAgo, old);
    await itemWith("r6", importedLongAgo, old);
    const given = { dismissedAt: daysAgo(31), dismissReason: "Not wanted" };
    await itemWith("r6", { ...failedLongAgo, ...given }, old);
    expect(await replace("r6", null)).toEqual({ removed: 3 });
    const events = await ledger.database.query<{ details: string }>(
      `SELECT "details" FROM "AuditEvent" WHERE "action" = 'originals.expired'`,
    );
    expect(events.map(({ details }) => JSON.parse(details) as unknown)).toEqual([
      { runId, items: 1 },
    ]);
  });
});

async function waitingForLocks(): Promise<number> {
  const [row] = await ledger.database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_locks WHERE NOT "granted"`,
  );
  return row?.n ?? 0;
}

test("attachments that a cancelled run left without their item lose their bytes too", async () => {
  const { itemId } = await itemWith("stray", failedLongAgo, {
    ...{ blobName: null, frameOffset: null, frameLength: null },
  });
  const staged = (position: number, at: Date) =>
    ledger.database.query(
      `INSERT INTO "StagedAttachment" ("tenantId", "itemId", "position", "runId", "sourceAttachmentId",
         "state", "blobName", "sizeBytes", "sha256", "closedAt")
       VALUES ($1, $2, $3::int, $4, 'a', 'STAGED', 'stray-' || $3, 3, 'ab', $5)`,
      [ledger.tenantId, itemId, position, runId, at],
    );
  await staged(1, daysAgo(31));
  expect(await ledger.store.releaseStrayAttachments(ledger.tenantId, retentionDays)).toBe(1);
  expect(await ledger.store.releaseStrayAttachments(ledger.tenantId, retentionDays)).toBe(0);
  expect(await releasedNames()).toContain("stray-1");
});

describe("a delivery whose original is gone", () => {
  const gone = {
    blobName: null,
    frameOffset: null,
    frameLength: null,
    originalRemovedAt: daysAgo(1),
  };
  const wake = (id: string) =>
    ledger.database.query(
      `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL
       WHERE "id" = $1 RETURNING 1`,
      [id],
    );

  test.each([
    ["failed", failedLongAgo],
    [
      "partially imported",
      { state: "PARTIALLY_IMPORTED", failureCode: "AttachmentGone", completedAt: daysAgo(39) },
    ],
  ])("stays %s, whoever asks for it", async (_name, row) => {
    const { deliveryId } = await itemWith("gone", row, gone);
    expect(await wake(deliveryId)).toEqual([]);
    expect(await deliveryRow(deliveryId)).toMatchObject({
      state: row.state,
      failureCode: row.failureCode,
    });
  });

  test("fails when it was skipped for a copy that did not make it", async () => {
    const row = { state: "SKIPPED", failureCode: "Duplicate", completedAt: daysAgo(39) };
    const { deliveryId } = await itemWith("gone", row, gone);
    await wake(deliveryId);
    expect(await deliveryRow(deliveryId)).toMatchObject({
      ...{ state: "FAILED", failureCode: "OriginalRemoved" },
      completedAt: expect.any(Date) as Date,
    });
  });
});

test("a dismissed delivery that is wanted again is no longer dismissed", async () => {
  const dismissed = { dismissedAt: daysAgo(1), dismissedById: uuid(), dismissReason: "Not wanted" };
  const { deliveryId } = await itemWith("wanted", { ...failedLongAgo, ...dismissed });
  await ledger.database.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL WHERE "id" = $1`,
    [deliveryId],
  );
  expect(await deliveryRow(deliveryId)).toMatchObject({
    ...{ state: "PENDING", dismissedAt: null, dismissedById: null, dismissReason: null },
  });
});

test("a lane leaves an item without an original alone", async () => {
  const lane = await ledger.addLane();
  const open = await ledger.addRun();
  const itemId = await ledger.addItem(open, {
    blobName: null,
    frameOffset: null,
    frameLength: null,
  });
  await ledger.addDelivery({ runId: open, itemId, lane });
  const { tenantId, store } = ledger;
  const claimed = await store.claimLane(tenantId, lane.id, "test", 10_000);
  const hold = { laneId: lane.id, token: claimed?.token ?? 0n };
  expect(await store.takeBatch(tenantId, hold, 10)).toEqual([]);
});
