/** Requests of a lane beside its creates: each in a slot of the process, all counted for the mailbox. */
import { SyncError } from "@/lib/core/errors";
import { HoldLost } from "@/lib/ports/transfer-records";
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

/** The mailbox's windows let it in later; nothing was sent. */
export type MustWait = { readonly outcome: "mustWait"; readonly waitMs: number };

/**
 * A part of a message that has been begun. Who asked waits within the turn, with the lease renewed and
 * no slot taken, since giving up now would mean to begin anew.
 */
export async function pacedRequest<T>(
  turn: LaneTurn,
  { connectorId, bytes }: { readonly connectorId: string; readonly bytes: number },
  ask: () => Promise<T>,
): Promise<T | MustWait> {
  const { parts, pace } = turn;
  const giveBack = await parts.graphSlots.take(turn.signalOf(connectorId));
  try {
    if (turn.rests(connectorId)) throw new SyncError("Interrupted");
    heedHold(turn);
    const nowMs = parts.clock.now().getTime();
    const waitMs = pace.waitMs(bytes, nowMs);
    if (waitMs > 0) return { outcome: "mustWait", waitMs };
    pace.note(bytes, nowMs);
    return await ask();
  } finally {
    giveBack();
  }
}

/**
 * A holder whose lease has run out sends nothing more, a deletion least of all: whoever holds the lane
 * now may have taken the message for the one that stays.
 */
function heedHold(turn: LaneTurn): void {
  if (!turn.holds()) throw new SyncError("Interrupted", { cause: new HoldLost() });
}
