/** Requests of a lane beside its creates: each in a slot of the process, all counted for the mailbox. */
import { SyncError } from "@/lib/core/errors";
import { HoldLost } from "@/lib/ports/transfer-records";
import { pauseFor } from "./concurrency";
import type { LaneTurn } from "./lane-turn";

/** A look or a deletion: it carries next to nothing and waits for nobody. */
export async function request<T>(turn: LaneTurn, ask: () => Promise<T>): Promise<T> {
  const { parts, pace, signal } = turn;
  const giveBack = await parts.graphSlots.take(signal);
  try {
    heedHold(turn);
    pace.note(0, parts.clock.now().getTime());
    return await ask();
  } finally {
    giveBack();
  }
}

/**
 * A part of a message that has been begun: it waits for the mailbox's windows within the turn, with
 * the lease renewed and no slot taken, since giving up now would mean to begin anew.
 */
export async function pacedRequest<T>(
  turn: LaneTurn,
  { connectorId, bytes }: { readonly connectorId: string; readonly bytes: number },
  ask: () => Promise<T>,
): Promise<T> {
  const { parts, pace } = turn;
  const signal = turn.signalOf(connectorId);
  for (;;) {
    const giveBack = await parts.graphSlots.take(signal);
    let waitMs = 0;
    try {
      if (turn.rests(connectorId)) throw new SyncError("Interrupted");
      heedHold(turn);
      const nowMs = parts.clock.now().getTime();
      waitMs = pace.waitMs(bytes, nowMs);
      if (waitMs === 0) {
        pace.note(bytes, nowMs);
        return await ask();
      }
    } finally {
      giveBack();
    }
    await pauseFor(waitMs, signal);
  }
}

/**
 * A holder whose lease has run out sends nothing more, a deletion least of all: whoever holds the lane
 * now may have taken the message for the one that stays.
 */
function heedHold(turn: LaneTurn): void {
  if (!turn.holds()) throw new SyncError("Interrupted", { cause: new HoldLost() });
}
