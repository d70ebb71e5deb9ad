import { expect, test } from "vitest";
import fc from "fast-check";
import {
  firstWindow,
  holds,
  manualWindow,
  nextDueWindow,
  settleMs,
  type SyncWindow,
} from "./window";
import { scheduledInstants, type Schedule } from "./schedule";

const day = { start: new Date("2026-03-01T00:00:00Z"), end: new Date("2026-03-02T00:00:00Z") };
const hourMs = 60 * 60_000;

test.each([
  ["the first instant belongs to the window", "2026-03-01T00:00:00.000Z", true],
  ["the last millisecond belongs to the window", "2026-03-01T23:59:59.999Z", true],
  ["its end belongs to the next window", "2026-03-02T00:00:00.000Z", false],
  ["what lies before does not belong to it", "2026-02-28T23:59:59.999Z", false],
])("%s", (_name, at, expected) => {
  expect(holds(day, new Date(at))).toBe(expected);
});

test("the first window is the 24 hours before Finish, less the settling margin", () => {
  expect(firstWindow(new Date("2026-05-05T10:00:00Z"))).toEqual({
    start: new Date("2026-05-04T09:55:00Z"),
    end: new Date("2026-05-05T09:55:00Z"),
  });
});

const nightly: Schedule = { timeOfDay: "02:00", zone: "Europe/Berlin" };

test.each([
  ["before the scheduled time nothing is due", "2026-05-05T23:59:59.999Z", null],
  [
    "from the scheduled instant on its window is due",
    "2026-05-06T00:00:00.000Z",
    "2026-05-05T23:55:00.000Z",
  ],
  [
    "after a week of silence the oldest window comes first",
    "2026-05-12T08:00:00.000Z",
    "2026-05-05T23:55:00.000Z",
  ],
])("%s", (_name, now, end) => {
  const watermark = new Date("2026-05-05T09:55:00Z");
  const window = nextDueWindow(nightly, watermark, new Date(now));
  expect(window).toEqual(end === null ? null : { start: watermark, end: new Date(end) });
});

test.each([
  ["a watermark exactly at the window's end is transferred", "2026-05-05T23:55:00.000Z", null],
  ["one millisecond less is not", "2026-05-05T23:54:59.999Z", "2026-05-05T23:55:00.000Z"],
  ["a manual run that went past the instant leaves nothing due", "2026-05-06T00:10:00.000Z", null],
])("%s", (_name, watermark, end) => {
  const window = nextDueWindow(nightly, new Date(watermark), new Date("2026-05-06T12:00:00Z"));
  expect(window?.end.toISOString() ?? null).toBe(end);
});

test("Sync now takes everything since the watermark but the last five minutes", () => {
  const watermark = new Date("2026-05-05T09:55:00Z");
  expect(manualWindow(watermark, new Date("2026-05-05T12:00:00Z"))).toEqual({
    start: watermark,
    end: new Date("2026-05-05T11:55:00Z"),
  });
});

test.each([
  ["within the settling margin", "2026-05-05T10:00:00Z"],
  ["when the clock was set back", "2026-05-05T08:00:00Z"],
])("Sync now says up to when everything has been transferred, %s", (_name, now) => {
  const watermark = new Date("2026-05-05T09:55:00Z");
  expect(manualWindow(watermark, new Date(now))).toEqual({ upTo: watermark });
});

test("a clock that was set back opens no window", () => {
  const watermark = new Date("2026-05-05T23:55:00Z");
  expect(nextDueWindow(nightly, watermark, new Date("2026-05-05T22:00:00Z"))).toBeNull();
});

test("windows chain without hole or overlap through a connector's changes of zone and time", () => {
  const schedules: Schedule[] = [
    { timeOfDay: "02:00", zone: "Europe/Berlin" },
    { timeOfDay: "23:45", zone: "Pacific/Apia" },
    { timeOfDay: "00:10", zone: "America/Sao_Paulo" },
    { timeOfDay: "02:30", zone: "Australia/Lord_Howe" },
  ];
  let watermark = firstWindow(new Date("2026-03-20T10:00:00Z")).end;
  const windows: SyncWindow[] = [];
  for (const [index, schedule] of schedules.entries()) {
    const now = new Date(Date.UTC(2026, 2, 25 + index * 9, 7, 13));
    for (;;) {
      const window = nextDueWindow(schedule, watermark, now);
      if (window === null) break;
      windows.push(window);
      watermark = window.end;
    }
    expect(now.getTime() - watermark.getTime()).toBeLessThan(25 * hourMs + settleMs);
  }
  for (const [index, window] of windows.slice(1).entries()) {
    expect(window.start).toEqual(windows[index]?.end);
    expect(window.start.getTime()).toBeLessThan(window.end.getTime());
  }
});

const zones = ["Europe/London", "America/Nuuk", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"];
const instant = fc.date({
  min: new Date("2024-01-01T00:00:00Z"),
  max: new Date("2027-12-31T00:00:00Z"),
  noInvalidDate: true,
});

test("whoever slept gets one window for each scheduled instant, whenever he wakes up", () => {
  fc.assert(
    fc.property(
      instant,
      fc.integer({ min: 0, max: 20 * 24 * 60 }),
      fc.integer({ min: 0, max: 1439 }),
      fc.constantFrom(...zones),
      (watermark, sleptMinutes, minute, zone) => {
        const timeOfDay = `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
        const now = new Date(watermark.getTime() + sleptMinutes * 60_000);
        const afterMargin = new Date(watermark.getTime() + settleMs);
        const due = scheduledInstants({ timeOfDay, zone }, afterMargin, now);
        let start = watermark;
        for (const at of due) {
          const window = nextDueWindow({ timeOfDay, zone }, start, now);
          expect(window).toEqual({ start, end: new Date(at.getTime() - settleMs) });
          start = window?.end ?? start;
        }
        expect(nextDueWindow({ timeOfDay, zone }, start, now)).toBeNull();
      },
    ),
    { numRuns: 200 },
  );
});

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
