/** How much of the machine a process takes. Linux tells it in /proc; elsewhere the figures are 0. */
import { readdirSync, readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** Seconds of CPU since it began; of PostgreSQL with its backends, those it has and those it had. */
export function cpuSeconds(pid: number, withChildren: boolean): number {
  if (!withChildren) return sum(statOf(pid) ?? [], 11, 12) / ticksPerSecond;
  const all = readdirSafely("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  const family = all.flatMap((each) => {
    const fields = statOf(each);
    if (each === pid) return fields === null ? [] : [sum(fields, 11, 12, 13, 14)];
    return fields?.[1] === pid ? [sum(fields, 11, 12)] : [];
  });
  return family.reduce((total, ticks) => total + ticks, 0) / ticksPerSecond;
}

export function residentMb(pid: number): number {
  const status = readSafely(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** From the state on; the name before it may hold anything. */
function statOf(pid: number): number[] | null {
  const text = readSafely(`/proc/${pid}/stat`);
  return text === ""
    ? null
    : text
        .slice(text.lastIndexOf(")") + 2)
        .split(" ")
        .map(Number);
}

function sum(fields: readonly number[], ...places: readonly number[]): number {
  return places.reduce((total, place) => total + (fields[place] ?? 0), 0);
}

function readSafely(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readdirSafely(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
