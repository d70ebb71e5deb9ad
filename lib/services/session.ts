/** Who came, who left, and who was sent away. */
import type { PortalDeps } from "./portal-deps";
import { auditActor } from "./portal-deps";
import type { PortalServices } from "./portal";

/** A script that keeps asking fills no chain. */
const deniedAgainMs = 60_000;

export function createSessionService({
  store,
  clock,
}: Pick<PortalDeps, "store" | "clock">): PortalServices["session"] {
  const deniedAt = new Map<string, number>();
  return {
    async signedIn(actor) {
      const at = clock.now();
      await store.transaction(async (tx) => {
        await tx.people.remember(actor.tenantId, actor, at);
        await tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "session.signedIn",
          subject: `user:${actor.id}`,
          details: { roles: actor.roles },
          at,
        });
      });
    },
    async signedOut(actor, session) {
      const at = clock.now();
      await store.transaction(async (tx) => {
        await tx.people.endSession(actor.tenantId, session.id, session.until, at);
        await tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "session.signedOut",
          subject: `user:${actor.id}`,
          details: {},
          at,
        });
      });
    },
    isEnded: (tenantId, sessionId) => store.people.isSessionEnded(tenantId, sessionId),
    async denied(actor, permission) {
      const at = clock.now();
      const told = `${actor.tenantId} ${actor.id} ${permission}`;
      for (const [key, before] of deniedAt) {
        if (at.getTime() - before >= deniedAgainMs) deniedAt.delete(key);
      }
      if (deniedAt.has(told)) return;
      deniedAt.set(told, at.getTime());
      await store.transaction((tx) =>
        tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "access.denied",
          subject: `user:${actor.id}`,
          details: { permission, roles: actor.roles },
          at,
        }),
      );
    },
    async refused(actor) {
      await store.transaction((tx) =>
        tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "session.refused",
          subject: `user:${actor.id}`,
          details: { upn: actor.upn },
          at: clock.now(),
        }),
      );
    },
  };
}
