import { expect, test } from "vitest";
import { SyncError } from "@/lib/core/errors";
import { WindowExpired } from "@/lib/ports/source";
import { createHorizon } from "./horizon";

const unavailable = new SyncError("SourceUnavailable");
const minute = 60_000;
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1) + minutes * minute);
const window = { start: at(0), end: at(10_000) };

test("a horizon that stands still costs nothing of the window", () => {
  const horizon = createHorizon(window);
  horizon.follow(new WindowExpired(at(60)));
  expect(horizon.held).toEqual({ start: at(60), end: window.end });
});

test("one that moves is met as little ahead as will do, and given up after nine", () => {
  const horizon = createHorizon(window);
  const beyond = Array.from({ length: 9 }, (_, move) => {
    const oldest = at(1000 + move * 61);
    horizon.follow(new WindowExpired(oldest));
    return ((horizon.held?.start.getTime() ?? 0) - oldest.getTime()) / 1_000;
  });
  expect(beyond).toEqual([0, 0, 0, 1, 5, 30, 120, 600, 3_600]);
  expect(() => horizon.follow(new WindowExpired(at(2_000)))).toThrow(unavailable);
});

test("as long as something is read it is followed to the end of the window", () => {
  const horizon = createHorizon(window);
  let moves = 0;
  while (horizon.held !== null) {
    horizon.follow(new WindowExpired(new Date(horizon.held.start.getTime() + 1)));
    horizon.advanced();
    moves += 1;
  }
  expect(moves).toBeLessThan(180);
});

test("a horizon told in coarser steps than it moves in is met by the margin", () => {
  const horizon = createHorizon(window);
  for (let moves = 0; moves < 7; moves += 1) horizon.follow(new WindowExpired(at(60)));
  expect(horizon.held?.start).toEqual(at(62));
});

test("an archive that refuses what it says it holds is at fault itself, at once or after some tries", () => {
  const whole = createHorizon(window);
  expect(() => whole.follow(new WindowExpired(at(0)))).toThrow(unavailable);
  expect(whole.held).toBe(window);

  const stubborn = createHorizon(window);
  const refuse = () => {
    stubborn.follow(new WindowExpired(at(60)));
    stubborn.advanced();
  };
  for (let tries = 0; tries < 9; tries += 1) refuse();
  refuse();
  expect(refuse).toThrow(unavailable);
});

test("a window that has expired altogether holds nothing", () => {
  const horizon = createHorizon(window);
  horizon.follow(new WindowExpired(window.end));
  expect(horizon.held).toBeNull();
});

test("what speaks of no horizon is passed on", () => {
  const other = new Error("other");
  expect(() => createHorizon(window).follow(other)).toThrow(other);
});
