/** What every row speaks to: PostgreSQL, Azurite and the simulator, each a process of its own, and databases to throw away. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { launch, stopGroup } from "../scripts/supervisor/processes";
import { bundle } from "../scripts/supervisor/worker-bundle";
import * as processes from "../scripts/testing/services";

type Program = "postgres" | "azurite" | "simulator";

export type Services = Pick<processes.Services, "dir" | "urls" | "storage" | "stop"> & {
  readonly pids: Readonly<Record<Program, number>>;
  /** The program of a worker process, made as the product's own. */
  readonly worker: string;
  /** A migrated database of its own; the one before it is dropped. */
  newDatabase(): Promise<string>;
  /** A process of the product, ended with everything else should we be killed. */
  launch(name: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess;
};

const root = join(import.meta.dirname, "..");
const template = "template_migrated";
/** Longer than a worker takes to put down its work. */
const workersStopWithinMs = 20_000;

export async function startServices(): Promise<Services> {
  const services = await processes.startServices({
    ...{ name: "bench", programs: ["postgres", "azurite", "simulator"], database: template },
    // As the product starts it: what it promises to have written is on the disk.
    postgres: { max_connections: "150" },
  });
  const { dir, urls, storage } = services;
  const worker = join(root, ".data", "bench", "worker.mjs");
  await bundle(root, "bench/worker.ts", worker);
  const workers: ChildProcess[] = [];
  let used: string | null = null;
  return {
    ...{ dir, urls, storage, worker },
    pids: {
      postgres: services.pidOf("postgres"),
      azurite: services.pidOf("azurite"),
      simulator: services.pidOf("simulator"),
    },
    async newDatabase() {
      const name = `bench_${randomBytes(4).toString("hex")}`;
      await processes.execute(services.databaseUrl("postgres"), [
        ...(used === null ? [] : [`DROP DATABASE IF EXISTS ${used} WITH (FORCE)`]),
        `CREATE DATABASE ${name} TEMPLATE ${template}`,
        "CHECKPOINT",
      ]);
      used = name;
      return services.databaseUrl(name);
    },
    launch(name, args, env) {
      const logFile = join(dir, `${name}.log`);
      const child = launch({ command: process.execPath, args, env, logFile });
      workers.push(child);
      if (child.pid !== undefined) services.remember(name, child.pid);
      return child;
    },
    async stop() {
      for (const child of workers.reverse()) await stopGroup(child, "SIGTERM", workersStopWithinMs);
      await services.stop();
    },
  };
}
