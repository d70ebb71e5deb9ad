import { generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Harness, messageBody, tenantId, type Answer } from "./testing/harness";

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());
beforeEach(() => harness.putWorld());

type Failure = { readonly error: { readonly code: string; readonly message: string } };

async function codeOf(answer: Promise<Answer>): Promise<[number, string]> {
  const { status, json } = await answer;
  return [status, json<Failure>().error.code];
}

const inbox = "/users/ann@contoso.com/mailFolders/inbox/messages";

function create(token: string, key: string, user = "ann@contoso.com"): Promise<Answer> {
  const path = `/users/${user}/mailFolders/inbox/messages`;
  return harness.graph(path, token, { method: "POST", body: messageBody(key) });
}

describe("tokens", () => {
  it("refuses whoever has none, or one that is not signed by this Entra", async () => {
    const { privateKey } = await generateKeyPair("RS256");
    const forged = await new SignJWT({ tid: tenantId, roles: ["Mail.ReadWrite"] })
      .setProtectedHeader({ alg: "RS256" })
      .setAudience("https://graph.microsoft.com")
      .setExpirationTime("1h")
      .sign(privateKey);
    for (const token of ["", "abc", forged]) {
      expect(await codeOf(harness.graph("/users", token))).toEqual([
        401,
        "InvalidAuthenticationToken",
      ]);
    }
  });

  it("refuses a token that has expired", async () => {
    const token = await harness.consentedToken();
    expect((await harness.graph("/users", token)).status).toBe(200);
    harness.pass(3601);
    expect(await codeOf(harness.graph("/users", token))).toEqual([
      401,
      "InvalidAuthenticationToken",
    ]);
  });

  it("refuses a token of another tenant", async () => {
    const token = await harness.consentedToken();
    const id = "99999999-0000-4000-8000-000000000001";
    await harness.putWorld({ tenant: { id, domain: "contoso.com", name: "Other" } });
    expect((await harness.graph("/users", token)).status).toBe(401);
  });

  it("refuses without consent, and at once when consent is withdrawn", async () => {
    const before = await harness.token();
    expect(await codeOf(harness.graph("/users", before))).toEqual([
      403,
      "Authorization_RequestDenied",
    ]);
    const token = await harness.consentedToken();
    expect((await harness.graph("/users", token)).status).toBe(200);
    expect((await harness.graph("/users", before)).status).toBe(403);
    expect((await harness.control("DELETE", "/consent")).status).toBe(204);
    expect(await codeOf(harness.graph("/users", token))).toEqual([
      403,
      "Authorization_RequestDenied",
    ]);
    expect(await codeOf(create(token, "k"))).toEqual([403, "Authorization_RequestDenied"]);
  });

  it("refuses paths whose permissions are not asked for", async () => {
    const token = await harness.consentedToken();
    for (const path of [
      "/organization",
      "/servicePrincipals",
      "/users/ann@contoso.com/mailboxSettings",
    ]) {
      expect(await codeOf(harness.graph(path, token))).toEqual([
        403,
        "Authorization_RequestDenied",
      ]);
    }
  });

  it("refuses segments and methods that do not exist", async () => {
    const token = await harness.consentedToken();
    expect((await harness.graph("/users/ann@contoso.com/colours", token)).status).toBe(400);
    expect((await harness.graph("/users", token, { method: "DELETE" })).status).toBe(405);
  });
});

describe("limits of one application in one mailbox", () => {
  let token: string;
  beforeEach(async () => {
    token = await harness.consentedToken();
  });

  it("lets four requests in at a time and refuses the fifth", async () => {
    await harness.control("PATCH", "/latency", { graph: 400 });
    const answers = await Promise.all(["a", "b", "c", "d", "e"].map((key) => create(token, key)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json()).toMatchObject({
      error: {
        code: "ApplicationThrottled",
        message: "Application is over its MailboxConcurrency limit.",
      },
    });
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    const stats = (await harness.control("GET", "/stats")).json();
    expect(stats).toMatchObject({
      concurrency: { "ann@contoso.com": 5 },
      throttled: { "ann@contoso.com": 1 },
    });
  });

  it("does not let one mailbox's limit touch another", async () => {
    await harness.control("PATCH", "/latency", { graph: 400 });
    const users = ["ann@contoso.com", "admin@contoso.com"];
    const answers = await Promise.all(
      users.flatMap((user) => ["a", "b", "c", "d"].map((key) => create(token, key, user))),
    );
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  });

  it("counts a user's id and name as the same mailbox", async () => {
    await harness.control("PUT", "/limits", { requests: { count: 2, seconds: 600 } });
    const user = await harness.graph("/users/ann@contoso.com?$select=id", token);
    const { id } = user.json<{ id: string }>();
    expect((await create(token, "a")).status).toBe(201);
    expect((await create(token, "b", id)).status).toBe(201);
    expect((await create(token, "c", id.toUpperCase())).status).toBe(429);
  });

  it("refuses what is over the count, also counting what was refused, until the span has passed", async () => {
    await harness.control("PUT", "/limits", { requests: { count: 3, seconds: 60 } });
    for (const key of ["a", "b", "c"]) expect((await create(token, key)).status).toBe(201);
    harness.pass(50);
    const refused = await create(token, "d");
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(11);
    for (let more = 0; more < 2; more += 1) expect((await create(token, "d")).status).toBe(429);
    harness.pass(11);
    expect((await create(token, "d")).status).toBe(429);
    harness.pass(61);
    expect((await create(token, "d")).status).toBe(201);
  });

  it("refuses more bytes than the span allows, and takes reading all the same", async () => {
    await harness.control("PUT", "/limits", { bytes: { count: 1200, seconds: 300 } });
    expect((await create(token, "a")).status).toBe(201);
    expect((await create(token, "b")).json()).toMatchObject({
      error: { message: "Application is over its IncomingBytes limit." },
    });
    expect((await harness.graph(inbox, token)).status).toBe(200);
    harness.pass(301);
    expect((await create(token, "b")).status).toBe(201);
  });

  it("can be switched off one by one", async () => {
    const limits = { concurrent: null, requests: { count: 1, seconds: 600 }, bytes: null };
    expect((await harness.control("PUT", "/limits", limits)).json()).toEqual(limits);
    expect((await create(token, "a")).status).toBe(201);
    expect((await create(token, "b")).status).toBe(429);
    await harness.control("PUT", "/limits", { requests: null });
    expect((await create(token, "b")).status).toBe(201);
  });
});

describe("$batch", () => {
  let token: string;
  beforeEach(async () => {
    token = await harness.consentedToken();
  });

  type Part = { readonly id: string; readonly status: number; readonly body?: Failure };

  const batch = (requests: unknown) =>
    harness.graph("/$batch", token, { method: "POST", body: { requests } });
  const get = (id: string, url: string, more = {}) => ({ id, method: "GET", url, ...more });
  const byId = (answer: Answer) =>
    Object.fromEntries(
      answer.json<{ responses: Part[] }>().responses.map((part) => [part.id, part.status]),
    );

  it("answers each part by itself, whatever becomes of the others", async () => {
    const answer = await batch([
      get("1", "/users/ann@contoso.com?$select=id"),
      get("2", "/users/nobody@contoso.com"),
      {
        id: "3",
        method: "POST",
        url: "/users/ann@contoso.com/mailFolders/inbox/messages",
        headers: { "Content-Type": "application/json" },
        body: messageBody("k"),
      },
      get("4", "users/none@contoso.com/mailFolders/inbox"),
    ]);
    expect(answer.status).toBe(200);
    expect(byId(answer)).toEqual({ 1: 200, 2: 404, 3: 201, 4: 404 });
  });

  it("limits each part by itself", async () => {
    await harness.control("PUT", "/limits", { requests: { count: 2, seconds: 600 } });
    const parts = ["1", "2", "3"].map((id) => get(id, "/users/ann@contoso.com/mailFolders/inbox"));
    const answer = await batch([...parts, get("4", "/users/ann@contoso.com")]);
    expect(byId(answer)).toEqual({ 1: 200, 2: 200, 3: 429, 4: 200 });
    const { responses } = answer.json<{ responses: (Part & { headers: object })[] }>();
    expect(responses.find(({ id }) => id === "3")?.headers).toHaveProperty("Retry-After");
  });

  it("does not begin what depends on a part that failed", async () => {
    const answer = await batch([
      get("1", "/users/nobody@contoso.com"),
      get("2", "/users/ann@contoso.com", { dependsOn: ["1"] }),
      get("3", "/users/ann@contoso.com", { dependsOn: ["2"] }),
    ]);
    expect(byId(answer)).toEqual({ 1: 404, 2: 424, 3: 424 });
  });

  it("takes twenty parts and refuses twenty-one", async () => {
    const parts = (count: number) =>
      Array.from({ length: count }, (_, index) => get(String(index), "/users/ann@contoso.com"));
    expect((await batch(parts(20))).status).toBe(200);
    expect(await codeOf(batch(parts(21)))).toEqual([400, "MaximumValueExceeded"]);
  });

  it.each([
    ["the same id twice", [get("1", "/users"), get("1", "/users")]],
    ["no id", [{ method: "GET", url: "/users" }]],
    ["an absolute url", [get("1", "https://graph.microsoft.com/v1.0/users")]],
    ["an unknown method", [{ id: "1", method: "HEAD", url: "/users" }]],
    ["a body without a type", [{ id: "1", method: "POST", url: "/users", body: {} }]],
    ["a batch in a batch", [{ id: "1", method: "POST", url: "/$batch" }]],
    ["a dependency on nothing", [get("1", "/users", { dependsOn: ["7"] })]],
    ["no parts", []],
  ])("refuses %s", async (_, requests) => {
    expect((await batch(requests)).status).toBe(400);
  });
});
