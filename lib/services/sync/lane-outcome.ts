/** How a delivery's turn can end, as the ledger wants to hear it. */
import { backOffMs } from "@/lib/core/backoff";
import type { FailureCode } from "@/lib/core/errors";
import type { Random } from "@/lib/ports/runtime";
import type { DeliveryOutcome, LaneDelivery, NewEvidence } from "@/lib/ports/lane-store";
import type { LeftOut } from "./lane-message";

/** Five refusals end an item (design, §6). */
const refusalsAllowed = 5;

/** Written so often and still not whole: the item ends, with nothing of it left in the mailbox. */
const writesAllowed = 3;

/** `writes` starts anew, and never at 0: before a retry writes, it looks for what is there. */
export function imported(
  delivery: LaneDelivery,
  messageId: string | null,
  written: { readonly leftOut: readonly LeftOut[]; readonly evidence: NewEvidence },
): DeliveryOutcome {
  const { leftOut, evidence } = written;
  const counted = { ...counts(delivery), writes: 1, refusals: 0, failuresInRow: 0 };
  const [first] = leftOut;
  if (first === undefined) return { ...counted, state: "imported", messageId, evidence };
  return { ...counted, state: "partiallyImported", messageId, evidence, code: first.code, leftOut };
}

/** A refusal of this one item: later again, five times in all. */
export function tryAgain(
  random: Random,
  delivery: LaneDelivery,
  code: FailureCode,
): DeliveryOutcome {
  const refusals = delivery.refusals + 1;
  if (refusals >= refusalsAllowed) return { ...failed(delivery, code), refusals };
  const waitMs = backOffMs(refusals, random);
  return { ...counts(delivery), refusals, state: "pending", waitMs, code };
}

/** A copy that was not whole has been removed for good. `writes` is the number of the write to come. */
export function writeAgain(delivery: LaneDelivery): DeliveryOutcome {
  const writes = Math.max(delivery.writes, 1);
  if (writes >= writesAllowed) return { ...failed(delivery, "AttachmentsNotWritten"), writes: 0 };
  return { ...unsent(delivery), writes: writes + 1 };
}

/** Nobody knows what is in the mailbox; the time until somebody looks runs from when it was sent. */
export function doubtful(delivery: LaneDelivery, sentMsAgo: number): DeliveryOutcome {
  const writes = Math.max(delivery.writes, 1);
  const failuresInRow = delivery.failuresInRow + 1;
  return {
    ...counts(delivery),
    writes,
    failuresInRow,
    state: "importing",
    sentMsAgo,
    waitMs: null,
  };
}

export function failed(delivery: LaneDelivery, code: FailureCode): DeliveryOutcome {
  return { ...counts(delivery), state: "failed", code };
}

export function unsent(delivery: LaneDelivery): DeliveryOutcome {
  return { ...counts(delivery), state: "pending", waitMs: 0, code: null };
}

export function counts({ id, writes, refusals, failuresInRow }: LaneDelivery) {
  return { deliveryId: id, writes, refusals, failuresInRow };
}
