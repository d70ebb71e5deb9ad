/** Changes of a connector's state that need nothing but the database. */
import type { Actor } from "@/lib/core/access";
import { canConnectorBecome, type ConnectorState, readConnectorName } from "@/lib/core/connector";
import type { ActionResult } from "@/lib/core/view";
import type { ConnectorRecord } from "@/lib/ports/portal-records";
import type { NewAuditEvent } from "@/lib/ports/portal-ledger";
import type { PortalTables } from "@/lib/ports/portal-store";
import { poke } from "./poke";
import { auditActor, type PortalDeps } from "./portal-deps";
import { done, isId, lacksRole, type Refusal, refused, refusedFields } from "./refusals";

export async function pauseConnector(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
): Promise<ActionResult<null>> {
  return change(deps, actor, connectorId, async (tx, connector, at) => {
    if (connector.state === "paused") return done(null);
    const refusal = cannotBecome(connector.state, "paused");
    if (refusal !== null) return refusal;
    await tx.connectors.save(actor.tenantId, connectorId, { state: "paused" }, at);
    await tx.audit.append(actor.tenantId, event(actor, connectorId, "connector.paused", {}, at));
    return done(null);
  });
}

export async function resumeConnector(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
): Promise<ActionResult<null>> {
  const resumed = await change(deps, actor, connectorId, async (tx, connector, at) => {
    if (connector.state === "active") return done({ runIds: [], laneIds: [] });
    if (connector.state !== "paused") return refused(notByResuming);
    await tx.connectors.save(actor.tenantId, connectorId, { state: "active" }, at);
    const woken = await tx.runs.wake(actor.tenantId, [connectorId]);
    await tx.audit.append(actor.tenantId, event(actor, connectorId, "connector.resumed", {}, at));
    return done(woken);
  });
  if (!resumed.ok) return resumed;
  await poke(deps, resumed.value);
  return done(null);
}

/** History, audit and mail stay; the password is destroyed at once. */
export async function removeConnector(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  typedName: string,
): Promise<ActionResult<null>> {
  return change(deps, actor, connectorId, async (tx, connector, at) => {
    const read = readConnectorName(typedName);
    if (!read.ok || read.name !== connector.name) {
      return refusedFields({ name: `Type the connector's name exactly: ${connector.name}` });
    }
    const { tenantId } = actor;
    await tx.connectors.save(
      tenantId,
      connectorId,
      { state: "deleted", deletedAt: at, credentialId: null, attentionCode: null },
      at,
    );
    if (connector.credentialId !== null) {
      await tx.credentials.remove(tenantId, connector.credentialId);
    }
    const cancelled = await tx.runs.cancelAll(tenantId, connectorId, at);
    const details = { name: connector.name, sourceAccountId: connector.sourceAccountId };
    await tx.audit.append(tenantId, event(actor, connectorId, "connector.deleted", details, at));
    for (const runId of cancelled) {
      const outcome = { runId, outcome: "cancelled" };
      await tx.audit.append(tenantId, event(actor, connectorId, "run.closed", outcome, at));
    }
    return done(null);
  });
}

export async function acknowledgeGap(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  gapId: string,
  reason: string,
): Promise<ActionResult<null>> {
  const why = reason.trim();
  if (why === "") return refusedFields({ reason: "Enter a reason." });
  if (why.length > 500) return refusedFields({ reason: "A reason has at most 500 characters." });
  return change(deps, actor, connectorId, async (tx, _connector, at) => {
    if (!isId(gapId)) return refused(gapGone);
    const acknowledgement = { byId: actor.id, reason: why, at };
    const { tenantId } = actor;
    if (!(await tx.connectors.acknowledgeGap(tenantId, connectorId, gapId, acknowledgement))) {
      return refused(gapGone);
    }
    const details = { gapId, reason: why };
    await tx.audit.append(tenantId, event(actor, connectorId, "gap.acknowledged", details, at));
    return done(null);
  });
}

const gapGone = "Somebody has acknowledged this gap already.";
const notByResuming =
  "The connector waits for what stopped it to be mended. See the advice on its page.";
export const connectorGone = "This connector was deleted.";

/** One change under the connector's lock, by somebody who may. */
export async function change<T>(
  { store, clock }: Pick<PortalDeps, "store" | "clock">,
  actor: Actor,
  connectorId: string,
  run: (tx: PortalTables, connector: ConnectorRecord, at: Date) => Promise<ActionResult<T>>,
): Promise<ActionResult<T>> {
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  if (!isId(connectorId)) return refused(connectorGone);
  const at = clock.now();
  return store.transaction(async (tx) => {
    const connector = await tx.connectors.lock(actor.tenantId, connectorId);
    if (connector === null || connector.state === "deleted") return refused(connectorGone);
    return run(tx, connector, at);
  });
}

export function event(
  actor: Actor,
  connectorId: string,
  action: NewAuditEvent["action"],
  details: NewAuditEvent["details"],
  at: Date,
): NewAuditEvent {
  return { actor: auditActor(actor), action, subject: `connector:${connectorId}`, details, at };
}

function cannotBecome(from: ConnectorState, to: ConnectorState): Refusal | null {
  if (canConnectorBecome(from, to)) return null;
  return refused(
    "The connector stands still already and waits for an administrator. Mend it first.",
  );
}
