import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyChain } from "@/lib/core/audit";
import type { NewAuditEvent } from "@/lib/ports/portal-ledger";
import { createTestSchema, type TestDatabase } from "@/lib/testing/database";
import { freshId } from "@/lib/testing/fakes";
import { appendAudit, auditOn } from "./audit";
import { createDatabase, type Database } from "./client";

let schema: TestDatabase;
let database: Database;
beforeAll(async () => {
  schema = await createTestSchema();
  database = createDatabase({ connectionString: schema.url, max: 10 });
});
afterAll(async () => {
  await database.close();
  await schema.drop();
});

function event(more: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    actor: { id: "person-1", name: "Ada" },
    action: "session.signedIn",
    subject: "user:person-1",
    details: { b: 1, a: "ünïcode" },
    at: new Date("2026-11-20T10:00:00.123Z"),
    ...more,
  };
}

const append = (tenantId: string, more: Partial<NewAuditEvent> = {}) =>
  database.transaction((sql) => appendAudit(sql, { ...event(more), tenantId }));

async function verify(tenantId: string) {
  const audit = auditOn(database);
  const head = await audit.head(tenantId);
  return verifyChain(audit.chain(tenantId, head.sequence), head);
}

test("concurrent events form one chain, each after the other", async () => {
  const tenantId = freshId();
  await Promise.all(Array.from({ length: 40 }, () => append(tenantId)));
  expect(await verify(tenantId)).toMatchObject({ ok: true, count: 40 });
});

test("two tenants have chains of their own", async () => {
  const [one, two] = [freshId(), freshId()];
  await append(one);
  expect(await append(two)).toBe(1n);
});

test("an event is gone with the transaction it belongs to", async () => {
  const tenantId = freshId();
  await append(tenantId);
  const failing = database.transaction(async (sql) => {
    await appendAudit(sql, { ...event(), tenantId });
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(await verify(tenantId)).toMatchObject({ ok: true, count: 1 });
});

test("text that PostgreSQL cannot store does not break the chain", async () => {
  const tenantId = freshId();
  const bad = "a\u0000b\ud800c";
  await append(tenantId, { actor: { id: "p", name: bad }, details: { bad }, subject: `x:${bad}` });
  expect(await verify(tenantId)).toMatchObject({ ok: true, count: 1 });
});

test.each([
  `UPDATE "AuditEvent" SET "actorName" = 'Eve'`,
  `DELETE FROM "AuditEvent"`,
  `TRUNCATE "AuditEvent" CASCADE`,
])("refused by the database itself: %s", async (statement) => {
  await append(freshId());
  await expect(database.query(statement)).rejects.toThrow("never changed or deleted");
});

test("whoever switches the trigger off is found out", async () => {
  const tenantId = freshId();
  for (const name of ["a", "b", "c"]) await append(tenantId, { actor: { id: name, name } });
  await database.transaction(async (sql) => {
    await sql.query("SET LOCAL session_replication_role = replica");
    await sql.query(
      `UPDATE "AuditEvent" SET "actorName" = 'Eve' WHERE "tenantId" = $1 AND "sequence" = 2`,
      [tenantId],
    );
  });
  expect(await verify(tenantId)).toMatchObject({ ok: false, sequence: 2n });
});

test("a chain whose newest event was cut off is found out", async () => {
  const tenantId = freshId();
  await append(tenantId);
  await append(tenantId);
  await database.transaction(async (sql) => {
    await sql.query("SET LOCAL session_replication_role = replica");
    await sql.query(`DELETE FROM "AuditEvent" WHERE "tenantId" = $1 AND "sequence" = 2`, [
      tenantId,
    ]);
  });
  expect(await verify(tenantId)).toMatchObject({ ok: false });
});

test("a link cannot follow one that is not there", async () => {
  const tenantId = freshId();
  await append(tenantId);
  const forged = database.query(
    `INSERT INTO "AuditEvent" SELECT "tenantId", 3, 2, "at", "actorId", "actorName", "action",
       "subject", "details", "previousHash", "hash" FROM "AuditEvent" WHERE "tenantId" = $1`,
    [tenantId],
  );
  await expect(forged).rejects.toThrow("AuditEvent_tenantId_previousSequence_fkey");
});

test("events are listed newest first, by person, subject and day, page by page", async () => {
  const tenantId = freshId();
  const day = (date: string) => ({ at: new Date(`${date}T12:00:00Z`) });
  await append(tenantId, { ...day("2026-11-18"), actor: { id: "eve", name: "Eve" } });
  await append(tenantId, { ...day("2026-11-19"), subject: "connector:c1" });
  await append(tenantId, { ...day("2026-11-20") });
  const none = { actorId: null, subject: null, from: null, to: null };
  const audit = auditOn(database);
  const sequences = async (more: object, before: bigint | null = null) =>
    (await audit.page(tenantId, { ...none, ...more }, before, 2)).map(({ sequence }) => sequence);
  expect(await sequences({})).toEqual([3n, 2n]);
  expect(await sequences({}, 2n)).toEqual([1n]);
  expect(await sequences({ actorId: "eve" })).toEqual([1n]);
  expect(await sequences({ subject: "connector:c1" })).toEqual([2n]);
  const from = new Date("2026-11-19T00:00:00Z");
  const to = new Date("2026-11-20T00:00:00Z");
  expect(await sequences({ from, to })).toEqual([2n]);
  expect((await audit.facets(tenantId)).people).toEqual([
    { id: "person-1", name: "Ada" },
    { id: "eve", name: "Eve" },
  ]);
});
