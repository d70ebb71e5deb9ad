import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isClosed, outcomeOf, progressOf, type RunCounters, type RunState } from "./run";

const runStates: RunState[] = [
  "queued",
  "transferring",
  "importing",
  "succeeded",
  "partial",
  "failed",
  "cancelled",
];
function counters(some: Partial<RunCounters>): RunCounters {
  const none = { imported: 0, partiallyImported: 0, skipped: 0, failed: 0, open: 0 };
  const all = { ...none, ...some };
  const sum = all.imported + all.partiallyImported + all.skipped + all.failed + all.open;
  return { availableFromSource: sum, availableForImport: sum, ...all };
}

test("a run is closed once it has an outcome", () => {
  expect(runStates.filter(isClosed)).toEqual(["succeeded", "partial", "failed", "cancelled"]);
});

describe("how a run ends", () => {
  const whole = { manifestEqual: true, transferCancelled: false };

  test.each<[string, Partial<RunCounters>, Partial<typeof whole>, RunState]>([
    ["everything imported", { imported: 3 }, {}, "succeeded"],
    ["nothing was there", {}, {}, "succeeded"],
    ["some skipped as duplicates", { imported: 1, skipped: 2 }, {}, "succeeded"],
    ["all skipped", { skipped: 2 }, {}, "succeeded"],
    ["one failed beside imported ones", { imported: 2, failed: 1 }, {}, "partial"],
    ["one failed beside a skipped one", { skipped: 1, failed: 1 }, {}, "partial"],
    [
      "one failed beside a partially imported one",
      { partiallyImported: 1, failed: 1 },
      {},
      "partial",
    ],
    ["one partially imported", { imported: 2, partiallyImported: 1 }, {}, "partial"],
    ["everything failed", { failed: 2 }, {}, "failed"],
    ["the source counts otherwise", { imported: 2 }, { manifestEqual: false }, "partial"],
    ["the source counts otherwise and sent nothing", {}, { manifestEqual: false }, "partial"],
    [
      "everything failed and the source counts otherwise",
      { failed: 1 },
      { manifestEqual: false },
      "failed",
    ],
    [
      "the transfer was cancelled",
      { imported: 2, failed: 1 },
      { transferCancelled: true },
      "cancelled",
    ],
    [
      "the transfer was cancelled before it found anything",
      {},
      { transferCancelled: true },
      "cancelled",
    ],
    ["a delivery is still open", { imported: 2, open: 1 }, {}, "importing"],
    [
      "a delivery of a cancelled run is still in doubt",
      { open: 1 },
      { transferCancelled: true },
      "importing",
    ],
  ])("%s", (_name, some, end, expected) => {
    expect(outcomeOf(counters(some), { ...whole, ...end })).toBe(expected);
  });

  test("a run that owes something stays open, one that owes nothing is closed", () => {
    const count = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        count,
        fc.boolean(),
        fc.boolean(),
        (imported, partiallyImported, skipped, failed, open, manifestEqual, transferCancelled) => {
          const some = counters({ imported, partiallyImported, skipped, failed, open });
          const outcome = outcomeOf(some, { manifestEqual, transferCancelled });
          expect(isClosed(outcome)).toBe(open === 0);
          if (outcome === "succeeded") expect(failed + partiallyImported).toBe(0);
        },
      ),
    );
  });
});

describe("how far a run is", () => {
  const startedAt = new Date("2026-05-05T10:00:00Z");
  const clock = { startedAt, now: new Date("2026-05-05T10:02:00Z"), isTotalKnown: true };

  test("what is done, how fast, and how long the rest will take", () => {
    expect(progressOf(counters({ imported: 150, failed: 50, open: 100 }), clock)).toEqual({
      done: 200,
      total: 300,
      ratePerMinute: 100,
      remainingMs: 60_000,
    });
  });

  test("what was done before a retry does not count for the speed", () => {
    const progress = progressOf(counters({ imported: 200, open: 100 }), {
      ...clock,
      doneBefore: 100,
    });
    expect(progress).toMatchObject({ done: 200, ratePerMinute: 50, remainingMs: 120_000 });
  });

  test.each([
    [
      "while the transfer still finds more",
      { ...clock, isTotalKnown: false },
      { imported: 5, open: 5 },
    ],
    ["while nothing is done", clock, { open: 5 }],
    ["in its first instant", { ...clock, now: startedAt }, { imported: 1, open: 5 }],
    ["when the clock was set back", { ...clock, now: new Date(0) }, { imported: 1, open: 5 }],
  ])("nothing is foretold %s", (_name, when, some) => {
    expect(progressOf(counters(some), when).remainingMs).toBeNull();
  });

  test("nothing is left of a run that is done", () => {
    expect(progressOf(counters({ imported: 10 }), clock).remainingMs).toBe(0);
  });
});
