/** The wizard up to its last step: every answer is kept at once, in the order of the steps. */
import type { MappingFileRecord } from "@/lib/ports/mapping-records";
import type { DraftRecord } from "@/lib/ports/portal-records";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { demandRole, lacksRole, refused, refusedBySyncError } from "./refusals";
import { finishWizard } from "./wizard-finish";
import { removeCredential, signInAtStep } from "./wizard-sign-in";
import { answerStep, draftView } from "./wizard-steps";

export function createWizardService(
  deps: PortalDeps,
  mappings: PortalServices["mappings"],
): PortalServices["wizard"] {
  const { store, clock, termsVersion, newId } = deps;
  return {
    async openDraft(actor) {
      demandRole(actor, "manageConnectors");
      await store.drafts.open(actor.tenantId, { id: newId(), userId: actor.id }, clock.now());
      const draft = await store.drafts.findOpen(actor.tenantId, actor.id);
      if (draft === null) throw new Error("The draft was ended while it was opened");
      return draftView(deps, actor.tenantId, draft);
    },

    async findDraft(actor) {
      const draft = await store.drafts.findOpen(actor.tenantId, actor.id);
      return draft === null ? null : draftView(deps, actor.tenantId, draft);
    },

    async acceptTerms(actor, version) {
      const refusal = lacksRole(actor, "manageConnectors");
      if (refusal !== null) return refusal;
      return answerStep(deps, actor, { version, step: "terms" }, (_tx, _draft, at) => ({
        change: { termsVersion, termsAcceptedAt: at },
        action: "draft.termsAccepted",
        details: { termsVersion },
      }));
    },

    signIn: (...input) => signInAtStep(deps, ...input),

    async saveMapping(actor, version, input) {
      const refusal = lacksRole(actor, "manageConnectors");
      if (refusal !== null) return refusal;
      return answerStep(deps, actor, { version, step: "user-mapping" }, async (tx, draft, at) => {
        const { automaticMapping, mappingFileId, leavesBadLinesOut } = input;
        if (!automaticMapping && mappingFileId === null) return refused(oneOfTheTwo);
        if (mappingFileId !== null) {
          const file = await fileOfDraft(tx.mappings, actor.tenantId, draft, mappingFileId);
          if (file === null) return refused(fileReplaced);
          const flaw = flawOfFile(file, input);
          if (flaw !== null) return refused(flaw);
          await tx.mappings.setLeavesBadLinesOut(actor.tenantId, file.id, leavesBadLinesOut);
        }
        return {
          change: { automaticMapping, mappingFileId, mappedAt: at },
          action: "draft.mappingChanged",
          details: { automaticMapping, mappingFileId, leavesBadLinesOut },
          afterwards: async () => {
            const dropped = mappingFileId === null ? draft.mappingFileId : null;
            if (dropped !== null) await tx.mappings.remove(actor.tenantId, dropped);
          },
        };
      });
    },

    async confirmConsent(actor, version, signal) {
      const refusal = lacksRole(actor, "manageConnectors");
      if (refusal !== null) return refusal;
      try {
        const proof = await deps.consentProvider.proveGrant(signal);
        if (!proof.isGranted) return refused(notGranted(proof.missing));
      } catch (thrown) {
        return refusedBySyncError(thrown);
      }
      return answerStep(deps, actor, { version, step: "admin-consent" }, (_tx, _draft, at) => ({
        change: { consentVerifiedAt: at, consentedAt: at },
        action: "draft.consentConfirmed",
      }));
    },

    finish: (actor, version, input) => finishWizard(deps, mappings, actor, version, input),

    async discard(actor) {
      demandRole(actor, "manageConnectors");
      const { tenantId } = actor;
      const at = clock.now();
      await store.transaction(async (tx) => {
        const draft = await tx.drafts.lockOpen(tenantId, actor.id);
        if (draft === null) return;
        const change = { state: "abandoned", credentialId: null, mappingFileId: null } as const;
        await tx.drafts.save(tenantId, draft.id, change, at);
        await removeCredential(tx, tenantId, draft.credentialId);
        if (draft.mappingFileId !== null) await tx.mappings.remove(tenantId, draft.mappingFileId);
        await tx.audit.append(tenantId, {
          actor: auditActor(actor),
          action: "draft.deleted",
          subject: `draft:${draft.id}`,
          details: { version: draft.version + 1 },
          at,
        });
      });
    },
  };
}

const oneOfTheTwo = "Enable automatic user mapping or upload a mapping file.";
const fileReplaced =
  "This mapping file was replaced or removed elsewhere. Reload the page, or upload it again.";

function notGranted(missing: readonly string[]): string {
  return `Admin consent has not been granted yet (missing: ${missing.join(", ")}). A Global Administrator must grant it first; after that it can take a minute until Microsoft Entra knows it everywhere.`;
}

async function fileOfDraft(
  mappings: PortalDeps["store"]["mappings"],
  tenantId: string,
  draft: DraftRecord,
  mappingFileId: string,
): Promise<MappingFileRecord | null> {
  return mappingFileId === draft.mappingFileId ? mappings.find(tenantId, mappingFileId) : null;
}

/** Why a file cannot be used as it is, in words; unknown mailboxes are Finish's business. */
function flawOfFile(
  file: MappingFileRecord,
  choice: { readonly automaticMapping: boolean; readonly leavesBadLinesOut: boolean },
): string | null {
  if (file.state !== "checked") return "This mapping file cannot be used. Upload another one.";
  if (file.errors > 0 && !choice.leavesBadLinesOut) {
    return "The mapping file has lines with errors. Mend them and upload the file again, or choose to leave the bad lines out.";
  }
  if (file.entries === 0 && !choice.automaticMapping) {
    return "The mapping file has no line that can be used. Mend it, or enable automatic user mapping.";
  }
  return null;
}
