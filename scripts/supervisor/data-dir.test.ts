import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../lib/config";
import { keepPorts, keepSecrets, prepareDataDir, takeLock } from "./data-dir";
import { Refusal } from "./refusal";

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), "data-dir-")), "data");
  prepareDataDir(dir);
});
afterEach(() => {
  rmSync(join(dir, ".."), { recursive: true });
});

test("nobody else may look into it", () => {
  keepSecrets(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "secrets.json")).mode & 0o777).toBe(0o600);
});

test("secrets are made once and satisfy production", () => {
  const secrets = keepSecrets(dir);
  expect(keepSecrets(dir)).toEqual(secrets);
  const config = loadConfig({
    APP_MODE: "simulated",
    DATABASE_URL: "postgresql://localhost/db",
    AZURE_STORAGE_ACCOUNT_URL: "https://a.example",
    NEXTAUTH_SECRET: secrets.sessionSecret,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
  });
  expect(config.encryptionKeys).toHaveLength(1);
});

test("ports stay the same, and only one that somebody took is chosen anew", async () => {
  const first = await keepPorts(dir);
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(first.azurite, "127.0.0.1", resolve));
  const second = await keepPorts(dir);
  await new Promise((resolve) => stranger.close(resolve));
  expect(second.postgres).toBe(first.postgres);
  expect(second.azurite).not.toBe(first.azurite);
});

test("a lock is refused while its holder lives and free again afterwards", () => {
  const release = takeLock(dir, "here");
  expect(() => takeLock(dir, "here")).toThrow(Refusal);
  release();
  takeLock(dir, "here")();
  expect(readdirSync(dir)).toEqual(["logs"]);
});

test.each([
  ["of a process that is gone", { pid: 999_999_999, birth: "never", address: "" }],
  ["of another process with the same id", { pid: process.pid, birth: "another", address: "" }],
])("a lock %s is taken over", (_name, stale) => {
  writeFileSync(join(dir, "supervisor.lock"), JSON.stringify(stale));
  takeLock(dir, "here");
  expect(readFileSync(join(dir, "supervisor.lock"), "utf8")).toContain('"here"');
});

test("a lock cut off while it was written is taken over", () => {
  writeFileSync(join(dir, "supervisor.lock"), '{"pid":1');
  expect(() => takeLock(dir, "here")).not.toThrow();
});
