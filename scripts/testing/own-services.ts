/** PostgreSQL, Azurite and Redis of a test's own, each of which can be struck and started again. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { applyMigrations } from "../../prisma/migrate";
import { findRedis } from "../checks/programs";
import { launchAzurite, storageConnectionString } from "../supervisor/azurite";
import { freePorts, isAnswering } from "../supervisor/ports";
import { databaseUrl, ensureDatabase, initialise, launchPostgres } from "../supervisor/postgres";
import { findPlace, removeDatabase } from "../supervisor/postgres-place";
import { hasExited, launch, stopGroup, waitUntil } from "../supervisor/processes";
import { launchGuard, RunFile } from "../supervisor/run-file";

export type OwnService = "postgres" | "azurite" | "redis";

export type OwnServices = {
  readonly database: string;
  readonly storage: string;
  /** null where Redis is not installed. */
  readonly redis: string | null;
  /** Where Azurite keeps its blobs. */
  readonly blobs: string;
  /** Resolves when it has ended. SIGQUIT is PostgreSQL's `-m immediate`. */
  kill(service: OwnService, signal: NodeJS.Signals): Promise<void>;
  /** Resolves when it answers. */
  start(service: OwnService): Promise<void>;
  /** Ends every session of PostgreSQL, again and again, for so long. */
  cutConnections(forMs: number): Promise<void>;
  stop(): Promise<void>;
};

export async function startOwnServices(): Promise<OwnServices> {
  const dir = mkdtempSync(join(tmpdir(), "archiver-own-"));
  // User postgres has to get in where the tests run as root; there is nothing to hide from him.
  chmodSync(dir, 0o711);
  const runFile = new RunFile(join(dir, "run.json"));
  const guard = launchGuard(runFile.path);
  const [postgresPort = 0, azuritePort = 0, redisPort = 0] = await freePorts(3);
  const password = randomBytes(16).toString("hex");
  const account = { name: "own", key: randomBytes(64).toString("base64") };
  const blobs = join(dir, "azurite");
  const database = databaseUrl(postgresPort, password, "own");
  const redis = findRedis();
  const children = new Map<OwnService, ChildProcess>();

  const launches: Readonly<Record<OwnService, () => ChildProcess>> = {
    postgres: () => launchPostgres(findPlace(dir), postgresPort, join(dir, "postgres.log")),
    azurite: () =>
      launchAzurite(account, azuritePort, blobs, join(dir, "azurite.log"), process.env),
    // Without persistence: whoever ends it has emptied it.
    redis: () =>
      launch({
        command: redis ?? "redis-server",
        args: [
          ...["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", dir, "--save", ""],
          ...["--appendonly", "no", "--maxmemory-policy", "noeviction"],
        ],
        env: process.env,
        logFile: join(dir, "redis.log"),
      }),
  };
  const answers: Readonly<Record<OwnService, () => Promise<boolean>>> = {
    postgres: () => ensureDatabase(database),
    azurite: () => isAnswering(azuritePort),
    redis: () => isAnswering(redisPort),
  };
  const services: OwnServices = {
    ...{ database, blobs, storage: storageConnectionString(account, azuritePort) },
    redis: redis === null ? null : `redis://127.0.0.1:${redisPort}`,
    async kill(service, signal) {
      const child = children.get(service);
      if (child === undefined) return;
      child.kill(signal);
      await hasExited(child);
    },
    async start(service) {
      const child = launches[service]();
      children.set(service, child);
      if (child.pid !== undefined) runFile.add(service, child.pid);
      if (!(await waitUntil(answers[service], 30_000))) throw new Error(`No answer: ${service}`);
    },
    cutConnections: (forMs) => cutConnections(database, forMs),
    async stop() {
      await Promise.all([...children.values()].map((child) => stopGroup(child, "SIGTERM", 3_000)));
      guard.kill();
      removeDatabase(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    initialise(findPlace(dir), password);
    mkdirSync(blobs);
    const wanted: OwnService[] = redis === null ? [] : ["redis"];
    await Promise.all(
      [...wanted, "postgres" as const, "azurite" as const].map((each) => services.start(each)),
    );
    await applyMigrations(database);
  } catch (thrown) {
    await services.stop();
    throw thrown;
  }
  return services;
}

async function cutConnections(database: string, forMs: number): Promise<void> {
  const maintenance = Object.assign(new URL(database), { pathname: "/postgres" }).href;
  const client = new pg.Client({ connectionString: maintenance });
  await client.connect();
  try {
    for (const endAt = performance.now() + forMs; performance.now() < endAt;) {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'own'`,
      );
      await setTimeout(20);
    }
  } finally {
    await client.end();
  }
}
