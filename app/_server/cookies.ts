/** The cookies of the portal. Read by the proxy as well, so nothing here may belong to pages alone. */
import { config } from "@/lib/config";

/**
 * Under https every cookie is bound to this host alone: no other name of the domain can set it. Browsers
 * do not tell ports apart, so on one machine two portals would share their cookies without the port.
 */
function cookieName(name: string): string {
  return isHttps() ? `__Host-${name}` : `${name}-${new URL(config().portalUrl).port || "80"}`;
}

export function isHttps(): boolean {
  return config().portalUrl.startsWith("https://");
}

export type CookieOptions = {
  readonly httpOnly: true;
  readonly sameSite: "lax";
  readonly path: "/";
  readonly secure: boolean;
};

/** Lax, because people come back from Microsoft Entra by a link of another site. */
export function cookieOptions(): CookieOptions {
  return { httpOnly: true, sameSite: "lax", path: "/", secure: isHttps() };
}

export const cookieNames = {
  session: () => cookieName("session"),
  csrf: () => cookieName("csrf"),
  /** What the way to admin consent and back is bound to. */
  consent: () => cookieName("consent"),
  /** One sentence for the next page. */
  flash: () => cookieName("flash"),
};

export function nextAuthCookie(name: string, maxAge?: number) {
  return {
    name: cookieName(name),
    options: { ...cookieOptions(), ...(maxAge === undefined ? {} : { maxAge }) },
  };
}

/** Not a secret: the reader's time zone, written by the page so that the server can render with it. */
export const zoneCookie = "zone";
