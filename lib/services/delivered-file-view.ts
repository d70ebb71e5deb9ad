/** A delivered file as the connector's page shows it. */
import { refusals } from "@/lib/core/delivered-file";
import type { DeliveredFileView } from "@/lib/core/view";
import type { DeliveredFileRecord } from "@/lib/ports/portal-ledger";
import { isoOrNull } from "./views";

export function deliveredFileView(file: DeliveredFileRecord): DeliveredFileView {
  const { name, state, reason, sizeBytes, count, at, doneAt } = file;
  return {
    ...{ name, sizeBytes, count, state: state === "ready" ? "seen" : state },
    reason: reason === null ? null : refusals[reason],
    zippedAt: at.toISOString(),
    doneAt: isoOrNull(doneAt),
  };
}
