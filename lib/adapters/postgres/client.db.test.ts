import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestSchema, type TestDatabase } from "@/lib/testing/database";
import { freshId } from "@/lib/testing/fakes";
import { createDatabase, type Database, violates } from "./client";

let schema: TestDatabase;
let database: Database;
beforeAll(async () => {
  schema = await createTestSchema();
  database = createDatabase({ connectionString: schema.url, max: 4 });
});
afterAll(async () => {
  await database.close();
  await schema.drop();
});

const addTenant = (id: string) => `INSERT INTO "Tenant" ("id") VALUES ('${id}')`;

test("every connection counts in UTC", async () => {
  expect(await database.query("SHOW timezone")).toEqual([{ TimeZone: "UTC" }]);
});

test("what is thrown rolls the transaction back and is thrown on", async () => {
  const id = freshId();
  const failing = database.transaction(async (sql) => {
    await sql.query(addTenant(id));
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(await database.prisma.tenant.count({ where: { id } })).toBe(0);
});

test("the victim of a deadlock begins anew", async () => {
  const [one, two] = [freshId(), freshId()];
  await database.query(addTenant(one));
  await database.query(addTenant(two));
  const lockBoth = (first: string, second: string) =>
    database.transaction(async (sql) => {
      const lock = `SELECT 1 FROM "Tenant" WHERE "id" = $1 FOR UPDATE`;
      await sql.query(lock, [first]);
      await sql.query("SELECT pg_sleep(0.2)");
      await sql.query(lock, [second]);
      return "both";
    });
  expect(await Promise.all([lockBoth(one, two), lockBoth(two, one)])).toEqual(["both", "both"]);
});

test("a lone statement that is the victim of a deadlock begins anew", async () => {
  const [one, two] = [freshId(), freshId()];
  await database.query(addTenant(one));
  await database.query(addTenant(two));
  const lockBoth = (first: string, second: string) =>
    database.query(
      `WITH a AS MATERIALIZED (SELECT "id" FROM "Tenant" WHERE "id" = $1 FOR UPDATE),
         s AS MATERIALIZED (SELECT pg_sleep(0.2) FROM a),
         b AS MATERIALIZED (
           SELECT t."id" FROM s CROSS JOIN LATERAL (
             SELECT "id" FROM "Tenant" WHERE "id" = $2 FOR UPDATE) t)
       SELECT "id" FROM b`,
      [first, second],
    );
  const both = await Promise.all([lockBoth(one, two), lockBoth(two, one)]);
  expect(both).toEqual([[{ id: two }], [{ id: one }]]);
});

test("a refused key is told by the name of its law", async () => {
  const id = freshId();
  await database.query(addTenant(id));
  const thrown = await database.query(addTenant(id)).catch((error: unknown) => error);
  expect(violates(thrown, "Tenant_pkey")).toBe(true);
  expect(violates(thrown, "User_pkey")).toBe(false);
});

test("Prisma leaves a sealed password out unless it is asked for by name", async () => {
  const tenantId = freshId();
  const id = freshId();
  await database.query(addTenant(tenantId));
  await database.prisma.credential.create({
    data: { tenantId, id, ciphertext: Buffer.from("sealed") },
  });
  const [credential] = await database.prisma.credential.findMany({ where: { tenantId } });
  expect(credential).not.toHaveProperty("ciphertext");
});

test("whoever falls silent within a transaction is given up after a minute", async () => {
  expect(await database.query("SHOW idle_in_transaction_session_timeout")).toEqual([
    { idle_in_transaction_session_timeout: "1min" },
  ]);
});

test("what the silent one held is free again, and he learns that he did nothing", async () => {
  const id = freshId();
  await database.query(addTenant(id));
  const change = (domain: string) =>
    `UPDATE "Tenant" SET "defaultDomain" = '${domain}' WHERE "id" = '${id}'`;
  const silent = database.transaction(async (sql) => {
    await sql.query("SET LOCAL idle_in_transaction_session_timeout = 100");
    await sql.query(change("silent"));
    await database.transaction((other) => other.query(change("other")));
  });
  await expect(silent).rejects.toThrow();
  const tenant = await database.prisma.tenant.findUnique({ where: { id } });
  expect(tenant?.defaultDomain).toBe("other");
});

test("a connection that is cut while nobody has it is replaced, and ends nothing", async () => {
  const pid = `SELECT pg_backend_pid() AS "pid"`;
  const alone = createDatabase({ connectionString: schema.url, max: 1 });
  const [cut] = await alone.query<{ pid: number }>(pid);
  await database.query("SELECT pg_terminate_backend($1)", [cut?.pid]);
  const next = async () => (await alone.query<{ pid: number }>(pid).catch(() => []))[0]?.pid ?? 0;
  await expect.poll(next, { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await next()).not.toBe(cut?.pid);
  await alone.close();
});
