import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { compactVerify, decodeProtectedHeader, type JWTPayload } from "jose";
import type { Request } from "../http/reply";
import type { Simulation } from "../simulation";
import { errors, type EntraError } from "./errors";

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Checks a client assertion against the application's certificate, as Entra does. */
export async function checkAssertion(
  { settings, world, urls, clock }: Simulation,
  request: Request,
  form: URLSearchParams,
  assertion: string,
): Promise<EntraError | undefined> {
  if (form.get("client_assertion_type") !== assertionType) {
    return errors.missing("client_assertion_type");
  }
  if (settings.certificatePath === undefined) {
    return errors.badAssertion("No certificate is registered for this application.");
  }
  const certificate = await readCertificate(settings.certificatePath);
  const claims = await verify(assertion, certificate);
  if (typeof claims === "string") return errors.badAssertion(claims);

  const endpoint = `/${world.tenant.id}/oauth2/v2.0/token`;
  const audiences = [`${urls.entra}${endpoint}`, `https://login.microsoftonline.com${endpoint}`];
  const audience = [claims.aud].flat();
  if (!audience.some((each) => each !== undefined && audiences.includes(each))) {
    return errors.badAssertionClaims("The audience is not the token endpoint of this tenant.");
  }
  if (claims.iss !== settings.clientId || claims.sub !== settings.clientId) {
    return errors.badAssertionClaims("Issuer and subject must be the application's id.");
  }
  const now = clock() / 1000;
  const { exp, nbf } = claims;
  if (exp === undefined) return errors.badAssertionClaims("It has no expiry.");
  const isLate = exp <= now || exp > now + 24 * 3600;
  return isLate || (nbf !== undefined && nbf > now + 300) ? errors.expiredAssertion() : undefined;
}

async function verify(
  assertion: string,
  certificate: X509Certificate,
): Promise<JWTPayload | string> {
  try {
    const { alg, ...head } = decodeProtectedHeader(assertion);
    if (alg !== "PS256") return `The algorithm must be PS256, not ${String(alg)}.`;
    const thumbprint = createHash("sha256").update(certificate.raw).digest("base64url");
    if (head["x5t#S256"] !== thumbprint) {
      return "The key was not found: 'x5t#S256' names another certificate.";
    }
    const pem = certificate.publicKey;
    const { payload } = await compactVerify(assertion, pem, { algorithms: ["PS256"] });
    return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
  } catch {
    return "The signature is invalid.";
  }
}

/** The certificate alone; a private key that stands in the same file is not looked at. */
async function readCertificate(path: string): Promise<X509Certificate> {
  const pem = await readFile(path, "utf8");
  const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0];
  if (block === undefined) throw new Error(`${path} holds no certificate.`);
  return new X509Certificate(block);
}
