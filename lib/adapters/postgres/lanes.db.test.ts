import { afterAll, beforeAll, expect, test } from "vitest";
import type { LaneDelivery, LaneHold } from "@/lib/ports/lane-store";
import { insertRow } from "@/lib/adapters/postgres/rows";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

type Lane = { readonly id: string; readonly mailboxId: string };

async function laneWith(
  count: number,
  row: Readonly<Record<string, unknown>> = {},
): Promise<{ lane: Lane; runId: string }> {
  const runId = await ledger.addRun({ isTransferDone: true });
  const lane = await ledger.addLane();
  for (let index = 0; index < count; index += 1) {
    await ledger.addDelivery({ runId, itemId: await ledger.addItem(runId), lane }, row);
  }
  return { lane, runId };
}

async function claim({ id }: Lane, leaseMs = 60_000): Promise<LaneHold | null> {
  const claimed = await ledger.store.claimLane(ledger.tenantId, id, "test", leaseMs);
  return claimed === null ? null : { laneId: id, token: claimed.token };
}

async function held(lane: Lane, leaseMs?: number): Promise<LaneHold> {
  const hold = await claim(lane, leaseMs);
  if (hold === null) throw new Error("The lane was not free");
  return hold;
}

const take = (hold: LaneHold, limit = 50) => ledger.store.takeBatch(ledger.tenantId, hold, limit);
const idsOf = (batch: readonly LaneDelivery[]) => batch.map(({ id }) => id);

test("of sixteen that want a lane at the same time one gets it", async () => {
  const { lane } = await laneWith(1);
  const claims = await Promise.all(Array.from({ length: 16 }, () => claim(lane)));
  expect(claims.filter((hold) => hold !== null)).toHaveLength(1);
});

test("an item whose files are being fetched anew since it was taken is not written without them", async () => {
  const { lane, runId } = await laneWith(1);
  const itemId = await ledger.addItem(runId);
  const taken = await ledger.addDelivery({ runId, itemId, lane });
  await insertRow(ledger.database, "StagedAttachment", {
    ...{ tenantId: ledger.tenantId, runId, itemId, position: 0, sourceAttachmentId: "a" },
  });
  const batch = await take(await held(lane));
  expect(batch).toHaveLength(1);
  expect(idsOf(batch)).not.toContain(taken);
  // Nobody knows yet what becomes of it: it is looked for, and then it waits for its files.
  expect((await ledger.states())[taken]).toBe("IMPORTING");
});

test("a lane is somebody else's when its lease has run out, under a higher token", async () => {
  const { lane } = await laneWith(1);
  const first = await held(lane, 0);
  const second = await held(lane);
  expect(second.token).toBeGreaterThan(first.token);
  await expect(take(first)).rejects.toMatchObject({ name: "HoldLost" });
  expect(await take(second)).toHaveLength(1);
});

test.each([
  ["takes", (hold: LaneHold) => take(hold)],
  [
    "records",
    async (hold: LaneHold, taken: readonly LaneDelivery[]) => {
      const [deliveryId = ""] = idsOf(taken);
      const counts = { deliveryId, writes: 1, refusals: 0, failuresInRow: 0 };
      const outcome = { ...counts, state: "imported" as const, messageId: "m", evidence: null };
      await ledger.store.recordOutcomes(ledger.tenantId, hold, [outcome]);
    },
  ],
])("who waits for the row of its lane and finds it claimed %s nothing", async (_name, act) => {
  const { lane } = await laneWith(2);
  const { database } = ledger;
  const old = await held(lane);
  const taken = await take(old, 1);
  const states = () =>
    database.query(`SELECT "id", "state" FROM "Delivery" WHERE "laneId" = $1 ORDER BY "id"`, [
      lane.id,
    ]);
  const before = await states();

  const acting = await database.transaction(async (sql) => {
    await sql.query(`UPDATE "Lane" SET "token" = "token" + 1 WHERE "id" = $1`, [lane.id]);
    const promise = act(old, taken).catch((thrown: unknown) => thrown);
    await expect
      .poll(() => sql.query(`SELECT 1 FROM "pg_locks" WHERE NOT "granted"`), { timeout: 60_000 })
      .not.toEqual([]);
    return { promise };
  });
  expect(await acting.promise).toMatchObject({ name: "HoldLost" });
  expect(await states()).toEqual(before);
});

test("what a dead holder had taken is in doubt from the last renewal of its lease on", async () => {
  const { lane } = await laneWith(2);
  const { store, tenantId, database } = ledger;
  const age = (by: string) =>
    database.query(`UPDATE "Lane" SET "leaseUntil" = "leaseUntil" - $2::interval WHERE "id" = $1`, [
      ...[lane.id, by],
    ]);
  const now = async () => {
    type Row = { at: Date };
    const [row] = await database.query<Row>(`SELECT clock_timestamp()::timestamptz(3) AS "at"`);
    return row?.at.getTime() ?? Number.NaN;
  };
  const dead = await held(lane);
  const [taken] = await take(dead, 1);
  await age("30 seconds");
  const before = await now();
  await store.renewLane(tenantId, dead, 60_000);
  const after = await now();
  await age("1 hour");
  await held(lane);
  const doubtful = await database.query<{ id: string; sentAt: Date }>(
    `SELECT "id", "sentAt" + interval '1 hour' AS "sentAt" FROM "Delivery"
     WHERE "laneId" = $1 AND "state" = 'IMPORTING'`,
    [lane.id],
  );
  expect(doubtful.map(({ id }) => id)).toEqual([taken?.id]);
  expect(doubtful[0]?.sentAt.getTime()).toBeGreaterThanOrEqual(before);
  expect(doubtful[0]?.sentAt.getTime()).toBeLessThanOrEqual(after);
});

test("what a holder that died had sent up to its last renewal counts for the next one", async () => {
  const { lane } = await laneWith(1);
  const { store, tenantId, database } = ledger;
  const dead = await held(lane);
  await store.renewLane(tenantId, dead, 60_000, [[7, 4, 900]]);
  await database.query(
    `UPDATE "Lane" SET "leaseUntil" = clock_timestamp() - interval '1 second' WHERE "id" = $1`,
    [lane.id],
  );
  const next = await store.claimLane(tenantId, lane.id, "next", 60_000);
  expect(next?.recent).toEqual([[7, 4, 900]]);
});

test("what a turn took and could not record is in doubt from its end on, and not from the next claim", async () => {
  const { lane } = await laneWith(2);
  const { tenantId, store } = ledger;
  const hold = await held(lane);
  const [taken] = await take(hold, 1);
  const nothing = { recent: [], waitMs: null, failuresInRow: 0, folder: null };
  await store.releaseLane(tenantId, hold, nothing);
  await expect
    .poll(() =>
      ledger.database.query(
        `SELECT 1 FROM "Delivery" WHERE "id" = $1 AND "sentAt" < clock_timestamp() - interval '60 milliseconds'`,
        [taken?.id],
      ),
    )
    .toHaveLength(1);
  const next = await held(lane);
  expect(idsOf(await store.takeInDoubt(tenantId, next, 60, 50))).toEqual([taken?.id]);
});

test("nothing is looked for before its time, nor while somebody is sending it", async () => {
  const { lane } = await laneWith(2);
  const hold = await held(lane);
  const [first] = await take(hold, 2);
  const { tenantId, store } = ledger;
  const counts = { deliveryId: first?.id ?? "", writes: 1, refusals: 0, failuresInRow: 1 };
  const doubt = { ...counts, state: "importing" as const, waitMs: null };
  await store.recordOutcomes(tenantId, hold, [{ ...doubt, sentMsAgo: 1000 }]);
  expect(await store.takeInDoubt(tenantId, hold, 45_000, 50)).toEqual([]);
  expect(idsOf(await store.takeInDoubt(tenantId, hold, 900, 50))).toEqual([first?.id]);
  // A look that failed is put off; when it was sent stays known.
  await store.recordOutcomes(tenantId, hold, [{ ...doubt, sentMsAgo: null, waitMs: 60_000 }]);
  expect(await store.takeInDoubt(tenantId, hold, 900, 50)).toEqual([]);
});

test.each([
  ["paused", `"state" = 'PAUSED'`],
  ["waiting for consent", `"state" = 'NEEDS_ATTENTION', "attentionCode" = 'ConsentRevoked'`],
  ["deleted", `"state" = 'DELETED'`],
])("a lane takes nothing of a connector that is %s", async (_name, change) => {
  const { lane } = await laneWith(1);
  await ledger.database.query(`UPDATE "Connector" SET ${change} WHERE "id" = $1`, [
    ledger.connectorId,
  ]);
  const batch = await take(await held(lane));
  await ledger.database.query(
    `UPDATE "Connector" SET "state" = 'ACTIVE', "attentionCode" = NULL WHERE "id" = $1`,
    [ledger.connectorId],
  );
  expect(batch).toEqual([]);
});

test("a connector that waits for its TeleMessage password goes on importing", async () => {
  const { lane } = await laneWith(1);
  const { connectorId, database } = ledger;
  await database.query(
    `UPDATE "Connector" SET "state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAuthFailed' WHERE "id" = $1`,
    [connectorId],
  );
  const batch = await take(await held(lane));
  await database.query(`UPDATE "Connector" SET "state" = 'ACTIVE' WHERE "id" = $1`, [connectorId]);
  expect(batch).toHaveLength(1);
});

test("an item whose attachments are open is not taken", async () => {
  const runId = await ledger.addRun();
  const lane = await ledger.addLane();
  const itemId = await ledger.addItem(runId, { attachmentsOpen: 1 });
  await ledger.addDelivery({ runId, itemId, lane });
  expect(await take(await held(lane))).toEqual([]);
});

test.each([
  ["fills a batch, while its run is being transferred", "TRANSFERRING", false, 2, true],
  ["is less, while its run is being transferred", "TRANSFERRING", false, 1, false],
  ["is less, of a run whose pages are all recorded", "TRANSFERRING", true, 1, true],
  ["is less, of a run that only imports", "IMPORTING", true, 1, true],
  ["is nothing", "IMPORTING", true, 0, false],
])(
  "whether a lane goes on when what waits %s",
  async (_name, state, arePagesDone, waiting, goesOn) => {
    const { lane, runId } = await laneWith(waiting);
    await ledger.database.query(
      `UPDATE "SyncRun" SET "state" = $2::"RunState", "arePagesDone" = $3 WHERE "id" = $1`,
      [runId, state, arePagesDone],
    );
    const { store, tenantId, database } = ledger;
    const isWorth = await store.isWorthABatch(tenantId, await held(lane), 2);
    await database.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING' WHERE "id" = $1`, [runId]);
    expect(isWorth).toBe(goesOn);
  },
);

test("of several pending copies the oldest is taken and the others wait for what becomes of it", async () => {
  const { lane } = await laneWith(3, { duplicateKey: "d" });
  const hold = await held(lane);
  const first = await take(hold);
  expect(first).toHaveLength(1);
  expect(await take(hold)).toEqual([]);
  const counts = { deliveryId: first[0]?.id ?? "", writes: 1, refusals: 0, failuresInRow: 0 };
  await ledger.store.recordOutcomes(ledger.tenantId, hold, [
    { ...counts, state: "imported", messageId: "m", evidence: null },
  ]);
  const skipped = await ledger.database.query(
    `SELECT DISTINCT "duplicateOfId" AS "of" FROM "Delivery" WHERE "laneId" = $1 AND "state" = 'SKIPPED'`,
    [lane.id],
  );
  expect(skipped).toEqual([{ of: first[0]?.id }]);
});

test("a copy that was ever written comes before an older one: something of it may lie in the mailbox", async () => {
  const { lane, runId } = await laneWith(1, { duplicateKey: "d" });
  const itemId = await ledger.addItem(runId);
  const written = await ledger.addDelivery(
    { runId, itemId, lane },
    { duplicateKey: "d", writes: 1 },
  );
  expect(idsOf(await take(await held(lane)))).toEqual([written]);
});

test("what a mailbox refused gives its place to no other copy", async () => {
  const { lane } = await laneWith(2, { duplicateKey: "d" });
  const hold = await held(lane);
  const [first] = await take(hold);
  const counts = { deliveryId: first?.id ?? "", writes: 1, refusals: 0, failuresInRow: 0 };
  const left = { code: "AttachmentGone", messageId: "m", evidence: null, leftOut: [] } as const;
  const { tenantId, store, database } = ledger;
  await store.recordOutcomes(tenantId, hold, [{ ...counts, ...left, state: "partiallyImported" }]);
  await database.query(`UPDATE "Delivery" SET "state" = 'IMPORTING' WHERE "id" = $1`, [first?.id]);
  await store.recordOutcomes(tenantId, hold, [{ ...counts, state: "failed", code: "MailboxFull" }]);
  const states = await database.query<{ state: string }>(
    `SELECT "state" FROM "Delivery" WHERE "laneId" = $1 ORDER BY "id"`,
    [lane.id],
  );
  expect(states.map(({ state }) => state)).toEqual(["FAILED", "SKIPPED"]);
});

test("who comes after a holder that died on a refused mailbox asks it again, and gets everything back", async () => {
  const { lane } = await laneWith(2);
  const { tenantId, store } = ledger;
  const hold = await held(lane, 0);
  const [refused] = await take(hold, 1);
  const counts = { deliveryId: refused?.id ?? "", writes: 0, refusals: 0, failuresInRow: 0 };
  await store.recordOutcomes(tenantId, hold, [{ ...counts, state: "failed", code: "MailboxFull" }]);

  const next = await store.claimLane(tenantId, lane.id, "test", 60_000);
  expect(next).toMatchObject({ blockedCode: "MailboxFull" });
  const nextHold = { laneId: lane.id, token: next?.token ?? 0n };
  await store.unblockLane(tenantId, nextHold);
  expect(idsOf(await take(nextHold))).toContain(refused?.id);
});

test("a lane whose outcomes wait keeps no other from recording the digests of the same items", async () => {
  const { tenantId, store, database } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  const itemId = await ledger.addItem(runId);
  const evidence = { itemId, sha256: "a".repeat(64), sizeLimitBytes: 1000, format: 1 };
  const writing = async () => {
    const lane = await ledger.addLane();
    await ledger.addDelivery({ runId, itemId, lane });
    const hold = await held(lane);
    const [delivery] = await take(hold);
    const counts = { deliveryId: delivery?.id ?? "", writes: 1, refusals: 0, failuresInRow: 0 };
    const outcome = { ...counts, state: "imported" as const, messageId: "m", evidence };
    return { id: delivery?.id, record: () => store.recordOutcomes(tenantId, hold, [outcome]) };
  };
  const [first, second] = [await writing(), await writing()];

  const waiting = await database.transaction(async (sql) => {
    await sql.query(`SELECT 1 FROM "Delivery" WHERE "id" = $1 FOR NO KEY UPDATE`, [first.id]);
    const outcomes = first.record();
    await expect
      .poll(() => sql.query(`SELECT 1 FROM "pg_locks" WHERE NOT "granted"`), { timeout: 60_000 })
      .not.toEqual([]);
    expect(await second.record()).toEqual({ runIds: [runId] });
    return { outcomes };
  });
  expect(await waiting.outcomes).toEqual({ runIds: [runId] });
});
