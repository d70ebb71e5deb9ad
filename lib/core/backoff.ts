/** How long to wait before the next attempt: as long as the outage lasts, never for ever at once. */

const minuteMs = 60_000;
const stepsMinutes = [1, 2, 4, 8, 15] as const;

/** A server that asks for longer than a day is taken for broken, not for busy. */
const longestRetryAfterMs = 24 * 60 * minuteMs;

/**
 * 1, 2, 4, 8, 15, 15 … minutes for attempt 1, 2, 3 …, spread over a fifth to either side so that
 * a thousand lanes that failed together do not come back together. What the server asked for counts
 * instead, and is never undercut.
 */
export function backOffMs(attempt: number, random: () => number, retryAfterMs?: number): number {
  if (retryAfterMs !== undefined && retryAfterMs >= 0) {
    return Math.round(Math.min(retryAfterMs, longestRetryAfterMs) * (1 + random() * 0.1));
  }
  const step = Math.min(Math.max(Math.trunc(attempt) || 1, 1), stepsMinutes.length) - 1;
  return Math.round((stepsMinutes[step] ?? 15) * minuteMs * (0.8 + random() * 0.4));
}

/** The header's two forms, seconds or an HTTP date, as milliseconds from now; undefined when it is neither. */
export function parseRetryAfter(header: string | null | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}(?:\.\d+)?$/.test(text))
    return Math.min(Math.ceil(Number(text) * 1000), longestRetryAfterMs);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at - now.getTime(), 0), longestRetryAfterMs);
}
