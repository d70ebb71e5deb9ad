/** Admin consent at the simulated Entra, and the tokens of an application that has it or has not. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { EntraClient, failureOf } from "./testing/entra-client";
import { ask, clientId, clientSecret, tenantId } from "./testing/harness";

let entra: EntraClient;
beforeAll(async () => {
  entra = await EntraClient.start();
});
afterAll(() => entra.close());
beforeEach(() => entra.harness.putWorld());

describe("admin consent", () => {
  it("asks who it is first, and then for the two permissions", async () => {
    const browser = entra.browse();
    await browser.open(entra.harness.consentAddress());
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
    const browser = entra.browse();
    await entra.signIn("admin@contoso.com", browser);
    await browser.open(entra.harness.consentAddress());
    expect(browser.page).toMatch(/<button[^>]*>Accept<\/button>/);
  });

  it("says admin_consent=True even when it is declined", async () => {
    const browser = entra.browse();
    await browser.open(entra.harness.consentAddress());
    await browser.submit({ upn: "admin@contoso.com" });
    const back = await browser.submit({ decision: "cancel" });
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: "access_denied",
      error_description: expect.stringMatching(/^AADSTS65004/),
      admin_consent: "True",
      state: "state-1",
    });
    expect(decodeJwt(await entra.harness.token())).not.toHaveProperty("roles");
  });

  it("gives nobody else anything to accept", async () => {
    const browser = entra.browse();
    await browser.open(entra.harness.consentAddress());
    await browser.submit({ upn: "ann@contoso.com" });
    expect(browser.page).toContain("Need admin approval");
    expect(browser.page).toContain("AADSTS90094");
    expect(browser.page).not.toContain("Accept");
    await browser.submit({ decision: "accept" });
    expect(browser.status).toBe(400);
    expect(decodeJwt(await entra.harness.token())).not.toHaveProperty("roles");
  });

  it("lets somebody else sign in instead, or go back without consent", async () => {
    const browser = entra.browse();
    await browser.open(entra.harness.consentAddress());
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
      const url = new URL(entra.harness.consentAddress(), entra.harness.simulator.urls.entra);
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
    expect(decodeJwt(await entra.harness.token())).not.toHaveProperty("roles");
    await entra.harness.consent();
    expect(decodeJwt(await entra.harness.token())).toMatchObject({
      aud: "https://graph.microsoft.com",
      tid: tenantId,
      appid: clientId,
      roles: ["Mail.ReadWrite", "User.Read.All"],
    });
    await entra.harness.control("DELETE", "/consent");
    expect(decodeJwt(await entra.harness.token())).not.toHaveProperty("roles");
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
    expect(await failureOf(entra.harness.tokenRequest({ ...form, ...changes }))).toEqual(expected);
  });

  it("are refused in another tenant, in Entra's words", async () => {
    const answer = await entra.harness.tokenRequest(form, {}, "other.example");
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
    expect((await entra.harness.tokenRequest(form, {}, "common")).json()).toMatchObject({
      error_codes: [50059],
    });
  });
});
