/** How long the staged original of an item is kept, and when a segment is worth writing anew. */
import type { DeliveryState } from "./run";

const dayMs = 24 * 60 * 60_000;

/** What nobody could import and nobody dismissed is kept so long, counted from when it was recorded. */
export const longestKeptDays = 400;

/** So long before that the portal begins to warn. */
export const warnedDays = 30;

/**
 * Of a segment with fewer than half of its items over, so long may pass before it is written anew:
 * otherwise a single item that comes to its end each day would cost a segment each day.
 */
const overlapDays = 7;

export type KeptDelivery = {
  readonly state: DeliveryState;
  readonly completedAt: Date | null;
  readonly dismissedAt: Date | null;
};

export type KeptItem = {
  readonly recordedAt: Date;
  readonly isRunClosed: boolean;
  readonly deliveries: readonly KeptDelivery[];
};

/**
 * Until when the original is kept: as long as the delivery that needs it longest.
 * @returns null while the end is not known, because the run or one of the deliveries is open
 */
export function originalKeptUntil(item: KeptItem, retentionDays: number): Date | null {
  const { recordedAt, isRunClosed, deliveries } = item;
  const isOpen = deliveries.some(({ state }) => state === "pending" || state === "importing");
  if (!isRunClosed || isOpen) return null;
  const longest = after(recordedAt, longestKeptDays);
  if (deliveries.length === 0) return new Date(longest);
  return new Date(Math.max(...deliveries.map((delivery) => keptFor(delivery))));

  function keptFor({ state, completedAt, dismissedAt }: KeptDelivery): number {
    // A dismissal never keeps it longer than waiting would have.
    if (state === "failed") {
      return dismissedAt === null ? longest : Math.min(after(dismissedAt, retentionDays), longest);
    }
    return completedAt === null ? longest : after(completedAt, retentionDays);
  }
}

function after(at: Date, days: number): number {
  return at.getTime() + days * dayMs;
}

export type SegmentFacts = {
  /** Items that name it, and how many of them are over. */
  readonly items: number;
  readonly over: number;
  /** For how long the first of them has been. */
  readonly overForMs: number;
};

/** What is over is removed at the latest a week after it was, and at once where that leaves little to copy. */
export function isSegmentDue({ items, over, overForMs }: SegmentFacts): boolean {
  return over > 0 && (over * 2 >= items || overForMs >= overlapDays * dayMs);
}
