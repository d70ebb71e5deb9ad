/** What every row speaks to: PostgreSQL, Azurite and the simulator, each a process of its own, and databases to throw away. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { applyMigrations } from "../prisma/migrate";
import { testEnvironment } from "../scripts/checks/environment";
import { launchAzurite, storageConnectionString } from "../scripts/supervisor/azurite";
import { freePorts, isAnswering } from "../scripts/supervisor/ports";
import {
  databaseUrl,
  ensureDatabase,
  initialise,
  launchPostgres,
} from "../scripts/supervisor/postgres";
import { findPlace, removeDatabase } from "../scripts/supervisor/postgres-place";
import { launch, stopGroup, waitUntil } from "../scripts/supervisor/processes";
import { launchGuard, RunFile } from "../scripts/supervisor/run-file";

export type Program = "postgres" | "azurite" | "simulator";

export type Services = {
  readonly dir: string;
  readonly urls: Readonly<Record<"telemessage" | "entra" | "graph" | "control", string>>;
  readonly storage: string;
  readonly pids: Readonly<Record<Program, number>>;
  /** A migrated database of its own; the one before it is dropped. */
  newDatabase(): Promise<string>;
  /** A process of the product, ended with everything else should we be killed. */
  launch(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess;
  stop(): Promise<void>;
};

const template = "template_migrated";
const readyMs = 60_000;

export async function startServices(): Promise<Services> {
  const dir = mkdtempSync(join(tmpdir(), "archiver-bench-"));
  // User postgres has to get in where this runs as root.
  chmodSync(dir, 0o711);
  const running = new Running(dir);
  try {
    const [database = 0, azurite = 0, ...simulated] = await freePorts(6);
    const password = randomBytes(16).toString("hex");
    const account = { name: "bench", key: randomBytes(64).toString("base64") };
    const place = findPlace(dir);
    initialise(place, password);
    mkdirSync(join(dir, "azurite"));
    // As the product starts it: what it promises to have written is on the disk.
    const postgres = launchPostgres(place, database, join(dir, "postgres.log"), {
      max_connections: "150",
    });
    running.add("postgres", postgres, "SIGINT");
    const emulator = launchAzurite(
      ...([account, azurite, join(dir, "azurite"), join(dir, "azurite.log"), process.env] as const),
    );
    running.add("azurite", emulator, "SIGTERM");
    const urlOf = (name: string) => databaseUrl(database, password, name);
    const [telemessage = 0, entra = 0, graph = 0, control = 0] = simulated;
    const simulator = running.launch("simulator", ["--import", "tsx", "simulator/main.ts"], {
      ...testEnvironment(process.env, dir),
      DATA_DIR: dir,
      SIM_TELEMESSAGE_PORT: String(telemessage),
      SIM_ENTRA_PORT: String(entra),
      SIM_GRAPH_PORT: String(graph),
      SIM_CONTROL_PORT: String(control),
    });
    const isUp = await Promise.all([
      waitUntil(() => ensureDatabase(urlOf(template)), readyMs),
      waitUntil(() => isAnswering(azurite), readyMs),
      waitUntil(() => isAnswering(control), readyMs),
    ]);
    if (isUp.includes(false)) throw new Error(`Not everything came up; the logs are in ${dir}`);
    await applyMigrations(urlOf(template));
    let used: string | null = null;
    return {
      dir,
      urls: {
        telemessage: `http://127.0.0.1:${telemessage}`,
        entra: `http://127.0.0.1:${entra}`,
        graph: `http://127.0.0.1:${graph}`,
        control: `http://127.0.0.1:${control}`,
      },
      storage: storageConnectionString(account, azurite),
      pids: {
        postgres: postgres.pid ?? 0,
        azurite: emulator.pid ?? 0,
        simulator: simulator.pid ?? 0,
      },
      async newDatabase() {
        const name = `bench_${randomBytes(4).toString("hex")}`;
        await execute(urlOf("postgres"), [
          ...(used === null ? [] : [`DROP DATABASE IF EXISTS ${used} WITH (FORCE)`]),
          `CREATE DATABASE ${name} TEMPLATE ${template}`,
          "CHECKPOINT",
        ]);
        used = name;
        return urlOf(name);
      },
      launch: (name, args, env) => running.launch(name, args, env),
      stop: () => running.stop(),
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** What has to be stopped in the end, also when we are killed ourselves. */
class Running {
  private readonly parts: { readonly child: ChildProcess; readonly signal: NodeJS.Signals }[] = [];
  private readonly runFile: RunFile;
  private readonly guard: ChildProcess;

  constructor(private readonly dir: string) {
    const path = join(dir, "run.json");
    this.runFile = new RunFile(path);
    this.guard = launchGuard(path);
  }

  launch(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const logFile = join(this.dir, `${name}.log`);
    const child = launch({ command: process.execPath, args, env, logFile });
    this.add(name, child, "SIGTERM");
    return child;
  }

  add(name: string, child: ChildProcess, signal: NodeJS.Signals): void {
    this.parts.push({ child, signal });
    if (child.pid !== undefined) this.runFile.add(name, child.pid);
  }

  /** The database last: the others still write to it. */
  async stop(): Promise<void> {
    const byAge = [...this.parts].reverse();
    for (const { child, signal } of byAge) await stopGroup(child, signal, 20_000);
    this.guard.kill();
    removeDatabase(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
