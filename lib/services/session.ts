/** Who came, who left, and who was sent away. */
import type { PortalDeps } from "./portal-deps";
import { auditActor } from "./portal-deps";
import type { PortalServices } from "./portal";

export function createSessionService({
  store,
  clock,
}: Pick<PortalDeps, "store" | "clock">): PortalServices["session"] {
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
