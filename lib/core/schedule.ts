/** A local time of day as instants, one for every local day, whatever a zone does with its clocks. */

export type Schedule = { readonly timeOfDay: string; readonly zone: string };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** True for a name of the time zone database. Bare offsets are none: they know no summer. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(zone)) return false;
  try {
    zoneFormat(zone);
    return true;
  } catch {
    return false;
  }
}

/** True for HH:MM from 00:00 to 23:59. */
export function isTimeOfDay(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text);
}

/** Every scheduled instant in (after, upTo], ascending. */
export function scheduledInstants(schedule: Schedule, after: Date, upTo: Date): Date[] {
  const instants: Date[] = [];
  for (const instant of instantsFrom(schedule, after)) {
    if (instant > upTo) break;
    instants.push(instant);
  }
  return instants;
}

/** The first scheduled instant after the given one. */
export function nextScheduledInstant(schedule: Schedule, after: Date): Date {
  for (const instant of instantsFrom(schedule, after)) return instant;
  throw new RangeError("No scheduled instant is left in the calendar.");
}

function* instantsFrom({ timeOfDay, zone }: Schedule, after: Date): Generator<Date> {
  const minutes = minutesOf(timeOfDay);
  const firstDay = localMs(zone, after.getTime()) - 2 * dayMs;
  for (let day = firstDay - mod(firstDay, dayMs); ; day += dayMs) {
    const dayBegins = firstInstantAtLocal(zone, day);
    if (localMs(zone, dayBegins) >= day + dayMs) continue; // a day the zone left out altogether
    const instant = new Date(firstInstantAtLocal(zone, day + minutes * minuteMs));
    if (Number.isNaN(instant.getTime())) return;
    if (instant > after) yield instant;
  }
}

/**
 * The earliest instant at which the zone's clocks show this local time or, where they skip it, the
 * first one they show after it. A local time is written as milliseconds as if it were UTC. Within
 * two days a zone moves its clocks at most once; the tests ask the whole database.
 */
export function firstInstantAtLocal(zone: string, local: number): number {
  const before = offsetMs(zone, local - dayMs);
  const after = offsetMs(zone, local + dayMs);
  const early = local - Math.max(before, after);
  if (localMs(zone, early) === local) return early;
  const late = local - Math.min(before, after);
  if (localMs(zone, late) === local) return late;
  return offsetChange(zone, local - dayMs, local + dayMs);
}

/** The first instant with the later offset: between two instants on either side of one change. */
function offsetChange(zone: string, from: number, to: number): number {
  const before = offsetMs(zone, from);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function offsetMs(zone: string, at: number): number {
  return localMs(zone, at) - at;
}

/** What the zone's clocks show at an instant, written as if it were UTC. */
function localMs(zone: string, at: number): number {
  const parts = zoneFormat(zone).formatToParts(at);
  const field: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of parts) field[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = field;
  return Date.UTC(year, month - 1, day, hour, minute, second) + mod(at, 1000);
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

/** Kept by name: making one costs a hundred times what using one costs. Names are few, see isTimeZone. */
function zoneFormat(zone: string): Intl.DateTimeFormat {
  const known = zoneFormats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  zoneFormats.set(zone, format);
  return format;
}

function minutesOf(timeOfDay: string): number {
  if (!isTimeOfDay(timeOfDay)) throw new RangeError(`Not a time of day: ${timeOfDay}`);
  return Number(timeOfDay.slice(0, 2)) * 60 + Number(timeOfDay.slice(3));
}

function mod(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
