import { expect, test } from "vitest";
import { loadConfig } from "../../lib/config";
import { partEnvironment, setupOf, simulatorEnvironment } from "./environment";

const secrets = {
  sessionSecret: "q8Zr-4vK1x_0LmW7eYb2TnUo9HcJ5sDf",
  encryptionKeys: `k1:${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64")}`,
  databasePassword: "dbpassword",
  storageAccount: { name: "archiver1", key: "a2V5" },
};
const ports = { postgres: 5001, azurite: 5002 };
const given = (settings: Record<string, string>) => settings as unknown as NodeJS.ProcessEnv;
const environmentOf = (settings: Record<string, string>) =>
  partEnvironment(given(settings), setupOf(given(settings)), secrets, ports);

test("what is made here is enough for the product to start with nothing configured", () => {
  const config = loadConfig(environmentOf({}));
  expect(config).toMatchObject({ mode: "simulated", port: 3000, workers: 1 });
  expect(config.databaseUrl).toContain("127.0.0.1:5001");
  expect(config.storage.connectionString).toContain("127.0.0.1:5002");
});

test("the simulator's ports reach the product's addresses", () => {
  const config = loadConfig(environmentOf({ SIM_GRAPH_PORT: "4931", PORT: "3100" }));
  expect(config.graphBaseUrl).toBe("http://127.0.0.1:4931");
  expect(config.portalUrl).toBe("http://localhost:3100");
});

test("the port of the simulator's drop is asked for only where it was named", () => {
  expect(setupOf(given({})).sftpPort).toBeNull();
  expect(setupOf(given({ SIM_SFTP_PORT: "4950" })).sftpPort).toBe(4950);
  expect(setupOf(given({ SIM_SFTP_PORT: "4950", APP_MODE: "production" })).sftpPort).toBeNull();
});

test("what somebody configured is left as it is", () => {
  const settings = {
    DATABASE_URL: "postgresql://elsewhere/db",
    NEXTAUTH_URL: "http://localhost:1",
  };
  expect(setupOf(given(settings)).hasOwnDatabase).toBe(false);
  expect(environmentOf(settings)).toMatchObject(settings);
});

test("own storage beside a simulated world does not choose production", () => {
  const settings = { APP_MODE: "simulated", AZURE_STORAGE_ACCOUNT_URL: "https://a.example" };
  const setup = setupOf(given(settings));
  expect(setup.hasOwnStorage).toBe(false);
  expect(setup.simulator).not.toBeNull();
  expect(loadConfig(environmentOf(settings)).storage.connectionString).toBeNull();
});

test("in production nothing is made up and no part is ours but portal and workers", () => {
  const settings = { APP_MODE: "production" };
  expect(setupOf(given(settings))).toMatchObject({
    simulator: null,
    hasOwnDatabase: false,
    hasOwnStorage: false,
  });
  expect(environmentOf(settings)).not.toHaveProperty("NEXTAUTH_SECRET");
  expect(environmentOf(settings)).not.toHaveProperty("DATABASE_URL");
});

test("NODE_ENV is nobody's to set from outside", () => {
  expect(environmentOf({ NODE_ENV: "development" })).not.toHaveProperty("NODE_ENV");
});

test("the simulator gets no secret of the product", () => {
  const names = Object.keys(simulatorEnvironment(environmentOf({})));
  expect(names).toContain("SIM_CONTROL_PORT");
  for (const secret of ["NEXTAUTH_SECRET", "ENCRYPTION_KEYS", "DATABASE_URL"]) {
    expect(names).not.toContain(secret);
  }
});

test.each(["0", "70000", "http", "3000.5"])("PORT=%s is refused", (value) => {
  expect(() => setupOf(given({ PORT: value }))).toThrow("PORT is not a port");
});
