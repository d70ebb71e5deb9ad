import { expect, test } from "vitest";
import pg from "pg";
import { createTestSchema } from "./database";

test("every test file gets a migrated database of its own", async () => {
  const [one, other] = await Promise.all([createTestSchema(), createTestSchema()]);
  const client = new pg.Client({ connectionString: one.url });
  await client.connect();
  const migrations = await client.query("SELECT count(*) FROM _prisma_migrations");
  await client.end();
  await Promise.all([one.drop(), other.drop()]);
  expect(one.url).not.toBe(other.url);
  expect(migrations.rowCount).toBe(1);
});
