import { randomUUID } from "node:crypto";
import { html, json, type Reply } from "../http/reply";
import { escapeHtml, page } from "../http/page";
import type { Clock } from "../state/clock";

/** An error as Entra words it: the OAuth code for programs, the AADSTS number for people. */
export type EntraError = {
  readonly status: number;
  readonly error: string;
  readonly number: number;
  readonly message: string;
};

export const errors = {
  unknownTenant: (tenant: string): EntraError => ({
    status: 400,
    error: "invalid_request",
    number: 90002,
    message: `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
  }),
  noTenant: (): EntraError => ({
    status: 400,
    error: "invalid_request",
    number: 50059,
    message:
      "No tenant-identifying information found in either the request or implied by any provided credentials.",
  }),
  unknownClient: (client: string, tenant: string): EntraError => ({
    status: 400,
    error: "unauthorized_client",
    number: 700016,
    message: `Application with identifier '${client}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  }),
  wrongSecret: (client: string): EntraError => ({
    status: 401,
    error: "invalid_client",
    number: 7000215,
    message: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client}'.`,
  }),
  noCredential: (): EntraError => ({
    status: 401,
    error: "invalid_client",
    number: 7000216,
    message:
      "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
  }),
  badAssertion: (reason: string): EntraError => ({
    status: 401,
    error: "invalid_client",
    number: 700027,
    message: `Client assertion failed signature validation. ${reason}`,
  }),
  badAssertionClaims: (reason: string): EntraError => ({
    status: 401,
    error: "invalid_client",
    number: 50027,
    message: `JWT token is invalid or malformed. ${reason}`,
  }),
  expiredAssertion: (): EntraError => ({
    status: 401,
    error: "invalid_client",
    number: 700024,
    message: "Client assertion is not within its valid time range.",
  }),
  missing: (name: string): EntraError => ({
    status: 400,
    error: "invalid_request",
    number: 900144,
    message: `The request body must contain the following parameter: '${name}'.`,
  }),
  unsupportedGrant: (grant: string): EntraError => ({
    status: 400,
    error: "unsupported_grant_type",
    number: 70003,
    message: `The app requested an unsupported grant type '${grant}'.`,
  }),
  badScope: (scope: string): EntraError => ({
    status: 400,
    error: "invalid_scope",
    number: 1002012,
    message: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  }),
  unknownResource: (resource: string): EntraError => ({
    status: 400,
    error: "invalid_resource",
    number: 500011,
    message: `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
  }),
  unknownCode: (): EntraError => ({
    status: 400,
    error: "invalid_grant",
    number: 9002313,
    message: "Invalid request. Request is malformed or invalid.",
  }),
  usedCode: (): EntraError => ({
    status: 400,
    error: "invalid_grant",
    number: 54005,
    message:
      "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
  }),
  expiredCode: (): EntraError => ({
    status: 400,
    error: "invalid_grant",
    number: 70008,
    message: "The provided authorization code or refresh token has expired due to inactivity.",
  }),
  otherRedirectUri: (given: string, expected: string): EntraError => ({
    status: 400,
    error: "invalid_grant",
    number: 500112,
    message: `The reply address '${given}' does not match the reply address '${expected}' provided when requesting Authorization code.`,
  }),
  wrongVerifier: (): EntraError => ({
    status: 400,
    error: "invalid_grant",
    number: 501481,
    message:
      "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
  }),
  unknownRedirectUri: (uri: string, client: string): EntraError => ({
    status: 400,
    error: "invalid_request",
    number: 50011,
    message: `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the application '${client}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal.`,
  }),
  badRequest: (number: number, message: string): EntraError => ({
    status: 400,
    error: "invalid_request",
    number,
    message,
  }),
};

/** The body that every OAuth library looks into. */
export function errorReply({ status, error, number, message }: EntraError, clock: Clock): Reply {
  const timestamp = `${new Date(clock()).toISOString().slice(0, 19).replace("T", " ")}Z`;
  const trace = randomUUID();
  const correlation = randomUUID();
  const description = `AADSTS${number}: ${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`;
  return json(
    status,
    {
      error,
      error_description: description,
      error_codes: [number],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
    { "cache-control": "no-store", pragma: "no-cache" },
  );
}

/** For people: what cannot be sent back to an application, because there is none to trust. */
export function errorPage({ status, number, message }: EntraError): Reply {
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID</p>
<h1>Sorry, but we’re having trouble signing you in.</h1>
<p>AADSTS${number}: ${escapeHtml(message)}</p></div>`;
  return html(status, page("Sign in: error", main, { narrow: true }));
}
