import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import {
  graphError,
  never,
  openDirectory,
  type SimulatedDirectory,
} from "@/lib/testing/simulated-directory";

let world: SimulatedDirectory;
beforeAll(async () => {
  world = await openDirectory();
});
afterAll(() => world.close());
beforeEach(() => world.settle([]));

describe("the tenant's users", () => {
  test("are read to the last page", async () => {
    const many = Array.from({ length: 2_100 }, (_, index) => ({
      ...{ upn: `user${index}@contoso.com`, displayName: `User ${index}` },
    }));
    await world.settle(many);
    const pages: number[] = [];
    for await (const page of world.directory.listUsers(never)) pages.push(page.length);
    expect(pages).toEqual([999, 999, 103]);
  });

  test("come with every address once, lower case, the principal name first", async () => {
    await world.settle([
      {
        ...{ upn: "Ann@Contoso.com", displayName: "Ann", mail: "Ann.Smith@contoso.com" },
        proxyAddresses: [
          ...["SMTP:Ann.Smith@contoso.com", "smtp:ANN@fabrikam.com", "smtp:ann@contoso.com"],
          ...["SIP:ann@contoso.com", "X500:/o=Contoso/cn=ann", "EUM:123;phone-context=a"],
        ],
      },
    ]);
    expect(await world.userNamed("Ann")).toMatchObject({
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
    await world.settle([{ upn: "x@contoso.com", displayName: "X", ...person }]);
    expect(await world.userNamed("X")).toMatchObject(expected);
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
    expect(await world.everybody()).toEqual([
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
    [
      "at a refusal nobody foresaw",
      { status: 403, body: graphError("Odd") },
      "DirectoryUnavailable",
    ],
    ["at a pause", { status: 429 }, "DirectoryThrottled"],
    [
      "without consent",
      { status: 403, body: graphError("Authorization_RequestDenied") },
      "ConsentRevoked",
    ],
  ] as const)("ends %s", async (_name, effect, code) => {
    await world.simulator.fault({ service: "graph", path: "/users", effect });
    await failsWith(code);
  });

  test("tells how long the pause is", async () => {
    await world.simulator.fault({
      ...{ service: "graph", path: "/users" },
      effect: { status: 429, headers: { "retry-after": "9" } },
    });
    await expect(world.everybody()).rejects.toMatchObject({ retryAfterMs: 9_000 });
  });

  test.each([
    ["to another host", () => "https://graph.example.com/v1.0/users?$skiptoken=x"],
    [
      "to a host that begins like ours",
      () => `${world.simulator.urls.graph}.example.com/v1.0/users`,
    ],
    ["to ourselves with a password", () => world.simulator.urls.graph.replace("//", "//a:b@")],
    ["out of the version", () => `${world.simulator.urls.graph}/v1.0/../beta/users`],
    ["to a service beside it", () => world.simulator.urls.entra],
  ])("ends where a next page leads %s", async (_name, link) => {
    await answerOnce({ value: [], "@odata.nextLink": link() });
    await failsWith("DirectoryUnavailable");
  });

  test("ends where a next page leads back", async () => {
    const nextLink = `${world.simulator.urls.graph}/v1.0/users?$skiptoken=again`;
    await world.simulator.fault({
      ...{ service: "graph", path: "/users", times: 9 },
      effect: { status: 200, body: { value: [], "@odata.nextLink": nextLink } },
    });
    await failsWith("DirectoryUnavailable");
    expect(await world.simulator.requests("graph")).toEqual({ "GET /v1.0/users 200": 2 });
  });

  test("ends when it is stopped", async () => {
    await world.simulator.fault({ service: "graph", path: "/users", effect: { delayMs: 400 } });
    await failsWith("Interrupted", AbortSignal.timeout(50));
  });

  test("asks for a new token once before it ends", async () => {
    await world.simulator.fault({ service: "graph", path: "/users", effect: { status: 401 } });
    expect(await world.everybody()).toHaveLength(1);
    await world.simulator.fault({
      service: "graph",
      path: "/users",
      times: 2,
      effect: { status: 401 },
    });
    await failsWith("ConsentRevoked");
  });
});

function answerOnce(body: object) {
  const effect = { status: 200, body };
  return world.simulator.fault({ service: "graph", path: "/users", effect });
}

async function failsWith(code: FailureCode, signal: AbortSignal = never) {
  const thrown = await world.everybody(signal).catch((cause: unknown) => cause);
  expect(thrown instanceof SyncError ? thrown.code : thrown).toBe(code);
}
