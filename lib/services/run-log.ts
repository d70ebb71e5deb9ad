/** The log of one run as CSV, page by page: as long as the run, as small in memory as a page. */
import type { Actor } from "@/lib/core/access";
import { csvLine } from "@/lib/core/csv-export";
import type { DeliveryState } from "@/lib/core/run";
import type { ItemRecord } from "@/lib/ports/portal-records";
import { auditActor, type PortalDeps } from "./portal-deps";
import { demandRole, isId } from "./refusals";
import { isoOrNull, reasonInWords } from "./views";

const rowsAtOnce = 1000;

const columns = [
  "Item id",
  "Source user id",
  "Microsoft 365 user",
  "Outcome",
  "Reason",
  "Completed at (UTC)",
  "Dismissed at (UTC)",
  "Dismissed because",
] as const;

const outcomeWords: Record<DeliveryState, string> = {
  pending: "Open",
  importing: "Open",
  imported: "Imported",
  partiallyImported: "Partially imported",
  skipped: "Skipped",
  failed: "Failed",
};

export async function* writeRunLog(
  { store, clock, retentionDays }: Pick<PortalDeps, "store" | "clock" | "retentionDays">,
  actor: Actor,
  connectorId: string,
  runId: string,
): AsyncGenerator<string> {
  demandRole(actor, "downloadLog");
  const { tenantId } = actor;
  const isKnown = isId(connectorId) && isId(runId);
  const isThere = isKnown && (await store.runs.exists(tenantId, connectorId, runId));
  if (!isThere) throw new Error("No such run");
  await store.transaction((tx) =>
    tx.audit.append(tenantId, {
      actor: auditActor(actor),
      action: "log.downloaded",
      subject: `connector:${connectorId}`,
      details: { runId },
      at: clock.now(),
    }),
  );
  yield csvLine(columns);
  let afterDeliveryId: string | null = null;
  for (;;) {
    const from = { afterDeliveryId, limit: rowsAtOnce };
    const query = { outcome: null, search: null, ...from, retentionDays };
    const page: readonly ItemRecord[] = await store.items.page(tenantId, runId, query);
    if (page.length > 0) yield page.map(logLine).join("");
    const last = page.at(-1);
    if (last === undefined) return;
    afterDeliveryId = last.deliveryId;
  }
}

function logLine(item: ItemRecord): string {
  return csvLine([
    item.sourceItemId,
    item.ownerValue,
    item.mailboxAddress,
    outcomeWords[item.state],
    reasonInWords(item.failureCode),
    isoOrNull(item.completedAt),
    isoOrNull(item.dismissedAt),
    item.dismissReason,
  ]);
}
