/** What the archive no longer held is written down, no wider than it was, and somebody has read it. */
import type { Gap, Observation, Run } from "../observation";
import { isInManifest, type RecordTruth } from "../truth";
import { type Violation, violation } from "./violation";

/** How the archive forgot; null: it never did. */
export type Forgetting = {
  readonly oldest: Date;
  /** Else it held everything again, and look-back has read what it holds. */
  readonly isForGood: boolean;
} | null;

export function checkGaps(forgetting: Forgetting, { gaps, runs }: Observation): Violation[] {
  const runOf = new Map(runs.map((run) => [run.id, run]));
  return gaps.flatMap((gap) => {
    const found = flawsOf(gap, runOf.get(gap.runId), forgetting);
    return found.map((what) => violation("I4", what, { gap: gap.id, run: gap.runId }));
  });
}

function flawsOf(
  { gapStart, gapEnd, acknowledgedAt }: Gap,
  run: Run | undefined,
  forgetting: Forgetting,
): string[] {
  if (run === undefined || !["SCHEDULED", "MANUAL"].includes(run.kind)) {
    return ["a gap of a window that was not read for the first time"];
  }
  const isWide =
    gapStart.getTime() !== run.windowStart.getTime() ||
    gapEnd > run.windowEnd ||
    gapEnd > (forgetting?.oldest ?? gapStart);
  return [
    ...(isWide ? ["a gap is wider than what the archive forgot"] : []),
    ...(acknowledgedAt === null ? ["a gap is left to be acknowledged"] : []),
  ];
}

/** True where a record may be missing: the archive gave it away, and the books name its time. */
export function mayBeMissing(
  forgetting: Forgetting,
  { gaps, runs }: Pick<Observation, "gaps" | "runs">,
  truth: Pick<RecordTruth, "receivedAt" | "record">,
): boolean {
  if (forgetting === null || truth.receivedAt >= forgetting.oldest) return false;
  // What was held again was read again, if the manifest told of it.
  if (!forgetting.isForGood && isInManifest(truth)) return false;
  const spans = [
    ...gaps.map(({ gapStart, gapEnd }) => ({ start: gapStart, end: gapEnd })),
    ...runs
      .filter(({ failureCode }) => failureCode === "SourceWindowExpired")
      .map(({ windowStart, windowEnd }) => ({ start: windowStart, end: windowEnd })),
  ];
  const { receivedAt } = truth;
  return spans.some(({ start, end }) => start <= receivedAt && receivedAt < end);
}
