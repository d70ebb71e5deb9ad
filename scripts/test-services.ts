/** What the database, wire and queue tests speak to: one throw-away PostgreSQL, Azurite and Redis for a whole run. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { applyMigrations } from "../prisma/migrate";
import { findRedis } from "./checks/programs";
import { launchAzurite, storageConnectionString, type AzuriteAccount } from "./supervisor/azurite";
import { freePorts, isAnswering } from "./supervisor/ports";
import { databaseUrl, ensureDatabase, initialise, launchPostgres } from "./supervisor/postgres";
import { findPlace, removeDatabase } from "./supervisor/postgres-place";
import { launch, stopGroup, waitUntil } from "./supervisor/processes";
import { launchGuard, RunFile } from "./supervisor/run-file";

declare module "vitest" {
  // Merging into Vitest's own declaration is the one thing a type alias cannot do.
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions
  export interface ProvidedContext {
    TEST_DATABASE_URL: string;
    TEST_TEMPLATE_DATABASE: string;
    TEST_REDIS_URL: string | null;
    TEST_STORAGE_CONNECTION_STRING: string;
  }
}

type Addresses = {
  readonly database: string;
  readonly redis: string | null;
  readonly storage: string;
};
type Services = { readonly addresses: Addresses; stop(): Promise<void> };

export const templateDatabase = "template_migrated";

/** Vitest calls this once per project and loads it anew each time, so what is shared hangs on the process. */
const shared = globalThis as { testServices?: { users: number; started: Promise<Services> } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testServices ??= { users: 0, started: startServices() };
  shared.testServices.users += 1;
  const { addresses } = await shared.testServices.started;
  project.provide("TEST_DATABASE_URL", addresses.database);
  project.provide("TEST_TEMPLATE_DATABASE", templateDatabase);
  project.provide("TEST_REDIS_URL", addresses.redis);
  project.provide("TEST_STORAGE_CONNECTION_STRING", addresses.storage);
  process.env["TEST_DATABASE_URL"] = addresses.database;
  process.env["TEST_STORAGE_CONNECTION_STRING"] = addresses.storage;
  if (addresses.redis) process.env["TEST_REDIS_URL"] = addresses.redis;
  return async () => {
    const services = shared.testServices;
    if (services === undefined || --services.users > 0) return;
    delete shared.testServices;
    await (await services.started).stop();
  };
}

async function startServices(): Promise<Services> {
  const dir = mkdtempSync(join(tmpdir(), "archiver-tests-"));
  // User postgres has to get in where the tests run as root; there is nothing to hide from him.
  chmodSync(dir, 0o711);
  const running = new Running(join(dir, "run.json"));
  const stop = async () => {
    await running.stop();
    removeDatabase(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [postgresPort = 0, azuritePort = 0, redisPort = 0] = await freePorts(3);
    const [database, storage, redis] = await Promise.all([
      startPostgres(dir, postgresPort, running),
      startAzurite(dir, azuritePort, running),
      startRedis(dir, redisPort, running),
    ]);
    return { addresses: { database, storage, redis }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What has to be stopped in the end, also when the tests themselves are killed. */
class Running {
  private readonly parts: { readonly child: ChildProcess; readonly signal: NodeJS.Signals }[] = [];
  private readonly runFile: RunFile;
  private readonly guard: ChildProcess;

  constructor(path: string) {
    this.runFile = new RunFile(path);
    this.guard = launchGuard(path);
  }

  add(name: string, child: ChildProcess, signal: NodeJS.Signals): void {
    this.parts.push({ child, signal });
    if (child.pid !== undefined) this.runFile.add(name, child.pid);
  }

  async stop(): Promise<void> {
    await Promise.all(this.parts.map(({ child, signal }) => stopGroup(child, signal, 10_000)));
    this.guard.kill();
  }
}

async function startPostgres(dir: string, port: number, running: Running): Promise<string> {
  const password = randomBytes(16).toString("hex");
  const place = findPlace(dir);
  initialise(place, password);
  const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
  const log = join(dir, "postgres.log");
  const server = launchPostgres(place, port, log, { ...settings, max_connections: "300" });
  running.add("postgres", server, "SIGINT");
  const url = databaseUrl(port, password, "test");
  const template = databaseUrl(port, password, templateDatabase);
  for (const database of [template, url]) {
    const isUp = await waitUntil(() => ensureDatabase(database), 30_000);
    if (!isUp) throw new Error("PostgreSQL did not take connections within 30 seconds.");
    await applyMigrations(database);
  }
  return url;
}

async function startAzurite(dir: string, port: number, running: Running): Promise<string> {
  const name = `test${randomBytes(4).toString("hex")}`;
  const account: AzuriteAccount = { name, key: randomBytes(64).toString("base64") };
  const location = join(dir, "azurite");
  mkdirSync(location);
  const server = launchAzurite(account, port, location, join(dir, "azurite.log"), process.env);
  running.add("azurite", server, "SIGTERM");
  await listening(port, "Azurite");
  return storageConnectionString(account, port);
}

async function startRedis(dir: string, port: number, running: Running): Promise<string | null> {
  const program = findRedis();
  if (program === null) return null;
  const server = launch({
    command: program,
    args: [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", dir],
      ...["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"],
    ],
    env: process.env,
    logFile: join(dir, "redis.log"),
  });
  running.add("redis", server, "SIGTERM");
  await listening(port, "Redis");
  return `redis://127.0.0.1:${port}`;
}

async function listening(port: number, part: string): Promise<void> {
  const isUp = await waitUntil(() => isAnswering(port), 30_000);
  if (!isUp) throw new Error(`${part} did not listen within 30 seconds.`);
}
