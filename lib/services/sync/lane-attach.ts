/** What did not fit into the create is added to the message: whole in the end, removed, or in doubt. */
import { failures, SyncError, toSyncError } from "@/lib/core/errors";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import type { Place } from "./concurrency";
import { NotAttached } from "./lane-adding";
import type { KeptMessage } from "./lane-kept";
import { doubtful, failed, imported, unsent, writeAgain } from "./lane-outcome";
import { request } from "./lane-request";
import { stopsLane } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";
import { addAttachment } from "./lane-upload";

export async function attachAll(
  turn: LaneTurn,
  delivery: LaneDelivery,
  messageId: string,
  kept: KeptMessage,
  place: Place,
): Promise<DeliveryOutcome> {
  const { parts } = turn;
  try {
    for (const file of kept.files) {
      await addAttachment({ turn, delivery, messageId, kept, place }, file);
      parts.passes("item.attached");
    }
  } catch (thrown) {
    return halfWritten(turn, delivery, messageId, thrown);
  }
  turn.failuresInRow = 0;
  if (delivery.connector.largeAttachments === "probed") await note(turn, false);
  return imported(delivery, messageId, kept);
}

/** Never left half: removed where that is certain to be right, else in doubt like any other write. */
async function halfWritten(
  turn: LaneTurn,
  delivery: LaneDelivery,
  messageId: string,
  thrown: unknown,
): Promise<DeliveryOutcome> {
  const { log } = turn.parts;
  const { itemId } = delivery;
  const ended = endOf(delivery, thrown);
  if (ended === null) return inDoubt(turn, delivery, thrown);
  try {
    await remove(turn, messageId);
  } catch (failure) {
    return inDoubt(turn, delivery, failure);
  }
  if (thrown instanceof NotAttached) {
    log.warn("item.notAttached", { itemId, because: thrown.because });
    // Only now: a consent that was withdrawn would have refused the removal as well.
    if (thrown.because === "notAllowed") await note(turn, true);
    return ended;
  }
  const { code } = toSyncError(thrown);
  log.warn("item.notAttached", { itemId, code });
  if (failures[code].kind === "mailbox") turn.stop ??= { because: "blocked", code };
  return ended;
}

/** How the delivery ends once nothing of it is in the mailbox any more; null: nobody knows what is there. */
function endOf(delivery: LaneDelivery, thrown: unknown): DeliveryOutcome | null {
  if (thrown instanceof NotAttached) {
    // It is composed anew without them, which is no fault of this item.
    return thrown.because === "notAllowed" ? unsent(delivery) : writeAgain(delivery);
  }
  if (!(thrown instanceof SyncError)) return null;
  const { code } = thrown;
  if (code === "AttachmentsNotWritten") return writeAgain(delivery);
  if (code === "StagingCorrupt" || failures[code].kind === "mailbox") return failed(delivery, code);
  return null;
}

function inDoubt(turn: LaneTurn, delivery: LaneDelivery, thrown: unknown): DeliveryOutcome {
  const error = toSyncError(thrown);
  const { code, cause } = error;
  const { itemId } = delivery;
  const isInterrupted = code === "Interrupted" || turn.signal.aborted;
  if (code === "Unexpected" && !isInterrupted) {
    turn.parts.log.error("item.unexpected", { itemId }, cause);
  }
  // A mailbox that is closed to us is no longer written to; whether it is, the look will say.
  if (!isInterrupted) {
    turn.parts.log.warn("item.halfWritten", { itemId, code });
    stopsLane(turn, delivery, error);
  }
  return doubtful(delivery, 0);
}

function remove(turn: LaneTurn, messageId: string): Promise<void> {
  const { parts, lane, signal } = turn;
  return request(turn, () =>
    parts.destination.deletePermanently(lane.mailboxId, messageId, signal),
  );
}

/** Not worth a message: whoever comes next finds it out again. */
async function note(turn: LaneTurn, isRefused: boolean): Promise<void> {
  const { store, tenantId, log } = turn.parts;
  turn.areAttachmentsRefused = isRefused;
  if (isRefused) log.warn("attachments.refused", { laneId: turn.hold.laneId });
  try {
    await store.noteAttaching(tenantId, isRefused);
  } catch (thrown) {
    log.warn("attachments.notNoted", { code: toSyncError(thrown).code });
  }
}
