/** PostgreSQL from its npm package: made once, started on a loopback port, asked until it answers. */
import { spawnSync, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { birthOf } from "./births.mjs";
import type { PostgresPlace } from "./postgres-place";
import { launch } from "./processes";

/** True when the cluster was made now. Made aside and moved at the end, so that a killed start leaves no half of one. */
export function initialise(place: PostgresPlace, password: string): boolean {
  if (existsSync(join(place.data, "PG_VERSION"))) return false;
  const unfinished = `${place.data}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(place.data, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const passwordFile = `${unfinished}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.owner) {
    chownSync(unfinished, place.owner.uid, place.owner.gid);
    chownSync(passwordFile, place.owner.uid, place.owner.gid);
  }
  const made = spawnSync(
    join(place.binaries, "bin", "initdb"),
    [
      `--pgdata=${unfinished}`,
      "--auth=scram-sha-256",
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-locale",
      "--no-sync",
    ],
    { ...place.owner, env: cleanEnvironment(), encoding: "utf8" },
  );
  rmSync(passwordFile, { force: true });
  if (made.status !== 0) {
    throw new Error(`PostgreSQL could not make its files: ${made.stderr || String(made.error)}`);
  }
  renameSync(unfinished, place.data);
  return true;
}

export function launchPostgres(
  place: PostgresPlace,
  port: number,
  logFile: string,
  settings: Readonly<Record<string, string>> = {},
): ChildProcess {
  discardStaleLock(place.data);
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", ...settings };
  return launch({
    command: join(place.binaries, "bin", "postgres"),
    args: [
      ...["-D", place.data, "-p", String(port)],
      ...Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env: cleanEnvironment(),
    cwd: "/",
    logFile,
    owner: place.owner,
  });
}

export function databaseUrl(port: number, password: string, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
}

/** True once the server takes connections and has the database asked for. */
export async function ensureDatabase(url: string): Promise<boolean> {
  const database = new URL(url).pathname.slice(1);
  const maintenance = Object.assign(new URL(url), { pathname: "/postgres" }).href;
  const client = new pg.Client({ connectionString: maintenance });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // 28P01: it is up, and waiting would not change that the password is another one.
    if ((error as { code?: string }).code === "28P01") throw error;
    return false;
  }
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
    }
    return true;
  } finally {
    await client.end();
  }
}

/**
 * After a crash the lock names a process id that a stranger may have by now, and PostgreSQL would refuse to start.
 * With nobody of that id it stays: PostgreSQL then makes sure by itself that no session of the dead server is left.
 */
function discardStaleLock(data: string): void {
  const lock = join(data, "postmaster.pid");
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, "utf8").split("\n")[0]);
  if (birthOf(pid) !== null && !commandOf(pid).includes("postgres")) rmSync(lock, { force: true });
}

function commandOf(pid: number): string {
  if (existsSync("/proc/self/cmdline")) {
    return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
  }
  return spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout;
}

/** The PG… variables of somebody's shell would reach into a server that is ours. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "",
    LC_ALL: "C",
    TZ: "UTC",
  } as unknown as NodeJS.ProcessEnv;
}
