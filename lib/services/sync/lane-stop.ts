/** What a failure means beyond its own delivery: a pause, a blocked mailbox, an administrator's turn. */
import { backOffMs } from "@/lib/core/backoff";
import type { FailureCode, SyncError } from "@/lib/core/errors";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import { counts, unsent } from "./lane-outcome";
import type { LaneTurn } from "./lane-turn";

/** A single failure is its delivery's; so many in a row are the lane's (design, §6). */
const failuresBeforeWaiting = 5;

const asksForPause: ReadonlySet<FailureCode> = new Set(["MailboxThrottled", "TokenThrottled"]);

/** @returns true when nothing more may be sent in this turn */
export function stopsLane(turn: LaneTurn, delivery: LaneDelivery, error: SyncError): boolean {
  const { code, kind, retryAfterMs } = error;
  if (kind === "configuration") {
    turn.stop ??= { because: "configuration", code, connectorId: delivery.connector.id };
  } else if (kind === "mailbox") {
    turn.stop ??= { because: "blocked", code };
  } else if (asksForPause.has(code)) {
    pause(turn, retryAfterMs);
  } else {
    noteFailure(turn);
  }
  return turn.stop !== null;
}

/** Certainly not written: it waits alone, unless what failed concerns all of the lane. */
export function notSent(turn: LaneTurn, delivery: LaneDelivery, error: SyncError): DeliveryOutcome {
  if (error.code === "Interrupted" || turn.signal.aborted) return unsent(delivery);
  const { laneId } = turn.hold;
  turn.parts.log.warn("item.notSent", { laneId, itemId: delivery.itemId, code: error.code });
  const isStopped = stopsLane(turn, delivery, error);
  if (isStopped && turn.stop?.because !== "wait") return unsent(delivery);
  const failuresInRow = delivery.failuresInRow + 1;
  const waitMs = isStopped ? 0 : backOffMs(failuresInRow, turn.parts.random);
  return { ...counts(delivery), failuresInRow, state: "pending", waitMs, code: error.code };
}

/** The mailbox asked for a pause: this lane keeps it, no other does. */
export function pause(turn: LaneTurn, retryAfterMs: number | undefined): void {
  turn.failuresInRow += 1;
  const waitMs = backOffMs(turn.failuresInRow, turn.parts.random, retryAfterMs);
  turn.stop ??= { because: "wait", waitMs, since: performance.now() };
}

/** Something between us and the mailbox failed; when it goes on failing the lane waits. */
export function noteFailure(turn: LaneTurn): void {
  turn.failuresInRow += 1;
  const tooMany = turn.failuresInRow - failuresBeforeWaiting + 1;
  if (tooMany <= 0) return;
  const waitMs = backOffMs(tooMany, turn.parts.random);
  turn.stop ??= { because: "wait", waitMs, since: performance.now() };
}
