/** In front of every page: the policy with this answer's nonce, and the session's idle time. */
import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { rolledSessionCookie, idleLifetimeSeconds } from "@/app/_server/claims";
import { cookieNames, cookieOptions } from "@/app/_server/cookies";
import { csrfTokenOf, newCsrfCookie } from "@/app/_server/csrf";
import {
  contentSecurityPolicy,
  nonceHeader,
  pathHeader,
  securityHeaders,
} from "@/app/_server/headers";
import { config as settings } from "@/lib/config";

export const config = {
  // Built files carry no secrets and are cached. The upload is excluded because behind a proxy Next
  // hands on the first 10 MB of a body and says nothing; its route sets these headers itself.
  matcher: ["/((?!_next/static|favicon.ico|icon.svg|api/mapping/upload).*)"],
};

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const elsewhere = canonicalAddress(request);
  if (elsewhere) return leadTo(elsewhere);

  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce, IS_DEVELOPMENT);
  const csrf = newCsrf(request);
  if (csrf) request.cookies.set(cookieNames.csrf(), csrf);

  const inward = new Headers(request.headers);
  inward.set(nonceHeader, nonce);
  inward.set(pathHeader, `${request.nextUrl.pathname}${request.nextUrl.search}`);
  inward.set("Content-Security-Policy", policy);

  const response = NextResponse.next({ request: { headers: inward } });
  for (const [name, value] of Object.entries(securityHeaders())) response.headers.set(name, value);
  response.headers.set("Content-Security-Policy", policy);
  if (csrf) response.cookies.set(cookieNames.csrf(), csrf, cookieOptions());
  if (isPage(request)) await keepSession(request, response);
  return response;
}

/** Set by next.config.js at build time: `next dev` needs eval for its error pages, nothing else does. */
declare const IS_DEVELOPMENT: boolean;

/** Cookies know one name of this machine. Somebody who came by another one is led to it. */
function canonicalAddress(request: NextRequest): URL | null {
  const portal = new URL(settings().portalUrl);
  const host = request.headers.get("host") ?? "";
  const aliases = ["localhost", "127.0.0.1", "[::1]"].map((name) => `${name}:${portal.port}`);
  if (request.method !== "GET" || request.nextUrl.pathname.startsWith("/api/")) return null;
  if (host === portal.host || !aliases.includes(portal.host) || !aliases.includes(host))
    return null;
  return new URL(`${request.nextUrl.pathname}${request.nextUrl.search}`, portal);
}

/** By a page: Next takes all names of this machine for one and would make a redirect lead to itself. */
function leadTo(address: URL): NextResponse {
  const target = address.href.replaceAll("&", "&amp;").replaceAll('"', "%22");
  const page = `<!doctype html><meta http-equiv="refresh" content="0;url=${target}"><title>Moved</title>`;
  return new NextResponse(page, {
    headers: { ...securityHeaders(), "Content-Type": "text/html; charset=utf-8" },
  });
}

function newCsrf(request: NextRequest): string | null {
  if (request.nextUrl.pathname !== "/sign-in") return null;
  const present = csrfTokenOf(request.cookies.get(cookieNames.csrf())?.value);
  return present === null ? newCsrfCookie() : null;
}

/** What a person does counts against idleness; a stream that stays open and health checks do not. */
function isPage(request: NextRequest): boolean {
  return !request.nextUrl.pathname.startsWith("/api/");
}

async function keepSession(request: NextRequest, response: NextResponse): Promise<void> {
  const rolled = await rolledSessionCookie(request.cookies.get(cookieNames.session())?.value);
  if (rolled !== null) {
    response.cookies.set(cookieNames.session(), rolled, {
      ...cookieOptions(),
      maxAge: idleLifetimeSeconds,
    });
  }
  if (request.method === "GET" && request.cookies.has(cookieNames.flash())) {
    // As a bare header: what is set through `cookies` the page would see already, and find no sentence.
    response.headers.append("Set-Cookie", flashRemoval());
  }
}

function flashRemoval(): string {
  const secure = cookieOptions().secure ? "; Secure" : "";
  return `${cookieNames.flash()}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`;
}
