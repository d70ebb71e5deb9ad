/** `run.json`: which processes belong to this data directory, for the next start and for whoever looks. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { birthOf } from "./births.mjs";
import { endStranger } from "./processes";

type Entry = { readonly pid: number; readonly birth: string | null };

export class RunFile {
  private readonly entries = new Map<string, Entry>();

  constructor(readonly path: string) {}

  add(part: string, pid: number): void {
    this.entries.set(part, { pid, birth: birthOf(pid) });
    this.write();
  }

  remove(part: string): void {
    this.entries.delete(part);
    this.write();
  }

  delete(): void {
    rmSync(this.path, { force: true });
  }

  /** By a rename, so that a reader never sees half of it. */
  private write(): void {
    const unfinished = `${this.path}.${process.pid}`;
    const content = JSON.stringify(Object.fromEntries(this.entries), null, 2);
    writeFileSync(unfinished, `${content}\n`, { mode: 0o600 });
    renameSync(unfinished, this.path);
  }
}

export function runFilePath(dataDir: string): string {
  return join(dataDir, "run.json");
}

export function readRunFile(path: string): Record<string, Entry> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, Entry>;
  } catch {
    return {};
  }
}

/** Ends what a killed start left, the database last; returns the names of what it found. */
export async function endLeftovers(path: string): Promise<string[]> {
  const left = Object.entries(readRunFile(path)).flatMap(([name, { pid, birth }]) =>
    name !== "supervisor" && birth !== null && birthOf(pid) === birth ? [{ name, pid, birth }] : [],
  );
  const database = left.filter(({ name }) => name === "postgres");
  const others = left.filter(({ name }) => name !== "postgres");
  await Promise.all(others.map(({ pid, birth }) => endStranger(pid, birth, "SIGTERM", 5_000)));
  await Promise.all(database.map(({ pid, birth }) => endStranger(pid, birth, "SIGINT", 10_000)));
  rmSync(path, { force: true });
  return left.map(({ name }) => name);
}

/** Starts the process that ends everything in the run file should this one be killed. */
export function launchGuard(runFile: string): ChildProcess {
  const args = [guardProgram, String(process.pid), runFile];
  const guard = spawn(process.execPath, args, { detached: true, stdio: "ignore", cwd: "/" });
  guard.on("error", () => undefined);
  guard.unref();
  return guard;
}

const guardProgram = fileURLToPath(new URL("../guard.mjs", import.meta.url));
