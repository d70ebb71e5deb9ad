/** What is kept between starts: one supervisor at a time, the secrets, the ports of the parts nobody addresses. */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, linkSync, mkdirSync, readdirSync } from "node:fs";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { birthOf } from "./births.mjs";
import { freePorts, isPortFree } from "./ports";
import { removeDatabase } from "./postgres-place";
import { Refusal } from "./refusal";

export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const secrets = join(dataDir, "secrets.json");
    if (existsSync(secrets)) accessSync(secrets, constants.R_OK);
    mkdirSync(join(dataDir, "logs"), { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!isPermission(error)) throw error;
    throw new Refusal(
      `The data directory ${dataDir} cannot be read and written by this user: change its owner, or set DATA_DIR to another one.`,
    );
  }
}

/** Removes all that is kept, except the lock that says who is doing it. */
export function emptyDataDir(dataDir: string): void {
  const isOurs =
    existsSync(join(dataDir, "secrets.json")) || existsSync(join(dataDir, "ports.json"));
  const holdsOthers = readdirSync(dataDir).some((name) => name !== lockName && name !== "logs");
  if (holdsOthers && !isOurs) {
    throw new Refusal(`${dataDir} holds something else, so it is not emptied: check DATA_DIR.`);
  }
  removeDatabase(dataDir);
  for (const name of readdirSync(dataDir)) {
    if (name !== lockName) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

const lockName = "supervisor.lock";
const lockSchema = z.object({ pid: z.number(), birth: z.string(), address: z.string() });

/** Two supervisors on one data directory would start two databases on the same files. */
export function takeLock(dataDir: string, address: string): () => void {
  const path = join(dataDir, lockName);
  const mine = `${path}.${process.pid}`;
  const content = { pid: process.pid, birth: birthOf(process.pid) ?? "", address };
  writeFileSync(mine, JSON.stringify(content), { mode: 0o600 });
  try {
    while (!linked(mine, path)) {
      refuseIfHeld(path, dataDir);
      removeStale(path, `${mine}.stale`);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    rmSync(path, { force: true });
  };
}

/** Moved and looked at again, so that of two who find it stale neither takes away the other's new one. */
function removeStale(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (liveHolder(aside)) renameSync(aside, path);
  rmSync(aside, { force: true });
}

/** A hard link either comes into being whole or not at all. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function refuseIfHeld(path: string, dataDir: string): void {
  const holder = liveHolder(path);
  if (holder === null) return;
  throw new Refusal(
    `It is running already for ${dataDir} (process ${holder.pid}, ${holder.address}): use that one, stop it, or set DATA_DIR and PORT to others.`,
  );
}

function liveHolder(path: string): z.infer<typeof lockSchema> | null {
  try {
    const holder = lockSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return birthOf(holder.pid) === holder.birth ? holder : null;
  } catch {
    return null;
  }
}

const secretsSchema = z.object({
  sessionSecret: z.string(),
  encryptionKeys: z.string(),
  databasePassword: z.string(),
  storageAccount: z.object({ name: z.string(), key: z.string() }),
});

export type Secrets = z.infer<typeof secretsSchema>;

/** Made once: whoever loses them loses what they sealed. */
export function keepSecrets(dataDir: string): Secrets {
  return keep(join(dataDir, "secrets.json"), secretsSchema, () => ({
    sessionSecret: randomBytes(48).toString("base64url"),
    encryptionKeys: `k1:${randomBytes(32).toString("base64")}`,
    databasePassword: randomBytes(24).toString("hex"),
    storageAccount: {
      name: `archiver${randomBytes(6).toString("hex")}`,
      key: randomBytes(64).toString("base64"),
    },
  }));
}

const portsSchema = z.object({ postgres: z.number(), azurite: z.number() });

export type InnerPorts = z.infer<typeof portsSchema>;

/** The same ports at every start, unless somebody took one meanwhile. */
export async function keepPorts(dataDir: string): Promise<InnerPorts> {
  const path = join(dataDir, "ports.json");
  const kept = existsSync(path) ? portsSchema.parse(JSON.parse(readFileSync(path, "utf8"))) : null;
  const [postgres = 0, azurite = 0] = await freePorts(2);
  const ports = {
    postgres: kept && (await isPortFree(kept.postgres)) ? kept.postgres : postgres,
    azurite: kept && (await isPortFree(kept.azurite)) ? kept.azurite : azurite,
  };
  write(path, ports);
  return ports;
}

function keep<T>(path: string, schema: z.ZodType<T>, make: () => T): T {
  if (!existsSync(path)) write(path, make());
  return schema.parse(JSON.parse(readFileSync(path, "utf8")));
}

function write(path: string, content: unknown): void {
  writeFileSync(`${path}.unfinished`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.unfinished`, path);
}

function isPermission(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS", "ENOTDIR"].includes(
    (error as NodeJS.ErrnoException).code ?? "",
  );
}
