/** One item: what is known of it, and its message and record for a reviewer who says why. */
import type { Actor } from "@/lib/core/access";
import type { AuditAction } from "@/lib/core/audit-actions";
import { failures, SyncError } from "@/lib/core/errors";
import { composeOriginal, proven, type Unfounded, type Wanted } from "./original-download";
import { originalView } from "./original-view";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import {
  demandRole,
  done,
  isId,
  lacksRole,
  refused,
  refusedBySyncError,
  refusedFields,
  type Refusal,
} from "./refusals";

const longestReason = 500;

/** Long enough for a browser to begin, too short for an address to be kept. */
const grantLifetimeMs = 2 * 60_000;

type Deps = Pick<PortalDeps, "store" | "staging" | "clock" | "retentionDays" | "log">;

export function createOriginalService(deps: Deps): PortalServices["originals"] {
  const { store, retentionDays } = deps;
  return {
    async view(actor, connectorId, itemId) {
      demandRole(actor, "viewItems");
      if (!isId(connectorId) || !isId(itemId)) return null;
      const { tenantId } = actor;
      const found = await store.originals.find(tenantId, connectorId, itemId, retentionDays);
      return found === null ? null : originalView(found);
    },

    async grant(actor, { reason, ...wanted }, signal) {
      const refusal = lacksRole(actor, "downloadOriginals") ?? refusedReason(reason);
      if (refusal !== null) return refusal;
      if (!isId(wanted.connectorId) || !isId(wanted.itemId)) return refused(noSuchItem);
      const { tenantId } = actor;
      const found = await composeOriginal(deps, tenantId, wanted, signal).catch(refusedBySyncError);
      if ("ok" in found) return found;
      if (found.outcome === "refused") return refused(found.message);
      if (found.outcome === "unfounded") {
        await note(deps, actor, wanted, "original.unfounded", unfoundedDetails(found));
        deps.log.error("original.unfounded", { itemId: wanted.itemId, code: found.code });
        return refused(failures[found.code].advice);
      }
      const details = { reason: reason.trim(), ...found.digest };
      const grant = await note(deps, actor, wanted, "original.downloaded", details);
      return done({ grant: grant.toString() });
    },

    async open(actor, { grant, ...wanted }, signal) {
      demandRole(actor, "downloadOriginals");
      const sha256 = await grantedDigest(deps, actor, wanted, grant);
      if (sha256 === null) return null;
      const found = await composeOriginal(deps, actor.tenantId, wanted, signal);
      if (found.outcome !== "composed") throw new SyncError("StagingCorrupt");
      const { what, itemId } = wanted;
      const isMail = what === "message" || found.isMail;
      return {
        fileName: `${what}-${itemId}.${isMail ? "eml" : "json"}`,
        contentType: isMail ? "message/rfc822" : "application/json",
        sizeBytes: found.digest.sizeBytes,
        bytes: proven(found.bytes(), sha256, async (computed) => {
          const code = "MessageDiffers";
          await note(deps, actor, wanted, "original.unfounded", {
            ...{ code, expected: sha256, computed },
          });
          throw new SyncError(code);
        }),
      };
    },
  };
}

const noSuchItem = "There is no such item.";

function refusedReason(reason: string): Refusal | null {
  const why = reason.trim();
  if (why === "")
    return refusedFields({ reason: "Say why you need it. The audit keeps the reason." });
  return why.length > longestReason
    ? refusedFields({ reason: `A reason has at most ${longestReason} characters.` })
    : null;
}

function unfoundedDetails({ code, expected, computed }: Unfounded) {
  return { code, expected, ...(computed === null ? {} : { computed }) };
}

async function note(
  { store, clock }: Deps,
  actor: Actor,
  { connectorId, itemId, what }: Wanted,
  action: AuditAction,
  details: Readonly<Record<string, string | number>>,
): Promise<bigint> {
  return store.transaction((tx) =>
    tx.audit.append(actor.tenantId, {
      actor: auditActor(actor),
      action,
      subject: `connector:${connectorId}`,
      details: { itemId, what, ...details },
      at: clock.now(),
    }),
  );
}

/** The event that says why is what lets somebody download: the same person, this item, at once. */
async function grantedDigest(
  { store, clock }: Deps,
  actor: Actor,
  { connectorId, itemId, what }: Wanted,
  grant: string,
): Promise<string | null> {
  if (!/^\d{1,18}$/.test(grant)) return null;
  const event = await store.audit.find(actor.tenantId, BigInt(grant));
  if (event?.action !== "original.downloaded" || event.actorId !== actor.id) return null;
  const ageMs = clock.now().getTime() - event.at.getTime();
  const granted = JSON.parse(event.details) as Readonly<Record<string, unknown>>;
  const isThis =
    event.subject === `connector:${connectorId}` &&
    granted["itemId"] === itemId &&
    granted["what"] === what;
  return isThis && ageMs <= grantLifetimeMs ? String(granted["sha256"]) : null;
}
