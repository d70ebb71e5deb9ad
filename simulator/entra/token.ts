import { createHash, randomUUID } from "node:crypto";
import { json, type Reply, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import type { Person } from "../state/directory";
import { idFromName } from "../state/directory";
import { checkClient } from "./client";
import { errorReply, errors, type EntraError } from "./errors";
import type { SignInRequest } from "./state";

const lifetimeSeconds = 3600;
const graph = "https://graph.microsoft.com";

export async function issueToken(simulation: Simulation, request: Request): Promise<Reply> {
  const form = new URLSearchParams(request.body.toString());
  const outcome = await redeem(simulation, request, form);
  if ("number" in outcome) return errorReply(outcome, simulation.clock);
  return json(200, outcome, { "cache-control": "no-store", pragma: "no-cache" });
}

type Tokens = {
  readonly token_type: "Bearer";
  readonly scope?: string;
  readonly expires_in: number;
  readonly ext_expires_in: number;
  readonly access_token: string;
  readonly id_token?: string;
};

async function redeem(
  simulation: Simulation,
  request: Request,
  form: URLSearchParams,
): Promise<Tokens | EntraError> {
  const grant = form.get("grant_type");
  if (!grant) return errors.missing("grant_type");
  if (grant !== "client_credentials" && grant !== "authorization_code") {
    return errors.unsupportedGrant(grant);
  }
  const refusal = await checkClient(simulation, request, form);
  if (refusal !== undefined) return refusal;
  return grant === "client_credentials"
    ? forApplication(simulation, request, form)
    : forCode(simulation, form);
}

async function forApplication(
  simulation: Simulation,
  request: Request,
  form: URLSearchParams,
): Promise<Tokens | EntraError> {
  if (/^\/(common|organizations)\//i.test(request.path)) return errors.noTenant();
  const scope = form.get("scope");
  if (!scope) return errors.missing("scope");
  if (!scope.endsWith("/.default") || scope.includes(" ")) return errors.badScope(scope);
  const resource = scope.slice(0, -"/.default".length);
  if (resource !== graph && resource !== `${graph}/`) return errors.unknownResource(resource);

  const { settings, world, signingKey } = simulation;
  const roles = world.entra.consentedRoles(settings.clientId);
  const servicePrincipal = idFromName("service principal", settings.clientId);
  const access_token = await signingKey.sign({
    ...common(simulation, graph),
    appid: settings.clientId,
    appidacr: form.has("client_assertion") ? "2" : "1",
    azp: settings.clientId,
    idtyp: "app",
    oid: servicePrincipal,
    sub: servicePrincipal,
    // A token without this claim is legal: it is what an application gets that nobody consented to.
    ...(roles.length === 0 ? {} : { roles: [...roles] }),
  });
  return { ...bearer, access_token };
}

async function forCode(
  simulation: Simulation,
  form: URLSearchParams,
): Promise<Tokens | EntraError> {
  const { world, signingKey } = simulation;
  const code = form.get("code");
  if (!code) return errors.missing("code");
  const redeemed = world.entra.redeemCode(code);
  if (redeemed === "unknown") return errors.unknownCode();
  if (redeemed === "used") return errors.usedCode();
  if (redeemed === "expired") return errors.expiredCode();

  const { request, personId } = redeemed;
  const redirectUri = form.get("redirect_uri") ?? "";
  if (redirectUri !== request.redirectUri) {
    return errors.otherRedirectUri(redirectUri, request.redirectUri);
  }
  if (!verifies(form.get("code_verifier"), request.challenge)) return errors.wrongVerifier();
  const person = world.directory.find(personId);
  if (person === undefined) return errors.unknownCode();
  const id_token = await signingKey.sign(idClaims(simulation, request, person));
  const access_token = await signingKey.sign({
    ...common(simulation, "00000003-0000-0000-c000-000000000000"),
    oid: person.id,
    sub: pairwise(graph, person),
    scp: "openid profile email",
  });
  return { ...bearer, scope: request.scope, access_token, id_token };
}

const bearer = {
  token_type: "Bearer",
  expires_in: lifetimeSeconds - 1,
  ext_expires_in: lifetimeSeconds - 1,
} as const;

function common({ clock, urls, world }: Simulation, audience: string) {
  const now = Math.floor(clock() / 1000);
  return {
    aud: audience,
    iss: `${urls.entra}/${world.tenant.id}/v2.0`,
    iat: now,
    nbf: now,
    exp: now + lifetimeSeconds,
    tid: world.tenant.id,
    uti: randomUUID(),
    ver: "2.0",
  };
}

function idClaims(simulation: Simulation, request: SignInRequest, person: Person) {
  const scopes = request.scope.split(" ");
  return {
    ...common(simulation, request.clientId),
    sub: pairwise(request.clientId, person),
    oid: person.id,
    name: person.displayName,
    preferred_username: person.upn,
    // Everybody has the role template "User"; directory roles come on top.
    wids: [...person.wids, "b79fbf4d-3ef9-4689-8143-76b194e85509"],
    ...(person.roles.length === 0 ? {} : { roles: [...person.roles] }),
    ...(scopes.includes("email") && person.mail !== null ? { email: person.mail } : {}),
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
  };
}

/** The same person is another subject for every application. */
function pairwise(clientId: string, person: Person): string {
  return createHash("sha256").update(`${clientId}|${person.id}`).digest("base64url");
}

function verifies(verifier: string | null, challenge: string | undefined): boolean {
  if (challenge === undefined) return verifier === null;
  if (verifier === null) return false;
  return createHash("sha256").update(verifier).digest("base64url") === challenge;
}
