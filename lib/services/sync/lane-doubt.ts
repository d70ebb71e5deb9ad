/** Creates nobody knows the end of: only a look into the mailbox tells (design, "In doubt"). */
import { backOffMs } from "@/lib/core/backoff";
import { type FailureCode, toSyncError } from "@/lib/core/errors";
import { highestSizeLimitBytes } from "@/lib/core/size-limit";
import { tellsLeftOut } from "@/lib/core/message-facts";
import type { FoundMessage } from "@/lib/ports/destination";
import type { Random } from "@/lib/ports/runtime";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import { eachOf, inPlace, noPlace } from "./concurrency";
import { alreadyThere } from "./lane-evidence";
import { isLargeMail, type Prepared, type PreparedMessage, prepare } from "./lane-message";
import { counts, failed, imported, tryAgain, writeAgain } from "./lane-outcome";
import { request } from "./lane-request";
import { stopsLane } from "./lane-stop";
import { addsAttachments, type LaneTurn } from "./lane-turn";

const doubtfulAtATime = 50;

/** Not before the server has had its time to finish; the lane's other deliveries go on meanwhile. */
export async function lookForDoubtful(turn: LaneTurn): Promise<void> {
  const { parts, hold, signal } = turn;
  const { store, tenantId, limits } = parts;
  if (!turn.lane.hasDoubtful) return;
  while (turn.stop === null && !signal.aborted && turn.holds()) {
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
  const { parts, signal } = turn;
  const { random, log } = parts;
  if (turn.stop !== null || turn.signal.aborted) return null;
  try {
    const look = await lookInPlace(turn, delivery);
    turn.failuresInRow = 0;
    if (look.ended !== null) return look.ended;
    return look.wasRemoved ? writeAgain(delivery) : notThere(random, delivery);
  } catch (thrown) {
    const error = toSyncError(thrown);
    const { code, kind } = error;
    if (code === "Interrupted" || signal.aborted) return null;
    log.warn("item.notLookedFor", { itemId: delivery.itemId, code });
    if (code === "Unexpected") {
      log.error("item.unexpected", { itemId: delivery.itemId }, error.cause);
      return unseen(random, delivery, "ConversionError");
    }
    // A 4xx nobody foresaw is no outage: nobody would ever end waiting for its end.
    if (code === "ItemRefused") return unseen(random, delivery, code);
    const isStopped = stopsLane(turn, delivery, error);
    // The mailbox is closed to us: nobody can look. A retry looks before it writes, since it was written.
    if (kind === "mailbox") return failedAndWritten(delivery, code);
    if (isStopped) return null;
    const failuresInRow = delivery.failuresInRow + 1;
    const waitMs = backOffMs(failuresInRow, random);
    return { ...counts(delivery), failuresInRow, state: "importing", sentMsAgo: null, waitMs };
  }
}

/** It is composed for that: of a large delivered mail all is read, of whose kind one is in memory at a time. */
function lookInPlace(turn: LaneTurn, delivery: LaneDelivery): Promise<Look> {
  const look = () => lookBeforeWriting(turn, delivery);
  if (!isLargeMail(delivery)) return look();
  return inPlace(turn.parts.mailSlots, noPlace, turn.signal, look);
}

function failedAndWritten(delivery: LaneDelivery, code: FailureCode): DeliveryOutcome {
  return { ...failed(delivery, code), writes: Math.max(delivery.writes, 1) };
}

/**
 * Our own fault with this one item, or the mailbox's: it stays in doubt for a few looks, then it ends with
 * a name. A retry looks before it writes.
 */
function unseen(random: Random, delivery: LaneDelivery, code: FailureCode): DeliveryOutcome {
  const again = tryAgain(random, delivery, code);
  if (again.state !== "pending") return { ...again, writes: Math.max(delivery.writes, 1) };
  const { waitMs, refusals } = again;
  return { ...counts(delivery), refusals, state: "importing", sentMsAgo: null, waitMs };
}

/**
 * It never arrived, and the look that says so came through: that makes the failure a refusal
 * (design, §6). Written again, at once the first time.
 */
function notThere(random: Random, delivery: LaneDelivery): DeliveryOutcome {
  const writes = delivery.writes > 1 ? delivery.writes : 0;
  const again = { ...tryAgain(random, delivery, "ItemRefused"), writes };
  return again.state === "pending" && delivery.refusals === 0 ? { ...again, waitMs: 0 } : again;
}

/** `ended`: what was found out, or null when the message is certainly not in the mailbox (any more). */
type Look = { readonly ended: DeliveryOutcome | null; readonly wasRemoved: boolean };

export async function lookBeforeWriting(turn: LaneTurn, delivery: LaneDelivery): Promise<Look> {
  const { parts, lane, signal } = turn;
  const plans = await possiblePlans(turn, delivery);
  // Nobody can look for what cannot be opened now, with a key that is missing today: a retry looks first.
  if (plans.outcome === "failed") {
    return { ended: failedAndWritten(delivery, plans.code), wasRemoved: false };
  }
  const [{ message }] = plans.all;
  const found = await request(turn, () =>
    parts.destination.findMessages(lane.mailboxId, message.messageId, signal),
  );
  const copies = found.filter(({ idempotencyKey }) => idempotencyKey === delivery.idempotencyKey);
  const whole = wholeAmong(copies, plans.all, delivery);
  if (plans.refusedNow !== null && whole === null) {
    // What lies there may be all that the limit of its day allowed: it is not for us to remove.
    const end = copies.length === 0 ? failed : failedAndWritten;
    return { ended: end(delivery, plans.refusedNow), wasRemoved: false };
  }
  for (const copy of copies) {
    if (copy === whole?.copy) continue;
    await request(turn, () =>
      parts.destination.deletePermanently(lane.mailboxId, copy.messageId, signal),
    );
  }
  if (whole === null) return { ended: null, wasRemoved: copies.length > 0 };
  const there = await alreadyThere(parts, plans.of, whole.plan, signal);
  return { ended: imported(delivery, whole.copy.messageId, there), wasRemoved: false };
}

type Plans = {
  readonly outcome: "plans";
  /** With the limit they were composed under. */
  readonly of: LaneDelivery;
  readonly all: readonly [PreparedMessage, ...PreparedMessage[]];
  /** Why it may not be written today, though it may have been when it was sent. */
  readonly refusedNow: FailureCode | null;
};

/**
 * First with everything. Without what is added later, where that is not allowed now. What is above a
 * limit that was lowered since, as it was under the highest there is.
 */
async function possiblePlans(
  turn: LaneTurn,
  delivery: LaneDelivery,
): Promise<Plans | Extract<Prepared, { outcome: "failed" }>> {
  const { parts, signal } = turn;
  const whole = await prepare(parts, delivery, true, signal);
  if (whole.outcome === "failed") {
    if (whole.code !== "ItemSizeExceeded") return whole;
    const connector = { ...delivery.connector, sizeLimitBytes: highestSizeLimitBytes };
    const of = { ...delivery, connector };
    const once = await prepare(parts, of, true, signal);
    if (once.outcome === "failed") return once;
    return { outcome: "plans", of, all: [once], refusedNow: whole.code };
  }
  if (whole.added.length === 0 || addsAttachments(turn, delivery)) {
    return { outcome: "plans", of: delivery, all: [whole], refusedNow: null };
  }
  const without = await prepare(parts, delivery, false, signal);
  if (without.outcome === "failed") return without;
  return { outcome: "plans", of: delivery, all: [whole, without], refusedNow: null };
}

function wholeAmong(
  copies: readonly FoundMessage[],
  plans: readonly PreparedMessage[],
  delivery: LaneDelivery,
): { readonly copy: FoundMessage; readonly plan: PreparedMessage } | null {
  for (const plan of plans) {
    const copy = copies.find((each) => isComplete(each, plan) && tellsOf(each, plan, delivery));
    if (copy !== undefined) return { copy, plan };
  }
  return null;
}

/** Number, names and sizes of the attachments agree with the plan. Exchange counts a little more than the bytes. */
function isComplete({ attachments }: FoundMessage, { inline, added }: PreparedMessage): boolean {
  const planned = [...inline, ...added];
  if (attachments.length !== planned.length) return false;
  const left = [...attachments];
  return planned.every(({ name, sizeBytes }) => {
    const at = left.findIndex((there) => there.name === name && there.sizeBytes >= sizeBytes);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/**
 * A message that was to get attachments and never did looks complete by those it has. One that was
 * written without them says so of each.
 */
function tellsOf(
  { body }: FoundMessage,
  { message, leftOut }: PreparedMessage,
  { attachments }: LaneDelivery,
): boolean {
  const { delivered } = message;
  if (delivered !== undefined) {
    return delivered.leftOutSha256s.every((sha256) => tellsLeftOut(body, sha256));
  }
  const missing = leftOut.flatMap(({ position, code }) => {
    const staged = attachments.find((each) => each.position === position);
    const isNotWritten = code === "AttachmentsNotWritten" && staged?.outcome === "staged";
    return isNotWritten ? [staged.sha256] : [];
  });
  return missing.every((sha256) => tellsLeftOut(body, sha256));
}
