/** JSON at the border: what is not whole, not UTF-8 or not JSON is unreadable, never half understood. */
import type { Answered, HttpHeaders } from "./http";

export type Json = { readonly isReadable: true; readonly value: unknown } | Unreadable;
type Unreadable = { readonly isReadable: false };

const unreadable: Unreadable = { isReadable: false };
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A proxy's HTML page with status 200, a byte order mark, another charset, a cut text: all of them
 * have been seen in front of real services, and none is an answer of the service itself.
 */
export function readJson({ headers, body }: Answered): Json {
  if (!body.isWhole || !claimsJson(headers)) return unreadable;
  try {
    return { isReadable: true, value: JSON.parse(utf8.decode(body.bytes)) };
  } catch {
    return unreadable;
  }
}

/** One header of an answer; null when it is not there. */
export function headerOf(headers: HttpHeaders, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

/** No content type at all is forgiven; one that names something else is believed. */
function claimsJson(headers: HttpHeaders): boolean {
  const type = headerOf(headers, "content-type")?.toLowerCase() ?? "";
  const charset = /charset="?([^";,\s]+)/.exec(type)?.[1] ?? "utf-8";
  return !type.includes("html") && ["utf-8", "utf8", "us-ascii"].includes(charset);
}
