import { adminConsentPage, decideConsent } from "./entra/admin-consent";
import { authorize } from "./entra/authorize";
import { errorPage, errorReply, errors } from "./entra/errors";
import { signIn, signOut } from "./entra/sign-in";
import { issueToken } from "./entra/token";
import { html, json, type Reply, type Request } from "./http/reply";
import { page } from "./http/page";
import { router } from "./http/router";
import type { Door } from "./http/serve";
import type { Simulation } from "./simulation";

type Handler = (simulation: Simulation, request: Request) => Promise<Reply> | Reply;

const find = router<Handler>([
  { method: "GET", pattern: "/{tenant}/v2.0/.well-known/openid-configuration", handler: discovery },
  { method: "GET", pattern: "/{tenant}/discovery/v2.0/keys", handler: keys },
  { method: "GET", pattern: "/{tenant}/oauth2/v2.0/authorize", handler: authorize },
  { method: "POST", pattern: "/{tenant}/oauth2/v2.0/token", handler: issueToken },
  { method: "GET", pattern: "/{tenant}/oauth2/v2.0/logout", handler: signOut },
  { method: "GET", pattern: "/{tenant}/v2.0/adminconsent", handler: adminConsentPage },
  { method: "POST", pattern: "/{tenant}/sign-in", handler: signIn },
  { method: "POST", pattern: "/{tenant}/consent", handler: decideConsent },
]);

/** Words that stand for "whichever tenant the person belongs to". */
const anyTenant = ["common", "organizations"];

/** Microsoft Entra ID for one tenant and one application. */
export function entraDoor(simulation: Simulation): Door {
  return {
    service: "entra",
    bodyLimitBytes: 256 * 1024,
    latencyMs: () => 0,
    routeOf: (method, path) => {
      const found = find(method, path);
      return found.outcome === "found" ? found.pattern : "(unknown)";
    },
    tooLarge: () => errorPage(errors.badRequest(900561, "The request is too large.")),
    failed: (_request, thrown) => {
      process.stderr.write(`entra: ${String(thrown)}\n`);
      return json(500, { error: "server_error", error_description: "AADSTS50000" });
    },
    answer(request) {
      const found = find(request.method, request.path);
      if (found.outcome !== "found") return notFound();
      const { tenant = "" } = found.params;
      const { id, domain } = simulation.world.tenant;
      const isOurs = [id, domain, ...anyTenant].some((name) => sameName(name, tenant));
      if (isOurs) return found.handler(simulation, request);
      const error = errors.unknownTenant(tenant);
      return found.pattern.endsWith("/token") || found.pattern.endsWith("openid-configuration")
        ? errorReply(error, simulation.clock)
        : errorPage(error);
    },
  };
}

function discovery({ world, urls }: Simulation): Reply {
  const base = `${urls.entra}/${world.tenant.id}`;
  return json(200, {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "client_credentials"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
    ],
    claims_supported:
      "sub iss aud exp iat nonce name preferred_username oid tid email roles wids".split(" "),
  });
}

function keys({ signingKey }: Simulation): Reply {
  return json(200, signingKey.jwks);
}

function notFound(): Reply {
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID</p>
<h1>There is nothing at this address.</h1></div>`;
  return html(404, page("Not found", main, { narrow: true }));
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
