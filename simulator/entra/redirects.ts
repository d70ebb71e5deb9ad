import type { Simulation } from "../simulation";
import { errors, type EntraError } from "./errors";

/** Why this client may not be answered at this address, or nothing. */
export function refuseClient(
  { settings, world }: Simulation,
  clientId: string,
  redirectUri: string,
): EntraError | undefined {
  if (clientId.toLowerCase() !== settings.clientId.toLowerCase()) {
    return errors.unknownClient(clientId, world.tenant.name);
  }
  if (!isOnLoopback(redirectUri) && !settings.redirectUris.includes(redirectUri)) {
    return errors.unknownRedirectUri(redirectUri, clientId);
  }
  return undefined;
}

/** The address with these parameters behind whatever it already has. */
export function withParameters(
  address: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.append(name, value);
  }
  return url.href;
}

function isOnLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, hash, username } = new URL(address);
  if (protocol !== "http:" && protocol !== "https:") return false;
  if (hash !== "" || username !== "") return false;
  return ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}
