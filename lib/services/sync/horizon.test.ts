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

test("one that moves is met farther ahead each time, and given up after five", () => {
  const horizon = createHorizon(window);
  const starts = [0, 1, 2, 3, 4].map((hours) => {
    horizon.follow(new WindowExpired(at(1000 + hours * 61)));
    return horizon.held?.start;
  });
  expect(starts).toEqual([at(1000), at(1062), at(1127), at(1198), at(1304)]);
  expect(() => horizon.follow(new WindowExpired(at(1305)))).toThrow(unavailable);
});

test("as long as something is read it is followed to the end of the window", () => {
  const horizon = createHorizon(window);
  let moves = 0;
  while (horizon.held !== null) {
    horizon.follow(new WindowExpired(new Date(horizon.held.start.getTime() + 1)));
    horizon.advanced();
    moves += 1;
  }
  expect(moves).toBeLessThan(175);
});

test("a horizon told in coarser steps than it moves in is met by the margin", () => {
  const horizon = createHorizon(window);
  horizon.follow(new WindowExpired(at(60)));
  horizon.follow(new WindowExpired(at(60)));
  expect(horizon.held?.start).toEqual(at(61));
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
  for (let tries = 0; tries < 5; tries += 1) refuse();
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
