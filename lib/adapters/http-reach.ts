/** Which addresses our HTTP client reaches: those it was made for, whatever an answer names. */

export type Reach = {
  /** Base URLs; only their origins are reached. https, or http on loopback. */
  readonly allow: readonly string[];
  /** Domains below which every host may be reached, by https on its own port. */
  readonly allowBelow?: readonly string[];
};

/** @throws for a base URL that is neither https nor on this machine */
export function reachOf({ allow, allowBelow = [] }: Reach): (url: URL) => boolean {
  const origins = new Set(allow.map(permittedOrigin));
  return (url) => {
    // A name in the address would become an Authorization header nobody meant to send.
    if (url.username !== "" || url.password !== "") return false;
    return origins.has(url.origin) || isBelow(url, allowBelow);
  };
}

/** With the dot before it: names that merely end alike belong to somebody else. */
function isBelow({ protocol, hostname, port }: URL, domains: readonly string[]): boolean {
  if (protocol !== "https:" || port !== "") return false;
  return domains.some((domain) => hostname.endsWith(`.${domain}`));
}

function permittedOrigin(base: string): string {
  const { origin, protocol, hostname } = new URL(base);
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  if (protocol === "https:" || (protocol === "http:" && isLoopback)) return origin;
  throw new Error(`${origin} is neither https nor on this machine`);
}
