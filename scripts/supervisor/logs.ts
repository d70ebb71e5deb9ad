/** The parts' own logs: one file each, the last start's kept beside it, what is wrong shown in the terminal. */
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  statSync,
} from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";

export function logOf(logs: string, part: string): string {
  return join(logs, `${part}.log`);
}

export function rotateLogs(logs: string): void {
  for (const name of readdirSync(logs).filter((each) => each.endsWith(".log"))) {
    renameSync(join(logs, name), join(logs, `${name}.1`));
  }
}

const readEveryMs = 1_000;
const linesAtOnce = 3;
const chunkBytes = 64 * 1024;

const warning = z.object({
  level: z.enum(["warn", "error"]),
  event: z.string().optional(),
  msg: z.string().optional(),
});

/** Reads the files instead of pipes: a part must be able to write to the end when the supervisor is gone. */
export function watchWarnings(logs: string, say: (line: string) => void): () => void {
  const read = new Map<string, number>();
  const timer = setInterval(() => {
    for (const name of readdirSync(logs).filter((each) => each.endsWith(".log"))) {
      const path = join(logs, name);
      const { text, end } = readFrom(path, read.get(name) ?? 0);
      read.set(name, end);
      const warnings = text.split("\n").flatMap(warningIn);
      warnings.slice(0, linesAtOnce).forEach((line) => {
        say(`${basename(name, ".log")}: ${line}`);
      });
      if (warnings.length > linesAtOnce) {
        say(`${basename(name, ".log")}: ${warnings.length - linesAtOnce} more in ${path}`);
      }
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
function readFrom(path: string, from: number): { text: string; end: number } {
  const size = statSync(path).size;
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
