/** Processes of ours: told apart from strangers that got the same id, and ended for certain. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

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
    return spawn(command, args, {
      detached: true,
      env,
      stdio: ["ignore", log, log],
      ...(cwd === undefined ? {} : { cwd }),
      ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
    });
  } finally {
    closeSync(log);
  }
}

/** Ends the part when this process is gone without having stopped it; the guard itself goes with its part. */
export function guard(part: ChildProcess, signal: NodeJS.Signals): void {
  if (part.pid === undefined) return;
  const args = [guardProgram, String(process.pid), String(part.pid), signal];
  spawn(process.execPath, args, { detached: true, stdio: "ignore", cwd: "/" }).unref();
}

const guardProgram = fileURLToPath(new URL("../guard.mjs", import.meta.url));

/** Asks the group to stop and, when it has not within the time given, ends it. */
export async function stopGroup(
  child: ChildProcess,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<"stopped" | "killed"> {
  const { pid } = child;
  if (pid === undefined) return "stopped";
  const exited = hasExited(child);
  if (isRunning(child)) child.kill(signal);
  const ended = await Promise.race([exited.then(() => true), after(graceMs).then(() => false)]);
  // The leader may be gone while something it started is still there.
  signalGroup(pid, "SIGKILL");
  if (!ended) await exited;
  return ended ? "stopped" : "killed";
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

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began. With its id this names one process for good, since ids are given out again. */
export function birthOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return null;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${fields[19] ?? ""}`;
  } catch {
    return process.platform === "linux" ? null : birthFromPs(pid);
  }
}

function birthFromPs(pid: number): string | null {
  try {
    const began = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return began.trim() || null;
  } catch {
    return null;
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
    await after(everyMs);
  }
  return true;
}

export function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
