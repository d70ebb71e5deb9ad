import { describe, expect, test } from "vitest";
import { isSegmentDue, type KeptDelivery, originalKeptUntil } from "./retention";

const recordedAt = new Date("2026-01-01T00:00:00.000Z");
const dayMs = 24 * 60 * 60_000;
const day = (days: number) => new Date(recordedAt.getTime() + days * dayMs);
const longest = day(400);

function delivery(state: KeptDelivery["state"], more: Partial<KeptDelivery> = {}): KeptDelivery {
  return { state, completedAt: null, dismissedAt: null, ...more };
}

function keptUntil(deliveries: readonly KeptDelivery[], isRunClosed = true): Date | null {
  return originalKeptUntil({ recordedAt, isRunClosed, deliveries }, 30);
}

describe("an original", () => {
  test.each(["imported", "partiallyImported", "skipped"] as const)(
    "is kept 30 days after its delivery ended %s",
    (state) => {
      expect(keptUntil([delivery(state, { completedAt: day(2) })])).toEqual(day(32));
    },
  );

  test("is kept as long as the delivery that ended last wants it", () => {
    const first = delivery("imported", { completedAt: day(1) });
    const last = delivery("skipped", { completedAt: day(9) });
    expect(keptUntil([last, first])).toEqual(day(39));
  });

  test("is kept 400 days from its recording when one delivery failed, whatever the others did", () => {
    const imported = delivery("imported", { completedAt: day(1) });
    const failed = delivery("failed", { completedAt: day(1) });
    expect(keptUntil([imported, failed])).toEqual(longest);
  });

  test("that was imported late is kept 30 days from then, also beyond the 400", () => {
    expect(keptUntil([delivery("imported", { completedAt: day(399) })])).toEqual(day(429));
  });

  test("is kept 30 days after the failed delivery was dismissed", () => {
    const dismissed = delivery("failed", { completedAt: day(1), dismissedAt: day(50) });
    expect(keptUntil([dismissed])).toEqual(day(80));
  });

  test("is not kept longer for being dismissed late", () => {
    const dismissed = delivery("failed", { completedAt: day(1), dismissedAt: day(390) });
    expect(keptUntil([dismissed])).toEqual(longest);
  });

  test.each(["pending", "importing"] as const)("has no end while a delivery is %s", (state) => {
    const imported = delivery("imported", { completedAt: day(1) });
    expect(keptUntil([imported, delivery(state)])).toBeNull();
  });

  test("has no end while its run is open", () => {
    expect(keptUntil([delivery("imported", { completedAt: day(1) })], false)).toBeNull();
  });

  test("of an item without any delivery is kept the longest", () => {
    expect(keptUntil([])).toEqual(longest);
  });

  test("of a delivery that does not say when it ended is kept the longest", () => {
    expect(keptUntil([delivery("imported")])).toEqual(longest);
  });
});

describe("a segment is written anew", () => {
  test.each([
    ["not while nothing in it is over", { items: 4, over: 0, overForMs: 0 }, false],
    ["when all of it is over", { items: 4, over: 4, overForMs: 0 }, true],
    ["when half of it is over", { items: 4, over: 2, overForMs: 0 }, true],
    ["not for a single item of many", { items: 200, over: 1, overForMs: 6.9 * dayMs }, false],
    [
      "for a single item a week after it was over",
      { items: 200, over: 1, overForMs: 7 * dayMs },
      true,
    ],
  ])("%s", (_name, facts, expected) => {
    expect(isSegmentDue(facts)).toBe(expected);
  });
});
