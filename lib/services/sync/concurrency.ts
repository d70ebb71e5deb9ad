import { SyncError } from "@/lib/core/errors";
import type { Slots } from "./parts";

/** Runs `work` over all values, at most `atOnce` at a time. The first error stops taking further ones and is thrown at the end. */
export async function eachOf<T>(
  values: Iterable<T>,
  atOnce: number,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const queue: Iterator<T, unknown> = values[Symbol.iterator]();
  const failures: unknown[] = [];
  const lines = Array.from({ length: atOnce }, async () => {
    while (failures.length === 0) {
      const next = queue.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (thrown) {
        failures.push(thrown);
      }
    }
  });
  await Promise.all(lines);
  if (failures.length > 0) throw failures[0];
}

/** First come, first served. */
export function createSlots(places: number): Slots {
  let free = places;
  const waiting: (() => void)[] = [];
  const giveBack = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async take(signal) {
      if (signal.aborted) throw interrupted(signal);
      if (free > 0) free -= 1;
      else await place(waiting, signal);
      let isGiven = false;
      return () => {
        if (!isGiven) giveBack();
        isGiven = true;
      };
    },
  };
}

function place(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const enter = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(enter), 1);
      reject(interrupted(signal));
    };
    waiting.push(enter);
    signal.addEventListener("abort", leave, { once: true });
  });
}

export function interrupted(signal: AbortSignal): unknown {
  return signal.reason instanceof Error && signal.reason.name !== "AbortError"
    ? signal.reason
    : new SyncError("Interrupted", { cause: signal.reason });
}

/** A bell: `wait` ends at the next ring, or at once when it rang since the last wait. */
export function createBell(): { ring(): void; wait(signal: AbortSignal): Promise<void> } {
  let hasRung = false;
  let wake: (() => void) | null = null;
  return {
    ring() {
      hasRung = true;
      wake?.();
    },
    async wait(signal) {
      if (signal.aborted) throw interrupted(signal);
      if (!hasRung) {
        await new Promise<void>((resolve, reject) => {
          const leave = () => reject(interrupted(signal));
          signal.addEventListener("abort", leave, { once: true });
          wake = () => {
            signal.removeEventListener("abort", leave);
            resolve();
          };
        });
      }
      hasRung = false;
      wake = null;
    },
  };
}
