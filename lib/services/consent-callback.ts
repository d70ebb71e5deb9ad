/** What comes back from Microsoft Entra. Nothing in the address is believed but the secret we made. */
import type { AuditActor } from "@/lib/core/audit";
import { failures, SyncError } from "@/lib/core/errors";
import { sha256Hex } from "@/lib/core/keys";
import type { ConsentRecord } from "@/lib/ports/portal-records";
import { poke } from "./poke";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { done, refused } from "./refusals";

type Complete = PortalServices["consent"]["complete"];
type Query = Parameters<Complete>[0];

export async function completeConsent(
  deps: PortalDeps,
  ...[query, sessionSecret, signal]: Parameters<Complete>
): ReturnType<Complete> {
  const { store, clock, tenantId } = deps;
  const unknown = { kind: "unknown", connectorId: null } as const;
  if (query.state === null) return { ...unknown, result: refused(notAsked) };
  const stateDigest = sha256Hex(query.state);
  const sessionDigest = sessionSecret === null ? null : sha256Hex(sessionSecret);
  const consent = await store.consents.use(tenantId, stateDigest, sessionDigest, clock.now());
  if (consent === null) {
    const known = await store.consents.findByDigest(tenantId, stateDigest);
    if (known === null) return { ...unknown, result: refused(notAsked) };
    const { kind, connectorId } = known;
    return { kind, connectorId, result: refused(whyUnusable(known, clock.now())) };
  }
  const { kind, connectorId } = consent;
  const failure = failureOf(query, tenantId) ?? (await flawOfProof(deps, signal));
  if (failure !== null) {
    await recordFailure(deps, consent, failure);
    return { kind, connectorId, result: refused(failure.message) };
  }
  const woken = await recordGrant(deps, tenantId, whoAnswered(consent), consent);
  await poke(deps, woken);
  return { kind, connectorId, result: done(null) };
}

const notAsked =
  "This answer from Microsoft Entra belongs to no request of this portal. Go to the step Admin consent and choose Grant admin consent.";

function whyUnusable(consent: ConsentRecord, now: Date): string {
  if (consent.reason === "revoked") return "This link was withdrawn. Ask for a new one.";
  if (consent.usedAt !== null) {
    return "This answer was used already; it counts once. If consent is still missing, choose Grant admin consent again.";
  }
  if (consent.expiresAt <= now) {
    return consent.kind === "own"
      ? "The request for consent is older than 15 minutes. Choose Grant admin consent again."
      : "This link is older than 7 days. Ask for a new one.";
  }
  return "This answer belongs to another browser session. Choose Grant admin consent again in this one.";
}

type Failure = {
  readonly state: "declined" | "failed";
  readonly reason: string;
  readonly message: string;
};

/** Entra adds admin_consent=True to errors, too; only the error and the tenant say anything. */
function failureOf({ error, errorDescription, tenant }: Query, tenantId: string): Failure | null {
  if (error !== null) {
    const code = /AADSTS\d{4,8}/.exec(errorDescription ?? "")?.[0] ?? null;
    if (code === "AADSTS90094") {
      const message =
        "Only a Global Administrator or Privileged Role Administrator can grant admin consent, and the account used is neither. Nothing was lost: ask one of them, or hand the link over.";
      return { state: "failed", reason: "notAdministrator", message };
    }
    if (
      error === "access_denied" ||
      error === "permission_denied" ||
      error === "consent_required"
    ) {
      const message =
        "Admin consent was declined. Nothing was lost: choose Grant admin consent when you are ready.";
      return { state: "declined", reason: "declined", message };
    }
    const message = `Microsoft Entra did not grant consent (${code ?? "no reason given"}). Nothing was lost: try again, and look the code up if it comes back.`;
    return { state: "failed", reason: code ?? "refused", message };
  }
  if (tenant?.toLowerCase() === tenantId.toLowerCase()) return null;
  const message =
    "Consent was given in another organization. Choose Grant admin consent again and sign in with an account of the organization this portal serves.";
  return { state: "failed", reason: "wrongTenant", message };
}

async function flawOfProof(
  { consentProvider }: PortalDeps,
  signal: AbortSignal,
): Promise<Failure | null> {
  try {
    const proof = await consentProvider.proveGrant(signal);
    if (proof.isGranted) return null;
    const message = `Microsoft Entra took the consent, but a new token does not carry it yet (missing: ${proof.missing.join(", ")}). That can take a minute. Choose Next then, or grant it again.`;
    return { state: "failed", reason: "notProven", message };
  } catch (thrown) {
    if (!(thrown instanceof SyncError)) throw thrown;
    const message =
      thrown.code === "AppSecretRefused"
        ? failures.AppSecretRefused.advice
        : "Microsoft Entra took the consent, but could not be asked for the proof. Choose Next in a minute.";
    return { state: "failed", reason: thrown.code, message };
  }
}

async function recordFailure(
  { store, clock, tenantId }: PortalDeps,
  consent: ConsentRecord,
  { state, reason }: Failure,
): Promise<void> {
  const at = clock.now();
  await store.transaction(async (tx) => {
    await tx.consents.settle(tenantId, consent.id, state, reason);
    await tx.audit.append(tenantId, {
      actor: whoAnswered(consent),
      action: "consent.declined",
      subject: subjectOf(consent),
      details: { consentId: consent.id, reason },
      at,
    });
  });
}

/** A proven grant holds for the whole tenant: every connector that waited for it goes on. */
async function recordGrant(
  { store, clock }: PortalDeps,
  tenantId: string,
  actor: AuditActor,
  consent: ConsentRecord,
): ReturnType<PortalDeps["store"]["runs"]["wake"]> {
  const at = clock.now();
  return store.transaction(async (tx) => {
    await tx.consents.settle(tenantId, consent.id, "granted", null);
    if (consent.draftId !== null) {
      const draft = await tx.drafts.findOpen(tenantId, consent.requestedById);
      if (draft?.id === consent.draftId) {
        const change = { consentVerifiedAt: at };
        await tx.drafts.save(tenantId, draft.id, change, at, { keepsVersion: true });
      }
    }
    // The token that proved the grant was given for our secret, too.
    const waiting = [
      ...(await tx.connectors.lockWaitingFor(tenantId, "ConsentRevoked")),
      ...(await tx.connectors.lockWaitingFor(tenantId, "AppSecretRefused")),
    ];
    for (const { id } of waiting) {
      const change = { state: "active", attentionCode: null, attentionAt: null } as const;
      await tx.connectors.save(tenantId, id, change, at);
    }
    const woken = await tx.runs.wake(
      tenantId,
      waiting.map(({ id }) => id),
    );
    await tx.audit.append(tenantId, {
      actor,
      action: "consent.granted",
      subject: subjectOf(consent),
      details: { consentId: consent.id },
      at,
    });
    for (const { id, attentionCode } of waiting) {
      const details = { code: attentionCode };
      const event = { actor, action: "connector.mended", details, at } as const;
      await tx.audit.append(tenantId, { ...event, subject: `connector:${id}` });
    }
    return woken;
  });
}

/** Of a handed-over link nobody knows who followed it, only who handed it over. */
function whoAnswered({ kind, id, requestedById, requestedByName }: ConsentRecord): AuditActor {
  return kind === "own"
    ? { id: requestedById, name: requestedByName ?? requestedById }
    : { id: `consent:${id}`, name: "Handed-over consent link" };
}

function subjectOf({ id, connectorId }: ConsentRecord): string {
  return connectorId === null ? `consent:${id}` : `connector:${connectorId}`;
}
