/** Starts and watches a supervised product of stand-ins, for the supervisor's own tests. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { testEnvironment } from "../checks/environment";
import { birthOf } from "../supervisor/births.mjs";
import { freePorts } from "../supervisor/ports";
import { removeDatabase } from "../supervisor/postgres-place";
import { waitUntil } from "../supervisor/processes";
import { readRunFile, runFilePath } from "../supervisor/run-file";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const partNames = ["postgres", "azurite", "simulator", "worker-1", "portal"];

export type Place = { readonly dataDir: string; readonly env: Readonly<Record<string, string>> };

/** A directory of mode 0700, as mktemp makes it, and ports nobody has. */
export async function makePlace(): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), "archiver-start-"));
  const [portal, telemessage, entra, graph, control] = (await freePorts(5)).map(String);
  const env = {
    DATA_DIR: join(dir, "data"),
    STAND_IN_JOURNAL: join(dir, "journal"),
    PORT: portal ?? "",
    SIM_TELEMESSAGE_PORT: telemessage ?? "",
    SIM_ENTRA_PORT: entra ?? "",
    SIM_GRAPH_PORT: graph ?? "",
    SIM_CONTROL_PORT: control ?? "",
  };
  return { dataDir: env.DATA_DIR, env };
}

export function removePlace({ dataDir }: Place): void {
  removeDatabase(dataDir);
  rmSync(dirname(dataDir), { recursive: true, force: true });
}

export class Supervised {
  private said = "";

  constructor(
    readonly place: Place,
    readonly process: ChildProcess,
  ) {
    const listen = (chunk: Buffer) => {
      this.said += chunk.toString("utf8");
    };
    process.stdout?.on("data", listen);
    process.stderr?.on("data", listen);
  }

  get output(): string {
    return this.said;
  }

  pids(): Record<string, number> {
    const entries = Object.entries(readRunFile(runFilePath(this.place.dataDir)));
    return Object.fromEntries(entries.map(([name, { pid }]) => [name, pid]));
  }

  journal(): string[] {
    const path = this.place.env["STAND_IN_JOURNAL"] ?? "";
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  async saysSoon(words: string): Promise<void> {
    await this.soon(() => this.said.includes(words), `"${words}" in:\n`);
  }

  async soon(holds: () => boolean, what: string, timeoutMs = 25_000): Promise<void> {
    if (!(await waitUntil(holds, timeoutMs)))
      throw new Error(`Not soon enough: ${what}${this.said}`);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number | null> {
    const { process: child } = this;
    const isOver = () => child.exitCode !== null || child.signalCode !== null;
    await this.soon(isOver, "the supervisor's end:\n");
    return child.exitCode;
  }

  async stopped(): Promise<number | null> {
    this.process.kill("SIGINT");
    return this.ended();
  }
}

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** As npm does it: somebody else's process stands above the supervisor. */
  readonly isUnderShell?: boolean;
  /** What to wait for; without it, until everything runs. */
  readonly until?: (product: Supervised) => boolean;
};

/** Returns once everything runs, or once it has ended without. */
export async function startStandIns(place: Place, options: StartOptions = {}): Promise<Supervised> {
  const program = ["--import", "tsx", "scripts/testing/supervise-stand-ins.ts"];
  const line = [process.execPath, ...program, ...(options.args ?? [])];
  const [command = "", ...args] = options.isUnderShell
    ? ["sh", "-c", '"$@"; true', "sh", ...line]
    : line;
  const env = { ...testEnvironment(process.env, ".test-data"), ...place.env, ...options.env };
  const child = spawn(command, args, { cwd: root, env });
  const supervised = new Supervised(place, child);
  const workers = () => supervised.journal().filter((event) => event === "worker started").length;
  const before = workers();
  // Nobody waits for a worker; one that is asked to stop before it listens has nothing to say.
  const isAllUp = () => supervised.output.includes("Ctrl-C stops it.") && workers() > before;
  const isUp = options.until ?? isAllUp;
  const isSettled = () => isUp(supervised) || child.exitCode !== null;
  await supervised.soon(isSettled, "the start of:\n");
  return supervised;
}

/** The process that would end all parts; it is in no list, so it is looked for. */
export function guardOf({ dataDir }: Place): number | undefined {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = ids.find((id) => {
    const words = commandOf(id).split("\0");
    return words[1]?.endsWith("guard.mjs") && words[3] === runFilePath(dataDir);
  });
  return found === undefined ? undefined : Number(found);
}

function commandOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

export function areGone(pids: readonly number[]): boolean {
  return pids.every((pid) => birthOf(pid) === null);
}
