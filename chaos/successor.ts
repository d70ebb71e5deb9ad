/** The wizard from its first step to Finish, as somebody goes through it who has deleted the connector. */
import type { Actor } from "@/lib/core/access";
import type { DropServer } from "./drop-server";
import type { Installation } from "./installation";
import type { SftpSignIn } from "@/lib/services/sign-in-input";
import { uploadMapping } from "./mapping";
import type { MappingState } from "./people";
import type { Plan } from "./plan";
import { username } from "./world";

type Answers = { readonly password: string; readonly mapping: MappingState };

type Refused = { readonly ok: false };
type Done = { readonly ok: true } & (
  { readonly isNew: true; readonly connectorId: string } | { readonly isNew: false }
);

/** @returns the first refusal, or that there is a connector again */
export async function makeSuccessor(
  { portal: { wizard, mappings }, ledger, drop }: Installation,
  actor: Actor,
  { cast, connector: { timeOfDay } }: Plan,
  { password, mapping }: Answers,
): Promise<Refused | Done> {
  // Whoever was told "try again" by a Finish that was carried out has one already.
  const live = await ledger.rows(`SELECT 1 FROM "Connector" WHERE "state" <> 'DELETED'`);
  if (live.length > 0) return { ok: true, isNew: false };
  const patience = AbortSignal.timeout(20_000);
  const opened = await wizard.openDraft(actor);
  const accepted = await wizard.acceptTerms(actor, opened.version);
  if (!accepted.ok) return accepted;
  const { version } = accepted.value;
  const credential = drop === null ? { username, password } : typedFor(drop);
  const signedIn = await wizard.signIn(actor, version, credential, patience);
  if (!signedIn.ok) return signedIn;
  const uploaded = await uploadMapping(mappings, actor, cast, { ...mapping, connectorId: null });
  if (!uploaded.ok) return uploaded;
  // An upload for the draft is a change of it.
  const draft = (await wizard.findDraft(actor)) ?? signedIn.value;
  const mapped = await wizard.saveMapping(actor, draft.version, {
    ...{ automaticMapping: true, mappingFileId: uploaded.value.id, leavesBadLinesOut: true },
  });
  if (!mapped.ok) return mapped;
  const consented = await wizard.confirmConsent(actor, mapped.value.version, patience);
  if (!consented.ok) return consented;
  const answers = { name: "Chaos", timeOfDay, zone: "UTC" };
  const finished = await wizard.finish(actor, consented.value.version, answers);
  return finished.ok ? { ok: true, isNew: true, ...finished.value } : finished;
}

function typedFor(drop: DropServer): SftpSignIn {
  return {
    ...{ delivery: "SFTP", host: "127.0.0.1", port: String(drop.port), folder: drop.folder },
    ...{ username: drop.username, password: "", privateKey: drop.privateKey(), passphrase: "" },
    ...{ hostKey: drop.hostKey(), movesFinishedFiles: drop.movesFinishedFiles },
  };
}
