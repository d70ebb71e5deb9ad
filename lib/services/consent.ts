/** Admin consent: asked for with a single-use secret, proven by a fresh application token. */
import type { Actor } from "@/lib/core/access";
import { sha256Hex } from "@/lib/core/keys";
import type { ConsentView, HandedOverView } from "@/lib/core/wizard-view";
import type { ConsentRecord } from "@/lib/ports/portal-records";
import { completeConsent } from "./consent-callback";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { demandRole, isId } from "./refusals";

const ownMs = 15 * 60_000;
const handedOverMs = 7 * 24 * 60 * 60_000;

export function createConsentService(deps: PortalDeps): PortalServices["consent"] {
  const { store, clock, consentProvider } = deps;
  return {
    async view(actor, signal): Promise<ConsentView> {
      const [proof, handedOver] = await Promise.all([
        consentProvider.proveGrant(signal),
        store.consents.handedOver(actor.tenantId, clock.now()),
      ]);
      return {
        isGranted: proof.isGranted,
        missing: proof.isGranted ? [] : proof.missing,
        handedOver: handedOver.map(({ id, expiresAt }) => {
          return { id, expiresAt: expiresAt.toISOString() };
        }),
      };
    },

    async begin(actor, { connectorId, sessionSecret }) {
      const sessionDigest = sha256Hex(sessionSecret);
      const begun = await request(deps, actor, { kind: "own", connectorId, sessionDigest });
      return { url: consentProvider.consentUrl(begun.secret) };
    },

    async handOver(actor, connectorId) {
      const made = await request(deps, actor, {
        kind: "handedOver",
        connectorId,
        sessionDigest: null,
      });
      return { id: made.id, secret: made.secret, expiresAt: made.expiresAt.toISOString() };
    },

    async revoke(actor, consentId) {
      demandRole(actor, "requestConsent");
      if (!isId(consentId)) return;
      const at = clock.now();
      await store.transaction(async (tx) => {
        if (!(await tx.consents.revoke(actor.tenantId, consentId, at))) return;
        await tx.audit.append(actor.tenantId, {
          actor: auditActor(actor),
          action: "consent.linkRevoked",
          subject: `consent:${consentId}`,
          details: {},
          at,
        });
      });
    },

    async handedOver(secret): Promise<HandedOverView | null> {
      const consent = await findHandedOver(deps, secret);
      if (consent === null) return null;
      return {
        tenantId: deps.tenantId,
        connectorName: consent.connectorName ?? "WhatsApp Archiver",
        requestedBy: consent.requestedByName ?? "",
        permissions: deps.permissions,
        expiresAt: consent.expiresAt.toISOString(),
      };
    },

    /** The link's secret is the state, too: whoever has the one may use the other, once. */
    async followHandedOver(secret) {
      const consent = await findHandedOver(deps, secret);
      return consent === null ? null : { url: consentProvider.consentUrl(secret) };
    },

    complete: (query, sessionSecret, signal) => completeConsent(deps, query, sessionSecret, signal),
  };
}

async function request(
  { store, clock, newId, newSecret }: PortalDeps,
  actor: Actor,
  way: {
    readonly kind: ConsentRecord["kind"];
    readonly connectorId: string | null;
    readonly sessionDigest: string | null;
  },
): Promise<{ readonly id: string; readonly secret: string; readonly expiresAt: Date }> {
  demandRole(actor, "requestConsent");
  const { tenantId } = actor;
  const { kind, connectorId } = way;
  const at = clock.now();
  const id = newId();
  const secret = newSecret();
  const expiresAt = new Date(at.getTime() + (kind === "own" ? ownMs : handedOverMs));
  await store.transaction(async (tx) => {
    const draft = connectorId === null ? await tx.drafts.findOpen(tenantId, actor.id) : null;
    await tx.consents.insert(tenantId, {
      ...{ id, ...way, draftId: draft?.id ?? null, stateDigest: sha256Hex(secret) },
      ...{ requestedById: actor.id, requestedAt: at, expiresAt },
    });
    await tx.audit.append(tenantId, {
      actor: auditActor(actor),
      action: "consent.requested",
      subject: connectorId === null ? `consent:${id}` : `connector:${connectorId}`,
      details: { consentId: id, kind, draftId: draft?.id ?? null },
      at,
    });
  });
  return { id, secret, expiresAt };
}

async function findHandedOver(
  { store, clock, tenantId }: PortalDeps,
  secret: string,
): Promise<ConsentRecord | null> {
  const consent = await store.consents.findByDigest(tenantId, sha256Hex(secret));
  if (consent?.kind !== "handedOver" || consent.state !== "requested") return null;
  return consent.usedAt === null && consent.expiresAt > clock.now() ? consent : null;
}
