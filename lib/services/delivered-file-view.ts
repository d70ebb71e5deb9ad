/** Delivered files as pages show them. */
import type { Actor } from "@/lib/core/access";
import { refusals } from "@/lib/core/delivered-file";
import type { DeliveredFileFilterView, DeliveredFileView, PageOf } from "@/lib/core/view";
import type { DeliveredFileKey, DeliveredFileRecord } from "@/lib/ports/portal-ledger";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";
import { isoOrNull } from "./views";

const filesPerPage = 50;

export async function pageOfFiles(
  { store }: Pick<PortalDeps, "store">,
  { tenantId }: Actor,
  connectorId: string,
  filter: DeliveredFileFilterView | null,
  after: string | null,
): Promise<PageOf<DeliveredFileView>> {
  if (!isId(connectorId)) return { rows: [], next: null };
  const key = keyIn(after);
  const { connectors } = store;
  const limit = filesPerPage + 1;
  const files = await connectors.pageDeliveredFiles(tenantId, connectorId, filter, key, limit);
  const shown = files.slice(0, filesPerPage);
  const last = shown.at(-1);
  const next = files.length > filesPerPage && last !== undefined ? keyOf(last) : null;
  return { rows: shown.map(deliveredFileView), next };
}

function keyOf({ at, name }: DeliveredFileKey): string {
  return `${at.getTime()}_${encodeURIComponent(name)}`;
}

/** Out of an address: nonsense is the beginning. */
function keyIn(after: string | null): DeliveredFileKey | null {
  const [, time, encoded] = /^(\d{1,15})_(.+)$/.exec(after ?? "") ?? [];
  if (time === undefined || encoded === undefined) return null;
  try {
    const name = decodeURIComponent(encoded);
    return name.includes("\0") ? null : { at: new Date(Number(time)), name };
  } catch {
    return null;
  }
}

export function deliveredFileView(file: DeliveredFileRecord): DeliveredFileView {
  const { name, state, reason, sizeBytes, count, at, doneAt, goneAt } = file;
  const known = goneAt !== null ? "gone" : state === "ready" ? "seen" : state;
  return {
    ...{ name, sizeBytes, count, state: known },
    reason: reason === null ? null : refusals[reason],
    zippedAt: at.toISOString(),
    doneAt: isoOrNull(doneAt),
    goneAt: isoOrNull(goneAt),
  };
}
