/** Spans of source time: which window comes first, which is due, what "Sync now" asks for. */
import { nextScheduledInstant, type Schedule } from "./schedule";

/** A half-open span of time, [start, end). Two neighbouring windows share a border and no item. */
export type SyncWindow = { readonly start: Date; readonly end: Date };

/** The archive may take in items a little late; what is younger than this is left to the next window. */
export const settleMs = 5 * 60_000;

const dayMs = 24 * 60 * 60_000;
const firstSpanMs = dayMs;
/** So long an archive may still take in, or restore, what belongs to a window. */
const lookBackMs = 14 * dayMs;

/** True for an instant inside the window; its end belongs to the next one. */
export function holds({ start, end }: SyncWindow, at: Date): boolean {
  return start <= at && at < end;
}

/** At Finish: the 24 hours before the settling margin. */
export function firstWindow(finishedAt: Date): SyncWindow {
  const end = finishedAt.getTime() - settleMs;
  return { start: new Date(end - firstSpanMs), end: new Date(end) };
}

/**
 * The oldest scheduled window that is due, or null. Derived from the watermark, never from a timer:
 * whoever slept for days gets every window, one after the other.
 */
export function nextDueWindow(schedule: Schedule, watermark: Date, now: Date): SyncWindow | null {
  const transferred = new Date(watermark.getTime() + settleMs);
  if (transferred >= now) return null;
  const instant = nextScheduledInstant(schedule, transferred);
  if (instant > now) return null;
  return { start: watermark, end: new Date(instant.getTime() - settleMs) };
}

/** "Sync now": everything since the watermark, or up to when everything has been transferred. */
export function manualWindow(watermark: Date, now: Date): SyncWindow | { readonly upTo: Date } {
  const end = new Date(now.getTime() - settleMs);
  return watermark < end ? { start: watermark, end } : { upTo: watermark };
}

/** Windows that end after this instant are asked for again. */
export function lookBackFrom(now: Date): Date {
  return new Date(now.getTime() - lookBackMs);
}

/** The beginning of the day in UTC. */
export function utcDay(now: Date): Date {
  return new Date(now.getTime() - (now.getTime() % dayMs));
}
