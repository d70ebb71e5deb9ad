import { setMaxListeners } from "node:events";
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

/** First come, first served. With fewer places than are taken, as many are not given out again. */
export function createSlots(places: number): Slots {
  let all = places;
  let taken = 0;
  const waiting: (() => void)[] = [];
  const admit = () => {
    while (taken < all) {
      const next = waiting.shift();
      if (next === undefined) return;
      taken += 1;
      next();
    }
  };
  return {
    async take(signal) {
      if (signal.aborted) throw interrupted(signal);
      if (taken < all) taken += 1;
      else await place(waiting, signal);
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        taken -= 1;
        admit();
      };
    },
    resize(next) {
      all = next;
      admit();
    },
  };
}

/** A place somebody works in, and leaves to others while there is nothing to do but wait. */
export type Place = { leaveFor(wait: () => Promise<void>): Promise<void> };

/** For who needs none. */
export const noPlace: Place = { leaveFor: (wait) => wait() };

/** @param outer is left after this one and taken again before it: two never wait for each other crosswise */
export async function inPlace<T>(
  slots: Slots,
  outer: Place,
  signal: AbortSignal,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  let giveBack = await slots.take(signal);
  const leaveFor: Place["leaveFor"] = async (wait) => {
    giveBack();
    await outer.leaveFor(wait);
    giveBack = await slots.take(signal);
  };
  try {
    return await work({ leaveFor });
  } finally {
    giveBack();
  }
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

/**
 * A controller that is aborted with another signal, until it is let go. Not AbortSignal.any: of every
 * signal made from one that lives as long as the process, Node 20 keeps something for as long.
 */
export function linkedTo(outer: AbortSignal): {
  readonly controller: AbortController;
  readonly letGo: () => void;
} {
  const controller = new AbortController();
  const abort = () => controller.abort(outer.reason);
  if (outer.aborted) abort();
  // As many as there are lanes at work: Node's warning about more than ten means nothing here.
  setMaxListeners(0, outer);
  outer.addEventListener("abort", abort, { once: true });
  return { controller, letGo: () => outer.removeEventListener("abort", abort) };
}

/** Ends after so long, or throws when it is told to stop. */
export function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(interrupted(signal));
    const leave = () => {
      clearTimeout(timer);
      reject(interrupted(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", leave);
      resolve();
    }, milliseconds);
    // Hundreds of lanes may wait on one signal.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", leave, { once: true });
  });
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
