/** What the session cookie holds, and for how long it is believed. */
import { type JWT, decode, encode } from "next-auth/jwt";
import { z } from "zod";
import { config } from "@/lib/config";
import type { Actor } from "@/lib/core/access";

export const absoluteLifetimeMs = 8 * 60 * 60_000;
export const idleLifetimeSeconds = 60 * 60;

/** Rolling the cookie on every request would write it dozens of times a page. */
const rolledAfterSeconds = 60;

const claimsSchema = z.object({
  sessionId: z.string().min(1),
  tenantId: z.string().min(1),
  id: z.string().min(1),
  name: z.string(),
  upn: z.string(),
  roles: z.array(
    z.enum(["Connector.Admin", "Connector.Auditor", "Connector.Reviewer", "GlobalAdministrator"]),
  ),
  signedInAtMs: z.number(),
});

export type SessionClaims = z.infer<typeof claimsSchema>;

export function actorOf(claims: SessionClaims): Actor {
  const { tenantId, id, name, upn, roles } = claims;
  return { tenantId, id, name, upn, roles };
}

/** The claims of a cookie that is still good; null for anything else, expired ones included. */
export async function readSessionCookie(value: string | undefined): Promise<SessionClaims | null> {
  const token = await opened(value);
  return token && !isTooOld(token) ? (claimsSchema.safeParse(token).data ?? null) : null;
}

/**
 * The same session with its idle time begun anew; null when there is nothing to write: no session,
 * one that is over, or one that was written a moment ago.
 */
export async function rolledSessionCookie(value: string | undefined): Promise<string | null> {
  const token = await opened(value);
  if (!token || isTooOld(token)) return null;
  const writtenAt = typeof token["iat"] === "number" ? token["iat"] : 0;
  if (Date.now() / 1000 - writtenAt < rolledAfterSeconds) return null;
  return encode({ token, secret: config().sessionSecret, maxAge: idleLifetimeSeconds });
}

function isTooOld(token: JWT): boolean {
  const signedInAtMs = claimsSchema.safeParse(token).data?.signedInAtMs ?? 0;
  return Date.now() - signedInAtMs > absoluteLifetimeMs;
}

/** A cookie that somebody made up or changed is no cookie. */
async function opened(value: string | undefined): Promise<JWT | null> {
  if (!value) return null;
  return decode({ token: value, secret: config().sessionSecret }).catch(() => null);
}
