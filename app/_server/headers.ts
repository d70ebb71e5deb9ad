/** Headers between the proxy and the pages, and those that every answer carries. */
import { config } from "@/lib/config";

export const pathHeader = "x-portal-path";
export const nonceHeader = "x-nonce";

/** Without scripts and styles of its own: what routes outside the proxy say, and the rest builds on. */
export function securityHeaders(): Record<string, string> {
  return {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ...(config().portalUrl.startsWith("https://")
      ? { "Strict-Transport-Security": "max-age=63072000; includeSubDomains" }
      : {}),
  };
}

/**
 * Scripts and style elements only with this answer's nonce. Fluent renders `style` attributes on the
 * server, hence the open style-src-attr. Forms lead to Entra for sign-in and admin consent.
 */
export function contentSecurityPolicy(nonce: string, isDevelopment: boolean): string {
  const entra = new URL(config().entraBaseUrl).origin;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    // Next's error pages in development bring styles without a nonce.
    isDevelopment ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    `form-action 'self' ${entra}`,
    "frame-src 'none'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** True for a request that one of our own pages made. Browsers send Origin with every change. */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  return headers.get("origin") === new URL(config().portalUrl).origin;
}
