/** Puts another version of a mapping in force: an upload as it is, an earlier version as a new one. */
import type { Actor } from "@/lib/core/access";
import type { ActionResult } from "@/lib/core/view";
import type { ConnectorRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import { change, event } from "./connector-state";
import { refreshDirectory } from "./directory";
import { wholeDifference } from "./mapping-difference";
import { type PortalDeps, resolveAnewQuietly } from "./portal-deps";
import { done, isId, type Refusal, refused, refusedBySyncError } from "./refusals";

export type ApplyChoice = {
  readonly fileId: string;
  /** What the page compared with: another one by now is no longer what was looked at. */
  readonly inForceId: string | null;
  readonly leavesBadLinesOut: boolean;
};

type Applied = { readonly version: number; readonly message: string };

export async function applyVersion(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  choice: ApplyChoice,
  signal: AbortSignal,
): Promise<ActionResult<Applied>> {
  const { store } = deps;
  const { tenantId } = actor;
  const file = isId(choice.fileId) ? await store.versions.version(tenantId, choice.fileId) : null;
  if (file?.connectorId !== connectorId || file.state !== "checked") return refused(notUsable);
  // What was in force once was decided about then; the directory may have lost a mailbox since.
  if (!choice.leavesBadLinesOut && file.appliedAt === null) {
    const bad = await badLinesOf(deps, actor, file, signal);
    if (bad !== null) return bad;
  }
  const at = deps.clock.now();
  const difference = await differenceOf(deps, tenantId, choice, at);
  const applied = await change(deps, actor, connectorId, async (tx, connector) => {
    if (connector.mappingFileId !== choice.inForceId) return refused(appliedElsewhere);
    if (file.id === connector.mappingFileId) return refused("This version is in force already.");
    const basis =
      connector.mappingFileId === null
        ? null
        : await tx.versions.version(tenantId, connector.mappingFileId);
    const isEarlier = basis !== null && file.version < basis.version;
    let { id, version } = file;
    if (isEarlier) {
      id = deps.newId();
      const edition = { id, basedOnId: file.id, origin: "restored", byId: actor.id, at } as const;
      version = await tx.versions.makeEdition(tenantId, edition);
    }
    if (choice.leavesBadLinesOut && !isEarlier) {
      await tx.mappings.setLeavesBadLinesOut(tenantId, id, true);
    }
    if (difference !== null) await tx.versions.noteDifference(tenantId, id, difference);
    await putInForce(deps, tx, actor, connector, id, at);
    const details = { mappingFileId: id, mappingVersion: version, ...difference };
    const action = isEarlier ? "mapping.restored" : "mapping.applied";
    const more = isEarlier
      ? { fromVersion: file.version }
      : { leavesBadLinesOut: choice.leavesBadLinesOut || file.leavesBadLinesOut };
    const told = { ...details, ...more, version: connector.version + 1 };
    await tx.audit.append(tenantId, event(actor, connectorId, action, told, at));
    return done({ version, message: appliedInWords(version, isEarlier ? file.version : null) });
  });
  if (applied.ok) await resolveAnewQuietly(deps);
  return applied;
}

/** To be called under the connector's lock; the audit event is the caller's. */
export async function putInForce(
  { newId }: Pick<PortalDeps, "newId">,
  tx: PortalTables,
  actor: Actor,
  { id: connectorId, mappingFileId, automaticMapping }: ConnectorRecord,
  fileId: string,
  at: Date,
): Promise<void> {
  const { tenantId } = actor;
  const saved = { mappingFileId: fileId };
  await tx.connectors.save(tenantId, connectorId, saved, at, { isNextVersion: true });
  await tx.versions.noteChange(tenantId, {
    ...{ id: newId(), connectorId, byId: actor.id, at },
    from: { mappingFileId, automaticMapping },
    to: { mappingFileId: fileId, automaticMapping },
  });
}

export const appliedElsewhere =
  "Somebody put another version in force meanwhile. Nothing was changed here. Reload the page and look at the difference again.";
const notUsable = "This version cannot be used. Upload the file again.";
const badLines =
  "The mapping file has lines with errors. Mend them and upload the file again, or choose to leave the bad lines out.";
const unknown =
  "The mapping file names mailboxes that the directory does not know. Mend them and upload the file again, or choose to leave the bad lines out.";

function appliedInWords(version: number, from: number | null): string {
  const what = from === null ? "" : `, with what version ${from} says,`;
  return `Version ${version}${what} is in force. What still waits is resolved anew.`;
}

async function badLinesOf(
  deps: PortalDeps,
  { tenantId }: Actor,
  file: { readonly id: string; readonly errors: number; readonly leavesBadLinesOut: boolean },
  signal: AbortSignal,
): Promise<Refusal | null> {
  if (file.leavesBadLinesOut) return null;
  if (file.errors > 0) return refused(badLines);
  try {
    await refreshDirectory(deps, tenantId, signal);
  } catch (thrown) {
    return refusedBySyncError(thrown);
  }
  await deps.store.mappings.checkAgainstDirectory(tenantId, file.id, deps.clock.now());
  const checked = await deps.store.mappings.find(tenantId, file.id);
  return (checked?.unknownMailboxes ?? 0) > 0 ? refused(unknown) : null;
}

/** A million lines take seconds, so it is found out before anything is locked. */
async function differenceOf(
  { store }: PortalDeps,
  tenantId: string,
  { fileId, inForceId }: ApplyChoice,
  at: Date,
) {
  if (inForceId === null || !isId(inForceId)) return null;
  return wholeDifference(store.versions, tenantId, fileId, inForceId, at);
}
