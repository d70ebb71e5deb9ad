/** What a draft's row means for the order of the steps, and as a page shows it. */
import type { Actor } from "@/lib/core/access";
import type { ActionResult } from "@/lib/core/view";
import type { DraftView } from "@/lib/core/wizard-view";
import {
  type DraftFacts,
  firstOpenStep,
  isOpen,
  openSteps,
  stepTitles,
  type WizardStep,
} from "@/lib/core/wizard";
import type { DraftChange, DraftRecord } from "@/lib/ports/portal-records";
import type { NewAuditEvent } from "@/lib/ports/portal-ledger";
import type { PortalTables } from "@/lib/ports/portal-store";
import { changedElsewhere } from "./changed-elsewhere";
import { auditActor, type PortalDeps } from "./portal-deps";
import { done, type Refusal, refused } from "./refusals";
import { isoOrNull, mappingFileView, sftpView } from "./views";

export function draftFacts(draft: DraftRecord, termsVersion: string): DraftFacts {
  return {
    isTermsAccepted: draft.termsVersion === termsVersion,
    isSignedIn: draft.signedInAt !== null,
    isMappingChosen:
      draft.mappedAt !== null && (draft.automaticMapping || draft.mappingFileId !== null),
    isConsentGranted: draft.consentedAt !== null,
  };
}

export async function draftView(
  { store, termsVersion }: Pick<PortalDeps, "store" | "termsVersion">,
  tenantId: string,
  draft: DraftRecord,
): Promise<DraftView> {
  const facts = draftFacts(draft, termsVersion);
  const { id, version, automaticMapping, mappingFileId, name, timeOfDay, zone } = draft;
  const file = mappingFileId === null ? null : await store.mappings.find(tenantId, mappingFileId);
  return {
    ...{ id, version, automaticMapping, name, timeOfDay, zone },
    openSteps: openSteps(facts),
    firstOpenStep: firstOpenStep(facts),
    terms: termsOf(draft),
    source: sourceOf(draft),
    mappingFile: file === null ? null : mappingFileView(file),
    isMapped: facts.isMappingChosen,
    consentVerifiedAt: isoOrNull(draft.consentVerifiedAt),
  };
}

function termsOf({ termsVersion, termsAcceptedAt }: DraftRecord): DraftView["terms"] {
  if (termsVersion === null || termsAcceptedAt === null) return null;
  return { version: termsVersion, acceptedAt: termsAcceptedAt.toISOString() };
}

function sourceOf(draft: DraftRecord): DraftView["source"] {
  const { sourceUsername, sourceAccountId, sourceAccountName } = draft;
  if (sourceUsername === null || sourceAccountId === null) return null;
  return {
    username: sourceUsername,
    accountId: sourceAccountId,
    accountName: sourceAccountName ?? sourceAccountId,
    sftp: sftpView(draft),
  };
}

/** Locked when asked on a transaction's tables. Refuses an older page and a step that is not open yet. */
export async function draftAtStep(
  tables: Pick<PortalTables, "audit">,
  draft: DraftRecord | null,
  expected: { readonly tenantId: string; readonly version: number; readonly step: WizardStep },
  termsVersion: string,
): Promise<DraftRecord | Refusal> {
  if (draft === null) return refused(noDraft);
  if (draft.version !== expected.version) {
    const subject = `draft:${draft.id}`;
    return changedElsewhere(tables, expected.tenantId, subject, expected.version);
  }
  const facts = draftFacts(draft, termsVersion);
  if (isOpen(expected.step, facts)) return draft;
  return refused(`Complete the step "${stepTitles[firstOpenStep(facts)]}" first.`);
}

export const noDraft =
  "This setup was finished or discarded elsewhere. Begin again with Add connector.";

export type DraftDecision = {
  readonly change: DraftChange;
  readonly action: NewAuditEvent["action"];
  readonly details?: Readonly<Record<string, unknown>>;
  /** What can only go once the draft no longer refers to it. */
  readonly afterwards?: () => Promise<void>;
};

/** One answer of the wizard: checked, saved and audited under the draft's lock. */
export async function answerStep(
  deps: Pick<PortalDeps, "store" | "clock" | "termsVersion">,
  actor: Actor,
  page: { readonly version: number; readonly step: WizardStep },
  decide: (
    tx: PortalTables,
    draft: DraftRecord,
    at: Date,
  ) => DraftDecision | Refusal | Promise<DraftDecision | Refusal>,
): Promise<ActionResult<DraftView>> {
  const { tenantId } = actor;
  const at = deps.clock.now();
  const refusal = await deps.store.transaction(async (tx) => {
    const locked = await tx.drafts.lockOpen(tenantId, actor.id);
    const draft = await draftAtStep(tx, locked, { tenantId, ...page }, deps.termsVersion);
    if ("ok" in draft) return draft;
    const decision = await decide(tx, draft, at);
    if ("ok" in decision) return decision;
    await tx.drafts.save(tenantId, draft.id, decision.change, at);
    await decision.afterwards?.();
    await tx.audit.append(tenantId, {
      actor: auditActor(actor),
      action: decision.action,
      subject: `draft:${draft.id}`,
      details: { ...decision.details, version: draft.version + 1 },
      at,
    });
    return null;
  });
  if (refusal !== null) return refusal;
  const saved = await deps.store.drafts.findOpen(tenantId, actor.id);
  return saved === null ? refused(noDraft) : done(await draftView(deps, tenantId, saved));
}
