/** How people sign in at the simulated Entra, and what their tokens say. */
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { authorizeAddress, EntraClient, failureOf, verifier } from "./testing/entra-client";
import {
  ask,
  callback,
  clientId,
  clientSecret,
  globalAdministrator,
  tenantId,
  world,
} from "./testing/harness";

let entra: EntraClient;
beforeAll(async () => {
  entra = await EntraClient.start();
});
afterAll(() => entra.close());
beforeEach(() => entra.harness.putWorld());

describe("discovery", () => {
  it("describes the tenant, by id, by domain and for any organization", async () => {
    const base = entra.harness.simulator.urls.entra;
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
    const answer = ask(`${entra.harness.simulator.urls.entra}${path}`, {});
    expect(await failureOf(answer)).toEqual([400, "invalid_request", [90002]]);
  });
});

describe("signing in", () => {
  it("shows everybody as a button and comes back with code and state", async () => {
    const browser = entra.browse();
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
    const answer = await entra.redeem(await entra.codeFor("admin@contoso.com"));
    expect(answer.status).toBe(200);
    const { id_token, token_type } = answer.json<Record<string, string>>();
    expect(token_type).toBe("Bearer");
    const base = entra.harness.simulator.urls.entra;
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
    const answer = await entra.redeem(await entra.codeFor("ann@contoso.com"));
    const claims = decodeJwt(answer.json<{ id_token: string }>().id_token);
    expect(claims).not.toHaveProperty("roles");
    expect(claims["wids"]).not.toContain(globalAdministrator);
  });

  it("takes the secret as Basic too, with both halves encoded", async () => {
    const code = await entra.codeFor("ann@contoso.com");
    const basic = (secret: string) => ({
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString("base64")}`,
    });
    const form = {
      grant_type: "authorization_code",
      redirect_uri: callback,
      code,
      code_verifier: verifier,
    };
    expect((await entra.harness.tokenRequest(form, basic("wrong"))).status).toBe(401);
    expect((await entra.harness.tokenRequest(form, basic(clientSecret))).status).toBe(200);
  });

  it("gives each code once", async () => {
    const code = await entra.codeFor("ann@contoso.com");
    expect((await entra.redeem(code)).status).toBe(200);
    expect(await failureOf(entra.redeem(code))).toEqual([400, "invalid_grant", [54005]]);
  });

  it("refuses a code that is old, unknown, of another address or without its verifier", async () => {
    expect(await failureOf(entra.redeem("abc"))).toEqual([400, "invalid_grant", [9002313]]);
    const other = entra.redeem(await entra.codeFor("ann@contoso.com"), {
      redirect_uri: `${callback}/x`,
    });
    expect(await failureOf(other)).toEqual([400, "invalid_grant", [500112]]);
    const unproven = entra.redeem(await entra.codeFor("ann@contoso.com"), {
      code_verifier: "x".repeat(43),
    });
    expect(await failureOf(unproven)).toEqual([400, "invalid_grant", [501481]]);
    const code = await entra.codeFor("ann@contoso.com");
    entra.harness.pass(601);
    expect(await failureOf(entra.redeem(code))).toEqual([400, "invalid_grant", [70008]]);
  });

  it("remembers who is signed in, and asks again only for prompt=select_account", async () => {
    const browser = entra.browse();
    await entra.signIn("ann@contoso.com", browser);
    const silent = await browser.open(authorizeAddress());
    expect(silent.searchParams.get("code")).not.toBeNull();
    await browser.open(authorizeAddress({ prompt: "select_account" }));
    expect(browser.page).toContain("Pick an account");
    const other = await browser.submit({ upn: "admin@contoso.com" });
    expect(other.searchParams.get("code")).not.toBeNull();
  });

  it("forgets at logout, and goes back where it was asked to", async () => {
    const browser = entra.browse();
    await entra.signIn("ann@contoso.com", browser);
    const address = `/${tenantId}/oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent("http://127.0.0.1:3000/")}`;
    expect((await browser.open(address)).href).toBe("http://127.0.0.1:3000/");
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
    const none = await browser.open(authorizeAddress({ prompt: "none" }));
    expect(none.searchParams.get("error")).toBe("login_required");
  });

  it("forgets everybody in a new world, and who was removed", async () => {
    const browser = entra.browse();
    await entra.signIn("ann@contoso.com", browser);
    await entra.harness.control("PATCH", "/people/ann%40contoso.com", { removed: true });
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
    expect(browser.page).not.toContain("ann@contoso.com");
    await entra.signIn("admin@contoso.com", browser);
    await entra.harness.putWorld();
    await browser.open(authorizeAddress());
    expect(browser.page).toContain("Pick an account");
  });

  it("does not take a form from another browser", async () => {
    const [mine, other] = [entra.browse(), entra.browse()];
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
    const browser = entra.browse();
    const end = await browser.open(authorizeAddress(changes));
    expect(end.origin).toBe(entra.harness.simulator.urls.entra);
    expect([browser.status, browser.page]).toEqual([400, expect.stringContaining(code)]);
  });

  it.each([
    ["another response type", { response_type: "id_token" }, "unsupported_response_type"],
    ["a plain challenge", { code_challenge_method: "plain" }, "invalid_request"],
    ["no openid", { scope: "profile" }, "invalid_scope"],
    ["another response mode", { response_mode: "fragment" }, "invalid_request"],
    ["an unknown prompt", { prompt: "maybe" }, "invalid_request"],
  ])("sends %s back as an error", async (_, changes, error) => {
    const end = await entra.browse().open(authorizeAddress(changes));
    expect([end.origin, end.searchParams.get("error"), end.searchParams.get("state")]).toEqual([
      new URL(callback).origin,
      error,
      "state-1",
    ]);
  });

  it("takes an address that is configured beside those on loopback", async () => {
    const browser = entra.browse();
    const redirect_uri = "https://portal.example/callback";
    await browser.open(authorizeAddress({ redirect_uri }));
    const back = await browser.submit({ upn: "ann@contoso.com" });
    expect(back.origin).toBe("https://portal.example");
  });
});
