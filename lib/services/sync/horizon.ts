/** An archive that keeps its records for so many days forgets while it is read: its horizon is followed. */
import { SyncError } from "@/lib/core/errors";
import type { SyncWindow } from "@/lib/core/window";
import { WindowExpired } from "@/lib/ports/source";

export type Horizon = {
  /** What is held of the window, as far as is known; null when it has expired altogether. */
  readonly held: SyncWindow | null;
  /**
   * Narrows what is held to what the archive says it still has.
   * @throws what was thrown, where it speaks of no horizon
   * @throws SyncError SourceUnavailable where the archive runs away, or refuses what it says it has
   */
  follow(thrown: unknown): void;
  /** Something was read since the horizon moved. */
  advanced(): void;
};

/**
 * So far beyond what the archive says it has. At first nothing is given up, since its horizon may stand
 * still, or have been moved by hand; one that moves with the clock has passed that place before it is
 * asked for, and then as little as will do.
 */
const marginsMs = [0, 0, 0, 1, 5, 30, 120, 600, 3_600].map((seconds) => seconds * 1_000);

export function createHorizon(window: SyncWindow): Horizon {
  const { end } = window;
  let held: SyncWindow | null = window;
  let newest = window.start;
  let moves = 0;
  let movesSinceRead = 0;
  let isContradicted = false;
  return {
    get held() {
      return held;
    },

    follow(thrown) {
      if (!(thrown instanceof WindowExpired) || held === null) throw thrown;
      const { oldestAvailable } = thrown;
      const isHeldAsSaid = oldestAvailable <= held.start;
      // An archive that refuses a window it says it holds is at fault itself, not the window. Later it
      // may mean a horizon it tells in whole minutes: then the margin helps, or nothing does.
      if (isHeldAsSaid && moves === 0) throw unavailable(thrown);
      if (movesSinceRead >= marginsMs.length) throw unavailable(thrown);
      isContradicted ||= isHeldAsSaid;
      if (oldestAvailable > newest) newest = oldestAvailable;
      const margin = marginsMs[Math.min(moves, marginsMs.length - 1)] ?? 0;
      const start = new Date(newest.getTime() + margin);
      held = start < end ? { start, end } : null;
      moves += 1;
      movesSinceRead += 1;
    },

    advanced() {
      // One that moved over the last margin ends the window some day; one that contradicts itself does not.
      if (!isContradicted) movesSinceRead = 0;
    },
  };
}

function unavailable(cause: WindowExpired): SyncError {
  return new SyncError("SourceUnavailable", { cause });
}
