/** A sync run and its deliveries: their states, how a run ends, how far it is. */

export type RunState =
  "queued" | "transferring" | "importing" | "succeeded" | "partial" | "failed" | "cancelled";

export type RunKind = "scheduled" | "manual" | "backfill" | "lookback";

/** Its window is transferred for the first time: gaps and the watermark are its affair. The others read again. */
export function isTransferredFirst(kind: RunKind): boolean {
  return kind === "scheduled" || kind === "manual";
}

export type DeliveryState =
  "pending" | "importing" | "imported" | "partiallyImported" | "skipped" | "failed";

const closedStates = ["succeeded", "partial", "failed", "cancelled"] as const satisfies RunState[];

/** True once a run has an outcome; only a retry opens it again. */
export function isClosed(state: RunState): boolean {
  return closedStates.some((closed) => closed === state);
}

/** Microsoft's admin-log counters, plus what the run still owes. All but the first count deliveries. */
export type RunCounters = {
  readonly availableFromSource: number;
  readonly availableForImport: number;
  readonly imported: number;
  readonly partiallyImported: number;
  readonly skipped: number;
  readonly failed: number;
  readonly open: number;
};

export type RunEnd = { readonly manifestEqual: boolean; readonly transferCancelled: boolean };

/** How a run ends. One that still owes a delivery does not end: it stays importing. */
export function outcomeOf(counters: RunCounters, end: RunEnd): RunState {
  const { imported, partiallyImported, skipped, failed, open } = counters;
  if (open > 0) return "importing";
  if (end.transferCancelled) return "cancelled";
  if (failed === 0 && partiallyImported === 0 && end.manifestEqual) return "succeeded";
  if (failed > 0 && imported + partiallyImported + skipped === 0) return "failed";
  return "partial";
}

export type Progress = {
  readonly done: number;
  readonly total: number;
  readonly ratePerMinute: number;
  /** null while nothing can be foretold: nothing done yet, or the transfer still finds more. */
  readonly remainingMs: number | null;
};

export type ProgressClock = {
  readonly startedAt: Date;
  readonly now: Date;
  readonly isTotalKnown: boolean;
  /** What was done already when this passage began, e.g. before a retry opened the run again. */
  readonly doneBefore?: number;
};

export function progressOf(counters: RunCounters, clock: ProgressClock): Progress {
  const total = counters.availableForImport;
  const done = Math.max(total - counters.open, 0);
  const elapsedMs = Math.max(clock.now.getTime() - clock.startedAt.getTime(), 0);
  const doneNow = Math.max(done - (clock.doneBefore ?? 0), 0);
  const ratePerMinute = elapsedMs === 0 ? 0 : (doneNow * 60_000) / elapsedMs;
  const isForetold =
    clock.isTotalKnown && ratePerMinute > 0 && doneNow >= Math.min(total / 20, 100);
  const remainingMs = isForetold ? Math.round((counters.open / ratePerMinute) * 60_000) : null;
  return { done, total, ratePerMinute, remainingMs };
}
