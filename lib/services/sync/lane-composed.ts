/**
 * Messages composed lately. The copies of an item are written at about the same time, by lanes of their
 * own, and all of them are one message but for the key of the delivery.
 */
import type { PlannedMessage } from "@/lib/core/message";
import { newest } from "@/lib/core/newest";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import type { Composed } from "./parts";

/** Longer ones, and all with files, are composed for each copy: what is kept must not add up. */
const longestKept = 8_000;
/** Some six megabytes. Kept longer they outlive the young generation, and the heap grows by far more. */
const mostKept = 600;

export function createComposed(most = mostKept): Composed {
  const kept = newest<PlannedMessage>(most);
  return {
    // What was ever written is composed from its original again: a retry says what became of that.
    get: (delivery) => (delivery.writes === 0 ? kept.get(keyOf(delivery)) : undefined),
    set(delivery, planned) {
      const { html, text, attachments } = planned.message;
      const hasFiles = attachments.length > 0 || delivery.attachments.length > 0;
      const lacksFiles = planned.leftOut.length > 0;
      if (hasFiles || lacksFiles || html.length + text.length > longestKept) return;
      kept.set(keyOf(delivery), planned);
    },
  };
}

/** People may be others only where another connector has taken an item over that was in no mailbox yet. */
function keyOf({ itemId, item, connector }: LaneDelivery): string {
  const { recordedBy, recordSha256 } = item;
  return `${itemId} ${recordSha256} ${recordedBy.connectorId} ${connector.sizeLimitBytes}`;
}
