/** Archived people without a mailbox: who waits, and giving them one from the list. */
import type { Actor } from "@/lib/core/access";
import { readTypedLine } from "@/lib/core/mapping-edit";
import type { UnmappedPersonView } from "@/lib/core/mapping-view";
import type { ActionResult, PageOf } from "@/lib/core/view";
import type { UnmappedRecord } from "@/lib/ports/mapping-version-store";
import { change } from "./connector-state";
import { refreshDirectory } from "./directory";
import { applyLine, claimsInWords } from "./mapping-lines-changed";
import { type PortalDeps, resolveAnewQuietly } from "./portal-deps";
import { done, isId, refused, refusedFields } from "./refusals";

const peoplePerPage = 50;

export async function unmappedPage(
  { store }: PortalDeps,
  { tenantId }: Actor,
  connectorId: string,
  after: string | null,
): Promise<PageOf<UnmappedPersonView>> {
  if (!isId(connectorId)) return { rows: [], next: null };
  const from = after === null ? null : await keyOf(store, tenantId, connectorId, after);
  const found = await store.versions.unmapped(tenantId, connectorId, from, peoplePerPage + 1);
  const page = found.slice(0, peoplePerPage);
  const next = found.length > peoplePerPage ? (page.at(-1)?.deliveryId ?? null) : null;
  return { rows: page.map(personView), next };
}

/** The page's address holds no number: a delivery of the last person shown stands for it. */
async function keyOf(
  store: PortalDeps["store"],
  tenantId: string,
  connectorId: string,
  deliveryId: string,
): Promise<string | null> {
  if (!isId(deliveryId)) return null;
  const person = await store.versions.unmappedPerson(tenantId, connectorId, deliveryId);
  return person?.externalId ?? null;
}

export async function unmappedPerson(
  { store }: PortalDeps,
  { tenantId }: Actor,
  connectorId: string,
  deliveryId: string,
): Promise<UnmappedPersonView | null> {
  if (!isId(connectorId) || !isId(deliveryId)) return null;
  const person = await store.versions.unmappedPerson(tenantId, connectorId, deliveryId);
  return person === null ? null : personView(person);
}

export type PersonChoice = {
  readonly deliveryId: string;
  readonly mailbox: string;
  readonly validFrom: string;
  readonly validTo: string;
};

/** One line more, or the line that led to no mailbox changed; what waits is imported without an upload. */
export async function mapPerson(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  { deliveryId, ...typed }: PersonChoice,
  signal: AbortSignal,
): Promise<ActionResult<{ readonly message: string }>> {
  const { store } = deps;
  const { tenantId } = actor;
  const person =
    isId(connectorId) && isId(deliveryId)
      ? await store.versions.unmappedPerson(tenantId, connectorId, deliveryId)
      : null;
  const externalId = person?.externalId ?? null;
  if (person === null || externalId === null) return refused(found);
  const read = readTypedLine({ externalId, ...typed }, null);
  if (!read.ok) return refusedFields(read.fields);
  const { entry } = read;
  await refreshDirectory(deps, tenantId, signal).catch(() => undefined);
  if ((await store.versions.mailbox(tenantId, entry.mailboxAddress)) === null) {
    return refusedFields({ mailbox: unknownMailbox });
  }
  const mapped = await change(deps, actor, connectorId, async (tx, connector, at) => {
    const line = await lineToReplace(connector.mappingFileId, entry.externalId);
    return applyLine(deps, tx, actor, connector, { entry, line }, at);

    /** A line without dates that leads nowhere is replaced; dated ones stay beside the new one. */
    async function lineToReplace(fileId: string | null, id: string): Promise<number | null> {
      const lines = fileId === null ? [] : await tx.versions.linesOf(tenantId, fileId, id);
      const [only] = lines;
      const isReplaced = lines.length === 1 && only?.validFrom === null && only.validTo === null;
      return isReplaced ? only.line : null;
    }
  });
  if (!mapped.ok) return mapped;
  await resolveAnewQuietly(deps);
  const waiting = person.items - person.removed;
  const claims = await claimsInWords(deps, tenantId, connectorId, entry);
  const words = [mapped.value.message, waitingInWords(waiting, person.removed), ...claims];
  return done({ message: words.join(" ") });
}

const found = "This person has a mailbox by now. Reload the page.";
const unknownMailbox =
  "The directory knows no mailbox of this address. Enter a user principal name, a primary address or an alias of a member of your organization.";

function waitingInWords(waiting: number, removed: number): string {
  const imported =
    waiting === 1
      ? "1 item that waited is imported."
      : `${waiting.toLocaleString("en-US")} items that waited are imported, as far as the dates hold.`;
  if (removed === 0) return imported;
  return `${imported} Of ${removed.toLocaleString("en-US")} the original is no longer kept.`;
}

function personView(person: UnmappedRecord): UnmappedPersonView {
  const { deliveryId, externalId, name, items, removed } = person;
  return {
    ...{ deliveryId, externalId: externalId ?? "", name, items, removed },
    firstAt: person.firstAt.toISOString(),
    lastAt: person.lastAt.toISOString(),
  };
}
