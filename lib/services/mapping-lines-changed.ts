/** One line of the mapping in force is added, changed or removed: a new version each. */
import type { Actor } from "@/lib/core/access";
import type { MappingEntry } from "@/lib/core/mapping";
import { overlapping, readTypedLine, type TypedLine } from "@/lib/core/mapping-edit";
import type { ActionResult } from "@/lib/core/view";
import type { ClaimRecord } from "@/lib/ports/mapping-version-store";
import type { ConnectorRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import { change, event } from "./connector-state";
import { refreshDirectory } from "./directory";
import { appliedElsewhere, putInForce } from "./mapping-apply";
import { wholeDifference } from "./mapping-difference";
import { type PortalDeps, resolveAnewQuietly } from "./portal-deps";
import { done, refused, refusedFields } from "./refusals";

export type LineChange = TypedLine & {
  readonly inForceId: string | null;
  /** null: a new line. */
  readonly line: number | null;
  readonly country: string | null;
};

type Changed = { readonly version: number; readonly message: string };

export async function changeLine(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  typed: LineChange,
  signal: AbortSignal,
): Promise<ActionResult<Changed>> {
  const read = readTypedLine(typed, typed.country);
  if (!read.ok) return refusedFields(read.fields);
  const { entry } = read;
  const { tenantId } = actor;
  // With the mirror as it is when Graph is away: what it knows is known.
  await refreshDirectory(deps, tenantId, signal).catch(() => undefined);
  const mailbox = await deps.store.versions.mailbox(tenantId, entry.mailboxAddress);
  if (mailbox === null) return refusedFields({ mailbox: unknownMailbox });
  const changed = await change(deps, actor, connectorId, async (tx, connector, at) => {
    if (connector.mappingFileId !== typed.inForceId) return refused(appliedElsewhere);
    return applyLine(deps, tx, actor, connector, { entry, line: typed.line }, at);
  });
  if (!changed.ok) return changed;
  await resolveAnewQuietly(deps);
  const words = [
    changed.value.message,
    ...(mailbox.hasExchangePlan ? [] : [withoutPlan]),
    ...(await claimsInWords(deps, tenantId, connectorId, entry)),
  ];
  return done({ ...changed.value, message: words.join(" ") });
}

type NewLine = { readonly entry: Omit<MappingEntry, "line">; readonly line: number | null };

/** Under the connector's lock. */
export async function applyLine(
  deps: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  connector: ConnectorRecord,
  { entry, line }: NewLine,
  at: Date,
): Promise<ActionResult<Changed>> {
  const { tenantId } = actor;
  const before =
    line === null || connector.mappingFileId === null
      ? null
      : await tx.versions.line(tenantId, connector.mappingFileId, line);
  if (line !== null && before === null) return refused(lineGone);
  const others =
    connector.mappingFileId === null
      ? []
      : await tx.versions.linesOf(tenantId, connector.mappingFileId, entry.externalId);
  const conflict = overlapping(
    entry,
    others.filter((other) => other.line !== line),
  );
  if (conflict !== undefined) return refusedFields({ externalId: conflictInWords(conflict) });
  const made = await makeNext(deps, tx, actor, connector, at);
  if (before !== null) await tx.versions.removeLine(tenantId, made.id, before.line);
  const written = await tx.versions.addLine(tenantId, made.id, entry, line);
  await finish(deps, tx, actor, connector, made, { before, after: entry }, at);
  const action = before === null ? "mapping.lineAdded" : "mapping.lineChanged";
  await tell(tx, actor, connector, action, { ...made, line: written }, at);
  const what = before === null ? "The line was added" : "The line was changed";
  return done({ version: made.version, message: `${what}. Version ${made.version} is in force.` });
}

export async function removeLine(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  { inForceId, line }: { readonly inForceId: string | null; readonly line: number },
): Promise<ActionResult<Changed>> {
  const { tenantId } = actor;
  const removed = await change(deps, actor, connectorId, async (tx, connector, at) => {
    if (connector.mappingFileId !== inForceId || inForceId === null) {
      return refused(appliedElsewhere);
    }
    const before = await tx.versions.line(tenantId, inForceId, line);
    if (before === null) return refused(lineGone);
    const made = await makeNext(deps, tx, actor, connector, at);
    await tx.versions.removeLine(tenantId, made.id, line);
    await finish(deps, tx, actor, connector, made, { before, after: null }, at);
    await tell(tx, actor, connector, "mapping.lineRemoved", { ...made, line }, at);
    const message = `The line was removed. Version ${made.version} is in force.`;
    return done({ version: made.version, message });
  });
  if (removed.ok) await resolveAnewQuietly(deps);
  return removed;
}

type Made = { readonly id: string; readonly version: number };

async function makeNext(
  { newId }: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  { id: connectorId, mappingFileId }: ConnectorRecord,
  at: Date,
): Promise<Made> {
  const { tenantId } = actor;
  const own = { id: newId(), byId: actor.id, at };
  const version =
    mappingFileId === null
      ? await tx.versions.makeEmpty(tenantId, { ...own, connectorId })
      : await tx.versions.makeEdition(tenantId, {
          ...own,
          basedOnId: mappingFileId,
          origin: "edited",
        });
  return { id: own.id, version };
}

async function finish(
  deps: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  connector: ConnectorRecord,
  made: Made,
  {
    before,
    after,
  }: { readonly before: MappingEntry | null; readonly after: Omit<MappingEntry, "line"> | null },
  at: Date,
): Promise<void> {
  const { tenantId } = actor;
  const both = [before, after].flatMap((each) => each ?? []);
  await tx.versions.recount(tenantId, made.id, {
    externalIds: [...new Set(both.map(({ externalId }) => externalId))],
    mailboxes: [...new Set(both.map(({ mailboxAddress }) => mailboxAddress))],
  });
  const basisId = connector.mappingFileId;
  if (basisId !== null) {
    const difference = await wholeDifference(tx.versions, tenantId, made.id, basisId, at);
    await tx.versions.noteDifference(tenantId, made.id, difference);
  }
  await putInForce(deps, tx, actor, connector, made.id, at);
}

/** Which line it was stands in the version; numbers and addresses are not repeated here. */
async function tell(
  tx: PortalTables,
  actor: Actor,
  { id, version }: ConnectorRecord,
  action: "mapping.lineAdded" | "mapping.lineChanged" | "mapping.lineRemoved",
  made: Made & { readonly line: number },
  at: Date,
): Promise<void> {
  const details = { mappingFileId: made.id, mappingVersion: made.version, line: made.line };
  const told = { ...details, version: version + 1 };
  await tx.audit.append(actor.tenantId, event(actor, id, action, told, at));
}

const unknownMailbox =
  "The directory knows no mailbox of this address. Enter a user principal name, a primary address or an alias of a member of your organization.";
const withoutPlan =
  "The mailbox has no Exchange plan: that is as it should be for a shared mailbox.";
const lineGone = "This line is no longer in the mapping. Reload the page.";

function conflictInWords({ line, mailboxAddress, validFrom, validTo }: MappingEntry): string {
  const isDated = validFrom !== null || validTo !== null;
  const when = isDated ? " for some of the same time" : "";
  return `Line ${line} names ${mailboxAddress} for this id${when}. Change that line, or give both dates that do not overlap.`;
}

/** Each connector that names the number or the mailbox as well, in a sentence. */
export async function claimsInWords(
  { store }: Pick<PortalDeps, "store">,
  tenantId: string,
  connectorId: string,
  entry: Pick<MappingEntry, "externalId" | "mailboxAddress">,
): Promise<readonly string[]> {
  const claims = await store.versions.claimsOf(tenantId, connectorId, entry);
  return claims.map(claimInWords);
}

function claimInWords({ kind, connectorName }: ClaimRecord): string {
  const what = kind === "mailbox" ? "mailbox" : "number or id";
  return `Beware: the connector "${connectorName}" names this ${what} as well.`;
}
