/** A migrated database of its own for every test file, copied from a template in some tens of milliseconds. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

export async function createTestSchema(): Promise<TestDatabase> {
  const server = inject("TEST_DATABASE_URL");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await run(server, `CREATE DATABASE ${name} TEMPLATE ${inject("TEST_TEMPLATE_DATABASE")}`);
  return {
    url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
    drop: () => run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
