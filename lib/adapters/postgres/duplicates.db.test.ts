/** Copies of one message in one mailbox: which is written, which stands back, and what becomes of them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveryOutcome, LaneHold } from "@/lib/ports/lane-store";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { beginTransfer, newItem, pageOf } from "@/lib/testing/recorded-pages";
import { createPortalStore } from "./portal";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

type Copies = {
  readonly runId: string;
  readonly lane: { readonly id: string; readonly mailboxId: string };
  readonly ids: readonly string[];
  readonly connectorId: string;
};

/** As many records of one message for one mailbox, oldest first. */
async function copies(count: number, key = "d"): Promise<Copies> {
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, isTransferDone: true });
  const lane = await ledger.addLane();
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const itemId = await ledger.addItem(runId, { connectorId });
    const row = { connectorId, duplicateKey: key };
    ids.push(await ledger.addDelivery({ runId, itemId, lane }, row));
  }
  return { runId, lane, ids, connectorId };
}

async function held({ lane }: Copies): Promise<LaneHold> {
  const claimed = await ledger.store.claimLane(ledger.tenantId, lane.id, "test", 60_000);
  if (claimed === null) throw new Error("The lane was not free");
  return { laneId: lane.id, token: claimed.token };
}

const take = (hold: LaneHold) => ledger.store.takeBatch(ledger.tenantId, hold, 50);

type End = Partial<DeliveryOutcome> & { readonly state: string };

function end(hold: LaneHold, deliveryId: string, outcome: End) {
  const counts = { deliveryId, writes: 1, refusals: 0, failuresInRow: 0 };
  const whole = { ...counts, ...outcome } as DeliveryOutcome;
  return ledger.store.recordOutcomes(ledger.tenantId, hold, [whole]);
}

const partial: End = {
  ...{ state: "partiallyImported", messageId: "m", code: "AttachmentGone", leftOut: [] },
};
const imported: End = { state: "imported", messageId: "m" };
const failed = (code: string) => ({ state: "failed", code }) as End;

async function rows({ ids }: Copies): Promise<readonly (readonly [string, string | null])[]> {
  const found = await ledger.database.query<{ id: string; state: string; code: string | null }>(
    `SELECT "id", "state"::text, "failureCode" AS code FROM "Delivery" WHERE "id" = ANY($1::uuid[])`,
    [ids],
  );
  const of = new Map(found.map((row) => [row.id, row]));
  return ids.map((id) => [of.get(id)?.state ?? "", of.get(id)?.code ?? null] as const);
}

/** The first is in the mailbox in part, the others stand back for it; then it is tried again. */
async function retried(count = 3): Promise<Copies & { readonly hold: LaneHold }> {
  const made = await copies(count);
  const hold = await held(made);
  const [first] = await take(hold);
  await end(hold, first?.id ?? "", partial);
  const store = createPortalStore(ledger.database);
  await store.transaction((tx) =>
    tx.repairs.reopen(ledger.tenantId, made.connectorId, {}, null, 100),
  );
  return { ...made, hold };
}

test("of copies that many processes take at the same time one is written", async () => {
  const made = await copies(12);
  const hold = await held(made);
  const taken = await Promise.all(Array.from({ length: 8 }, () => take(hold)));
  expect(taken.flat().map(({ id }) => id)).toEqual([made.ids[0]]);
});

test("a second copy under way or in the mailbox is refused by the database itself", async () => {
  const { ids } = await copies(2);
  const state = (id: string | undefined, to: string) =>
    ledger.database.query(`UPDATE "Delivery" SET "state" = $2::"DeliveryState" WHERE "id" = $1`, [
      id,
      to,
    ]);
  const both = await Promise.allSettled([state(ids[0], "IMPORTING"), state(ids[1], "IMPORTING")]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const second = both[0].status === "fulfilled" ? ids[1] : ids[0];
  await expect(state(second, "IMPORTED")).rejects.toThrow("Delivery_duplicate_key");
});

test("two transfers that record pages with copies at once, while the lane takes, leave one of them to write", async () => {
  const made = await copies(1);
  const hold = await held(made);
  const transfers = [await beginTransfer(ledger), await beginTransfer(ledger)];
  const copy = () => newItem([made.lane.mailboxId], { duplicateKey: "d", attachments: [] });
  const recorded = transfers.map(({ record }) =>
    record(pageOf([copy(), copy(), copy()]), [made.lane]),
  );
  const [batch] = await Promise.all([take(hold), ...recorded]);
  expect(batch).toHaveLength(1);
  expect(await take(hold)).toEqual([]);
  await end(hold, batch[0]?.id ?? "", imported);
  expect(await take(hold)).toEqual([]);
  const states = await ledger.database.query(
    `SELECT "state"::text, count(*)::int AS n FROM "Delivery" WHERE "laneId" = $1 GROUP BY 1 ORDER BY 1`,
    [made.lane.id],
  );
  expect(states).toEqual([
    { state: "IMPORTED", n: 1 },
    { state: "SKIPPED", n: 6 },
  ]);
});

test("a copy that comes when one is in the mailbox already is skipped and names it", async () => {
  const made = await copies(1);
  const hold = await held(made);
  const [first] = await take(hold);
  await end(hold, first?.id ?? "", imported);
  const { runId, lane, connectorId } = made;
  const itemId = await ledger.addItem(runId, { connectorId });
  const row = { connectorId, duplicateKey: "d" };
  const late = await ledger.addDelivery({ runId, itemId, lane }, row);
  expect(await take(hold)).toEqual([]);
  const [named] = await ledger.database.query(
    `SELECT "state"::text, "duplicateOfId" AS of FROM "Delivery" WHERE "id" = $1`,
    [late],
  );
  expect(named).toEqual({ state: "SKIPPED", of: first?.id });
});

test("a copy with other content has another key, and both are written", async () => {
  const made = await copies(2);
  await ledger.database.query(`UPDATE "Delivery" SET "duplicateKey" = 'other' WHERE "id" = $1`, [
    made.ids[1],
  ]);
  expect(await take(await held(made))).toHaveLength(2);
});

test("while the one is in doubt the others wait", async () => {
  const made = await copies(2);
  const hold = await held(made);
  const [first] = await take(hold);
  await end(hold, first?.id ?? "", { state: "importing", sentMsAgo: 0, waitMs: null });
  expect(await take(hold)).toEqual([]);
  expect(await rows(made)).toEqual([
    ["IMPORTING", null],
    ["PENDING", null],
  ]);
});

test("when the one that was never written fails, the next is taken", async () => {
  const made = await copies(2);
  const hold = await held(made);
  const [first] = await take(hold);
  await end(hold, first?.id ?? "", { ...failed("ConversionError"), writes: 0 });
  expect((await take(hold)).map(({ id }) => id)).toEqual([made.ids[1]]);
});

test("when the one that others stood back for fails in the end, one of them takes its place and the rest stand back again", async () => {
  const made = await retried();
  const [again] = await take(made.hold);
  expect(again?.id).toBe(made.ids[0]);
  await end(made.hold, made.ids[0] ?? "", failed("AttachmentsNotWritten"));
  const [next] = await take(made.hold);
  expect(next?.id).toBe(made.ids[1]);
  await end(made.hold, made.ids[1] ?? "", imported);
  expect(await rows(made)).toEqual([
    ["FAILED", "AttachmentsNotWritten"],
    ["IMPORTED", null],
    ["SKIPPED", "Duplicate"],
  ]);
});

test("while the one is tried again, or a cancel or its mailbox ended the try, the others stand back: something of it lies there", async () => {
  const made = await retried();
  const backed = [["SKIPPED", "Duplicate"] as const, ["SKIPPED", "Duplicate"] as const];
  expect(await rows(made)).toEqual([["PENDING", null], ...backed]);
  await ledger.store.blockLane(ledger.tenantId, made.hold, "MailboxFull");
  expect(await rows(made)).toEqual([["FAILED", "MailboxFull"], ...backed]);
  const store = createPortalStore(ledger.database);
  const { tenantId } = ledger;
  await store.transaction((tx) => tx.repairs.reopen(tenantId, made.connectorId, {}, null, 100));
  await store.transaction((tx) => tx.runs.cancel(tenantId, made.runId, new Date()));
  expect(await rows(made)).toEqual([["FAILED", "Cancelled"], ...backed]);
});

test("of a connector that was deleted nobody waits: who would take the place is cancelled, and the run ends", async () => {
  const made = await retried();
  await take(made.hold);
  const { database, store, tenantId } = ledger;
  await database.query(
    `UPDATE "Connector" SET "state" = 'DELETED', "deletedAt" = now() WHERE "id" = $1`,
    [made.connectorId],
  );
  await end(made.hold, made.ids[0] ?? "", failed("AttachmentsNotWritten"));
  expect(await rows(made)).toEqual([
    ["FAILED", "AttachmentsNotWritten"],
    ["FAILED", "Cancelled"],
    ["FAILED", "Cancelled"],
  ]);
  expect(await store.closeRun(tenantId, made.runId)).toMatchObject({
    counters: { failed: 3, open: 0 },
  });
});

test("who has no staged original any more cannot take the place, and says so", async () => {
  const made = await retried();
  await ledger.database.query(
    `UPDATE "SyncItem" i SET "blobName" = NULL, "frameOffset" = NULL, "frameLength" = NULL,
       "originalRemovedAt" = now()
     FROM "Delivery" d WHERE d."id" = $1 AND i."id" = d."itemId"`,
    [made.ids[1]],
  );
  await take(made.hold);
  await end(made.hold, made.ids[0] ?? "", failed("AttachmentsNotWritten"));
  expect(await rows(made)).toEqual([
    ["FAILED", "AttachmentsNotWritten"],
    ["FAILED", "OriginalRemoved"],
    ["PENDING", null],
  ]);
});
