import { createHash } from "node:crypto";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Browser } from "./testing/browser";
import {
  ask,
  callback,
  clientId,
  clientSecret,
  globalAdministrator,
  Harness,
  tenantId,
  world,
  type Answer,
} from "./testing/harness";

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open({ SIM_REDIRECT_URIS: "https://portal.example/callback" });
});
afterAll(() => harness.close());
beforeEach(() => harness.putWorld());

const verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
const challenge = createHash("sha256").update(verifier).digest("base64url");

type Failure = { readonly error: string; readonly error_codes: number[] };

function authorizeAddress(changes: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  const parameters: Record<string, string | undefined> = {
    client_id: clientId,
    redirect_uri: callback,
    response_type: "code",
    scope: "openid profile email",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value);
  }
  return `/${tenantId}/oauth2/v2.0/authorize?${query}`;
}

function browse(): Browser {
  return new Browser(harness.simulator.urls.entra);
}

async function signIn(upn: string, browser = browse()): Promise<URL> {
  await browser.open(authorizeAddress());
  return browser.submit({ upn });
}

async function codeFor(upn: string): Promise<string> {
  return (await signIn(upn)).searchParams.get("code") ?? "";
}

function redeem(code: string, changes: Record<string, string> = {}): Promise<Answer> {
  return harness.tokenRequest({
    grant_type: "authorization_code",
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: callback,
    code,
    code_verifier: verifier,
    ...changes,
  });
}

async function failureOf(answer: Promise<Answer>): Promise<[number, string, number[]]> {
  const { status, json } = await answer;
  const { error, error_codes } = json<Failure>();
  return [status, error, error_codes];
}

describe("discovery", () => {
  it("describes the tenant, by id, by domain and for any organization", async () => {
    const base = harness.simulator.urls.entra;
    for (const tenant of [tenantId, "contoso.com", "organizations"]) {
      const answer = await ask(`${base}/${tenant}/v2.0/.well-known/openid-configuration`, {});
      expect(answer.json()).toMatchObject({
        issuer: `${base}/${tenantId}/v2.0`,
        authorization_endpoint: `${base}/${tenantId}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/${tenantId}/oauth2/v2.0/token`,
        jwks_uri: `${base}/${tenantId}/discovery/v2.0/keys`,
      });
    }
  });

  it("does not know another tenant", async () => {
    const path = "/other.example/v2.0/.well-known/openid-configuration";
    const answer = ask(`${harness.simulator.urls.entra}${path}`, {});
    expect(await failureOf(answer)).toEqual([400, "invalid_request", [90002]]);
  });
});

describe("signing in", () => {
  it("shows everybody as a button and comes back with code and state", async () => {
    const browser = browse();
    await browser.open(authorizeAddress());
    for (const { upn } of world().people) {
      expect(browser.page).toMatch(new RegExp(`<button name="upn" value="${upn}">[^]*?${upn}`));
    }
    const back = await browser.submit({ upn: "ann@contoso.com" });
    expect(back.origin + back.pathname).toBe(callback);
    expect(back.searchParams.get("state")).toBe("state-1");
    expect(back.searchParams.get("code")).not.toBeNull();
  });

  it("gives an id token that says who it is, signed with a published key", async () => {
    const answer = await redeem(await codeFor("admin@contoso.com"));
    expect(answer.status).toBe(200);
    const { id_token, token_type } = answer.json<Record<string, string>>();
    expect(token_type).toBe("Bearer");
    const base = harness.simulator.urls.entra;
    const keys = createRemoteJWKSet(new URL(`${base}/${tenantId}/discovery/v2.0/keys`));
    const { payload } = await jwtVerify(id_token ?? "", keys, {
      issuer: `${base}/${tenantId}/v2.0`,
      audience: clientId,
    });
    expect(payload).toMatchObject({
      tid: tenantId,
      oid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sub: expect.any(String),
      preferred_username: "admin@contoso.com",
      name: "Adele Vance",
      email: "admin@contoso.com",
      nonce: "nonce-1",
      roles: ["Connector.Admin"],
      wids: expect.arrayContaining([globalAdministrator]),
    });
    expect(payload.sub).not.toBe(payload["oid"]);
  });

  it("leaves roles out where there are none", async () => {
    const answer = await redeem(await codeFor("ann@contoso.com"));
    const claims = decodeJwt(answer.json<{ id_token: string }>().id_token);
    expect(claims).not.toHaveProperty("roles");
    expect(claims["wids"]).not.toContain(globalAdministrator);
  });

  it("takes the secret as Basic too, with both halves encoded", async () => {
    const code = await codeFor("ann@contoso.com");
    const basic = (secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString("base64")}`,
    });
    const form = {
      grant_type: "authorization_code",
      redirect_uri: callback,
      code,
      code_verifier: verifier,
    };
    expect((await harness.tokenRequest(form, basic("wrong"))).status).toBe(401);
    expect((await harness.tokenRequest(form, basic(clientSecret))).status).toBe(200);
  });

  it("gives each code once", async () => {
    const code = await codeFor("ann@contoso.com");
    expect((await redeem(code)).status).toBe(200);
    expect(await failureOf(redeem(code))).toEqual([400, "invalid_grant", [54005]]);
  });

  it("refuses a code that is old, unknown, of another address or without its verifier", async () => {
    expect(await failureOf(redeem("abc"))).toEqual([400, "invalid_grant", [9002313]]);
    const other = redeem(await codeFor("ann@contoso.com"), { redirect_uri: `${callback}/x` });
    expect(await failureOf(other)).toEqual([400, "invalid_grant", [500112]]);
    const unproven = redeem(await codeFor("ann@contoso.com"), { code_verifier: "x".repeat(43) });
    expect(await failureOf(unproven)).toEqual([400, "invalid_grant", [501481]]);
    const code = await codeFor("ann@contoso.com");
    harness.pass(601);
    expect(await failureOf(redeem(code))).toEqual([400, "invalid_grant", [70008]]);
  });

  it("remembers who is signed in, and asks again only for prompt=select_account", async () => {
    const browser = browse();
    await signIn("ann@contoso.com", browser);
    const silent = await browser.open(authorizeAddress());
    expect(silent.searchParams.get("code")).not.toBeNull();
    await browser.open(authorizeAddress({ prompt: "select_account" }));
    expect(browser.page).toContain("Pick an account");
    const other = await browser.submit({ upn: "admin@contoso.com" });
    expect(other.searchParams.get("code")).not.toBeNull();
  });

  it("forgets at logout, and goes back where it was asked to", async () => {
    const browser = browse();
    await signIn("ann@contoso.com", browser);
    const address = `/${tenantId}/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent("http://127.0.0.1:3000/")}`;
    expect((await browser.open(address)).href).toBe("http://127.0.0.1:3000/");
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
    const none = await browser.open(authorizeAddress({ prompt: "none" }));
    expect(none.searchParams.get("error")).toBe("login_required");
  });

  it("forgets everybody in a new world, and who was removed", async () => {
    const browser = browse();
    await signIn("ann@contoso.com", browser);
    await harness.control("PATCH", "/people/ann%40contoso.com", { removed: true });
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
    expect(browser.page).not.toContain("ann@contoso.com");
    await signIn("admin@contoso.com", browser);
    await harness.putWorld();
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
  });

  it("does not take a form from another browser", async () => {
    const [mine, other] = [browse(), browse()];
    await mine.open(authorizeAddress());
    await other.open(authorizeAddress());
    other.page = mine.page;
    await other.submit({ upn: "admin@contoso.com" });
    expect(other.status).toBe(400);
  });

  it.each([
    [
      "an unknown application",
      { client_id: "99999999-0000-4000-8000-000000000000" },
      "AADSTS700016",
    ],
    ["an address elsewhere", { redirect_uri: "https://evil.example/" }, "AADSTS50011"],
    ["no address", { redirect_uri: undefined }, "AADSTS900144"],
  ])("shows %s on a page of its own", async (_, changes, code) => {
    const browser = browse();
    const end = await browser.open(authorizeAddress(changes));
    expect(end.origin).toBe(harness.simulator.urls.entra);
    expect([browser.status, browser.page]).toEqual([400, expect.stringContaining(code)]);
  });

  it.each([
    ["another response type", { response_type: "id_token" }, "unsupported_response_type"],
    ["a plain challenge", { code_challenge_method: "plain" }, "invalid_request"],
    ["no openid", { scope: "profile" }, "invalid_scope"],
    ["another response mode", { response_mode: "fragment" }, "invalid_request"],
    ["an unknown prompt", { prompt: "maybe" }, "invalid_request"],
  ])("sends %s back as an error", async (_, changes, error) => {
    const end = await browse().open(authorizeAddress(changes));
    expect([end.origin, end.searchParams.get("error"), end.searchParams.get("state")]).toEqual([
      new URL(callback).origin,
      error,
      "state-1",
    ]);
  });

  it("takes an address that is configured beside those on loopback", async () => {
    const browser = browse();
    const redirect_uri = "https://portal.example/callback";
    await browser.open(authorizeAddress({ redirect_uri }));
    const back = await browser.submit({ upn: "ann@contoso.com" });
    expect(back.origin).toBe("https://portal.example");
  });
});

describe("admin consent", () => {
  it("asks who it is first, and then for the two permissions", async () => {
    const browser = browse();
    await browser.open(harness.consentAddress());
    expect(browser.page).toContain('value="admin@contoso.com"');
    await browser.submit({ upn: "admin@contoso.com" });
    expect(browser.page).toContain("Mail.ReadWrite");
    expect(browser.page).toContain("User.Read.All");
    expect(browser.page).toMatch(/<button[^>]*>Accept<\/button>/);
    expect(browser.page).toMatch(/<button[^>]*>Cancel<\/button>/);
    const back = await browser.submit({ decision: "accept" });
    expect(Object.fromEntries(back.searchParams)).toEqual({
      admin_consent: "True",
      tenant: tenantId,
      scope: "https://graph.microsoft.com/.default",
      state: "state-1",
    });
  });

  it("knows who is signed in already", async () => {
    const browser = browse();
    await signIn("admin@contoso.com", browser);
    await browser.open(harness.consentAddress());
    expect(browser.page).toMatch(/<button[^>]*>Accept<\/button>/);
  });

  it("says admin_consent=True even when it is declined", async () => {
    const browser = browse();
    await browser.open(harness.consentAddress());
    await browser.submit({ upn: "admin@contoso.com" });
    const back = await browser.submit({ decision: "cancel" });
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: "access_denied",
      error_description: expect.stringMatching(/^AADSTS65004/),
      admin_consent: "True",
      state: "state-1",
    });
    expect(decodeJwt(await harness.token())).not.toHaveProperty("roles");
  });

  it("gives nobody else anything to accept", async () => {
    const browser = browse();
    await browser.open(harness.consentAddress());
    await browser.submit({ upn: "ann@contoso.com" });
    expect(browser.page).toContain("Need admin approval");
    expect(browser.page).toContain("AADSTS90094");
    expect(browser.page).not.toContain("Accept");
    await browser.submit({ decision: "accept" });
    expect(browser.status).toBe(400);
    expect(decodeJwt(await harness.token())).not.toHaveProperty("roles");
  });

  it("lets somebody else sign in instead, or go back without consent", async () => {
    const browser = browse();
    await browser.open(harness.consentAddress());
    await browser.submit({ upn: "ann@contoso.com" });
    const link = /<a href="([^"]+)">Return/.exec(browser.page)?.[1]?.replaceAll("&amp;", "&");
    expect(new URL(link ?? "").searchParams.get("error")).toBe("access_denied");
    await browser.submit({ decision: "switch" });
    expect(browser.page).toContain("Pick an account");
    await browser.submit({ upn: "admin@contoso.com" });
    expect(browser.page).toMatch(/<button[^>]*>Accept<\/button>/);
  });

  it("is refused for another scope, address, application or for no tenant in particular", async () => {
    const open = async (changes: Record<string, string>, tenant = tenantId) => {
      const url = new URL(harness.consentAddress(), harness.simulator.urls.entra);
      for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value);
      url.pathname = url.pathname.replace(tenantId, tenant);
      return ask(url.href, {});
    };
    expect((await open({ scope: "Mail.ReadWrite" })).text).toContain("AADSTS1002012");
    expect((await open({ redirect_uri: "https://evil.example" })).text).toContain("AADSTS50011");
    expect((await open({ client_id: "x" })).text).toContain("AADSTS700016");
    expect((await open({}, "common")).text).toContain("AADSTS50059");
  });
});

describe("client credentials", () => {
  const form = {
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    scope: "https://graph.microsoft.com/.default",
  };

  it("give a token without roles before consent, and with them after", async () => {
    expect(decodeJwt(await harness.token())).not.toHaveProperty("roles");
    await harness.consent();
    expect(decodeJwt(await harness.token())).toMatchObject({
      aud: "https://graph.microsoft.com",
      tid: tenantId,
      appid: clientId,
      roles: ["Mail.ReadWrite", "User.Read.All"],
    });
    await harness.control("DELETE", "/consent");
    expect(decodeJwt(await harness.token())).not.toHaveProperty("roles");
  });

  it.each([
    ["a wrong secret", { client_secret: "wrong" }, [401, "invalid_client", [7000215]]],
    ["no secret", { client_secret: "" }, [401, "invalid_client", [7000216]]],
    ["an unknown application", { client_id: "x" }, [400, "unauthorized_client", [700016]]],
    ["another grant", { grant_type: "password" }, [400, "unsupported_grant_type", [70003]]],
    ["no grant", { grant_type: "" }, [400, "invalid_request", [900144]]],
    ["a scope by name", { scope: "Mail.Read" }, [400, "invalid_scope", [1002012]]],
    [
      "another resource",
      { scope: "https://other.example/.default" },
      [400, "invalid_resource", [500011]],
    ],
  ])("are refused with %s", async (_, changes, expected) => {
    expect(await failureOf(harness.tokenRequest({ ...form, ...changes }))).toEqual(expected);
  });

  it("are refused in another tenant, in Entra's words", async () => {
    const answer = await harness.tokenRequest(form, {}, "other.example");
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({
      error: "invalid_request",
      error_description: expect.stringMatching(
        /^AADSTS90002: Tenant 'other\.example' not found\..* Trace ID: .+ Correlation ID: .+ Timestamp: .+Z$/,
      ),
      error_codes: [90002],
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
      trace_id: expect.any(String),
      correlation_id: expect.any(String),
      error_uri: expect.stringContaining("90002"),
    });
    expect((await harness.tokenRequest(form, {}, "common")).json()).toMatchObject({
      error_codes: [50059],
    });
  });
});
