import { describe, expect, test } from "vitest";
import {
  isTimeOfDay,
  isTimeZone,
  nextScheduledInstant,
  scheduledInstants,
  type Schedule,
} from "./schedule";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const from = new Date("2024-01-01T00:00:00Z");
const to = new Date("2028-01-01T00:00:00Z");

/** Half hours, two-hour jumps, changes at midnight, abolished and moved summer times, the date line. */
const oddZones = [
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Kathmandu",
  "Antarctica/Troll",
  "America/Sao_Paulo",
  "America/Nuuk",
  "America/Scoresbysund",
  "Asia/Almaty",
  "Asia/Beirut",
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Santiago",
  "America/Asuncion",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "America/St_Johns",
  "Asia/Gaza",
  "Europe/Dublin",
  "Europe/London",
  "America/New_York",
  "UTC",
];

const times = ["00:00", "00:30", "01:45", "02:00", "02:30", "12:00", "23:30", "23:59"];

describe("a schedule gives one instant for every local day", () => {
  test.each(oddZones)("%s, around every change of its clocks from 2024 to 2027", (zone) => {
    for (const change of offsetChanges(zone)) {
      const begin = floorTo(change - 3 * dayMs, minuteMs);
      const minutes = Array.from({ length: 6 * 1440 }, (_, index) => begin + index * minuteMs);
      // Asked once on either side: asking for each of nine thousand minutes takes most of a minute.
      const [before, after] = [change - 1000, change].map((at) => localTime(zone, at) - at);
      const locals = minutes.map((at) => at + ((at < change ? before : after) ?? 0));
      const days = [-1, 0, 1].map((offset) => localDay(zone, change) + offset * dayMs);
      for (const timeOfDay of times) {
        const expected = days
          .filter((day) => locals.some((local) => local >= day && local < day + dayMs))
          .map((day) => minutes[locals.findIndex((local) => local >= day + clockMs(timeOfDay))]);
        const found = scheduledInstants(
          { timeOfDay, zone },
          new Date((expected[0] ?? 0) - 1),
          new Date(expected.at(-1) ?? 0),
        );
        expect(found.map(iso)).toEqual(expected.map((at) => iso(new Date(at ?? 0))));
      }
    }
  });

  test.each(oddZones)("%s, as many instants as days in four years, in order", (zone) => {
    for (const timeOfDay of ["02:30"]) {
      const instants = scheduledInstants({ timeOfDay, zone }, from, to);
      expect(instants).toHaveLength(1461);
      expect(new Set(instants.map((at) => localDay(zone, at.getTime()))).size).toBe(1461);
      for (const [index, instant] of instants.slice(1).entries()) {
        const spanMs = instant.getTime() - (instants[index]?.getTime() ?? 0);
        expect(spanMs).toBeGreaterThanOrEqual(22 * 60 * minuteMs);
        expect(spanMs).toBeLessThanOrEqual(26 * 60 * minuteMs);
      }
    }
  });

  test("every zone of the database, around each of its changes", () => {
    for (const zone of Intl.supportedValuesOf("timeZone")) {
      for (const change of offsetChanges(zone)) {
        const after = new Date(change - 4 * dayMs);
        const instants = scheduledInstants(
          { timeOfDay: "02:30", zone },
          after,
          new Date(change + 4 * dayMs),
        );
        const days = instants.map((at) => localDay(zone, at.getTime()));
        expect(days, zone).toEqual(days.map((_, index) => (days[0] ?? 0) + index * dayMs));
      }
    }
  }, 60_000);
});

describe("clocks that jump", () => {
  test.each<[string, Schedule, string, string]>([
    [
      "a time that is skipped moves to the next that exists",
      { timeOfDay: "02:30", zone: "Europe/Berlin" },
      "2026-03-28T12:00:00Z",
      "2026-03-29T01:00:00.000Z",
    ],
    [
      "a time that comes twice is the first",
      { timeOfDay: "02:30", zone: "Europe/Berlin" },
      "2026-10-24T12:00:00Z",
      "2026-10-25T00:30:00.000Z",
    ],
    [
      "half an hour on Lord Howe, skipped",
      { timeOfDay: "02:15", zone: "Australia/Lord_Howe" },
      "2026-10-03T12:00:00Z",
      "2026-10-03T15:30:00.000Z",
    ],
    [
      "half an hour on Lord Howe, twice",
      { timeOfDay: "01:45", zone: "Australia/Lord_Howe" },
      "2026-04-04T12:00:00Z",
      "2026-04-04T14:45:00.000Z",
    ],
    [
      "two hours at Troll, skipped",
      { timeOfDay: "02:30", zone: "Antarctica/Troll" },
      "2026-03-28T12:00:00Z",
      "2026-03-29T01:00:00.000Z",
    ],
    [
      "a midnight that does not exist in Cairo",
      { timeOfDay: "00:00", zone: "Africa/Cairo" },
      "2026-04-23T12:00:00Z",
      "2026-04-23T22:00:00.000Z",
    ],
    [
      "a last hour of the day that does not exist in Nuuk",
      { timeOfDay: "23:30", zone: "America/Nuuk" },
      "2026-03-28T12:00:00Z",
      "2026-03-29T01:00:00.000Z",
    ],
    [
      "an offset of 45 minutes",
      { timeOfDay: "02:00", zone: "Asia/Kathmandu" },
      "2026-06-01T00:00:00Z",
      "2026-06-01T20:15:00.000Z",
    ],
  ])("%s", (_name, schedule, after, expected) => {
    expect(nextScheduledInstant(schedule, new Date(after)).toISOString()).toBe(expected);
  });

  test("a day that a zone left out altogether has no instant", () => {
    const apia = { timeOfDay: "02:00", zone: "Pacific/Apia" };
    const instants = scheduledInstants(
      apia,
      new Date("2011-12-28T00:00Z"),
      new Date("2012-01-01T00:00Z"),
    );
    expect(instants.map(iso)).toEqual([
      "2011-12-28T12:00:00.000Z",
      "2011-12-29T12:00:00.000Z",
      "2011-12-30T12:00:00.000Z",
      "2011-12-31T12:00:00.000Z",
    ]);
  });
});

describe("borders", () => {
  const schedule = { timeOfDay: "02:00", zone: "UTC" };

  test("an instant is not after itself", () => {
    const at = new Date("2026-05-05T02:00:00Z");
    expect(iso(nextScheduledInstant(schedule, at))).toBe("2026-05-06T02:00:00.000Z");
  });

  test("an instant counts that falls on the end of the span", () => {
    const at = new Date("2026-05-05T02:00:00Z");
    expect(scheduledInstants(schedule, new Date("2026-05-05T01:59:59.999Z"), at)).toEqual([at]);
  });

  test("a span that ends before it begins holds nothing", () => {
    expect(scheduledInstants(schedule, to, from)).toEqual([]);
  });

  test("milliseconds of the asking moment do not creep into the instant", () => {
    const next = nextScheduledInstant(schedule, new Date("2026-05-05T01:59:59.987Z"));
    expect(iso(next)).toBe("2026-05-05T02:00:00.000Z");
  });
});

test.each([
  ["Europe/Berlin", true],
  ["America/Argentina/Buenos_Aires", true],
  ["UTC", true],
  ["Etc/GMT+5", true],
  ["+02:00", false],
  ["-05", false],
  ["Mars/Olympus", false],
  ["", false],
  [" Europe/Berlin", false],
  ["__proto__", false],
  ["../../etc/localtime", false],
  ["A".repeat(10_000), false],
])("as a time zone %j is accepted: %s", (zone, expected) => {
  expect(isTimeZone(zone)).toBe(expected);
});

test.each([
  ["00:00", true],
  ["23:59", true],
  ["24:00", false],
  ["2:00", false],
  ["02:60", false],
  ["02:00:00", false],
  ["", false],
])("as a time of day %j is accepted: %s", (text, expected) => {
  expect(isTimeOfDay(text)).toBe(expected);
});

test("a time of day that is none is a fault of the program", () => {
  expect(() => nextScheduledInstant({ timeOfDay: "noon", zone: "UTC" }, from)).toThrow(RangeError);
});

// A second way of asking what a zone's clocks show, so that a mistake is not made twice.
const clocks = new Map<string, Intl.DateTimeFormat>();

function localTime(zone: string, at: number): number {
  const known = clocks.get(zone);
  const clock =
    known ??
    new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  if (known === undefined) clocks.set(zone, clock);
  return Date.parse(`${clock.format(at).replace(" ", "T")}Z`);
}

function localDay(zone: string, at: number): number {
  return floorTo(localTime(zone, at), dayMs);
}

function offsetChanges(zone: string): number[] {
  const changes: number[] = [];
  const offset = (at: number) => localTime(zone, at) - at;
  for (let at = from.getTime(); at < to.getTime(); at += 7 * dayMs) {
    let low = at;
    let high = at + 7 * dayMs;
    if (offset(low) === offset(high)) continue;
    while (high - low > 1000) {
      const middle = floorTo((low + high) / 2, 1000);
      if (offset(middle) === offset(low)) low = middle;
      else high = middle;
    }
    changes.push(high);
  }
  return changes;
}

function clockMs(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(":").map(Number);
  return (hours * 60 + minutes) * minuteMs;
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function iso(at: Date): string {
  return at.toISOString();
}
