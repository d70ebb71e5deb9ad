import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestSchema, type TestDatabase } from "../lib/testing/database";
import { applyMigrations, diffMigrations } from "./migrate";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestSchema();
});

afterAll(async () => {
  await database.drop();
});

test("what was applied is not applied again", async () => {
  expect(await applyMigrations(database.url)).toEqual([]);
});

test("the migrations lead to the schema, but for indexes that it cannot say", async () => {
  const sql = await diffMigrations(database.url);
  expect(sql.replaceAll(/^--.*$|^DROP INDEX .*$/gm, "").trim()).toBe("");
});
