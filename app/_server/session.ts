/** Who is asking, and the one guard in front of every page. */
import "server-only";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { type ReactNode, cache, createElement } from "react";
import { Refusal } from "@/components/shell/refusal";
import { type Actor, type Permission, mayDo, missingRole } from "@/lib/core/access";
import type { ActorView } from "@/lib/core/view";
import { portal } from "@/lib/wiring";
import { type SessionClaims, absoluteLifetimeMs, actorOf, readSessionCookie } from "./claims";
import { cookieNames, cookieOptions } from "./cookies";
import { pathHeader } from "./headers";

/** The session of this request; asked once a request however many components want to know. */
const currentClaims = cache(async (): Promise<SessionClaims | null> => {
  const jar = await cookies();
  const claims = await readSessionCookie(jar.get(cookieNames.session())?.value);
  return claims && !(await isSignedOut(claims)) ? claims : null;
});

/** A sealed cookie cannot be called back, so the ledger remembers the sessions that were ended. */
export function isSignedOut({ tenantId, sessionId }: SessionClaims): Promise<boolean> {
  return portal().session.isEnded(tenantId, sessionId);
}

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

/** Takes the cookie away and tells who was signed in, for the service to refuse the session from now on. */
export async function endSession(): Promise<EndedSession | null> {
  const claims = await currentClaims();
  (await cookies()).set(cookieNames.session(), "", { ...cookieOptions(), maxAge: 0 });
  if (claims === null) return null;
  const until = new Date(claims.signedInAtMs + absoluteLifetimeMs);
  return { actor: actorOf(claims), session: { id: claims.sessionId, until } };
}

export type EndedSession = {
  readonly actor: Actor;
  readonly session: { readonly id: string; readonly until: Date };
};
