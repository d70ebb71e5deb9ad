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

export function checkGaps(
  forgetting: Forgetting,
  { gaps, runs, connectors }: Observation,
): Violation[] {
  const runOf = new Map(runs.map((run) => [run.id, run]));
  const live = connectors.filter(({ state }) => state !== "DELETED").map(({ id }) => id);
  return gaps.flatMap((gap) => {
    const run = runOf.get(gap.runId);
    const found = flawsOf(gap, run, forgetting);
    // Nobody acknowledges what a deleted connector did not find.
    if (gap.acknowledgedAt === null && live.includes(run?.connectorId ?? "")) {
      found.push("a gap is left to be acknowledged");
    }
    return found.map((what) => violation("I4", what, { gap: gap.id, run: gap.runId }));
  });
}

function flawsOf(
  { gapStart, gapEnd }: Gap,
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
  return isWide ? ["a gap is wider than what the archive forgot"] : [];
}

/** True where a record may be missing: the archive gave it away, and the books name its time. */
export function mayBeMissing(
  forgetting: Forgetting,
  { gaps, runs }: Pick<Observation, "gaps" | "runs">,
  truth: Pick<RecordTruth, "receivedAt" | "record" | "comes">,
): boolean {
  if (forgetting === null || truth.receivedAt >= forgetting.oldest) return false;
  // Its window may have been read before it was restored, and is not given any more.
  if (forgetting.isForGood && truth.comes === "restored") return true;
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
