/** When to stop, and when to be quick about it. */
import { readFileSync } from "node:fs";

export type StopRequest = {
  /** Ctrl-C, SIGTERM, a closed terminal, or npm gone from above us. */
  readonly stop: AbortSignal;
  /** The second Ctrl-C, or npm was killed and nobody is left who could wait. */
  readonly hurry: AbortSignal;
  /** For a start that failed: as if somebody had asked. */
  request(): void;
};

/** The terminal sends Ctrl-C to npm and to us, and npm passes its own on: that is one wish, not two. */
const sameWishMs = 700;
const lookUpEveryMs = 1_000;

export function listenForStop(): StopRequest {
  const stop = new AbortController();
  const hurry = new AbortController();
  let firstAt = 0;
  const request = () => {
    if (!stop.signal.aborted) {
      firstAt = Date.now();
      stop.abort();
    } else if (Date.now() - firstAt > sameWishMs) {
      hurry.abort();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, request);
  watchNpm(() => {
    // After a Ctrl-C npm may go first; that takes nothing away from the time to stop.
    if (stop.signal.aborted) return;
    stop.abort();
    hurry.abort();
  });
  return { stop: stop.signal, hurry: hurry.signal, request };
}

/** Killed outright, npm passes nothing on. Its shell may stand between it and us. */
function watchNpm(whenGone: () => void): void {
  if (!process.env["npm_lifecycle_event"] && !process.env["STOP_WITH_PARENT"]) return;
  const parent = process.ppid;
  const grandparent = isShell(parent) ? parentOf(parent) : null;
  const timer = setInterval(() => {
    if (process.ppid === parent && (grandparent === null || parentOf(parent) === grandparent))
      return;
    clearInterval(timer);
    whenGone();
  }, lookUpEveryMs);
  timer.unref();
}

function isShell(pid: number): boolean {
  return /\((sh|dash|bash|ash|zsh|busybox)\)/.test(statOf(pid));
}

function parentOf(pid: number): number | null {
  const stat = statOf(pid);
  const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return parent === undefined ? null : Number(parent);
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}
