import { header, type RequestHead } from "../http/reply";
import type { Simulation } from "../simulation";
import { GraphError } from "./errors";

export type Caller = { readonly appId: string; readonly roles: readonly string[] };

type VerifiedToken = {
  readonly appId: string;
  readonly roles: readonly string[];
  readonly tenantId: string;
  readonly audience: string;
  readonly notBefore: number;
  readonly expires: number;
};

/** Tokens come again with every request; their signatures are computed once. */
export class Gatekeeper {
  readonly #simulation: Simulation;
  #verified = new Map<string, VerifiedToken>();

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Who asks; refuses whoever has no valid token for Graph in this tenant. */
  async check(request: RequestHead): Promise<Caller> {
    const authorization = header(request.headers, "authorization");
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) throw unauthenticated("Access token is empty.");
    const verified = this.#verified.get(token) ?? (await this.#verify(token));
    const { clock, world } = this.#simulation;
    const now = clock() / 1000;
    if (verified.expires <= now) {
      throw unauthenticated("Lifetime validation failed, the token is expired.");
    }
    if (verified.notBefore > now + 300) {
      throw unauthenticated("Lifetime validation failed, the token is not yet valid.");
    }
    if (verified.audience !== "https://graph.microsoft.com") {
      throw unauthenticated("Access token validation failure. Invalid audience.");
    }
    if (verified.tenantId !== world.tenant.id) {
      throw unauthenticated("Access token validation failure. Invalid tenant.");
    }
    // A token keeps its roles; Graph looks at the grant too, so that a withdrawal shows at once.
    const granted = world.entra.consentedRoles(verified.appId);
    return {
      appId: verified.appId,
      roles: verified.roles.filter((role) => granted.includes(role)),
    };
  }

  async #verify(token: string): Promise<VerifiedToken> {
    const claims = await this.#simulation.signingKey.verify(token);
    if (claims === undefined) {
      throw unauthenticated("CompactToken validation failed: the signature is invalid.");
    }
    const { appid, roles, tid, aud, nbf, exp } = claims;
    const verified = {
      appId: typeof appid === "string" ? appid : "",
      roles: Array.isArray(roles) ? roles.map(String) : [],
      tenantId: typeof tid === "string" ? tid : "",
      audience: typeof aud === "string" ? aud : "",
      notBefore: nbf ?? 0,
      expires: exp ?? 0,
    };
    if (this.#verified.size >= 1000) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified;
  }
}

export function requireRole(caller: Caller, ...anyOf: readonly string[]): void {
  if (anyOf.some((role) => caller.roles.includes(role))) return;
  throw new GraphError(
    403,
    "Authorization_RequestDenied",
    "Insufficient privileges to complete the operation.",
  );
}

function unauthenticated(message: string): GraphError {
  return new GraphError(401, "InvalidAuthenticationToken", message, {
    "www-authenticate": 'Bearer realm="", authorization_uri="", error="invalid_token"',
  });
}
