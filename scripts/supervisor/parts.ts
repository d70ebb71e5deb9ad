/** The parts of the product: how each is started, when it is ready, and how long it has to stop. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launchAzurite } from "./azurite";
import { nextProgram } from "./build";
import type { InnerPorts, Secrets } from "./data-dir";
import { simulatorEnvironment, type Setup } from "./environment";
import { logOf } from "./logs";
import type { PartPlan } from "./part";
import { isAnswering } from "./ports";
import { ensureDatabase, launchPostgres } from "./postgres";
import type { PostgresPlace } from "./postgres-place";
import { launch } from "./processes";
import { workerProgram } from "./worker-bundle";

export type PartContext = {
  readonly root: string;
  readonly setup: Setup;
  readonly env: NodeJS.ProcessEnv;
  readonly logs: string;
  readonly programs: Programs;
};

/** What Node runs for the parts that are ours; a test puts small stand-ins here. */
export type Programs = {
  readonly portal: (port: number) => readonly string[];
  readonly simulator: readonly string[];
  readonly worker: readonly string[];
};

const throughTsx = ["--import", "tsx"];
/** Bound to loopback where anybody may sign in as anybody: IPv4, which every client of "localhost" tries. */
const onLoopback = ["-H", "localhost"];

export function productPrograms(isDev: boolean, isSimulated: boolean, distDir: string): Programs {
  return {
    portal: (port) => [
      "--dns-result-order=ipv4first",
      ...[nextProgram, isDev ? "dev" : "start", "-p", String(port)],
      ...(isSimulated || isDev ? onLoopback : []),
    ],
    simulator: [...throughTsx, "simulator/main.ts"],
    worker: isDev ? [...throughTsx, "workers/main.ts"] : workerProgram(distDir),
  };
}

export function postgresPart(
  { logs, setup }: PartContext,
  place: PostgresPlace,
  port: number,
  workers: number,
  url: string,
): PartPlan {
  // 20 for each worker and 15 for the portal, and as many again for tools and for what is just ending.
  const connections = String(Math.max(100, 60 + 30 * workers));
  return {
    name: "postgres",
    stopSignal: "SIGINT",
    graceMs: 15_000,
    start: () =>
      launchPostgres(place, port, logOf(logs, "postgres"), {
        max_connections: connections,
        cluster_name: `archiver-${setup.port}`,
      }),
    isReady: () => ensureDatabase(url),
  };
}

export function azuritePart(
  { logs, setup, env }: PartContext,
  { storageAccount }: Secrets,
  { azurite: port }: InnerPorts,
): PartPlan {
  const location = join(setup.dataDir, "azurite");
  mkdirSync(location, { recursive: true, mode: 0o700 });
  return {
    name: "azurite",
    stopSignal: "SIGTERM",
    graceMs: 5_000,
    start: () =>
      launchAzurite(storageAccount, port, location, logOf(logs, "azurite"), inheritedOnly(env)),
    isReady: () => isAnswering(port),
  };
}

export function simulatorPart(
  { root, logs, env, programs }: PartContext,
  controlPort: number,
): PartPlan {
  return {
    name: "simulator",
    stopSignal: "SIGTERM",
    graceMs: 5_000,
    start: () =>
      launch({
        command: process.execPath,
        args: programs.simulator,
        env: simulatorEnvironment(env),
        cwd: root,
        logFile: logOf(logs, "simulator"),
      }),
    isReady: () => answers(`http://127.0.0.1:${controlPort}/health`),
  };
}

export function workerPart({ root, logs, env, programs }: PartContext, number: number): PartPlan {
  const name = `worker-${number}`;
  return {
    name,
    stopSignal: "SIGTERM",
    // The worker gives itself 20 seconds to put down what it holds.
    graceMs: 21_000,
    start: () =>
      launch({
        command: process.execPath,
        args: programs.worker,
        env,
        cwd: root,
        logFile: logOf(logs, name),
      }),
    // It shows itself by its beat, which the portal's health tells of.
    isReady: () => Promise.resolve(true),
  };
}

export function portalPart({ root, logs, env, setup, programs }: PartContext): PartPlan {
  return {
    name: "portal",
    stopSignal: "SIGTERM",
    // An open event stream would keep it from closing for ever.
    graceMs: 3_000,
    start: () =>
      launch({
        command: process.execPath,
        args: programs.portal(setup.port),
        env,
        cwd: root,
        logFile: logOf(logs, "portal"),
      }),
    isReady: () => answers(`http://localhost:${setup.port}/api/health`),
  };
}

/** Any answer will do: how it fares is for its own health page to say. */
function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
    () => true,
    () => false,
  );
}

function inheritedOnly({ PATH, HOME, TZ }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH, HOME, TZ } as unknown as NodeJS.ProcessEnv;
}
