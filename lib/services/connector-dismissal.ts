/** What nobody could import: given up with a reason, or about to lose its original. */
import type { Actor } from "@/lib/core/access";
import { warnedDays } from "@/lib/core/retention";
import type { ActionResult, ConnectorDetail } from "@/lib/core/view";
import { change, event } from "./connector-state";
import type { PortalDeps } from "./portal-deps";
import { done, isId, refused, refusedFields } from "./refusals";

const longestReason = 500;
const countedAtMost = 1_000;
const dayMs = 24 * 60 * 60_000;

/** It still counts as failed; its original goes when its time is over, and until then a retry brings it back. */
export async function dismissDelivery(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  deliveryId: string,
  reason: string,
): Promise<ActionResult<null>> {
  const why = reason.trim();
  if (why === "") return refusedFields({ reason: "Say why the item need not be imported." });
  if (why.length > longestReason) {
    return refusedFields({ reason: `A reason has at most ${longestReason} characters.` });
  }
  return change(deps, actor, connectorId, async (tx, _connector, at) => {
    const { tenantId } = actor;
    const dismissal = { byId: actor.id, reason: why, at };
    const dismissed = isId(deliveryId)
      ? await tx.items.dismiss(tenantId, connectorId, deliveryId, dismissal)
      : null;
    if (dismissed === null) return refused(notFailed);
    const details = { deliveryId, ...dismissed, reason: why };
    await tx.audit.append(tenantId, event(actor, connectorId, "delivery.dismissed", details, at));
    return done(null);
  });
}

const notFailed = "This item has not failed any more, or somebody has dismissed it already.";

export async function readExpiring(
  { store, retentionDays }: Pick<PortalDeps, "store" | "retentionDays">,
  tenantId: string,
  connectorId: string,
  now: Date,
): Promise<ConnectorDetail["expiring"]> {
  const { items, first } = await store.items.expiring(tenantId, connectorId, {
    ...{ retentionDays, limit: countedAtMost + 1 },
    until: new Date(now.getTime() + warnedDays * dayMs),
  });
  if (first === null) return null;
  const isMore = items > countedAtMost;
  const where = { firstAt: first.at.toISOString(), firstRunId: first.runId };
  return { items: Math.min(items, countedAtMost), isMore, ...where };
}
