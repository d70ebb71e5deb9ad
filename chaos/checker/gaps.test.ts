import { expect, test } from "vitest";
import type { Gap, Run } from "../observation";
import { checkGaps, mayBeMissing } from "./gaps";

const [start, oldest, end] = ["00", "10", "20"].map(
  (hour) => new Date(`2026-11-21T${hour}:00:00Z`),
) as [Date, Date, Date];
const run: Run = {
  ...{ id: "run", connectorId: "one", kind: "SCHEDULED", state: "SUCCEEDED", open: 0 },
  ...{ windowStart: start, windowEnd: end, isManifestEqual: true, isTransferCancelled: false },
  ...{ failureCode: null, availableFromSource: 0, availableForImport: 0, imported: 0 },
  ...{ partiallyImported: 0, skipped: 0, failed: 0 },
};
const gap: Gap = { id: "gap", runId: "run", gapStart: start, gapEnd: oldest, acknowledgedAt: end };
const forgetting = { oldest, isForGood: true };
const nothing = { items: [], deliveries: [], files: [], messages: [], duplicates: {} };

function verdicts(
  gaps: readonly Gap[],
  runs: readonly Run[] = [run],
  forgot = true,
  state = "ACTIVE",
): string[] {
  const connectors = [{ id: "one", state, finishedAt: end, watermark: end }];
  const seen = { ...nothing, connectors, gaps, runs };
  return checkGaps(forgot ? forgetting : null, seen).map(({ what }) => what);
}

const later = new Date(oldest.getTime() + 1);
const wide = "a gap is wider than what the archive forgot";

test("a gap from the window's start to what the archive still holds is as it should be", () => {
  expect(verdicts([gap])).toEqual([]);
});

test.each([
  ["a gap beyond what the archive forgot", { ...gap, gapEnd: later }],
  ["a gap that begins elsewhere", { ...gap, gapStart: later }],
])("%s is found", (_name, changed) => {
  expect(verdicts([changed])).toEqual([wide]);
});

test("a gap of an archive that never forgot is found", () => {
  expect(verdicts([gap], [run], false)).toEqual([wide]);
});

test("a gap nobody has read is found", () => {
  expect(verdicts([{ ...gap, acknowledgedAt: null }])).toEqual([
    "a gap is left to be acknowledged",
  ]);
});

test("a gap of a deleted connector is nobody's to acknowledge", () => {
  expect(verdicts([{ ...gap, acknowledgedAt: null }], [run], true, "DELETED")).toEqual([]);
});

test("a gap of a window that is read again is found", () => {
  expect(verdicts([gap], [{ ...run, kind: "LOOKBACK" }])).toEqual([
    "a gap of a window that was not read for the first time",
  ]);
});

const told = { record: { id: "a", revision: "1" }, receivedAt: start, comes: "before" as const };
const seen = { gaps: [gap], runs: [run] };

test("what the archive forgot may be missing where the books name its time", () => {
  expect(mayBeMissing(forgetting, seen, told)).toBe(true);
  expect(mayBeMissing(forgetting, { ...seen, gaps: [] }, told)).toBe(false);
  expect(mayBeMissing(forgetting, seen, { ...told, receivedAt: oldest })).toBe(false);
  expect(mayBeMissing(null, seen, told)).toBe(false);
});

test("what was restored into a time that is not given any more may be missing without a gap", () => {
  const restored = { ...told, comes: "restored" as const };
  expect(mayBeMissing(forgetting, { ...seen, gaps: [] }, restored)).toBe(true);
  expect(mayBeMissing(forgetting, seen, { ...restored, receivedAt: oldest })).toBe(false);
  expect(mayBeMissing({ oldest, isForGood: false }, seen, restored)).toBe(false);
});

test("a past period that says it was not held names its time, too", () => {
  const backfill = { ...run, kind: "BACKFILL", failureCode: "SourceWindowExpired" };
  expect(mayBeMissing(forgetting, { gaps: [], runs: [backfill] }, told)).toBe(true);
});

test("what the archive held again may be missing only if no manifest tells of it", () => {
  const forAWhile = { oldest, isForGood: false };
  expect(mayBeMissing(forAWhile, seen, told)).toBe(false);
  expect(mayBeMissing(forAWhile, seen, { ...told, record: { revision: "1" } })).toBe(true);
});
