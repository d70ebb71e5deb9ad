import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttp, type Http } from "@/lib/adapters/http";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import type { Directory, DirectoryUser } from "@/lib/ports/directory";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { simulatedClient, startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import { createDirectory } from "./directory";
import { createGraph } from "./graph";
import { createAppTokens } from "./token";

const never = new AbortController().signal;
const clock = { now: () => new Date() };

let simulator: TestSimulator;
let http: Http;
let directory: Directory;

beforeAll(async () => {
  simulator = await startTestSimulator();
  http = createHttp({ allow: [simulator.urls.entra, simulator.urls.graph] });
});

afterAll(async () => {
  http.close();
  await simulator.close();
});

beforeEach(async () => {
  await settle([]);
  const { entra: entraBaseUrl, graph: graphBaseUrl } = simulator.urls;
  const known = { ...simulatedClient, certificatePath: null, entraBaseUrl };
  const tokens = createAppTokens({ ...known, http, clock });
  directory = createDirectory({ graph: createGraph({ graphBaseUrl, tokens, http }), clock });
});

describe("the tenant's users", () => {
  test("are read to the last page", async () => {
    const many = Array.from({ length: 2_100 }, (_, index) => ({
      ...{ upn: `user${index}@contoso.com`, displayName: `User ${index}` },
    }));
    await settle(many);
    const pages: number[] = [];
    for await (const page of directory.listUsers(never)) pages.push(page.length);
    expect(pages).toEqual([999, 999, 103]);
  });

  test("come with every address once, lower case, the principal name first", async () => {
    await settle([
      {
        ...{ upn: "Ann@Contoso.com", displayName: "Ann", mail: "Ann.Smith@contoso.com" },
        proxyAddresses: [
          ...["SMTP:Ann.Smith@contoso.com", "smtp:ANN@fabrikam.com", "smtp:ann@contoso.com"],
          ...["SIP:ann@contoso.com", "X500:/o=Contoso/cn=ann", "EUM:123;phone-context=a"],
        ],
      },
    ]);
    expect(await userNamed("Ann")).toMatchObject({
      ...{ userPrincipalName: "ann@contoso.com", mail: "ann.smith@contoso.com" },
      addresses: ["ann@contoso.com", "ann.smith@contoso.com", "ann@fabrikam.com"],
    });
  });

  test.each([
    ["an ordinary person", {}, { isMember: true, isEnabled: true, hasExchangePlan: true }],
    ["a guest", { userType: "Guest" }, { isMember: false, hasExchangePlan: false }],
    ["a blocked account", { accountEnabled: false }, { isEnabled: false }],
    ["a shared mailbox", { shared: true }, { isMember: true, hasExchangePlan: false }],
    ["a person without a mailbox", { mailbox: "none" }, { mail: null, hasExchangePlan: false }],
  ])("tell %s apart", async (_name, person, expected) => {
    await settle([{ upn: "x@contoso.com", displayName: "X", ...person }]);
    expect(await userNamed("X")).toMatchObject(expected);
  });

  test("are read although fields are missing; who has no name or no id costs nobody else", async () => {
    const id = "8b0c6f5e-2d1a-4c3b-9e8f-7a6b5c4d3e2f";
    await answerOnce({
      value: [
        { id, userPrincipalName: "a@b.c", mail: null, userType: null },
        { id: "9b0c6f5e-2d1a-4c3b-9e8f-7a6b5c4d3e2f" },
        { id: "no guid", userPrincipalName: "x@b.c" },
        "nobody",
      ],
    });
    expect(await everybody()).toEqual([
      {
        ...{ id, userPrincipalName: "a@b.c", mail: null, displayName: "" },
        ...{ addresses: ["a@b.c"], isMember: true, isEnabled: true, hasExchangePlan: false },
      },
    ]);
  });
});

describe("a reading that cannot go on", () => {
  test.each([
    ["at an outage", { status: 503 }, "DirectoryUnavailable"],
    ["at a lost answer", { loseResponse: true }, "DirectoryUnavailable"],
    ["at a cut answer", { cutBodyAfter: 50 }, "DirectoryUnavailable"],
    ["at a page of HTML", { status: 200, body: "<html>" }, "DirectoryUnavailable"],
    ["at a refusal nobody foresaw", { status: 403, body: error("Odd") }, "DirectoryUnavailable"],
    ["at a pause", { status: 429 }, "DirectoryThrottled"],
    [
      "without consent",
      { status: 403, body: error("Authorization_RequestDenied") },
      "ConsentRevoked",
    ],
  ] as const)("ends %s", async (_name, effect, code) => {
    await simulator.fault({ service: "graph", path: "/users", effect });
    await failsWith(code);
  });

  test("tells how long the pause is", async () => {
    await simulator.fault({
      ...{ service: "graph", path: "/users" },
      effect: { status: 429, headers: { "retry-after": "9" } },
    });
    await expect(everybody()).rejects.toMatchObject({ retryAfterMs: 9_000 });
  });

  test.each([
    ["to another host", () => "https://graph.example.com/v1.0/users?$skiptoken=x"],
    ["to a host that begins like ours", () => `${simulator.urls.graph}.example.com/v1.0/users`],
    ["to ourselves with a password", () => simulator.urls.graph.replace("//", "//a:b@")],
    ["out of the version", () => `${simulator.urls.graph}/v1.0/../beta/users`],
    ["to a service beside it", () => simulator.urls.entra],
  ])("ends where a next page leads %s", async (_name, link) => {
    await answerOnce({ value: [], "@odata.nextLink": link() });
    await failsWith("DirectoryUnavailable");
  });

  test("ends where a next page leads back", async () => {
    const nextLink = `${simulator.urls.graph}/v1.0/users?$skiptoken=again`;
    await simulator.fault({
      ...{ service: "graph", path: "/users", times: 9 },
      effect: { status: 200, body: { value: [], "@odata.nextLink": nextLink } },
    });
    await failsWith("DirectoryUnavailable");
    expect(await simulator.requests("graph")).toEqual({ "GET /v1.0/users 200": 2 });
  });

  test("ends when it is stopped", async () => {
    await simulator.fault({ service: "graph", path: "/users", effect: { delayMs: 400 } });
    await failsWith("Interrupted", AbortSignal.timeout(50));
  });

  test("asks for a new token once before it ends", async () => {
    await simulator.fault({ service: "graph", path: "/users", effect: { status: 401 } });
    expect(await everybody()).toHaveLength(1);
    await simulator.fault({ service: "graph", path: "/users", times: 2, effect: { status: 401 } });
    await failsWith("ConsentRevoked");
  });
});

async function settle(people: readonly object[]): Promise<void> {
  const upn = "admin@contoso.com";
  const wids = ["62e90394-69f5-4237-9190-012177145e10"];
  await simulator.control("PUT", "/world", {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [{ upn, displayName: "Admin", wids }, ...people],
    telemessage: { username: "a", password: "b", records: [] },
  });
  await grantConsent(simulator.urls.entra, { ...simulatedClient, upn });
}

function answerOnce(body: object) {
  const effect = { status: 200, body };
  return simulator.fault({ service: "graph", path: "/users", effect });
}

async function everybody(signal: AbortSignal = never): Promise<DirectoryUser[]> {
  const users: DirectoryUser[] = [];
  for await (const page of directory.listUsers(signal)) users.push(...page);
  return users;
}

async function userNamed(name: string): Promise<DirectoryUser | undefined> {
  return (await everybody()).find(({ displayName }) => displayName === name);
}

function error(code: string) {
  return { error: { code, message: "" } };
}

async function failsWith(code: FailureCode, signal: AbortSignal = never) {
  const thrown = await everybody(signal).catch((cause: unknown) => cause);
  expect(thrown instanceof SyncError ? thrown.code : thrown).toBe(code);
}
