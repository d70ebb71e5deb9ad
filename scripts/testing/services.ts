/** PostgreSQL, Azurite, Redis and the simulator for tests, chaos and bench: processes that can be struck, and end with us. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { applyMigrations } from "../../prisma/migrate";
import { testEnvironment } from "../checks/environment";
import { findRedis } from "../checks/programs";
import { launchAzurite, storageConnectionString } from "../supervisor/azurite";
import { freePorts, isAnswering } from "../supervisor/ports";
import { databaseUrl, ensureDatabase, initialise, launchPostgres } from "../supervisor/postgres";
import { findPlace, removeDatabase } from "../supervisor/postgres-place";
import { hasExited, launch, stopGroup, waitUntil } from "../supervisor/processes";
import { launchGuard, RunFile } from "../supervisor/run-file";

export type Program = "postgres" | "azurite" | "redis" | "simulator";

export type Services = {
  readonly dir: string;
  readonly storage: string;
  /** Where Azurite keeps its blobs. */
  readonly blobs: string;
  /** null where Redis is not installed, or not wanted. */
  readonly redisUrl: string | null;
  /** The simulator's. */
  readonly urls: Readonly<Record<"telemessage" | "entra" | "graph" | "control", string>>;
  databaseUrl(name: string): string;
  pidOf(program: Program): number;
  /** Resolves when it answers. */
  start(program: Program): Promise<void>;
  /** Resolves when it has ended. SIGQUIT is PostgreSQL's `-m immediate`. */
  kill(program: Program, signal: NodeJS.Signals): Promise<void>;
  /** Ended with everything else should we be killed. */
  remember(name: string, pid: number): void;
  stop(): Promise<void>;
};

export type Wanted = {
  /** Part of the directory's name. */
  readonly name: string;
  readonly programs: readonly Program[];
  /** Made and migrated before anybody gets an answer. */
  readonly database: string;
  readonly postgres: Readonly<Record<string, string>>;
};

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const readyMs = 60_000;
const stopWithinMs = 10_000;

export async function startServices({ name, programs, ...wanted }: Wanted): Promise<Services> {
  const dir = mkdtempSync(join(tmpdir(), `archiver-${name}-`));
  // User postgres has to get in where this runs as root; there is nothing to hide from him.
  chmodSync(dir, 0o711);
  const runFile = new RunFile(join(dir, "run.json"));
  const guard = launchGuard(runFile.path);
  const running = new Map<Program, ChildProcess>();
  const [postgres = 0, azurite = 0, redis = 0, ...simulated] = await freePorts(7);
  const [telemessage = 0, entra = 0, graph = 0, control = 0] = simulated;
  const password = randomBytes(16).toString("hex");
  const account = {
    name: `${name}${randomBytes(4).toString("hex")}`,
    key: randomBytes(64).toString("base64"),
  };
  const blobs = join(dir, "azurite");
  const redisProgram = programs.includes("redis") ? findRedis() : null;
  const urlOf = (database: string) => databaseUrl(postgres, password, database);
  const log = (program: Program) => join(dir, `${program}.log`);

  const launches: Readonly<Record<Program, () => ChildProcess>> = {
    postgres: () => launchPostgres(findPlace(dir), postgres, log("postgres"), wanted.postgres),
    azurite: () => launchAzurite(account, azurite, blobs, log("azurite"), process.env),
    // Without persistence: whoever ends it has emptied it.
    redis: () =>
      launch({
        command: redisProgram ?? "redis-server",
        args: [
          ...["--port", String(redis), "--bind", "127.0.0.1", "--dir", dir],
          ...["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"],
        ],
        env: process.env,
        logFile: log("redis"),
      }),
    simulator: () =>
      launch({
        command: process.execPath,
        args: ["--import", "tsx", "simulator/main.ts"],
        cwd: root,
        env: {
          ...testEnvironment(process.env, dir),
          DATA_DIR: dir,
          SIM_TELEMESSAGE_PORT: String(telemessage),
          SIM_ENTRA_PORT: String(entra),
          SIM_GRAPH_PORT: String(graph),
          SIM_CONTROL_PORT: String(control),
        },
        logFile: log("simulator"),
      }),
  };
  const answers: Readonly<Record<Program, () => Promise<boolean>>> = {
    postgres: () => ensureDatabase(urlOf(wanted.database)),
    azurite: () => isAnswering(azurite),
    redis: () => isAnswering(redis),
    simulator: () => isAnswering(control),
  };
  const services: Services = {
    ...{ dir, blobs, storage: storageConnectionString(account, azurite) },
    redisUrl: redisProgram === null ? null : `redis://127.0.0.1:${redis}`,
    urls: {
      telemessage: `http://127.0.0.1:${telemessage}`,
      entra: `http://127.0.0.1:${entra}`,
      graph: `http://127.0.0.1:${graph}`,
      control: `http://127.0.0.1:${control}`,
    },
    databaseUrl: urlOf,
    pidOf: (program) => running.get(program)?.pid ?? 0,
    async start(program) {
      const child = launches[program]();
      running.set(program, child);
      if (child.pid !== undefined) runFile.add(program, child.pid);
      if (await waitUntil(answers[program], readyMs)) return;
      throw new Error(`No answer from ${program}; its log is ${log(program)}`);
    },
    async kill(program, signal) {
      const child = running.get(program);
      if (child === undefined) return;
      child.kill(signal);
      await hasExited(child);
    },
    remember: (part, pid) => runFile.add(part, pid),
    async stop() {
      // The database last: the others may still write to it.
      const { postgres: server, ...others } = Object.fromEntries(running);
      const end = (child: ChildProcess) => stopGroup(child, "SIGTERM", stopWithinMs);
      await Promise.all(Object.values(others).map(end));
      if (server !== undefined) await stopGroup(server, "SIGINT", stopWithinMs);
      guard.kill();
      removeDatabase(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    initialise(findPlace(dir), password);
    mkdirSync(blobs);
    const begun = programs.filter((program) => program !== "redis" || redisProgram !== null);
    await Promise.all(begun.map((program) => services.start(program)));
    await applyMigrations(urlOf(wanted.database));
  } catch (thrown) {
    await services.stop();
    throw thrown;
  }
  return services;
}

/** One after the other, on a connection of their own. */
export async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
