/** Creates nobody knows the end of: only a look into the mailbox tells (design, "In doubt"). */
import { backOffMs } from "@/lib/core/backoff";
import { toSyncError } from "@/lib/core/errors";
import type { FoundMessage } from "@/lib/ports/destination";
import type { Random } from "@/lib/ports/runtime";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import { eachOf } from "./concurrency";
import { type Prepared, prepare } from "./lane-message";
import { counts, failed, imported, tryAgain } from "./lane-outcome";
import { stopsLane } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";

const doubtfulAtATime = 50;

/** Written so often and still not whole: the item ends, with nothing of it left in the mailbox. */
const writesAllowed = 3;

/** Not before the server has had its time to finish; the lane's other deliveries go on meanwhile. */
export async function lookForDoubtful(turn: LaneTurn): Promise<void> {
  const { parts, hold, signal } = turn;
  const { store, tenantId, limits } = parts;
  while (turn.stop === null && !signal.aborted) {
    const doubtful = await store.takeInDoubt(tenantId, hold, limits.inDoubtMs, doubtfulAtATime);
    if (doubtful.length === 0) return;
    parts.passes("doubt.taken");
    const outcomes: DeliveryOutcome[] = [];
    await eachOf(doubtful, limits.requestsPerMailbox, async (delivery) => {
      const outcome = await lookAt(turn, delivery);
      if (outcome !== null) outcomes.push(outcome);
    });
    parts.passes("doubt.looked");
    const { runIds } = await store.recordOutcomes(tenantId, hold, outcomes);
    for (const runId of runIds) turn.runIds.add(runId);
    if (doubtful.length < doubtfulAtATime) return;
  }
}

/** @returns null when nobody could look: it stays in doubt as it is */
async function lookAt(turn: LaneTurn, delivery: LaneDelivery): Promise<DeliveryOutcome | null> {
  if (turn.stop !== null || turn.signal.aborted) return null;
  const { random, log } = turn.parts;
  try {
    const found = (await lookBeforeWriting(turn, delivery)) ?? notThere(random, delivery);
    turn.failuresInRow = 0;
    return found;
  } catch (thrown) {
    const error = toSyncError(thrown);
    const { code, kind } = error;
    if (code === "Interrupted") return null;
    log.warn("item.notLookedFor", { itemId: delivery.itemId, code });
    if (code === "Unexpected") log.error("item.unexpected", {}, error.cause);
    const isStopped = stopsLane(turn, delivery, error);
    // The mailbox is closed to us: nobody can look. A retry looks before it writes, since it was written.
    if (kind === "mailbox")
      return { ...failed(delivery, code), writes: Math.max(delivery.writes, 1) };
    if (isStopped) return null;
    const failuresInRow = delivery.failuresInRow + 1;
    const waitMs = backOffMs(failuresInRow, random);
    return { ...counts(delivery), failuresInRow, state: "importing", sentMsAgo: null, waitMs };
  }
}

/**
 * It never arrived, and the look that says so came through: that makes the failure a refusal
 * (design, §6). Written again, at once the first time.
 */
function notThere(random: Random, delivery: LaneDelivery): DeliveryOutcome {
  const again = { ...tryAgain(random, delivery, "ItemRefused"), writes: 0 };
  return again.state === "pending" && delivery.refusals === 0 ? { ...again, waitMs: 0 } : again;
}

/** @returns what was found out, or null when the message is certainly not in the mailbox */
export async function lookBeforeWriting(
  turn: LaneTurn,
  delivery: LaneDelivery,
): Promise<DeliveryOutcome | null> {
  const { parts, lane, signal } = turn;
  const prepared = await prepare(parts, delivery, signal);
  // What cannot be composed now was never sent: the same item gives the same message on every day.
  if (prepared.outcome === "failed") return failed(delivery, prepared.code);
  const { messageId } = prepared.message;
  const found = await request(turn, () =>
    parts.destination.findMessages(lane.mailboxId, messageId, signal),
  );
  const copies = found.filter(({ idempotencyKey }) => idempotencyKey === delivery.idempotencyKey);
  const whole = copies.find((copy) => isComplete(copy, prepared));
  for (const copy of copies) {
    if (copy === whole) continue;
    await request(turn, () =>
      parts.destination.deletePermanently(lane.mailboxId, copy.messageId, signal),
    );
  }
  if (whole !== undefined) {
    return imported(delivery, whole.messageId, prepared.leftOut, delivery.writes);
  }
  const isExhausted = copies.length > 0 && delivery.writes >= writesAllowed;
  return isExhausted ? failed(delivery, "AttachmentsNotWritten") : null;
}

async function request<T>(turn: LaneTurn, ask: () => Promise<T>): Promise<T> {
  const { parts, pace, signal } = turn;
  const giveBack = await parts.graphSlots.take(signal);
  try {
    pace.note(0, parts.clock.now().getTime());
    return await ask();
  } finally {
    giveBack();
  }
}

/** Number, names and sizes of the attachments agree with the plan. Exchange counts a little more than the bytes. */
function isComplete(
  { attachments }: FoundMessage,
  { inline }: Extract<Prepared, { outcome: "message" }>,
): boolean {
  if (attachments.length !== inline.length) return false;
  const left = [...attachments];
  return inline.every(({ name, sizeBytes }) => {
    const at = left.findIndex((there) => there.name === name && there.sizeBytes >= sizeBytes);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
