import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backOffMs, parseRetryAfter } from "./backoff";

const minuteMs = 60_000;
const middle = () => 0.5;
const now = new Date("2026-05-05T10:00:00Z");

test.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
  [5, 15],
  [6, 15],
  [1000, 15],
  [0, 1],
  [Number.NaN, 1],
])("after attempt %d the wait is %d minutes", (attempt, minutes) => {
  expect(backOffMs(attempt, middle)).toBe(minutes * minuteMs);
});

test("waits are spread by a fifth to either side, so that not all come back at once", () => {
  expect(backOffMs(1, () => 0)).toBe(0.8 * minuteMs);
  expect(backOffMs(1, () => 0.999_999)).toBe(1.2 * minuteMs);
});

test("what the server asked for counts instead and is never undercut", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3_600_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (askedMs, chance) => {
        const waitMs = backOffMs(3, () => chance, askedMs);
        expect(waitMs).toBeGreaterThanOrEqual(askedMs);
        expect(waitMs).toBeLessThanOrEqual(Math.ceil(askedMs * 1.1));
      },
    ),
  );
});

test("a server that asks for years is not believed beyond a day", () => {
  expect(backOffMs(1, () => 0, 1e12)).toBe(24 * 60 * minuteMs);
});

describe("Retry-After", () => {
  test.each([
    ["seconds", "120", 120_000],
    ["no wait", "0", 0],
    ["spaces around it", " 7 ", 7_000],
    ["parts of a second", "1.5", 1_500],
    ["an HTTP date", "Tue, 05 May 2026 10:02:00 GMT", 120_000],
    ["an HTTP date of the old kind", "Tuesday, 05-May-26 10:02:00 GMT", 120_000],
    ["a date that is past", "Tue, 05 May 2026 09:00:00 GMT", 0],
    ["a hundred years", "999999999", 24 * 60 * minuteMs],
  ])("is read: %s", (_name, header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  test.each([
    [null],
    [undefined],
    [""],
    ["soon"],
    ["-5"],
    ["12 apples"],
    ["2026" + "x"],
    ["Infinity"],
    ["0x10"],
    ["9".repeat(400)],
  ])("is nothing when it reads %j", (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  });
});
