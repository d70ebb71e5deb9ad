/** What a seed speaks to: PostgreSQL, Azurite, Redis and the simulator, each a process that can be struck. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { applyMigrations } from "../prisma/migrate";
import { testEnvironment } from "../scripts/checks/environment";
import { findRedis } from "../scripts/checks/programs";
import { launchAzurite, storageConnectionString } from "../scripts/supervisor/azurite";
import { freePorts, isAnswering } from "../scripts/supervisor/ports";
import {
  databaseUrl,
  ensureDatabase,
  initialise,
  launchPostgres,
} from "../scripts/supervisor/postgres";
import { findPlace, removeDatabase } from "../scripts/supervisor/postgres-place";
import { hasExited, launch, stopGroup, waitUntil } from "../scripts/supervisor/processes";
import { launchGuard, RunFile } from "../scripts/supervisor/run-file";

export type Program = "postgres" | "azurite" | "redis" | "simulator";

export type Services = {
  readonly dir: string;
  readonly urls: Readonly<Record<"telemessage" | "entra" | "graph" | "control", string>>;
  readonly storage: string;
  readonly redisUrl: string | null;
  /** A migrated database of its own. */
  newDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  /** Ends a program with the signal and starts it again; resolves when it answers. */
  restart(program: Program, signal: NodeJS.Signals): Promise<void>;
  /** Ended with everything else should we be killed. */
  readonly remember: (name: string, pid: number) => void;
  stop(): Promise<void>;
};

const template = "template_migrated";
const readyMs = 60_000;

export async function startServices(root: string): Promise<Services> {
  const dir = mkdtempSync(join(tmpdir(), "archiver-chaos-"));
  // User postgres has to get in where this runs as root.
  chmodSync(dir, 0o711);
  const runFile = new RunFile(join(dir, "run.json"));
  const guard = launchGuard(runFile.path);
  const running = new Map<Program, ChildProcess>();
  const [database = 0, azurite = 0, redis = 0, telemessage = 0, entra = 0, graph = 0, control = 0] =
    await freePorts(7);
  const password = randomBytes(16).toString("hex");
  const account = { name: "chaos", key: randomBytes(64).toString("base64") };
  const place = findPlace(dir);
  initialise(place, password);
  mkdirSync(join(dir, "azurite"));
  const urlOf = (name: string) => databaseUrl(database, password, name);
  const log = (name: string) => join(dir, `${name}.log`);
  const redisProgram = findRedis();

  const starts: Readonly<Record<Program, () => ChildProcess>> = {
    // What was committed survives the end of the process, though not of the machine.
    postgres: () =>
      launchPostgres(place, database, log("postgres"), { fsync: "off", max_connections: "200" }),
    azurite: () =>
      launchAzurite(account, azurite, join(dir, "azurite"), log("azurite"), process.env),
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
    postgres: () => ensureDatabase(urlOf(template)),
    azurite: () => isAnswering(azurite),
    redis: () => isAnswering(redis),
    simulator: () => isAnswering(control),
  };
  const start = async (program: Program) => {
    const child = starts[program]();
    running.set(program, child);
    if (child.pid !== undefined) runFile.add(program, child.pid);
    if (!(await waitUntil(answers[program], readyMs))) throw new Error(`No answer from ${program}`);
  };
  const stop = async () => {
    for (const program of ["simulator", "azurite", "redis", "postgres"] as const) {
      const child = running.get(program);
      if (child !== undefined) await stopGroup(child, stopSignals[program], 10_000);
    }
    guard.kill();
    removeDatabase(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const wanted: Program[] = ["postgres", "azurite", "simulator"];
    if (redisProgram !== null) wanted.push("redis");
    await Promise.all(wanted.map(start));
    await applyMigrations(urlOf(template));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    dir,
    urls: {
      telemessage: `http://127.0.0.1:${telemessage}`,
      entra: `http://127.0.0.1:${entra}`,
      graph: `http://127.0.0.1:${graph}`,
      control: `http://127.0.0.1:${control}`,
    },
    storage: storageConnectionString(account, azurite),
    redisUrl: redisProgram === null ? null : `redis://127.0.0.1:${redis}`,
    async newDatabase() {
      const name = `chaos_${randomBytes(6).toString("hex")}`;
      await execute(urlOf("postgres"), `CREATE DATABASE ${name} TEMPLATE ${template}`);
      return urlOf(name);
    },
    dropDatabase: (url) =>
      execute(
        urlOf("postgres"),
        `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`,
      ),
    async restart(program, signal) {
      const child = running.get(program);
      if (child === undefined) return;
      child.kill(signal);
      await hasExited(child);
      await start(program);
    },
    remember: (name, pid) => runFile.add(name, pid),
    stop,
  };
}

const stopSignals: Readonly<Record<Program, NodeJS.Signals>> = {
  postgres: "SIGINT",
  azurite: "SIGTERM",
  redis: "SIGTERM",
  simulator: "SIGTERM",
};

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
