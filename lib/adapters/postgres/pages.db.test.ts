import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freshId } from "@/lib/testing/fakes";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { beginTransfer, newItem, pageOf } from "@/lib/testing/recorded-pages";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());
afterEach(() => ledger.database.query(`DROP FUNCTION IF EXISTS "onPurpose" CASCADE`));

/** What happens in this way from now on comes to this statement. */
async function trap(event: string, statement: string): Promise<void> {
  const { database } = ledger;
  await database.query(
    `CREATE FUNCTION "onPurpose"() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN ${statement}; RETURN NULL; END $$`,
  );
  await database.query(`CREATE TRIGGER "onPurpose" ${event} EXECUTE FUNCTION "onPurpose"()`);
}

const refuse = (sqlState: string) => `RAISE EXCEPTION 'on purpose' USING ERRCODE = '${sqlState}'`;

async function recorded(runId: string): Promise<unknown> {
  const count = (table: string) =>
    `(SELECT count(*)::int FROM "${table}" o WHERE o."runId" = r."id") AS "${table}"`;
  const [row] = await ledger.database.query(
    `SELECT ${["SyncItem", "StagedAttachment", "Delivery"].map(count).join()}, r."cursor", r."pages"
     FROM "SyncRun" r WHERE r."id" = $1`,
    [runId],
  );
  return row;
}

test.each(["StagedAttachment", "Delivery", "SyncRun"])(
  "of a page that fails at its %s nothing is recorded, and all of it the next time",
  async (table) => {
    const { runId, record } = await beginTransfer(ledger);
    const lanes = [await ledger.addLane(), await ledger.addLane()];
    const mailboxIds = lanes.map(({ mailboxId }) => mailboxId);
    const page = pageOf([newItem(mailboxIds), newItem(mailboxIds), newItem(mailboxIds)]);
    await trap(`BEFORE INSERT OR UPDATE ON "${table}"`, refuse("57014"));
    await expect(record(page, lanes)).rejects.toThrow("on purpose");
    const nothing = { SyncItem: 0, StagedAttachment: 0, Delivery: 0, cursor: null, pages: 0 };
    expect(await recorded(runId)).toEqual(nothing);

    await ledger.database.query(`DROP FUNCTION "onPurpose" CASCADE`);
    await record(page, lanes);
    const all = { SyncItem: 3, StagedAttachment: 3, Delivery: 6, cursor: "x", pages: 1 };
    expect(await recorded(runId)).toEqual(all);
  },
);

test.each([
  ["a number out of its range", newItem([], { frame: { offset: 2 ** 31, length: 1 } })],
  ["bytes that are no text", newItem([], { kind: "CH\u0000T" })],
  ["a mailbox without a lane", newItem([freshId()])],
])("a page with %s is refused for its data", async (_name, item) => {
  const { record } = await beginTransfer(ledger);
  await expect(record(pageOf([item]))).rejects.toMatchObject({ name: "DataRefused" });
});

test.each([
  ["a time-out", refuse("57014")],
  ["a serialization failure", refuse("40001")],
  ["a deadlock", refuse("40P01")],
  ["a full disk", refuse("53100")],
  ["a connection that is cut", `PERFORM pg_terminate_backend(pg_backend_pid())`],
])("a page that meets %s is not refused for its data", async (_name, statement) => {
  const { record } = await beginTransfer(ledger);
  await trap(`BEFORE INSERT ON "SyncItem"`, statement);
  const thrown = await record(pageOf([newItem([])])).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(Error);
  expect(thrown).not.toMatchObject({ name: "DataRefused" });
});

test("a page of more deliveries than one statement may have is recorded whole, in several", async () => {
  const { database } = ledger;
  const { runId, record } = await beginTransfer(ledger);
  const { id } = await ledger.addLane();
  const mailboxIds = Array.from({ length: 6700 }, freshId);
  await database.query(`CREATE TABLE "Statement" ("rows" int)`);
  await trap(
    `AFTER INSERT ON "Delivery" REFERENCING NEW TABLE AS "written"`,
    `INSERT INTO "Statement" SELECT count(*) FROM "written"`,
  );
  const page = pageOf([newItem(mailboxIds), newItem(mailboxIds), newItem(mailboxIds)]);
  await record(
    page,
    mailboxIds.map((mailboxId) => ({ id, mailboxId })),
  );
  expect(await recorded(runId)).toMatchObject({ SyncItem: 3, Delivery: 20_100, pages: 1 });
  const statements = await database.query(`SELECT "rows" FROM "Statement" ORDER BY 1`);
  expect(statements).toEqual([{ rows: 100 }, { rows: 20_000 }]);
});
