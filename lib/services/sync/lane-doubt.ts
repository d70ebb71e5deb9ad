/** Creates nobody knows the end of: only a look into the mailbox tells (design, "In doubt"). */
import { toSyncError } from "@/lib/core/errors";
import type { FoundMessage } from "@/lib/ports/destination";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/store";
import { eachOf } from "./concurrency";
import { type Prepared, prepare } from "./lane-message";
import { counts, failed, imported, refusalsAllowed } from "./lane-outcome";
import type { LaneTurn } from "./lane-turn";

const doubtfulAtATime = 50;

/** Written so often and still not whole: the item ends, with nothing of it left in the mailbox. */
const writesAllowed = 3;

/** Not before the server has had its time to finish; the lane's other deliveries go on meanwhile. */
export async function lookForDoubtful(turn: LaneTurn): Promise<void> {
  const { parts, hold } = turn;
  const { store, tenantId, limits } = parts;
  for (;;) {
    const doubtful = await store.takeInDoubt(tenantId, hold, limits.inDoubtMs, doubtfulAtATime);
    if (doubtful.length === 0) return;
    const outcomes: DeliveryOutcome[] = [];
    try {
      await eachOf(doubtful, limits.requestsPerMailbox, async (delivery) => {
        outcomes.push(await lookAt(turn, delivery));
      });
    } finally {
      const { runIds } = await store.recordOutcomes(tenantId, hold, outcomes);
      for (const runId of runIds) turn.runIds.add(runId);
    }
    if (doubtful.length < doubtfulAtATime) return;
  }
}

async function lookAt(turn: LaneTurn, delivery: LaneDelivery): Promise<DeliveryOutcome> {
  try {
    return (await lookBeforeWriting(turn, delivery)) ?? notThere(delivery);
  } catch (thrown) {
    const { code, kind } = toSyncError(thrown);
    if (kind !== "mailbox") throw thrown;
    // The mailbox is closed to us: nobody can look. A retry looks before it writes, since `writes` stays.
    turn.stop ??= { because: "blocked", code };
    return failed(delivery, code);
  }
}

/** It never arrived: written again, and nothing is owed for the failure. */
function notThere(delivery: LaneDelivery): DeliveryOutcome {
  if (delivery.refusals >= refusalsAllowed) return failed(delivery, "ItemRefused");
  return { ...counts(delivery), writes: 0, state: "pending", waitMs: 0, code: null };
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
