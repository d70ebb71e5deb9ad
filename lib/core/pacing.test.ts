import { expect, test } from "vitest";
import { createPace, exchangeLimits, type TrafficLimits } from "./pacing";

const limits: TrafficLimits = {
  requests: { count: 10, seconds: 100 },
  bytes: { count: 1000, seconds: 50 },
};
const start = 1_800_000_000_000;

function paceWith(requests: number, bytes = 0) {
  const pace = createPace(limits, []);
  for (let index = 0; index < requests; index += 1) pace.note(bytes, start);
  return pace;
}

test("a mailbox nobody wrote to lately takes a request at once", () => {
  expect(createPace(limits, []).waitMs(100, start)).toBe(0);
});

test("the last request that is allowed goes, the next waits until the first has left the window", () => {
  expect(paceWith(9).waitMs(1, start)).toBe(0);
  const waitMs = paceWith(10).waitMs(1, start);
  expect(waitMs).toBeGreaterThanOrEqual(100_000);
  expect(waitMs).toBeLessThanOrEqual(101_000);
  expect(paceWith(10).waitMs(1, start + waitMs)).toBe(0);
});

test("bytes are counted in a window of their own", () => {
  const pace = paceWith(1, 900);
  expect(pace.waitMs(100, start)).toBe(0);
  const waitMs = pace.waitMs(101, start);
  expect(waitMs).toBeGreaterThanOrEqual(50_000);
  expect(waitMs).toBeLessThanOrEqual(51_000);
});

test("a message above the whole limit goes into an empty window instead of never", () => {
  expect(createPace(limits, []).waitMs(5000, start)).toBe(0);
  const pace = paceWith(1, 10);
  expect(pace.waitMs(5000, start)).toBeGreaterThan(0);
  expect(pace.waitMs(5000, start + 51_000)).toBe(0);
});

test("a new holder of the lane continues the counts of the old one", () => {
  const before = paceWith(10);
  const after = createPace(limits, before.recent(start));
  expect(after.waitMs(1, start)).toBe(before.waitMs(1, start));
  expect(after.recent(start + 200_000)).toEqual([]);
});

test("never more requests than allowed start in any window, however they are asked for", () => {
  const pace = createPace(limits, []);
  const sent: number[] = [];
  for (let now = start; now < start + 400_000; now += 700) {
    if (pace.waitMs(1, now) > 0) continue;
    pace.note(1, now);
    sent.push(now);
  }
  for (const at of sent) {
    expect(sent.filter((other) => other >= at && other < at + 100_000).length).toBeLessThan(11);
  }
  expect(sent.length).toBeGreaterThanOrEqual(40);
});

test("a clock that is set back an hour does not hold the lane for an hour", () => {
  const pace = paceWith(10);
  const earlier = start - 3_600_000;
  expect(pace.waitMs(1, earlier)).toBeLessThanOrEqual(101_000);
});

test("what a lane remembers of Exchange's windows is small enough for a row", () => {
  const pace = createPace(exchangeLimits, []);
  for (let now = start; now < start + 1_200_000; now += 100) pace.note(1000, now);
  expect(pace.recent(start + 1_200_000).length).toBeLessThanOrEqual(202);
});
