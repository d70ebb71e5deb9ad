/** Processes of ours: told apart from strangers that got the same id, and ended for certain. */
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { birthOf } from "./births.mjs";

export type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
};

/** In a process group of its own, or the terminal's Ctrl-C would end the database before the workers have written. */
export function launch({ command, args, env, cwd, logFile, owner }: Launch): ChildProcess {
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn(command, args, {
      detached: true,
      env,
      stdio: ["ignore", log, log],
      ...(cwd === undefined ? {} : { cwd }),
      ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
    });
    // A process that could not be made has no pid and counts as one that died; it must not end us too.
    child.on("error", () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}

/** What is left of the time to stop once somebody is in a hurry. */
const hurriedMs = 2_500;

/** Asks the part to stop and, when it has not within the time given, ends it with all it started. */
export async function stopGroup(
  child: ChildProcess,
  signal: NodeJS.Signals,
  graceMs: number,
  hurry?: AbortSignal,
): Promise<"stopped" | "killed"> {
  const { pid } = child;
  if (pid === undefined) return "stopped";
  const exited = hasExited(child).then(() => true);
  const within = async (ms: number, cut?: AbortSignal) => {
    const over = new AbortController();
    const stops = cut ? AbortSignal.any([over.signal, cut]) : over.signal;
    const late = sleep(ms, false, { signal: stops }).catch(() => false);
    return Promise.race([exited, late]).finally(() => {
      over.abort();
    });
  };
  const shortMs = Math.min(graceMs, hurriedMs);
  const isHurriedFromStart = hurry?.aborted ?? false;
  if (isRunning(child)) child.kill(signal);
  let hasEnded = await (isHurriedFromStart ? within(shortMs) : within(graceMs, hurry));
  if (!hasEnded && !isHurriedFromStart && hurry?.aborted) {
    child.kill(signal);
    hasEnded = await within(shortMs);
  }
  // The leader may be gone while something it started is still there.
  signalGroup(pid, "SIGKILL");
  await exited;
  return hasEnded ? "stopped" : "killed";
}

export function hasExited(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.once("error", () => {
      resolve();
    });
  });
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** Ends what an earlier start left behind; it is no child of ours, so its end has to be watched for. */
export async function endStranger(
  pid: number,
  birth: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<void> {
  if (birthOf(pid) !== birth) return;
  process.kill(pid, signal);
  const isGone = () => birthOf(pid) !== birth;
  if (!(await waitUntil(isGone, graceMs))) {
    signalGroup(pid, "SIGKILL");
    await waitUntil(isGone, 5_000);
  }
}

export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 50,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() >= deadline) return false;
    await sleep(everyMs);
  }
  return true;
}
