import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ConfigError, loadConfig, modeOf } from "./config";
import type { Environment } from "./config-schema";

const key = (id: string) => `${id}:${randomBytes(32).toString("base64")}`;
const guid = "5f0e8a3c-2f5a-4f0a-9a55-0c7d1b9f2e11";

const local: Environment = {
  DATABASE_URL: "postgresql://postgres:x@127.0.0.1:5432/archiver",
  AZURE_STORAGE_CONNECTION_STRING: "AccountName=a;AccountKey=b;BlobEndpoint=http://127.0.0.1:1/a;",
  NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
  ENCRYPTION_KEYS: key("k1"),
};
const simulated: Environment = { ...local, APP_MODE: "simulated" };
const production: Environment = {
  ...local,
  APP_MODE: "production",
  TELEMESSAGE_BASE_URL: "https://archive.telemessage.example",
  AZURE_TENANT_ID: guid,
  AZURE_CLIENT_ID: guid,
  AZURE_CLIENT_SECRET: "a-real-one",
  AZURE_STORAGE_CONNECTION_STRING: "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b",
  NEXTAUTH_URL: "https://archiver.contoso.example",
};

function problemsOf(env: Environment): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test("simulated mode speaks to the simulator unless told otherwise", () => {
  expect(loadConfig(simulated)).toMatchObject({
    mode: "simulated",
    telemessageBaseUrl: "http://127.0.0.1:4010",
    entraBaseUrl: "http://127.0.0.1:4020",
    graphBaseUrl: "http://127.0.0.1:4030",
    tenantId: "3f2c0d6e-0000-4000-8000-000000000001",
    client: { secret: "simulated-client-secret", certificatePath: null },
    portalUrl: "http://localhost:3000",
    workers: 1,
    graphMaxInFlight: 64,
  });
});

test("production mode speaks to Microsoft unless told otherwise", () => {
  expect(loadConfig(production)).toMatchObject({
    mode: "production",
    graphBaseUrl: "https://graph.microsoft.com",
    entraBaseUrl: "https://login.microsoftonline.com",
    redisUrl: null,
    storage: { accountUrl: null, container: "whatsapp-archive-staging" },
  });
});

test("the portal's address follows its port", () => {
  expect(loadConfig({ ...simulated, PORT: "3100" }).portalUrl).toBe("http://localhost:3100");
});

test("an address loses its trailing slash", () => {
  const config = loadConfig({ ...simulated, GRAPH_BASE_URL: "http://127.0.0.1:9/" });
  expect(config.graphBaseUrl).toBe("http://127.0.0.1:9");
});

test("a setting left empty counts as not given", () => {
  expect(loadConfig({ ...simulated, REDIS_URL: "", PORT: " " }).redisUrl).toBeNull();
});

test("the first encryption key seals and all of them are known", () => {
  const config = loadConfig({ ...simulated, ENCRYPTION_KEYS: `${key("new")},${key("old")}` });
  expect(config.encryptionKeys.map(({ id }) => id)).toEqual(["new", "old"]);
  expect(config.encryptionKeys[0]?.key).toHaveLength(32);
});

test("what a delivered ZIP may hold is ten gigabytes, a hundred times its size and a million files", () => {
  const { delivered } = loadConfig(simulated);
  expect(delivered).toEqual({ unpackedBytes: 10_737_418_240, density: 100, entries: 1_000_000 });
});

test("what a delivered ZIP may hold can be set", () => {
  const limits = { ZIP_MAX_UNPACKED_GB: "50", ZIP_MAX_DENSITY: "200", ZIP_MAX_ENTRIES: "10" };
  const { delivered } = loadConfig({ ...simulated, ...limits });
  expect(delivered).toEqual({ unpackedBytes: 50 * 1024 ** 3, density: 200, entries: 10 });
});

test("nothing in it can be changed", () => {
  const config = loadConfig(simulated);
  expect(
    [config, config.client, config.storage, config.encryptionKeys].every(Object.isFrozen),
  ).toBe(true);
});

test.each([
  ["nothing is set", {}, "simulated"],
  [
    "only tenant, database and Redis are set",
    { AZURE_TENANT_ID: guid, DATABASE_URL: "x", REDIS_URL: "y" },
    "simulated",
  ],
  ["a real service is set", { TELEMESSAGE_BASE_URL: "https://x.example" }, "production"],
  ["a client certificate is set", { AZURE_CLIENT_CERTIFICATE_PATH: "/x.pem" }, "production"],
  ["any storage setting is set", { AZURE_STORAGE_ACCOUNT_URL: "https://x.example" }, "production"],
  ["a real service is set to nothing", { TELEMESSAGE_BASE_URL: "" }, "simulated"],
  ["APP_MODE says so", { APP_MODE: "simulated", AZURE_CLIENT_ID: guid }, "simulated"],
])("when %s, the mode is chosen accordingly", (_name, env, expected) => {
  expect(modeOf(env)).toBe(expected);
});

test("production names everything that is missing at once", () => {
  const problems = problemsOf({ APP_MODE: "production" }).join("\n");
  for (const name of [
    "TELEMESSAGE_BASE_URL",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_CONNECTION_STRING",
    "DATABASE_URL",
    "NEXTAUTH_URL",
    "NEXTAUTH_SECRET",
    "ENCRYPTION_KEYS",
  ]) {
    expect(problems).toContain(name);
  }
});

test.each([
  ["TELEMESSAGE_BASE_URL", "http://archive.telemessage.example", "https://"],
  ["TELEMESSAGE_BASE_URL", "https://127.0.0.1:4010", "simulator"],
  ["GRAPH_BASE_URL", "https://localhost:4030", "simulator"],
  ["GRAPH_BASE_URL", "https://[::1]:4030", "simulator"],
  ["GRAPH_BASE_URL", "https://[::ffff:127.0.0.1]:4030", "simulator"],
  ["ENTRA_BASE_URL", "https://2130706433", "simulator"],
  ["ENTRA_BASE_URL", "https://user:pw@login.example", "alone"],
  ["NEXTAUTH_URL", "http://archiver.contoso.example", "https://"],
  ["NEXTAUTH_SECRET", "short", "too short"],
  ["NEXTAUTH_SECRET", "change-me-change-me-change-me-change-me", "known"],
  ["NEXTAUTH_SECRET", "abababababababababababababababababab", "repetitive"],
  ["ENCRYPTION_KEYS", "k1:c2hvcnQ=", "32 bytes"],
  ["ENCRYPTION_KEYS", `k1:${Buffer.alloc(32).toString("base64")}`, "not random"],
  ["ENCRYPTION_KEYS", `${key("k1")},${key("k1")}`, "one id for two keys"],
  ["ENCRYPTION_KEYS", randomBytes(32).toString("base64"), "id:base64"],
  ["AZURE_TENANT_ID", "common", "GUID"],
  ["AZURE_CLIENT_SECRET", "simulated-client-secret", "simulator"],
  ["AZURE_STORAGE_CONNECTION_STRING", "UseDevelopmentStorage=true", "https"],
  ["AZURE_STORAGE_CONNECTION_STRING", "AccountName=devstoreaccount1;AccountKey=b", "emulator"],
  ["NEXTAUTH_URL", "https://portal.contoso.com/archive", "without a path"],
  ["AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=http;AccountName=a", "https"],
  ["DATABASE_URL", "mysql://host/db", "postgresql://"],
  ["REDIS_URL", "http://host", "redis://"],
  ["PORT", "99999", "whole number"],
  ["WORKERS", "-1", "whole number"],
  ["ZIP_MAX_UNPACKED_GB", "0", "whole number from 1 to 1024"],
  ["ZIP_MAX_UNPACKED_GB", "10 GB", "whole number from 1 to 1024"],
  ["ZIP_MAX_DENSITY", "1.5", "whole number from 2 to 1032"],
  ["ZIP_MAX_ENTRIES", "1e6", "whole number from 1 to 4000000"],
  ["APP_MODE", "staging", "neither"],
])("production refuses %s %s", (name, value, reason) => {
  const problems = problemsOf({ ...production, [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
  expect(problems[0]).toContain(reason);
});

test("a portal on this machine may be plain http, also in production", () => {
  expect(problemsOf({ ...production, NEXTAUTH_URL: "http://localhost:3000" })).toEqual([]);
});

test("one storage is chosen, not two", () => {
  const problems = problemsOf({
    ...production,
    AZURE_STORAGE_ACCOUNT_URL: "https://a.blob.core.windows.net",
  });
  expect(problems.join()).toContain("exclude each other");
});

test("a certificate stands in for a secret", () => {
  const { AZURE_CLIENT_SECRET: _secret, ...rest } = production;
  const config = loadConfig({ ...rest, AZURE_CLIENT_CERTIFICATE_PATH: "/etc/archiver/client.pem" });
  expect(config.client).toMatchObject({
    secret: null,
    certificatePath: "/etc/archiver/client.pem",
  });
});

test("a complaint never shows the value", () => {
  const secret = "hunter2hunter2";
  const shown = problemsOf({ ...production, NEXTAUTH_SECRET: secret, ENCRYPTION_KEYS: secret });
  expect(shown.join()).not.toContain(secret);
});

test.each([
  ["an address with the key of a channel", "https://hooks.example/flow?sig=abc%2F&v=1"],
  ["this machine's own relay", "http://127.0.0.1:9093/hook/"],
])("alarms go to %s as it was written", (_name, url) => {
  const env = { ...production, ALARM_WEBHOOK_URL: url };
  const secret = randomBytes(32).toString("hex");
  expect(loadConfig({ ...env, ALARM_WEBHOOK_SECRET: secret }).alarmWebhook).toEqual({
    url,
    secret,
  });
  expect(problemsOf(env).join()).toContain("need each other");
});

test.each([
  ...["http://hooks.example/flow", "https://user:pass@hooks.example/", "hooks.example"],
  ...["http://0.0.0.0:9093/", "http://relay.localhost/"],
])("alarms do not go to %s", (url) => {
  const secret = randomBytes(32).toString("hex");
  const env = { ...production, ALARM_WEBHOOK_URL: url, ALARM_WEBHOOK_SECRET: secret };
  expect(problemsOf(env).join()).toContain("ALARM_WEBHOOK_URL is not an https address");
});
