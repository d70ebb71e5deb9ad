/** What another version of a mapping would change: counted and listed part by part, however long it is. */
import type { Actor } from "@/lib/core/access";
import { mayDo } from "@/lib/core/access";
import {
  addDifferences,
  type DifferenceCounts,
  type DifferencePartView,
  type DifferenceView,
  type MappingSaidView,
} from "@/lib/core/mapping-view";
import type { PageOf } from "@/lib/core/view";
import type { MappingVersionTable, SaidOf } from "@/lib/ports/mapping-version-store";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";
import { isoOrNull } from "./views";

const rowsPerPage = 50;
/** Of a page whose ids lie far apart; it then goes on where this ended. */
const partsPerAsking = 2;

type Pair = NonNullable<Awaited<ReturnType<typeof pairOf>>>;
type Versions = Pick<MappingVersionTable, "partEnd" | "countDifference">;

/** The next part of the counts after an id, `null` for the first; null where there is nothing to compare. */
export async function differencePart(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  fileId: string,
  after: string | null,
): Promise<DifferencePartView | null> {
  const pair = await pairOf(deps, actor, connectorId, fileId);
  return pair && partOf(deps, actor, pair, after);
}

export async function partOf(
  { store, clock }: PortalDeps,
  { tenantId }: Actor,
  { file, basis }: Pair,
  after: string | null,
): Promise<DifferencePartView | null> {
  if (basis === null || basis.id === file.id) return null;
  const which = { after, at: clock.now() };
  const part = await countPart(store.versions, tenantId, file.id, basis.id, which);
  return { ...part, of: file.entries + basis.entries };
}

/** All parts together: of a million lines some seconds. */
export async function wholeDifference(
  versions: Versions,
  tenantId: string,
  fileId: string,
  basisId: string,
  at: Date,
): Promise<DifferenceCounts> {
  let sum: DifferenceCounts = { added: 0, changed: 0, removed: 0, losing: 0 };
  let after: string | null = null;
  do {
    const part: CountedPart = await countPart(versions, tenantId, fileId, basisId, { after, at });
    sum = addDifferences(sum, part.counts);
    after = part.next;
  } while (after !== null);
  return sum;
}

/** Id by id; a page may hold fewer than its fifty, or nobody, and still go on. */
export async function differencePage(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  fileId: string,
  { kind, after }: { readonly kind: keyof DifferenceCounts; readonly after: string | null },
): Promise<PageOf<DifferenceView>> {
  const pair = await pairOf(deps, actor, connectorId, fileId);
  if (!pair?.basis) return { rows: [], next: null };
  const { versions } = deps.store;
  const ids = [actor.tenantId, pair.file.id, pair.basis.id] as const;
  const at = deps.clock.now();
  const rows: DifferenceView[] = [];
  let next = after;
  for (let parts = 0; parts < partsPerAsking; parts += 1) {
    const part = { after: next, upTo: await versions.partEnd(...ids, next) };
    const limit = rowsPerPage + 1 - rows.length;
    if (kind === "losing") {
      rows.push(...(await versions.losing(...ids, { at, part, limit })).map(lostView));
    } else {
      rows.push(...(await versions.difference(...ids, { kind, part, limit })).map(differenceView));
    }
    if (rows.length > rowsPerPage) {
      const shown = rows.slice(0, rowsPerPage);
      return { rows: shown, next: shown.at(-1)?.externalId ?? null };
    }
    next = part.upTo;
    if (next === null) break;
  }
  return { rows, next };
}

/** A version of this connector, and the one in force to compare it with. */
export async function pairOf(
  { store }: PortalDeps,
  actor: Actor,
  connectorId: string,
  fileId: string,
) {
  if (!isId(connectorId) || !isId(fileId)) return null;
  const { tenantId } = actor;
  const [connector, file] = await Promise.all([
    store.connectors.find(tenantId, connectorId),
    store.versions.version(tenantId, fileId),
  ]);
  if (connector === null || file?.connectorId !== connectorId || file.state !== "checked") {
    return null;
  }
  // What nobody has put in force yet is between those who may.
  if (file.appliedAt === null && !mayDo(actor, "manageConnectors")) return null;
  const { mappingFileId } = connector;
  const basis =
    mappingFileId === null ? null : await store.versions.version(tenantId, mappingFileId);
  return { connector, file, basis };
}

export function saidView({ mailboxAddress, validFrom, validTo }: SaidOf): MappingSaidView {
  return { mailboxAddress, validFrom: isoOrNull(validFrom), validTo: isoOrNull(validTo) };
}

type CountedPart = Omit<DifferencePartView, "of">;

async function countPart(
  versions: Versions,
  tenantId: string,
  fileId: string,
  basisId: string,
  { after, at }: { readonly after: string | null; readonly at: Date },
): Promise<CountedPart> {
  const upTo = await versions.partEnd(tenantId, fileId, basisId, after);
  const which = { at, part: { after, upTo } };
  const { lines, ...counts } = await versions.countDifference(tenantId, fileId, basisId, which);
  return { counts, lines, next: upTo };
}

function differenceView(row: {
  readonly externalId: string;
  readonly before: readonly SaidOf[];
  readonly after: readonly SaidOf[];
}): DifferenceView {
  const { externalId, before, after } = row;
  return { externalId, before: before.map(saidView), after: after.map(saidView) };
}

function lostView(row: {
  readonly externalId: string;
  readonly mailboxAddress: string;
}): DifferenceView {
  const { externalId, mailboxAddress } = row;
  return { externalId, before: [{ mailboxAddress, validFrom: null, validTo: null }], after: [] };
}
