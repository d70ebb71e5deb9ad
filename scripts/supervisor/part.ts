/** One part of the product: started, watched, started again with back-off when it dies, stopped in time. */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines, logOf } from "./logs";
import { hasExited, isRunning, signalGroup, stopGroup, waitUntil } from "./processes";
import type { RunFile } from "./run-file";

export type PartPlan = {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  start(): ChildProcess;
  /** Whether it can be used now; asked until it can, or until the time for that is over. */
  isReady(child: ChildProcess): Promise<boolean>;
};

const readyMs = 60_000;
const backOffMs = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/** After so long a life the next death is a new misfortune, not the old one again. */
const settledMs = 60_000;

export class Part {
  private child: ChildProcess | null = null;
  private readonly stopping = new AbortController();
  private deaths = 0;

  constructor(
    private readonly plan: PartPlan,
    private readonly runFile: RunFile,
    private readonly logs: string,
    private readonly say: (line: string) => void,
  ) {}

  get name(): string {
    return this.plan.name;
  }

  /** The first start: here a death is a failure, since nothing has ever worked yet. False when stopped meanwhile. */
  async start(): Promise<boolean> {
    const child = this.launch();
    const isUp = () => this.isStopping() || !isRunning(child) || this.plan.isReady(child);
    const isInTime = await waitUntil(isUp, readyMs);
    if (this.isStopping()) return false;
    if (!isRunning(child)) throw this.failure("ended while it was starting");
    if (!isInTime) throw this.failure(`was not ready after ${readyMs / 1000} s`);
    void this.watch(child);
    return true;
  }

  async stop(hurry: AbortSignal): Promise<void> {
    this.stopping.abort();
    const { child, plan } = this;
    if (child !== null) {
      const ended = await stopGroup(child, plan.stopSignal, plan.graceMs, hurry);
      if (ended === "killed") this.say(`${plan.name} did not stop in time and was ended.`);
    }
    this.runFile.remove(plan.name);
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private failure(what: string): PartFailed {
    const path = logOf(this.logs, this.name);
    return new PartFailed(`${this.name} ${what}. The last lines of ${path}:\n${lastLines(path)}`);
  }

  private launch(): ChildProcess {
    const child = this.plan.start();
    this.child = child;
    if (child.pid !== undefined) this.runFile.add(this.name, child.pid);
    return child;
  }

  private async watch(first: ChildProcess): Promise<void> {
    for (let child = first; ; child = this.launch()) {
      const began = Date.now();
      await hasExited(child);
      if (this.isStopping()) return;
      this.deaths = Date.now() - began > settledMs ? 0 : this.deaths;
      const waitMs = backOffMs[Math.min(this.deaths, backOffMs.length - 1)] ?? 30_000;
      this.deaths += 1;
      const how = child.signalCode ?? `exit code ${child.exitCode ?? "unknown"}`;
      this.say(`${this.name} ended (${how}); it is started again in ${waitMs / 1000} s.`);
      // What the leader started must be gone before the ports are needed again.
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      await sleep(waitMs);
      if (this.isStopping()) return;
    }
  }
}

/** A part that never came up, with the last it wrote. */
export class PartFailed extends Error {
  override readonly name = "PartFailed";
}
