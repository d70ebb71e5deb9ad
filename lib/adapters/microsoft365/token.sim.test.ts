import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttp, type Http } from "@/lib/adapters/http";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { simulatedClient, startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import { createConsent } from "./consent";
import { createAppTokens, EntraRefused, type AppTokenOptions, type AppTokens } from "./token";

const never = new AbortController().signal;
const minuteMs = 60_000;
const certificatePath = join(tmpdir(), `client-${randomBytes(8).toString("hex")}.pem`);
const hasCertificate = makeCertificate();

let simulator: TestSimulator;
let http: Http;
let tokens: AppTokens;

beforeAll(async () => {
  const env = hasCertificate ? { AZURE_CLIENT_CERTIFICATE_PATH: certificatePath } : {};
  simulator = await startTestSimulator(env);
  http = createHttp({ allow: [simulator.urls.entra] });
});

afterAll(async () => {
  http.close();
  rmSync(certificatePath, { force: true });
  await simulator.close();
});

beforeEach(async () => {
  await simulator.control("PUT", "/world", {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [admin],
    telemessage: { username: "a", password: "b", records: [] },
  });
  await consent();
  tokens = tokensOf();
});

const admin = {
  upn: "admin@contoso.com",
  displayName: "Admin",
  wids: ["62e90394-69f5-4237-9190-012177145e10"],
};

describe("a token", () => {
  test("is asked for once, however many lanes need it", async () => {
    const asked = Array.from({ length: 20 }, () => tokens.withRole("Mail.ReadWrite", never));
    const values = (await Promise.all(asked)).map(({ value }) => value);
    expect(new Set(values).size).toBe(1);
    await tokens.withRole("User.Read.All", never);
    expect(await tokenRequests()).toBe(1);
  });

  test("is renewed once for all whom Graph refused it", async () => {
    const refused = await tokens.withRole("Mail.ReadWrite", never);
    const asked = Array.from({ length: 5 }, () => tokens.instead(refused, "Mail.ReadWrite", never));
    const values = (await Promise.all(asked)).map(({ value }) => value);
    expect(new Set(values).size).toBe(1);
    expect(values[0]).not.toBe(refused.value);
    await tokens.instead(refused, "Mail.ReadWrite", never);
    expect(await tokenRequests()).toBe(2);
  });

  test("without the role means consent is missing, until it is there", async () => {
    await simulator.control("DELETE", "/consent");
    await failsWith("ConsentRevoked", tokens.withRole("Mail.ReadWrite", never));
    await consent();
    expect((await tokens.withRole("Mail.ReadWrite", never)).roles).toContain("Mail.ReadWrite");
  });

  test("is renewed five minutes before it ends", async () => {
    let now = Date.now();
    tokens = tokensOf({ clock: { now: () => new Date(now) } });
    await tokens.withRole("Mail.ReadWrite", never);
    now += 54 * minuteMs;
    await tokens.withRole("Mail.ReadWrite", never);
    expect(await tokenRequests()).toBe(1);
    now += 2 * minuteMs;
    await tokens.withRole("Mail.ReadWrite", never);
    expect(await tokenRequests()).toBe(2);
  });

  test("near its end is used on while Entra is away", async () => {
    let now = Date.now();
    tokens = tokensOf({ clock: { now: () => new Date(now) } });
    const old = await tokens.withRole("Mail.ReadWrite", never);
    await simulator.fault({ service: "entra", path: "/token", times: 9, effect: { status: 503 } });
    now += 57 * minuteMs;
    expect(await tokens.withRole("Mail.ReadWrite", never)).toBe(old);
    now += 2.5 * minuteMs;
    await failsWith("TokenThrottled", tokens.withRole("Mail.ReadWrite", never));
  });

  test.runIf(hasCertificate)("is given for a certificate", async () => {
    tokens = tokensOf({ secret: null, certificatePath });
    expect((await tokens.withRole("Mail.ReadWrite", never)).roles).toContain("Mail.ReadWrite");
  });
});

describe("Entra", () => {
  test("that refuses the secret has the last word", async () => {
    const error = await caught(tokensOf({ secret: "other" }).withRole("Mail.ReadWrite", never));
    expect(error).toMatchObject({
      code: "AppSecretRefused",
      cause: new EntraRefused("invalid_client", "7000215"),
    });
  });

  test("that asks for a pause is obeyed, without asking again before its end", async () => {
    await simulator.fault({
      ...{ service: "entra", path: "/token", times: 5 },
      effect: { status: 429, headers: { "retry-after": "1" }, body: { error: "slow_down" } },
    });
    const first = await caught(tokens.withRole("Mail.ReadWrite", never));
    expect(first).toMatchObject({ code: "TokenThrottled" });
    expect(first.retryAfterMs).toBeGreaterThan(500);
    expect(first.retryAfterMs).toBeLessThanOrEqual(1_000);
    const second = await caught(tokens.withRole("Mail.ReadWrite", never));
    expect(second).toMatchObject({ code: "TokenThrottled" });
    expect(await tokenRequests()).toBe(1);
    await simulator.control("DELETE", "/faults");
    const again = () =>
      tokens.withRole("Mail.ReadWrite", never).then(
        () => true,
        () => false,
      );
    await expect.poll(again, { timeout: 4_000, interval: 200 }).toBe(true);
  });

  test.each([
    ["is busy", { status: 503 }],
    ["is busy and says so in HTML", { status: 502, body: "<html></html>" }],
    ["answers with a page", { status: 200, body: "<html></html>" }],
    ["answers with something else", { status: 200, body: { hello: "world" } }],
    [
      "answers with a token that is none",
      { status: 200, body: { token_type: "Bearer", expires_in: 3599, access_token: "x" } },
    ],
    ["does not answer", { loseResponse: true as const }],
    ["is cut off", { cutBodyAfter: 10 }],
    ["times out", { status: 408, body: { error: "timeout" } }],
  ])("that %s is asked again later", async (_name, effect) => {
    await simulator.fault({ service: "entra", path: "/token", effect });
    await failsWith("TokenThrottled", tokens.withRole("Mail.ReadWrite", never));
  });

  test("does not hold up who is stopped, and goes on for the others", async () => {
    await simulator.fault({ service: "entra", path: "/token", effect: { delayMs: 200 } });
    const stop = new AbortController();
    const stopped = tokens.withRole("Mail.ReadWrite", stop.signal);
    const waiting = tokens.withRole("Mail.ReadWrite", never);
    setTimeout(() => stop.abort(), 20);
    await failsWith("Interrupted", stopped);
    expect((await waiting).roles).toContain("Mail.ReadWrite");
    expect(await tokenRequests()).toBe(1);
  });
});

describe("admin consent", () => {
  const provider = () =>
    createConsent({
      ...{ ...simulatedClient, tokens, entraBaseUrl: simulator.urls.entra },
      portalUrl: "http://localhost:3000",
    });

  test("is asked for on a page that Entra knows, with the state that comes back", async () => {
    const url = new URL(provider().consentUrl("a state/+&"));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: simulatedClient.clientId,
      scope: "https://graph.microsoft.com/.default",
      redirect_uri: "http://localhost:3000/api/consent/callback",
      state: "a state/+&",
    });
    const page = await fetch(url);
    expect(await page.text()).toContain("to review what is asked for");
  });

  test("is proved by a fresh token with both roles", async () => {
    await tokens.withRole("Mail.ReadWrite", never);
    expect(await provider().proveGrant(never)).toEqual({
      isGranted: true,
      roles: expect.arrayContaining(["Mail.ReadWrite", "User.Read.All"]),
    });
    expect(await tokenRequests()).toBe(2);
  });

  test("that was withdrawn is not proved by an old token", async () => {
    await tokens.withRole("Mail.ReadWrite", never);
    await simulator.control("DELETE", "/consent");
    expect(await provider().proveGrant(never)).toEqual({
      isGranted: false,
      missing: ["Mail.ReadWrite", "User.Read.All"],
    });
  });

  test("is not there yet while Entra does not know the application", async () => {
    await simulator.fault({
      ...{ service: "entra", path: "/token" },
      effect: { status: 400, body: { error: "unauthorized_client", error_codes: [700016] } },
    });
    expect(await provider().proveGrant(never)).toMatchObject({ isGranted: false });
  });

  test("is not proved by a token of another tenant or application", async () => {
    for (const other of [{ tid: randomBytes(4).toString("hex") }, { appid: "other" }]) {
      const claims = { tid: simulatedClient.tenantId, appid: simulatedClient.clientId, ...other };
      const payload = { ...claims, roles: ["Mail.ReadWrite", "User.Read.All"] };
      const access_token = `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.x`;
      await simulator.fault({
        ...{ service: "entra", path: "/token" },
        effect: { status: 200, body: { token_type: "Bearer", expires_in: 3599, access_token } },
      });
      expect(await provider().proveGrant(never)).toMatchObject({ isGranted: false });
    }
  });

  test("is not to blame for a refused secret", async () => {
    tokens = tokensOf({ secret: "other" });
    await failsWith("AppSecretRefused", provider().proveGrant(never));
  });
});

test("without secret and certificate nothing begins", () => {
  expect(() => tokensOf({ secret: null })).toThrow("Neither a client secret nor a certificate");
});

function tokensOf(more: Partial<AppTokenOptions> = {}): AppTokens {
  return createAppTokens({
    ...{ ...simulatedClient, certificatePath: null, http, clock: { now: () => new Date() } },
    ...{ entraBaseUrl: simulator.urls.entra, ...more },
  });
}

function consent(): Promise<void> {
  return grantConsent(simulator.urls.entra, { ...simulatedClient, upn: admin.upn });
}

async function tokenRequests(): Promise<number> {
  const requests = await simulator.requests("entra");
  const own = Object.entries(requests).filter(([name]) => name.includes("/token "));
  return own.reduce((sum, [, count]) => sum + count, 0);
}

async function caught(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof SyncError) return error;
  throw new Error(`Not a SyncError: ${String(error)}`);
}

async function failsWith(code: FailureCode, work: Promise<unknown>) {
  expect((await caught(work)).code).toBe(code);
}

/** Node can read certificates and not make them. */
function makeCertificate(): boolean {
  const subject = ["-subj", "/CN=connector", "-days", "2", "-keyout", certificatePath];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject];
  const made = spawnSync("sh", ["-c", 'openssl "$@" >> "$0"', certificatePath, ...args]);
  return made.status === 0;
}
