/** The parts' own logs: one file each, the last start's kept beside it, what is wrong shown in the terminal. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";

export function logOf(logs: string, part: string): string {
  return join(logs, `${part}.log`);
}

/** Of each part so many older files are kept, the newest with the lowest number. */
const olderKept = 4;
const largestBytes = 64 * 1024 * 1024;

export function rotateLogs(logs: string): void {
  for (const path of logsIn(logs)) {
    makeRoom(path);
    renameSync(path, `${path}.1`);
  }
}

/**
 * A part keeps its file open for as long as it lives, so the file is copied and then emptied; what is
 * written in the instant between is lost.
 */
function rotateLarge(path: string, limitBytes: number): boolean {
  if (statSync(path).size <= limitBytes) return false;
  makeRoom(path);
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
  return true;
}

function makeRoom(path: string): void {
  for (let number = olderKept - 1; number > 0; number -= 1) {
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  }
}

function logsIn(logs: string): string[] {
  const names = readdirSync(logs).filter((each) => each.endsWith(".log"));
  return names.map((name) => join(logs, name));
}

const readEveryMs = 1_000;
const linesAtOnce = 3;
const chunkBytes = 64 * 1024;

const warning = z.object({
  level: z.enum(["warn", "error"]),
  event: z.string().optional(),
  msg: z.string().optional(),
});

/**
 * Reads the files instead of pipes: a part must be able to write to the end when the supervisor is gone.
 * A file that has grown large begins anew.
 */
export function watchLogs(
  logs: string,
  say: (line: string) => void,
  limitBytes = largestBytes,
): () => void {
  const read = new Map<string, number>();
  const timer = setInterval(() => {
    for (const path of logsIn(logs)) {
      const part = basename(path, ".log");
      const { text, end } = readFrom(path, read.get(path) ?? 0);
      read.set(path, end);
      const warnings = text.split("\n").flatMap(warningIn);
      warnings.slice(0, linesAtOnce).forEach((line) => {
        say(`${part}: ${line}`);
      });
      if (warnings.length > linesAtOnce) {
        say(`${part}: ${warnings.length - linesAtOnce} more in ${path}`);
      }
      if (rotateLarge(path, limitBytes)) read.delete(path);
    }
  }, readEveryMs);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** The last lines a part wrote, for a start that failed. */
export function lastLines(path: string, count = 15): string {
  if (!existsSync(path)) return "";
  const from = Math.max(0, statSync(path).size - chunkBytes);
  return readFrom(path, from).text.trimEnd().split("\n").slice(-count).join("\n");
}

/** Whole lines only: the rest of the last one comes next time. */
function readFrom(path: string, after: number): { text: string; end: number } {
  const size = statSync(path).size;
  // Shorter than it was: it has been emptied.
  const from = size < after ? 0 : after;
  if (size <= from) return { text: "", end: from };
  const buffer = Buffer.alloc(Math.min(size - from, chunkBytes));
  const file = openSync(path, "r");
  try {
    const length = readSync(file, buffer, 0, buffer.length, from);
    const lastBreak = buffer.lastIndexOf(0x0a, length - 1);
    const whole = lastBreak < 0 ? (length === chunkBytes ? length : 0) : lastBreak + 1;
    return { text: buffer.toString("utf8", 0, whole), end: from + whole };
  } finally {
    closeSync(file);
  }
}

function warningIn(line: string): string[] {
  if (!line.startsWith("{")) return [];
  try {
    const parsed = warning.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data.event ?? parsed.data.msg ?? parsed.data.level] : [];
  } catch {
    return [];
  }
}
