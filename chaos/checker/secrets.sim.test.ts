import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainerClient } from "@azure/storage-blob";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { createTestSchema, type TestDatabase } from "@/lib/testing/database";
import { type Ledger, openLedger } from "../sql";
import { checkSecrets, type Places } from "./secrets";

const redisServer = inject("TEST_REDIS_URL");
/** A database of its own in Redis: other tests share the server. */
const redisUrl =
  redisServer === null ? null : Object.assign(new URL(redisServer), { pathname: "/9" }).href;

let database: TestDatabase;
let ledger: Ledger;
let places: Places;
let dir: string;
let blobs: ContainerClient;

beforeEach(async () => {
  database = await createTestSchema();
  ledger = openLedger(database.url);
  dir = mkdtempSync(join(tmpdir(), "secrets-"));
  const logFile = join(dir, "worker.log");
  writeFileSync(logFile, `{"event":"run.claimed"}\n`);
  const storage = inject("TEST_STORAGE_CONNECTION_STRING");
  const container = `secrets-${Date.now()}`;
  blobs = new ContainerClient(storage, container);
  places = { rows: ledger.rows, redisUrl, storage, container, logFile };
});

afterEach(async () => {
  await blobs.deleteIfExists();
  await ledger.close();
  await database.drop();
  rmSync(dir, { recursive: true });
});

async function found(): Promise<string[]> {
  return (await checkSecrets(["canary"], places)).map(({ what }) => what);
}

test("where nothing is told nothing is found", async () => {
  expect(await found()).toEqual([]);
});

test.each([
  ["as text", `'a canary sang'`],
  ["as bytes", `encode('a canary sang'::bytea, 'hex')`],
])("words in a table are found %s", async (_name, value) => {
  await ledger.rows(`INSERT INTO "WorkerBeat" VALUES (${value}, now(), now())`);
  expect(await found()).toEqual(["a table holds what people wrote"]);
});

test("words in a log are found, and so is somebody's number", async () => {
  writeFileSync(places.logFile, "a canary called 16175550001\n");
  const told = "a log tells what it must not";
  expect(await found()).toEqual([told, told]);
});

test("a blob that lies open is found", async () => {
  await blobs.create();
  await blobs.getBlockBlobClient("segment").upload("a canary sang", 13);
  expect(await found()).toEqual(["a blob lies open"]);
});

test.runIf(redisUrl !== null)("words in the queue are found", async () => {
  const redis = new Redis(redisUrl ?? "");
  await redis.hset("bull:lane:1", "data", "a canary sang");
  expect(await found()).toEqual(["the queue holds what it must not"]);
  await redis.flushdb();
  redis.disconnect();
});
