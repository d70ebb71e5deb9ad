/** Edit: what is left blank stays, a new credential must open the same account, and a repair sets the connector going. */
import type { Actor } from "@/lib/core/access";
import { failures, isFailureCode } from "@/lib/core/errors";
import { readSizeLimit } from "@/lib/core/size-limit";
import type { ActionResult } from "@/lib/core/view";
import type { ConnectorChange, ConnectorRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import type { SourceCredential } from "@/lib/ports/source";
import { changedElsewhere } from "./changed-elsewhere";
import { mappingInForce, type MappingChoice } from "./connector-mapping";
import { change, connectorGone, event } from "./connector-state";
import { poke } from "./poke";
import type { PortalServices } from "./portal";
import { type PortalDeps, resolveAnewQuietly } from "./portal-deps";
import { done, isId, lacksRole, type Refusal, refused, refusedFields } from "./refusals";
import { withSecrets } from "./sftp-secrets";
import { columnsOf, credentialContext, keptCredential, secretsOf } from "./source-credential";
import { credentialFields, signInToSource } from "./source-sign-in";
import { nameTaken, readProperties } from "./wizard-finish";

type Input = Parameters<PortalServices["connectors"]["edit"]>[3];

const notALimit = "Enter a whole number of MB from 1 to 150.";

const anotherAccount = "This is another TeleMessage account. Create a new connector for it.";

export async function editConnector(
  deps: PortalDeps,
  mappings: PortalServices["mappings"],
  actor: Actor,
  connectorId: string,
  version: number,
  input: Input,
  signal: AbortSignal,
): Promise<ActionResult<null>> {
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  const { store } = deps;
  const { tenantId } = actor;
  const before = isId(connectorId) ? await store.connectors.find(tenantId, connectorId) : null;
  if (before === null || before.state === "deleted") return refused(connectorGone);
  const subject = `connector:${connectorId}`;
  if (before.version !== version) return changedElsewhere(store, tenantId, subject, version);
  const typed = readProperties(input);
  const sizeLimitBytes = readSizeLimit(input.sizeLimit);
  if ("ok" in typed || sizeLimitBytes === null) {
    const fields = "ok" in typed ? typed.fields : {};
    const more = sizeLimitBytes === null ? { sizeLimit: notALimit } : {};
    return refusedFields({ ...fields, ...more });
  }
  const { largeAttachments } = input;
  const movesFinishedFiles = input.sftp?.movesFinishedFiles ?? before.movesFinishedFiles;
  const properties = { ...typed, sizeLimitBytes, largeAttachments, movesFinishedFiles };
  const mapping = await mappingInForce(deps, mappings, actor, before, input, signal);
  if ("ok" in mapping) return mapping;
  const credential = await provenCredential(deps, actor, before, input, signal);
  if (credential !== null && "ok" in credential) return credential;

  const edited = await change(deps, actor, connectorId, async (tx, connector, at) => {
    if (connector.version !== version) return changedElsewhere(tx, tenantId, subject, version);
    return applyEdit(deps, tx, actor, connector, { ...properties, ...mapping }, credential, at);
  });
  if (!edited.ok) return edited;
  await poke(deps, edited.value);
  if (mapping.isChanged) await resolveAnewQuietly(deps);
  return done(null);
}

/** A credential that the source has just accepted for this account. */
type Proven = {
  readonly credential: SourceCredential;
  /** There are secrets to seal. */
  readonly isNew: boolean;
};

/** null when nothing about the credential changes and nothing of it is broken. */
async function provenCredential(
  deps: PortalDeps,
  actor: Actor,
  connector: ConnectorRecord,
  input: Input,
  signal: AbortSignal,
): Promise<Proven | Refusal | null> {
  // What was unlocked or mended there is tried again with what is kept.
  if (!changesCredential(connector, input) && !waitsForSource(connector)) return null;
  const kept = await keptCredential(deps, actor.tenantId, connector);
  const credential = connector.delivery === "SFTP" ? sftpOf(kept, input) : apiOf(kept, input);
  if (credential === null || "ok" in credential) return credential;
  const subject = `connector:${connector.id}`;
  const signedIn = await signInToSource(deps, actor, subject, credential, signal);
  if (!signedIn.ok) return signedIn;
  if (signedIn.value.id !== connector.sourceAccountId) return refused(anotherAccount);
  return { credential, isNew: hasSecrets(input) };
}

function changesCredential({ sourceUsername, sftpHostKey }: ConnectorRecord, input: Input) {
  if (hasSecrets(input)) return true;
  if (!input.sftp) return input.username.trim() !== sourceUsername;
  return input.sftp.hostKey !== "" && input.sftp.hostKey !== sftpHostKey;
}

function hasSecrets({ password, sftp }: Input): boolean {
  return [password, sftp?.privateKey ?? "", sftp?.passphrase ?? ""].some((typed) => typed !== "");
}

function apiOf(kept: SourceCredential | null, input: Input): SourceCredential | Refusal {
  const username = input.username.trim();
  const password = input.password === "" ? (kept?.password ?? "") : input.password;
  const fields = credentialFields({ username, password });
  return fields === null ? { delivery: "API", username, password } : refusedFields(fields);
}

/** The place stays: another one is another account. null where there is nothing to go by. */
function sftpOf(kept: SourceCredential | null, input: Input): SourceCredential | Refusal | null {
  const { sftp, password } = input;
  if (kept?.delivery !== "SFTP" || !sftp) return null;
  const hostKey = sftp.hostKey === "" ? kept.hostKey : sftp.hostKey;
  const secrets = withSecrets({ ...sftp, password, hostKey }, kept);
  return "ok" in secrets ? secrets : { ...kept, ...secrets };
}

function waitsForSource({ state, attentionCode }: ConnectorRecord): boolean {
  if (state !== "needsAttention" || attentionCode === null) return false;
  return isFailureCode(attentionCode) && failures[attentionCode].origin === "source";
}

type BeforeAndAfter = { readonly from: unknown; readonly to: unknown };

type Woken = { readonly runIds: readonly string[]; readonly laneIds: readonly string[] };

async function applyEdit(
  { newId, secretBox }: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  connector: ConnectorRecord,
  edit: MappingChoice & {
    readonly name: string;
    readonly timeOfDay: string;
    readonly zone: string;
    readonly sizeLimitBytes: number;
    readonly largeAttachments: boolean;
    readonly movesFinishedFiles: boolean;
  },
  credential: Proven | null,
  at: Date,
): Promise<ActionResult<Woken>> {
  const { tenantId } = actor;
  const { id } = connector;
  const { name, timeOfDay, zone, automaticMapping, mappingFileId } = edit;
  const { sizeLimitBytes, largeAttachments } = edit;
  const isMended = credential !== null && waitsForSource(connector);
  const credentialId = credential?.isNew === true ? newId() : null;
  if (credential !== null && credentialId !== null) {
    const secrets = secretsOf(credential.credential);
    const sealed = secretBox.seal(secrets, credentialContext(tenantId, credentialId));
    await tx.credentials.insert(tenantId, credentialId, sealed, at);
  }
  const properties = {
    ...{ name, timeOfDay, zone, automaticMapping, mappingFileId },
    ...{ sizeLimitBytes, largeAttachments },
    ...(credential === null ? {} : changedColumns(credential.credential)),
    ...(connector.delivery === "SFTP" ? { movesFinishedFiles: edit.movesFinishedFiles } : {}),
  };
  const changed: [string, BeforeAndAfter][] = Object.entries(properties)
    .map(([key, to]) => ({ key, from: connector[key as keyof typeof properties], to }))
    .flatMap(({ key, from, to }) => (from === to ? [] : [[key, { from, to }]]));
  const saved: ConnectorChange = {
    ...properties,
    ...(credentialId === null ? {} : { credentialId }),
    ...(isMended ? { state: "active", attentionCode: null, attentionAt: null } : {}),
    ...(credential === null ? {} : answered(at)),
    ...(edit.movesFinishedFiles === connector.movesFinishedFiles ? {} : { movesRefusedAt: null }),
  };
  const outcome = await tx.connectors.save(tenantId, id, saved, at, { isNextVersion: true });
  if (outcome === "name") {
    if (credentialId !== null) await tx.credentials.remove(tenantId, credentialId);
    return nameTaken(name);
  }
  if (credentialId !== null && connector.credentialId !== null) {
    await tx.credentials.remove(tenantId, connector.credentialId);
  }
  const { leavesBadLinesOut } = edit;
  if (leavesBadLinesOut !== null && mappingFileId !== null) {
    const { mappings } = tx;
    if (await mappings.setLeavesBadLinesOut(tenantId, mappingFileId, leavesBadLinesOut)) {
      changed.push(["leavesBadLinesOut", { from: !leavesBadLinesOut, to: leavesBadLinesOut }]);
    }
  }
  const woken = isMended ? await tx.runs.wake(tenantId, [id]) : { runIds: [], laneIds: [] };
  const version = connector.version + 1;
  const tell = (action: Parameters<typeof event>[2], details: Record<string, unknown>) =>
    tx.audit.append(tenantId, event(actor, id, action, { ...details, version }, at));
  await tell("connector.edited", { changed: Object.fromEntries(changed) });
  if (credentialId !== null) await tell("connector.credentialReplaced", {});
  if (edit.isChanged) {
    await tx.versions.noteChange(tenantId, {
      ...{ id: newId(), connectorId: id, from: connector, byId: actor.id, at },
      to: { mappingFileId, automaticMapping },
    });
  }
  if (mappingFileId !== null && mappingFileId !== connector.mappingFileId) {
    await tell("mapping.applied", { mappingFileId });
  }
  if (isMended) await tell("connector.mended", { code: connector.attentionCode });
  return done(woken);
}

function changedColumns(
  credential: SourceCredential,
): Pick<ConnectorChange, "sourceUsername" | "sftpHostKey"> {
  const { sourceUsername, sftpHostKey } = columnsOf(credential);
  return credential.delivery === "API" ? { sourceUsername } : { sftpHostKey };
}

/** The source has just answered; what it failed with before is over. */
function answered(at: Date): ConnectorChange {
  return { sourceFailureCode: null, sourceFailureAt: null, sourceOkAt: at };
}
