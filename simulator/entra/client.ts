import { createHash, timingSafeEqual } from "node:crypto";
import { header, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import { checkAssertion } from "./assertion";
import { errors, type EntraError } from "./errors";

/** Why the caller is not the application it says it is, or nothing. */
export async function checkClient(
  simulation: Simulation,
  request: Request,
  form: URLSearchParams,
): Promise<EntraError | undefined> {
  const { settings, world } = simulation;
  const basic = readBasic(header(request.headers, "authorization"));
  if (basic === "malformed") {
    return errors.badRequest(900144, "The Authorization header could not be read.");
  }
  const clientId = basic?.clientId ?? form.get("client_id");
  if (!clientId) return errors.missing("client_id");
  const secret = basic?.secret ?? form.get("client_secret");
  if (clientId.toLowerCase() !== settings.clientId.toLowerCase()) {
    return errors.unknownClient(clientId, world.tenant.name);
  }
  const assertion = form.get("client_assertion");
  if (assertion !== null) return checkAssertion(simulation, request, form, assertion);
  if (!secret) return errors.noCredential();
  return isSame(secret, settings.clientSecret) ? undefined : errors.wrongSecret(clientId);
}

/** Both halves are form-encoded before they are joined (RFC 6749 §2.3.1). */
function readBasic(
  authorization: string | undefined,
): { clientId: string; secret: string } | "malformed" | undefined {
  if (authorization === undefined) return undefined;
  const encoded = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return "malformed";
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon === -1) return "malformed";
  try {
    return { clientId: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
  } catch {
    return "malformed";
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
