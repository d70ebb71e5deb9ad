/** Whatever clocks, zones and people do: the windows of a connector tile time, from the first on. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { scheduledInstants, type Schedule } from "./schedule";
import { firstWindow, manualWindow, nextDueWindow, settleMs, type SyncWindow } from "./window";

const hourMs = 3_600_000;

/** Half hours and quarters, half-hour summer time, changes at midnight, a day left out, two hours at once. */
const zones = [
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/New_York",
  "America/Nuuk",
  "Antarctica/Troll",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Europe/Berlin",
  "Pacific/Apia",
  "Pacific/Chatham",
  "UTC",
];

const schedule: fc.Arbitrary<Schedule> = fc.record({
  zone: fc.constantFrom(...zones),
  timeOfDay: fc
    .integer({ min: 0, max: 1439 })
    .map((minute) => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`),
});

type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "change"; readonly to: Schedule }
  | { readonly kind: "syncNow" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: waits(0, 30 * hourMs) },
  { weight: 1, arbitrary: waits(0, 12 * 24 * hourMs) },
  // The clock is set: an hour on, an hour back, or by anything up to a day back.
  { weight: 2, arbitrary: fc.constantFrom<Step>(...[1, -1].map(hours)) },
  { weight: 1, arbitrary: waits(-24 * hourMs, 0) },
  { weight: 2, arbitrary: schedule.map((to): Step => ({ kind: "change", to })) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "syncNow" }) },
);

/** Two years in which every zone above changes its clocks, and the year in which Apia left out a day. */
const finishedAt = fc.oneof(
  fc.date({ min: new Date("2025-01-01"), max: new Date("2026-12-31"), noInvalidDate: true }),
  fc.date({ min: new Date("2011-12-20"), max: new Date("2011-12-31"), noInvalidDate: true }),
);

test("windows tile time without gap or overlap through waits, clock steps, changes and Sync now", () => {
  fc.assert(
    fc.property(finishedAt, schedule, fc.array(step, { maxLength: 25 }), (begin, first, steps) => {
      const windows = [firstWindow(begin)];
      let now = begin;
      let latest = begin;
      let current = first;
      const watermark = () => windows.at(-1)?.end ?? begin;
      const open = (window: SyncWindow) => {
        // What nobody has seen settle is left to a later window.
        expect(window.end.getTime()).toBeLessThanOrEqual(latest.getTime() - settleMs);
        windows.push(window);
      };
      for (const done of steps) {
        if (done.kind === "change") current = done.to;
        if (done.kind === "wait") now = new Date(now.getTime() + done.ms);
        if (now > latest) latest = now;
        if (done.kind === "syncNow") {
          const asked = manualWindow(watermark(), now);
          if ("start" in asked) open(asked);
          else expect(asked.upTo).toEqual(watermark());
        }
        for (;;) {
          const due = nextDueWindow(current, watermark(), now);
          if (due === null) break;
          open(due);
        }
        // Every instant that has passed by the clock as it stands is behind the watermark.
        const settled = new Date(watermark().getTime() + settleMs);
        expect(scheduledInstants(current, settled, now)).toEqual([]);
      }
      for (const [index, window] of windows.entries()) {
        expect(window.start.getTime()).toBeLessThan(window.end.getTime());
        if (index > 0) expect(window.start).toEqual(windows[index - 1]?.end);
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["23 hours", "Europe/Berlin", "2026-03-28T00:55:00Z", 23],
  ["25 hours", "Europe/Berlin", "2026-10-23T23:55:00Z", 25],
  ["23 and a half hours", "Australia/Lord_Howe", "2026-10-02T15:25:00Z", 23.5],
  ["24 and a half hours", "Australia/Lord_Howe", "2026-04-03T14:55:00Z", 24.5],
  ["24 hours in a zone of half hours", "Asia/Kolkata", "2026-03-28T20:25:00Z", 24],
  ["23 hours in a zone of quarters", "Pacific/Chatham", "2026-09-25T13:10:00Z", 23],
])("a local day of %s is one window", (_name, zone, watermark, hours) => {
  const start = new Date(watermark);
  const after = new Date(start.getTime() + 3 * 24 * hourMs);
  const windows: SyncWindow[] = [];
  for (let from = start; ;) {
    const window = nextDueWindow({ timeOfDay: "02:00", zone }, from, after);
    if (window === null) break;
    windows.push(window);
    from = window.end;
  }
  const lengths = windows.map(({ start: s, end: e }) => (e.getTime() - s.getTime()) / hourMs);
  expect(lengths).toContain(hours);
});

function waits(min: number, max: number): fc.Arbitrary<Step> {
  return fc.integer({ min, max }).map((ms): Step => ({ kind: "wait", ms }));
}

function hours(n: number): Step {
  return { kind: "wait", ms: n * hourMs };
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
