import type { OriginalView } from "@/lib/core/item-view";
import type { OriginalRecord } from "@/lib/ports/original-store";
import { isoOrNull, reasonInWords } from "./views";

/** One item as its page shows it: what the ledger knows, nothing of what people wrote. */
export function originalView(found: OriginalRecord): OriginalView {
  const { id, runId, sourceItemId, revision, kind, people, recordSha256, messageSha256 } = found;
  return {
    ...{ itemId: id, runId, sourceItemId, revision, kind, people, recordSha256, messageSha256 },
    owner: found.ownerValue,
    messageAt: found.messageAt.toISOString(),
    archivedAt: found.receivedAt.toISOString(),
    isMail: found.isMail,
    recordedAt: found.recordedAt.toISOString(),
    hasOriginal: found.hasOriginal,
    originalKeptUntil: isoOrNull(found.keptUntil),
    originalRemovedAt: isoOrNull(found.originalRemovedAt),
    deliveries: found.deliveries.map((delivery) => ({
      deliveryId: delivery.id,
      mailbox: delivery.mailboxAddress,
      outcome: delivery.state,
      reason: reasonInWords(delivery.failureCode),
      completedAt: isoOrNull(delivery.completedAt),
    })),
    attachments: found.attachments.map(({ position, state, failureCode, sizeBytes, sha256 }) => ({
      ...{ position, state, sizeBytes, sha256 },
      reason: reasonInWords(failureCode),
    })),
  };
}
