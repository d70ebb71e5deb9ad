/** All parts together: which there are, in which order they start, in which they stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../../lib/config";
import { applyMigrations } from "../../prisma/migrate";
import { buildPortal, distDirOf, generateClient } from "./build";
import { say, timed } from "./console";
import type { InnerPorts, Secrets } from "./data-dir";
import type { Setup } from "./environment";
import { logOf } from "./logs";
import { Part, type PartPlan } from "./part";
import { azuritePart, portalPart, postgresPart, productPrograms } from "./parts";
import { simulatorPart, workerPart, type PartContext, type Programs } from "./parts";
import { initialise } from "./postgres";
import { findPlace } from "./postgres-place";
import { Refusal } from "./refusal";
import type { RunFile } from "./run-file";
import { buildWorker } from "./worker-bundle";

export type ProductContext = {
  readonly root: string;
  readonly isDev: boolean;
  readonly programs?: Programs;
  readonly setup: Setup;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly ports: InnerPorts;
  readonly logs: string;
};

/** Stopped one after the other: whoever writes must be gone before what it writes into. */
const stopOrder = ["portal", "worker", "simulator", "azurite", "postgres"] as const;
type Kind = (typeof stopOrder)[number];

export class Product {
  private readonly parts: { readonly kind: Kind; readonly part: Part }[] = [];
  private readonly partContext: PartContext;
  private stopSignal: AbortSignal = new AbortController().signal;

  constructor(
    private readonly context: ProductContext,
    private readonly runFile: RunFile,
  ) {
    const isSimulated = context.setup.mode === "simulated";
    const { isDev, env } = context;
    const programs = context.programs ?? productPrograms(isDev, isSimulated, distDirOf(env));
    this.partContext = { ...context, programs };
  }

  async start(stop: AbortSignal): Promise<void> {
    this.stopSignal = stop;
    await Promise.all([
      this.startDatabase(),
      this.startStorage(),
      this.startSimulator(),
      this.make(),
    ]);
    await Promise.all([this.startWorkers(), this.startPortal()]);
    await this.workersSeen();
  }

  /** In a hurry nobody waits for the one before; only the database still stays to the end. */
  async stop(hurry: AbortSignal): Promise<void> {
    const hurried = once(hurry);
    const stopping: Promise<unknown>[] = [];
    for (const kind of stopOrder) {
      const those = this.parts.filter((each) => each.kind === kind);
      if (kind === "postgres") await Promise.all(stopping);
      const stops = Promise.all(those.map(({ part }) => part.stop(hurry)));
      stopping.push(stops);
      await Promise.race([stops, hurried]);
    }
    await Promise.all(stopping);
  }

  private async startDatabase(): Promise<void> {
    const { setup, config, ports, secrets } = this.context;
    if (setup.hasOwnDatabase) {
      const place = findPlace(setup.dataDir);
      await timed("Made the database's files", () =>
        Promise.resolve(initialise(place, secrets.databasePassword)),
      );
      const plan = postgresPart(
        this.partContext,
        place,
        ports.postgres,
        config.workers,
        config.databaseUrl,
      );
      await timed("Started PostgreSQL", () => this.startPart("postgres", plan));
    }
    const applied = await applyMigrations(config.databaseUrl).catch((error: unknown) => {
      throw setup.hasOwnDatabase ? error : unreachableDatabase(error);
    });
    if (applied.length > 0) say(`Applied migrations: ${applied.join(", ")}`);
  }

  private async startStorage(): Promise<void> {
    const { setup, secrets, ports } = this.context;
    if (!setup.hasOwnStorage) return;
    const plan = azuritePart(this.partContext, secrets, ports);
    await timed("Started Azurite", () => this.startPart("azurite", plan));
  }

  private async startSimulator(): Promise<void> {
    const { simulator } = this.context.setup;
    if (simulator === null) return;
    const plan = simulatorPart(this.partContext, simulator.control);
    await timed("Started the simulator", () => this.startPart("simulator", plan));
  }

  private async make(): Promise<void> {
    const { root, env, logs, isDev, programs } = this.context;
    if (programs !== undefined) return;
    const context = { root, env, runFile: this.runFile, signal: this.stopSignal, say };
    const generated = { ...context, logFile: logOf(logs, "generate") };
    await timed("Generated the database client", () => generateClient(generated));
    if (isDev) return;
    const built = { ...context, logFile: logOf(logs, "build") };
    await timed("Built the portal", () => buildPortal(built));
    // After it: a build of the portal empties the folder.
    await timed("Built the worker", () => buildWorker(root, distDirOf(env)));
  }

  private async startWorkers(): Promise<void> {
    const numbers = Array.from({ length: this.context.config.workers }, (_, index) => index + 1);
    const starts = numbers.map((each) =>
      this.startPart("worker", workerPart(this.partContext, each)),
    );
    await Promise.all(starts);
  }

  private async startPortal(): Promise<void> {
    await timed("Started the portal", () => this.startPart("portal", portalPart(this.partContext)));
  }

  private async startPart(kind: Kind, plan: PartPlan): Promise<boolean> {
    if (this.stopSignal.aborted) return false;
    const part = new Part(plan, this.runFile, this.context.logs, say);
    this.parts.push({ kind, part });
    return part.start();
  }

  /** Health answers 503 until a worker has beaten. It is worth a short wait, but no reason to give up. */
  private async workersSeen(): Promise<void> {
    const { setup, config } = this.context;
    if (config.workers === 0) return;
    const url = `http://localhost:${setup.port}/api/health`;
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && !this.stopSignal.aborted) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
      if (answer?.ok) return;
      await sleep(200);
    }
    if (!this.stopSignal.aborted)
      say("No worker has reported yet; the portal's health page tells when one does");
  }
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}

function unreachableDatabase(error: unknown): Refusal {
  const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  return new Refusal(
    `The migrations could not be applied to the database of DATABASE_URL (${reason}): check that it runs and that the user may create tables.`,
  );
}
