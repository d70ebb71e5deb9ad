/** Sign-in with Microsoft Entra ID: next-auth's azure-ad provider, one tenant, sessions in a sealed cookie. */
import "server-only";
import { randomUUID } from "node:crypto";
import type { NextAuthOptions } from "next-auth";
import AzureAdProvider, { type AzureADProfile } from "next-auth/providers/azure-ad";
import type { OAuthUserConfig } from "next-auth/providers/oauth";
import { maySignIn, rolesOf } from "@/lib/core/access";
import { config } from "@/lib/config";
import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";
import { type SessionClaims, actorOf, idleLifetimeSeconds } from "./claims";
import { clientAssertion } from "./client-assertion";
import { isHttps, nextAuthCookie } from "./cookies";

const log = logger("portal-auth");

/** Made on first use: a build has no settings. */
export function authOptions(): NextAuthOptions {
  known ??= buildOptions();
  return known;
}

let known: NextAuthOptions | undefined;

function buildOptions(): NextAuthOptions {
  return {
    secret: config().sessionSecret,
    providers: [entra()],
    session: { strategy: "jwt", maxAge: idleLifetimeSeconds },
    pages: { signIn: "/sign-in", error: "/sign-in" },
    useSecureCookies: isHttps(),
    cookies: {
      sessionToken: nextAuthCookie("session"),
      csrfToken: nextAuthCookie("csrf"),
      callbackUrl: nextAuthCookie("callback-url"),
      state: nextAuthCookie("state", stateLifetimeSeconds),
      nonce: nextAuthCookie("nonce", stateLifetimeSeconds),
      pkceCodeVerifier: nextAuthCookie("pkce", stateLifetimeSeconds),
    },
    callbacks: {
      signIn: async ({ profile }) => mayEnter(profile),
      // The profile is there once, right after sign-in; from then on the token speaks for itself.
      jwt: ({ token, profile }) => (profile ? { ...claimsOf(profile) } : token),
      session: ({ session }) => ({ expires: session.expires }),
    },
    // next-auth's own lines hold addresses and whole answers; only the code is ours to keep.
    logger: {
      error: (code) => log.error("auth.failed", { code }),
      warn: (code) => log.warn("auth.warning", { code }),
      debug: () => undefined,
    },
  };
}

const stateLifetimeSeconds = 15 * 60;

function entra() {
  const { client, tenantId, entraBaseUrl } = config();
  const provider = AzureAdProvider({
    clientId: client.id,
    clientSecret: client.secret ?? "",
    tenantId,
    checks: ["pkce", "state", "nonce"],
    wellKnown: `${entraBaseUrl}/${tenantId}/v2.0/.well-known/openid-configuration`,
    issuer: `${entraBaseUrl}/${tenantId}/v2.0`,
    idToken: true,
    authorization: { params: { scope: "openid profile email", prompt: "select_account" } },
    httpOptions: { timeout: 10_000 },
    // The provider's own profile() asks Graph for a photo, with a token that we do not want.
    profile: (profile) => ({ id: profile.sub }),
    ...(client.secret === null ? withCertificate() : {}),
  });
  return provider;
}

/** Without a client secret we prove who we are with the certificate, as the workers do. */
function withCertificate(): Pick<OAuthUserConfig<AzureADProfile>, "client" | "token"> {
  const { client, tenantId, entraBaseUrl } = config();
  return {
    client: { token_endpoint_auth_method: "none" },
    token: {
      request: async ({ client: openid, params, checks, provider }) => ({
        tokens: await openid.callback(provider.callbackUrl, params, checks, {
          exchangeBody: await clientAssertion(
            client,
            `${entraBaseUrl}/${tenantId}/oauth2/v2.0/token`,
          ),
        }),
      }),
    },
  };
}

/** True, or the address of the page that says why not. */
async function mayEnter(profile: unknown): Promise<true | string> {
  const claims = claimsOf(profile);
  if (claims.tenantId !== config().tenantId) {
    log.warn("auth.refused", { reason: "tenant", tenantId: claims.tenantId });
    return "/sign-in?error=Tenant";
  }
  if (claims.id === "") return "/sign-in?error=Callback";
  const actor = actorOf(claims);
  try {
    const { session } = portal();
    await (maySignIn(actor) ? session.signedIn(actor) : session.refused(actor));
    return true;
  } catch (error) {
    log.error("auth.unavailable", {}, error);
    return "/sign-in?error=Unavailable";
  }
}

/** An id token was checked by the library; what we take out of it is read as if it were foreign. */
function claimsOf(profile: unknown): SessionClaims {
  const claims: Readonly<Record<string, unknown>> =
    typeof profile === "object" && profile !== null ? { ...profile } : {};
  const upn = text(claims["preferred_username"]) || text(claims["upn"]) || text(claims["email"]);
  return {
    sessionId: randomUUID(),
    tenantId: text(claims["tid"]).toLowerCase(),
    id: text(claims["oid"]).toLowerCase(),
    name: text(claims["name"]) || upn,
    upn,
    roles: rolesOf(claims),
    signedInAtMs: Date.now(),
  };
}

function text(claim: unknown): string {
  return typeof claim === "string" ? claim.slice(0, 256) : "";
}
