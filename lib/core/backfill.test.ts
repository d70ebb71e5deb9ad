import { expect, test } from "vitest";
import { backfillWindow } from "./backfill";

const now = new Date("2026-11-22T10:00:00Z");

function windowOf(from: string, to: string, zone: string): [string, string] {
  const read = backfillWindow({ from, to }, zone, now);
  if (!read.ok) throw new Error(JSON.stringify(read.fields));
  return [read.window.start.toISOString(), read.window.end.toISOString()];
}

function hoursOf(day: string, zone: string): number {
  const [start, end] = windowOf(day, day, zone);
  return (Date.parse(end) - Date.parse(start)) / 3_600_000;
}

function refusal(from: string, to: string, zone = "Europe/Berlin", at = now) {
  const read = backfillWindow({ from, to }, zone, at);
  return read.ok ? null : read.fields;
}

test("both days belong to the period, from midnight to midnight in the connector's zone", () => {
  expect(windowOf("2026-11-20", "2026-11-21", "Europe/Berlin")).toEqual([
    "2026-11-19T23:00:00.000Z",
    "2026-11-21T23:00:00.000Z",
  ]);
  expect(windowOf("2026-11-20", "2026-11-20", "Asia/Kolkata")).toEqual([
    "2026-11-19T18:30:00.000Z",
    "2026-11-20T18:30:00.000Z",
  ]);
});

test.each([
  ["2026-03-29", "Europe/Berlin", 23],
  ["2026-10-25", "Europe/Berlin", 25],
  ["2026-04-24", "Africa/Cairo", 23],
  ["2026-11-20", "Pacific/Kiritimati", 24],
  ["2026-11-20", "Pacific/Pago_Pago", 24],
])("%s in %s has %i hours", (day, zone, hours) => {
  expect(hoursOf(day, zone)).toBe(hours);
});

test("a day that the zone left out has no items", () => {
  expect(refusal("2011-12-30", "2011-12-30", "Pacific/Apia")?.from).toContain("calendar");
});

test("neighbouring periods share a border and no instant", () => {
  const [, end] = windowOf("2026-10-24", "2026-10-24", "Europe/Berlin");
  expect(windowOf("2026-10-25", "2026-10-25", "Europe/Berlin")[0]).toBe(end);
});

test("a day that is not over is refused, and so is one that ended less than 5 minutes ago", () => {
  expect(refusal("2026-11-20", "2026-11-22")?.to).toContain("not over");
  expect(refusal("2026-11-20", "2027-01-01")?.to).toContain("not over");
  const justAfterMidnight = new Date("2026-11-22T23:04:59Z");
  expect(refusal("2026-11-20", "2026-11-22", "Europe/Berlin", justAfterMidnight)?.to).toContain(
    "only just ended",
  );
  const fiveMinutesAfter = new Date("2026-11-22T23:05:00Z");
  expect(refusal("2026-11-20", "2026-11-22", "Europe/Berlin", fiveMinutesAfter)).toBeNull();
});

test("the first day may be the last and not lie after it", () => {
  expect(refusal("2026-11-20", "2026-11-20")).toBeNull();
  expect(refusal("2026-11-21", "2026-11-20")?.from).toContain("after");
});

test("400 days are accepted and 401 refused", () => {
  expect(refusal("2025-10-17", "2026-11-20")).toBeNull();
  expect(refusal("2025-10-16", "2026-11-20")?.from).toContain("401");
});

test.each([
  "",
  "yesterday",
  "2026-02-30",
  "2026-1-1",
  "20261-01-01",
  "0000-00-00",
  "2026-11-20T00:00",
])("%j is no day", (text) => {
  expect(refusal(text, "2026-11-20")?.from).toBe("Enter the first day.");
  expect(refusal("2026-11-01", text)?.to).toBe("Enter the last day.");
});
