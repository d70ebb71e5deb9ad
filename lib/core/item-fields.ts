/**
 * Reading fields of a record nobody vouches for. Each reader gives what can be read and puts what
 * does not fit into words: the name of the field and what is wrong with it, never its content.
 */
import { storable } from "./text";

export type JsonObject = Readonly<Record<string, unknown>>;

const longestList = 20;

/** The words about one record; a hostile one may be wrong in a million places. */
export class Problems {
  readonly list: string[] = [];

  add(problem: string): void {
    if (this.list.length < longestList) this.list.push(problem);
    else if (this.list.length === longestList) this.list.push("and more");
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null counts as absent, and so does a number beyond all range (1e400): it is staged as null. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null || value === Infinity || value === -Infinity;
}

/** A string that may be absent. */
export function optionalString(value: unknown, name: string, problems: Problems): string | null {
  if (isAbsent(value)) return null;
  if (typeof value === "string") return storable(value);
  problems.add(`${name} is not a string`);
  return null;
}

export function requiredString(value: unknown, name: string, problems: Problems): string | null {
  if (isAbsent(value)) problems.add(`${name} is missing`);
  return optionalString(value, name, problems);
}

/** The object of a part of the record, or null; whether it may be absent is the caller's question. */
export function optionalObject(
  value: unknown,
  name: string,
  problems: Problems,
): JsonObject | null {
  if (isAbsent(value)) return null;
  if (isJsonObject(value)) return value;
  problems.add(`${name} is not an object`);
  return null;
}

export function optionalList(value: unknown, name: string, problems: Problems): readonly unknown[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value)) return value;
  problems.add(`${name} is not a list`);
  return [];
}

/** One of a few words the contract knows; any other is said to be unknown. */
export function requiredWord<Word extends string>(
  value: unknown,
  words: ReadonlySet<Word>,
  name: string,
  problems: Problems,
): Word | null {
  const word = requiredString(value, name, problems);
  if (word === null) return null;
  if (isOneOf(word, words)) return word;
  problems.add(`${name} is not a known word`);
  return null;
}

export function isOneOf<Word extends string>(
  word: unknown,
  words: ReadonlySet<Word>,
): word is Word {
  return (words as ReadonlySet<unknown>).has(word);
}

export function optionalNumber(value: unknown, name: string, problems: Problems): number | null {
  if (isAbsent(value)) return null;
  if (typeof value !== "number" || Number.isNaN(value)) {
    problems.add(`${name} is not a number`);
    return null;
  }
  return value;
}

const isoInstant =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,3})\d*)?(?:Z|([+-])(\d\d):?(\d\d))$/;

/**
 * An ISO 8601 instant, cut to milliseconds: PostgreSQL would round it up, into the next window
 * (design, "Laws of the schema"). Null when it is none; 30 February is none.
 */
export function isoInstantMs(text: string): number | null {
  const match = isoInstant.exec(text);
  if (match === null) return null;
  const [, seconds = "", fraction = "", sign, hours, minutes] = match;
  const base = Date.parse(`${seconds}Z`);
  if (Number.isNaN(base) || !new Date(base).toISOString().startsWith(seconds)) return null;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return base + Number(fraction.padEnd(3, "0")) - (sign === "-" ? -offsetMs : offsetMs);
}

/** The most a Date can hold to either side of 1970. */
const lastInstantMs = 8.64e15;

/** An instant told in epoch milliseconds or ISO 8601, whichever the archive chose. */
export function optionalInstant(value: unknown, name: string, problems: Problems): Date | null {
  if (isAbsent(value)) return null;
  const ms = typeof value === "string" ? isoInstantMs(value) : value;
  if (typeof ms === "number" && Math.abs(ms) <= lastInstantMs) return new Date(ms);
  problems.add(`${name} is not an instant`);
  return null;
}
