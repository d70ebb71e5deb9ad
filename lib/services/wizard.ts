/** The wizard up to its last step: every answer is kept at once, in the order of the steps. */
import { stepsInvalidatedBy } from "@/lib/core/wizard";
import type { DraftRecord, MappingFileRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { demandRole, lacksRole, refused, refusedBySyncError, refusedFields } from "./refusals";
import {
  accountInUse,
  credentialContext,
  credentialFields,
  signInToSource,
} from "./source-sign-in";
import { finishWizard } from "./wizard-finish";
import { answerStep, draftAtStep, draftView } from "./wizard-steps";

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

    signIn: (actor, version, input, signal) => signIn(deps, actor, version, input, signal),

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

async function signIn(
  deps: PortalDeps,
  ...[actor, version, input, signal]: Parameters<PortalServices["wizard"]["signIn"]>
): ReturnType<PortalServices["wizard"]["signIn"]> {
  const { store, secretBox, termsVersion, newId } = deps;
  const { tenantId } = actor;
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  const username = input.username.trim();
  const fields = credentialFields({ username, password: input.password });
  if (fields !== null) return refusedFields(fields);
  const page = { tenantId, version, step: "sign-in" } as const;
  const open = await store.drafts.findOpen(tenantId, actor.id);
  const before = await draftAtStep(store, open, page, termsVersion);
  if ("ok" in before) return before;

  const credential = { delivery: "API", username, password: input.password } as const;
  const signedIn = await signInToSource(deps, actor, `draft:${before.id}`, credential, signal);
  if (!signedIn.ok) return signedIn;
  const account = signedIn.value;
  const live = await store.connectors.findLiveByAccount(tenantId, account.id);
  if (live !== null) return refused(accountInUse(live.name));

  return answerStep(deps, actor, page, async (tx, draft, at) => {
    const credentialId = newId();
    const sealed = secretBox.seal(input.password, credentialContext(tenantId, credentialId));
    await tx.credentials.insert(tenantId, credentialId, sealed, at);
    const isOther = draft.sourceAccountId !== null && draft.sourceAccountId !== account.id;
    const asksAgain = isOther ? stepsInvalidatedBy("sourceAccountChanged") : [];
    return {
      change: {
        ...{ sourceUsername: username, sourceAccountId: account.id },
        ...{ sourceAccountName: account.name, credentialId, signedInAt: at },
        ...(asksAgain.includes("user-mapping") ? { mappedAt: null } : {}),
        ...(asksAgain.includes("admin-consent") ? { consentedAt: null } : {}),
      },
      action: "draft.signedIn",
      details: { sourceAccountId: account.id, isOtherAccount: isOther },
      afterwards: () => removeCredential(tx, tenantId, draft.credentialId),
    };
  });
}

/** After nothing refers to it any more. */
async function removeCredential(
  tx: PortalTables,
  tenantId: string,
  credentialId: string | null,
): Promise<void> {
  if (credentialId !== null) await tx.credentials.remove(tenantId, credentialId);
}
