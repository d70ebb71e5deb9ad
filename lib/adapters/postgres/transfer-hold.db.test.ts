/** Who transfers a run writes under its attempt; whoever came after it is not disturbed. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttachmentOutcome, NewItem, RunHold } from "@/lib/ports/transfer-records";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { beginTransfer, newItem, pageOf } from "@/lib/testing/recorded-pages";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const staged = { outcome: "staged", blobName: "b", sizeBytes: 1, sha256: "s" } as const;

function close(hold: RunHold, { id }: NewItem, outcome: AttachmentOutcome = staged): Promise<void> {
  return ledger.store.closeAttachment(ledger.tenantId, hold, { itemId: id, position: 0 }, outcome);
}

function release(hold: RunHold, { id }: NewItem): Promise<readonly string[]> {
  return ledger.store.releaseItem(ledger.tenantId, hold, id, "d");
}

/** One page is recorded: an item whose attachment is open, and one whose is closed. */
async function underWay() {
  const transfer = await beginTransfer(ledger);
  const lane = await ledger.addLane();
  const [waiting, closed] = [newItem([lane.mailboxId]), newItem([lane.mailboxId])];
  await transfer.record(pageOf([waiting, closed]), [lane]);
  await close(transfer.hold, closed);
  return { ...transfer, lane, waiting, closed };
}

type Transfer = Awaited<ReturnType<typeof underWay>>;

async function giveUpForDead({ runId }: Transfer): Promise<void> {
  await ledger.database.query(
    `UPDATE "SyncRun" SET "heartbeatAt" = now() - interval '1 minute' WHERE "id" = $1`,
    [runId],
  );
  expect(await ledger.store.requeueSilent(ledger.tenantId, 15_000)).toEqual([runId]);
}

/** A later attempt has the run. */
async function claimAgain({ runId, hold }: Transfer): Promise<void> {
  const claimed = await ledger.store.claimRun(ledger.tenantId, runId);
  expect(claimed).toMatchObject({ attempt: hold.attempt + 1 });
}

async function everything({ runId, connectorId }: Transfer): Promise<unknown> {
  const of = (table: string, column: string, order: string) =>
    ledger.database.query(`SELECT * FROM "${table}" WHERE "${column}" = $1 ORDER BY "${order}"`, [
      column === "id" ? connectorId : runId,
    ]);
  return Promise.all([
    of("Connector", "id", "id"),
    ledger.database.query(`SELECT * FROM "SyncRun" WHERE "id" = $1`, [runId]),
    ...["SyncItem", "Delivery", "Gap"].map((table) => of(table, "runId", "id")),
    of("StagedAttachment", "runId", "itemId"),
  ]);
}

type Write = readonly [string, (stale: Transfer) => Promise<unknown>];

const stops: readonly Write[] = [
  ["a page", ({ record }) => record(pageOf([newItem([])]))],
  ["an attachment", ({ hold, waiting }) => close(hold, waiting)],
  ["an item to its lanes", ({ hold, closed }) => release(hold, closed)],
  [
    "a window from its beginning",
    ({ hold }) => ledger.store.restartWindow(ledger.tenantId, hold, { counts: true }),
  ],
  [
    "a gap",
    ({ hold, connectorId }) => {
      const gap = { start: new Date(0), end: new Date(1) };
      return ledger.store.recordGap(ledger.tenantId, hold, connectorId, gap);
    },
  ],
  [
    "its end",
    ({ hold }) => {
      const end = { isManifestEqual: true, failureCode: null };
      return ledger.store.finishTransfer(ledger.tenantId, hold, end);
    },
  ],
];

test.each(stops)(
  "a transfer that was given up for dead writes %s no more, and stops",
  async (_name, write) => {
    const transfer = await underWay();
    for (const lose of [giveUpForDead, claimAgain]) {
      await lose(transfer);
      const before = await everything(transfer);
      await expect(write(transfer)).rejects.toMatchObject({ name: "HoldLost" });
      expect(await everything(transfer)).toEqual(before);
    }
  },
);

const ends: readonly Write[] = [
  [
    "what the manifest says",
    ({ hold }) => ledger.store.noteManifest(ledger.tenantId, hold, { count: 7, sha256: "x" }),
  ],
  [
    "that it gives the run back",
    ({ hold }) => {
      const why = { code: "Unexpected", waitMs: 0, countsAsFailure: true } as const;
      return ledger.store.giveBack(ledger.tenantId, hold, why);
    },
  ],
];

test.each(ends)(
  "%s is without effect when the transfer was given up for dead",
  async (_name, write) => {
    const transfer = await underWay();
    for (const lose of [giveUpForDead, claimAgain]) {
      await lose(transfer);
      const before = await everything(transfer);
      await write(transfer);
      expect(await everything(transfer)).toEqual(before);
    }
  },
);

async function stateOf({ id }: NewItem): Promise<unknown> {
  const [row] = await ledger.database.query(
    `SELECT i."attachmentsOpen", i."duplicateKey", a."state", a."blobName"
     FROM "SyncItem" i JOIN "StagedAttachment" a ON a."itemId" = i."id" WHERE i."id" = $1`,
    [id],
  );
  return row;
}

test("an item opens for its lanes when its attachments are closed, and once closed one stays as it is", async () => {
  const { hold, waiting, lane } = await underWay();
  expect(await release(hold, waiting)).toEqual([]);
  await close(hold, waiting);
  await close(hold, waiting, { outcome: "failed", code: "AttachmentGone" });
  expect(await release(hold, waiting)).toEqual([lane.id]);
  expect(await stateOf(waiting)).toEqual({
    ...{ attachmentsOpen: 0, duplicateKey: "d", state: "STAGED", blobName: "b" },
  });
});

test("of an item another run has taken over meanwhile nothing is written", async () => {
  const { database } = ledger;
  const { hold, closed } = await underWay();
  const later = await ledger.addRun();
  const writing = await database.transaction(async (sql) => {
    const takeOver = async (table: string, id: string, more: string) =>
      sql.query(`UPDATE "${table}" SET "runId" = $2 ${more} WHERE "${id}" = $1`, [
        ...[closed.id, later],
      ]);
    await takeOver("SyncItem", "id", "");
    const released = release(hold, closed);
    await expect
      .poll(() => sql.query(`SELECT 1 FROM "pg_locks" WHERE NOT "granted"`), { timeout: 60_000 })
      .not.toEqual([]);
    const anew = `, "state" = 'PENDING', "blobName" = NULL, "sizeBytes" = NULL, "sha256" = NULL`;
    await takeOver("StagedAttachment", "itemId", anew);
    return { released };
  });
  expect(await writing.released).toEqual([]);
  await close(hold, closed);
  expect(await stateOf(closed)).toEqual({
    ...{ attachmentsOpen: 1, duplicateKey: null, state: "PENDING", blobName: null },
  });
});
