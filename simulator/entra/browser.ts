import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { random } from "./state";

// Cookies know no ports: a name of its own keeps this one out of everybody's way on 127.0.0.1.
const cookieName = "simulated-entra-browser";

export type Browser = { readonly id: string; readonly headers: OutgoingHttpHeaders };

/** Which browser asks. One that is not known yet is given a cookie to be known by. */
export function knowBrowser(headers: IncomingHttpHeaders): Browser {
  const known = browserId(headers);
  if (known !== undefined) return { id: known, headers: {} };
  const id = random();
  return { id, headers: { "set-cookie": `${cookieName}=${id}; Path=/; HttpOnly; SameSite=Lax` } };
}

export function browserId(headers: IncomingHttpHeaders): string | undefined {
  for (const pair of (headers.cookie ?? "").split(/; */)) {
    const [name, value] = pair.split("=", 2);
    if (name === cookieName && value !== undefined && value !== "") return value;
  }
  return undefined;
}
