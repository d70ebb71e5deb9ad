/** The audit page: events newest first, and the proof that none was changed. */
import { verifyChain } from "@/lib/core/audit";
import type { AuditFilter, AuditRow } from "@/lib/core/view";
import type { AuditRecord } from "@/lib/ports/portal-records";
import { type KeptAuditHead, keptAuditHead } from "./audit-head";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { demandRole } from "./refusals";

const pageSize = 50;
const dayMs = 24 * 60 * 60_000;
const patienceMs = 20_000;

export function createAuditService({
  store,
  clock,
  staging,
  log,
}: Pick<PortalDeps, "store" | "clock" | "staging" | "log">): PortalServices["audit"] {
  return {
    async list(actor, filter, after) {
      demandRole(actor, "viewAudit");
      const before = after !== null && /^\d{1,18}$/.test(after) ? BigInt(after) : null;
      const found = await store.audit.page(
        actor.tenantId,
        conditionsOf(filter),
        before,
        pageSize + 1,
      );
      const rows = found.slice(0, pageSize).map(toRow);
      const next = found.length > pageSize ? (rows.at(-1)?.sequence ?? null) : null;
      return { rows, next };
    },
    async facets(actor) {
      demandRole(actor, "viewAudit");
      return store.audit.facets(actor.tenantId);
    },
    async verify(actor) {
      demandRole(actor, "viewAudit");
      // The head first: what is appended meanwhile is not asked for.
      const head = await store.audit.head(actor.tenantId);
      const kept = await keptElsewhere(actor.tenantId);
      const heads = kept === null ? [head] : [head, kept.head];
      const verdict = await verifyChain(store.audit.chain(actor.tenantId, head.sequence), ...heads);
      await store.transaction((tx) =>
        tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "audit.verified",
          subject: `tenant:${actor.tenantId}`,
          details: verdict.ok
            ? { ok: true, events: verdict.count }
            : { ok: false, sequence: verdict.sequence.toString() },
          at: clock.now(),
        }),
      );
      return verdict.ok
        ? {
            ok: true,
            events: verdict.count,
            headHash: verdict.head.hash,
            keptOn: kept?.day ?? null,
          }
        : { ok: false, sequence: verdict.sequence.toString(), reason: verdict.reason };
    },
  };

  /** The chain is worth looking at also when the storage is away; the answer says what it was compared with. */
  async function keptElsewhere(tenantId: string): Promise<KeptAuditHead | null> {
    try {
      return await keptAuditHead(staging, tenantId, AbortSignal.timeout(patienceMs));
    } catch (thrown) {
      log.error("audit.keptHeadUnread", {}, thrown);
      return null;
    }
  }
}

function conditionsOf({ actorId, connectorId, day }: AuditFilter) {
  const from = day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(day) : null;
  const isDay = from !== null && !Number.isNaN(from.getTime());
  return {
    actorId: actorId ?? null,
    subject: connectorId === undefined ? null : `connector:${connectorId}`,
    from: isDay ? from : null,
    to: isDay ? new Date(from.getTime() + dayMs) : null,
  };
}

function toRow(event: AuditRecord): AuditRow {
  const { actorId, actorName, action, subject, subjectName, hash } = event;
  return {
    sequence: event.sequence.toString(),
    at: event.at.toISOString(),
    ...{ actorId, actorName, action, subject, subjectName },
    details: detailsOf(event.details),
    hash,
  };
}

/** Somebody who tampered with an event may have left anything; the page that shows it has to stand. */
function detailsOf(json: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>;
  } catch {
    return { unreadable: json };
  }
}
