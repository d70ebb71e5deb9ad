/** Finish: the draft becomes a connector with its first run, in one transaction; twice is once. */
import type { Actor } from "@/lib/core/access";
import { readConnectorName } from "@/lib/core/connector";
import { isTimeOfDay, isTimeZone } from "@/lib/core/schedule";
import type { ActionResult } from "@/lib/core/view";
import { firstWindow } from "@/lib/core/window";
import { hindranceToFinish } from "@/lib/core/wizard";
import type { DraftRecord, SourceColumns } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import { changedElsewhere } from "./changed-elsewhere";
import { poke } from "./poke";
import type { PortalServices } from "./portal";
import { auditActor, type PortalDeps } from "./portal-deps";
import { done, lacksRole, type Refusal, refused, refusedFields } from "./refusals";
import { accountInUse } from "./source-sign-in";
import { draftFacts, noDraft } from "./wizard-steps";

type Input = { readonly name: string; readonly timeOfDay: string; readonly zone: string };
/** How long a second Finish counts as the first one's echo, once the person has begun anew. */
const againMs = 10 * 60_000;

type Finished = { readonly connectorId: string; readonly runId: string | null };

export async function finishWizard(
  deps: PortalDeps,
  mappings: PortalServices["mappings"],
  actor: Actor,
  version: number,
  input: Input,
): Promise<ActionResult<{ readonly connectorId: string }>> {
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  const properties = readProperties(input);
  if ("ok" in properties) return properties;
  const unchecked = await checkMapping(deps, mappings, actor);
  if (unchecked !== null) return unchecked;
  const at = deps.clock.now();
  const finished = await deps.store.transaction((tx) =>
    turnIntoConnector(deps, tx, actor, version, properties, at),
  );
  if ("ok" in finished) return finished;
  if (finished.runId !== null) await poke(deps, { runIds: [finished.runId] });
  return done({ connectorId: finished.connectorId });
}

/** The three properties of a connector that a person types. */
export function readProperties({ name, timeOfDay, zone }: Input): Input | Refusal {
  const read = readConnectorName(name);
  const fields: Record<string, string> = {};
  if (!read.ok) fields["name"] = read.message;
  if (!isTimeOfDay(timeOfDay)) fields["timeOfDay"] = "Enter a time from 00:00 to 23:59.";
  if (!isTimeZone(zone)) fields["zone"] = "Choose a time zone from the list.";
  if (!read.ok || Object.keys(fields).length > 0) return refusedFields(fields);
  return { name: read.name, timeOfDay, zone };
}

export function nameTaken(name: string): Refusal {
  const message = `Another connector is called "${name}" already. Choose another name.`;
  return refusedFields({ name: message });
}

/** The page has shown the check; somebody who came past it gets it now. */
async function checkMapping(
  { store }: PortalDeps,
  mappings: PortalServices["mappings"],
  actor: Actor,
): Promise<Refusal | null> {
  const draft = await store.drafts.findOpen(actor.tenantId, actor.id);
  const fileId = draft?.mappingFileId ?? null;
  const isConsented = (draft?.consentedAt ?? null) !== null;
  if (fileId === null || !isConsented) return null;
  const file = await store.mappings.find(actor.tenantId, fileId);
  const isChecked = (file?.checkedAt ?? null) !== null;
  if (file === null || isChecked) return null;
  const checked = await mappings.checkAgainstDirectory(
    actor,
    file.id,
    AbortSignal.timeout(120_000),
  );
  return checked.ok ? null : checked;
}

async function turnIntoConnector(
  deps: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  version: number,
  { name, timeOfDay, zone }: Input,
  at: Date,
): Promise<Finished | Refusal> {
  const { tenantId } = actor;
  const draft = await tx.drafts.lockOpen(tenantId, actor.id);
  if (draft?.version !== version) {
    const finished = await tx.drafts.findFinished(tenantId, actor.id, version);
    const isEcho =
      finished?.name === name &&
      (draft === null || at.getTime() - finished.updatedAt.getTime() < againMs);
    if (isEcho && finished.connectorId !== null) {
      return { connectorId: finished.connectorId, runId: null };
    }
    return stale(tx, tenantId, draft, version);
  }
  // Whatever is refused below, what was typed is not lost.
  await tx.drafts.save(tenantId, draft.id, { name, timeOfDay, zone }, at, { keepsVersion: true });
  const file =
    draft.mappingFileId === null ? null : await tx.mappings.find(tenantId, draft.mappingFileId);
  const hindrance = hindranceToFinish({
    ...draftFacts(draft, deps.termsVersion),
    isAutomaticMapping: draft.automaticMapping,
    mappingFile:
      file === null
        ? null
        : {
            badLines: file.errors + (file.unknownMailboxes ?? 0),
            leaveOutBadLines: file.leavesBadLinesOut,
          },
  });
  if (hindrance !== null) return refused(hindrance.message);
  const { sourceAccountId, sourceAccountName, sourceUsername, credentialId } = draft;
  if (sourceAccountId === null || sourceUsername === null || credentialId === null) {
    throw new Error("A draft that is signed in has an account and a credential");
  }

  const connectorId = deps.newId();
  const { automaticMapping, mappingFileId, delivery, movesFinishedFiles } = draft;
  const inserted = await tx.connectors.insert(tenantId, {
    ...{ id: connectorId, name, timeOfDay, zone, automaticMapping, mappingFileId, credentialId },
    ...{ sourceAccountId, sourceAccountName: sourceAccountName ?? sourceAccountId, sourceUsername },
    ...sourceColumns(draft),
    messageDomain: await tx.people.defaultDomain(tenantId, domainOf(actor.upn)),
    finishedAt: at,
    createdById: actor.id,
  });
  if (inserted === "name") return nameTaken(name);
  if (inserted === "account") {
    const live = await tx.connectors.findLiveByAccount(tenantId, sourceAccountId);
    return refused(accountInUse(live?.name ?? name));
  }
  if (mappingFileId !== null) {
    const applied = { at, byId: actor.id };
    await tx.mappings.giveToConnector(tenantId, mappingFileId, connectorId, applied);
  }
  const runId = await firstRun(
    deps,
    tx,
    actor,
    { connectorId, automaticMapping, mappingFileId },
    at,
  );
  const change = { state: "finished", connectorId, credentialId: null } as const;
  await tx.drafts.save(tenantId, draft.id, change, at);
  await tx.audit.append(tenantId, {
    actor: auditActor(actor),
    action: "connector.created",
    subject: `connector:${connectorId}`,
    details: {
      ...{ name, timeOfDay, zone, automaticMapping, mappingFileId, sourceAccountId },
      ...{ draftId: draft.id, mappingSha256: file?.sha256 ?? null, version: 1 },
      // Whether we may change anything on somebody else's server is a decision of somebody.
      ...(delivery === "SFTP" ? { delivery, movesFinishedFiles } : {}),
    },
    at,
  });
  return { connectorId, runId };
}

function sourceColumns(draft: DraftRecord): SourceColumns {
  const { delivery, sftpHost, sftpPort, sftpFolder, sftpHostKey, movesFinishedFiles } = draft;
  return { delivery, sftpHost, sftpPort, sftpFolder, sftpHostKey, movesFinishedFiles };
}

async function firstRun(
  { newId }: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  connector: {
    readonly connectorId: string;
    readonly automaticMapping: boolean;
    readonly mappingFileId: string | null;
  },
  at: Date,
): Promise<string> {
  const id = newId();
  const { start, end } = firstWindow(at);
  await tx.runs.insert(actor.tenantId, {
    ...connector,
    ...{ id, kind: "scheduled", windowStart: start, windowEnd: end },
    ...{ requestedById: actor.id, createdAt: at },
  });
  await tx.audit.append(actor.tenantId, {
    actor: auditActor(actor),
    action: "run.started",
    subject: `connector:${connector.connectorId}`,
    details: {
      ...{ runId: id, kind: "scheduled" },
      ...{ windowStart: start.toISOString(), windowEnd: end.toISOString() },
    },
    at,
  });
  return id;
}

async function stale(
  tx: PortalTables,
  tenantId: string,
  draft: DraftRecord | null,
  version: number,
): Promise<Refusal> {
  if (draft === null) return refused(noDraft);
  return changedElsewhere(tx, tenantId, `draft:${draft.id}`, version);
}

function domainOf(upn: string): string {
  return upn.slice(upn.lastIndexOf("@") + 1).toLowerCase();
}
