/** Who is asking, and the one guard in front of every page. */
import "server-only";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { type ReactNode, cache, createElement } from "react";
import { Refusal } from "@/components/shell/refusal";
import { type Actor, type Permission, mayDo, missingRole } from "@/lib/core/access";
import type { ActorView } from "@/lib/core/view";
import { type SessionClaims, absoluteLifetimeMs, actorOf, readSessionCookie } from "./claims";
import { cookieNames, cookieOptions } from "./cookies";
import { pathHeader } from "./headers";

/** The session of this request; asked once a request however many components want to know. */
const currentClaims = cache(async (): Promise<SessionClaims | null> => {
  const jar = await cookies();
  const claims = await readSessionCookie(jar.get(cookieNames.session())?.value);
  return claims && !isSignedOut(claims.sessionId) ? claims : null;
});

export async function currentActor(): Promise<Actor | null> {
  const claims = await currentClaims();
  return claims && actorOf(claims);
}

/** The person, or the way to sign-in and back to the page that was asked for. */
export async function actorOrSignIn(): Promise<Actor> {
  const actor = await currentActor();
  if (actor) return actor;
  const path = (await headers()).get(pathHeader) ?? "/";
  redirect(path === "/" ? "/sign-in" : `/sign-in?callbackUrl=${encodeURIComponent(path)}`);
}

/** A page for those who may; everybody else reads which role is missing and who can give it. */
export function guardedPage<Props extends object>(
  permission: Permission,
  render: (props: Props & { readonly actor: Actor }) => Promise<ReactNode>,
) {
  return async function GuardedPage(props: Props) {
    const actor = await actorOrSignIn();
    if (!mayDo(actor, permission)) {
      return createElement(Refusal, {
        title: "You cannot open this page",
        message: missingRole(permission),
      });
    }
    return render({ ...props, actor });
  };
}

export function viewOf({ name, upn, roles }: Actor): ActorView {
  return { name, upn, roles, isGlobalAdministrator: roles.includes("GlobalAdministrator") };
}

/**
 * Ends the session. A sealed cookie cannot be called back, so the process remembers the sessions that
 * were ended until they would have been over by themselves.
 */
export async function endSession(): Promise<void> {
  const claims = await currentClaims();
  if (claims) rememberSignedOut(claims.sessionId, claims.signedInAtMs + absoluteLifetimeMs);
  (await cookies()).set(cookieNames.session(), "", { ...cookieOptions(), maxAge: 0 });
}

const shared = globalThis as typeof globalThis & { signedOutSessions?: Map<string, number> };

export function isSignedOut(sessionId: string): boolean {
  return shared.signedOutSessions?.has(sessionId) ?? false;
}

function rememberSignedOut(sessionId: string, untilMs: number): void {
  const sessions = (shared.signedOutSessions ??= new Map());
  for (const [id, until] of sessions) if (until < Date.now()) sessions.delete(id);
  sessions.set(sessionId, untilMs);
}
