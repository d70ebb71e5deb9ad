/** The step "Login to TeleMessage": nothing is kept that the source has not let in a moment ago. */
import type { Actor } from "@/lib/core/access";
import { isSamePlace, readSftpPlace } from "@/lib/core/delivery";
import type { ActionResult } from "@/lib/core/view";
import type { DraftView } from "@/lib/core/wizard-view";
import type { DraftRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import type { SourceCredential } from "@/lib/ports/source";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { lacksRole, type Refusal, refused, refusedFields } from "./refusals";
import { withSecrets } from "./sftp-secrets";
import type { ApiSignIn, SftpSignIn } from "./sign-in-input";
import { columnsOf, credentialContext, keptCredential, secretsOf } from "./source-credential";
import { accountInUse, credentialFields, signInToSource } from "./source-sign-in";
import { answerStep, draftAtStep } from "./wizard-steps";

export async function signInAtStep(
  deps: PortalDeps,
  ...[actor, version, input, signal]: Parameters<PortalServices["wizard"]["signIn"]>
): Promise<ActionResult<DraftView>> {
  const { store, secretBox, termsVersion, newId } = deps;
  const { tenantId } = actor;
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  const page = { tenantId, version, step: "sign-in" } as const;
  const open = await store.drafts.findOpen(tenantId, actor.id);
  const typed =
    input.delivery === "SFTP" ? await readSftp(deps, actor, open, input) : readApi(input);
  if ("ok" in typed) return typed;
  const before = await draftAtStep(store, open, page, termsVersion);
  if ("ok" in before) return before;

  const signedIn = await signInToSource(deps, actor, `draft:${before.id}`, typed, signal);
  if (!signedIn.ok) return signedIn;
  const account = signedIn.value;
  const live = await store.connectors.findLiveByAccount(tenantId, account.id);
  if (live !== null) return refused(accountInUse(live.name));

  return answerStep(deps, actor, page, async (tx, draft, at) => {
    const credentialId = newId();
    const sealed = secretBox.seal(secretsOf(typed), credentialContext(tenantId, credentialId));
    await tx.credentials.insert(tenantId, credentialId, sealed, at);
    const isOther = draft.sourceAccountId !== null && draft.sourceAccountId !== account.id;
    const { delivery, sftpHostKey } = columnsOf(typed);
    return {
      change: {
        ...{ ...columnsOf(typed), sourceAccountId: account.id },
        ...{ sourceAccountName: account.name, credentialId, signedInAt: at },
        // Another account archives other people. Consent belongs to the tenant, whatever the source.
        ...(isOther ? { mappedAt: null } : {}),
      },
      action: "draft.signedIn",
      details: {
        ...{ sourceAccountId: account.id, isOtherAccount: isOther },
        ...(sftpHostKey === null ? {} : { delivery, hostKey: sftpHostKey }),
      },
      afterwards: () => removeCredential(tx, tenantId, draft.credentialId),
    };
  });
}

/** After nothing refers to it any more. */
export async function removeCredential(
  tx: PortalTables,
  tenantId: string,
  credentialId: string | null,
): Promise<void> {
  if (credentialId !== null) await tx.credentials.remove(tenantId, credentialId);
}

function readApi(input: ApiSignIn): SourceCredential | Refusal {
  const username = input.username.trim();
  const fields = credentialFields({ username, password: input.password });
  return fields === null
    ? { delivery: "API", username, password: input.password }
    : refusedFields(fields);
}

async function readSftp(
  deps: PortalDeps,
  actor: Actor,
  draft: DraftRecord | null,
  input: SftpSignIn,
): Promise<SourceCredential | Refusal> {
  const read = readSftpPlace(input);
  if ("fields" in read) return refusedFields(read.fields);
  const kept = draft === null ? null : await keptCredential(deps, actor.tenantId, draft);
  const isKept = kept?.delivery === "SFTP" && isSamePlace(kept, read.place);
  const secrets = withSecrets(input, isKept ? kept : null);
  if ("ok" in secrets) return secrets;
  const { movesFinishedFiles } = input;
  return { delivery: "SFTP", ...read.place, ...secrets, movesFinishedFiles };
}
