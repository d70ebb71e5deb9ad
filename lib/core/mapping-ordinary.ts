/**
 * The ordinary line of a mapping file: a number of digits, perhaps after a plus, and a plain address.
 * Nearly every line is one, so it is read from its bytes, without a string. Whatever is anything else
 * is left to the full rule (mapping-line.ts), which says the same of an ordinary line.
 */
import { digestSeeds, endOfDigest, mixedOne, mixedTwo } from "./mapping-digest";
import type { MappingColumns } from "./mapping-header";

export type OrdinaryLine = {
  /** Where the line after it begins. */
  next: number;
  /** The phone number: at most 15 digits, which a number holds exactly. */
  number: number;
  idFrom: number;
  idTo: number;
  mailboxFrom: number;
  mailboxTo: number;
  /** Of the address in lower case. */
  mailboxDigest: number;
};

/** One and the same object for every line; null: not an ordinary one. */
export type OrdinaryReader = (bytes: Uint8Array, from: number) => OrdinaryLine | null;

const tab = 9;
const lf = 10;
const cr = 13;
const quote = 34;
const plus = 43;
const comma = 44;
const hyphen = 45;
const dot = 46;
const zero = 48;
const semicolon = 59;
const sign = 64;
const none = -1;

const delimiterBytes: Readonly<Record<string, number>> = {
  ",": comma,
  ";": semicolon,
  "\t": tab,
};

export function ordinaryReader(
  columns: MappingColumns,
  delimiter: string,
  defaultCountry: string | null,
): OrdinaryReader {
  const between = delimiterBytes[delimiter] ?? comma;
  const { externalId, mailbox, validFrom, validTo, names } = columns;
  // Shorter numbers could be those of the country that was picked, which the full rule tells.
  const fewestDigits = defaultCountry === null ? 8 : 11;
  const line: OrdinaryLine = {
    ...{ next: 0, number: 0, idFrom: 0, idTo: 0 },
    ...{ mailboxFrom: 0, mailboxTo: 0, mailboxDigest: 0 },
  };

  /** Where the cell's content ends, without its closing quotation mark. */
  function readCell(column: number, bytes: Uint8Array, from: number, isQuoted: boolean): number {
    if (column === externalId) return readNumber(bytes, from, fewestDigits, line);
    if (column === mailbox) return readAddress(bytes, from, line);
    // Lines with a validity want the full rule.
    if (column === validFrom || column === validTo) return from;
    return skipCell(bytes, from, isQuoted, between);
  }

  return (bytes, from) => {
    let at = from;
    let column = 0;
    for (;;) {
      const isQuoted = bytes[at] === quote;
      at = readCell(column, bytes, isQuoted ? at + 1 : at, isQuoted);
      if (at === none) return null;
      if (isQuoted && bytes[at++] !== quote) return null;
      column += 1;
      const end = bytes[at] ?? lf;
      if (end === between) {
        if (column === names.length) return null;
        at += 1;
        continue;
      }
      if (column <= externalId || column <= mailbox) return null;
      if (end !== lf && end !== cr) return null;
      line.next = end === cr && bytes[at + 1] === lf ? at + 2 : Math.min(at + 1, bytes.length);
      return line;
    }
  };
}

/** Rules (2) and (3) of the contract, where nothing is to be removed. */
function readNumber(
  bytes: Uint8Array,
  from: number,
  fewestDigits: number,
  line: OrdinaryLine,
): number {
  const hasPlus = bytes[from] === plus;
  const first = hasPlus ? from + 1 : from;
  if (bytes[first] === zero) return none;
  let at = first;
  let number = 0;
  for (; at - first <= 15; at += 1) {
    const digit = (bytes[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  const digits = at - first;
  if (digits > 15 || digits < (hasPlus ? 7 : fewestDigits)) return none;
  line.number = number;
  line.idFrom = from;
  line.idTo = at;
  return at;
}

// What a byte may be in an address; see plainAddress in mapping-line.ts.
const inLocalPart = 1;
const letter = 2;
const digit = 4;
const upperCase = 8;

const kinds = new Uint8Array(256);
for (const each of "!#$%&'*+/=?^_`{|}~-") kinds[each.charCodeAt(0)] = inLocalPart;
for (let unit = 48; unit < 58; unit += 1) kinds[unit] = inLocalPart | digit;
for (let unit = 97; unit < 123; unit += 1) kinds[unit] = inLocalPart | letter;
for (let unit = 65; unit < 91; unit += 1) kinds[unit] = inLocalPart | letter | upperCase;

const longestAddress = 320;

function readAddress(bytes: Uint8Array, from: number, line: OrdinaryLine): number {
  let one: number = digestSeeds.one;
  let two: number = digestSeeds.two;
  let at = from;
  /** Where the word between two dots began. */
  let word = from;
  let hasSign = false;
  let hasDot = false;
  for (; ; at += 1) {
    const byte = bytes[at] ?? lf;
    const kind = kinds[byte] ?? 0;
    if (byte === dot || byte === sign) {
      if (at === word || (byte === sign && hasSign)) return none;
      if (hasSign && bytes[at - 1] === hyphen) return none;
      if (byte === sign) hasSign = true;
      else hasDot ||= hasSign;
      word = at + 1;
    } else if (hasSign) {
      const isOfDomain = (kind & (letter | digit)) !== 0 || (byte === hyphen && at !== word);
      if (!isOfDomain) break;
    } else if (kind === 0) break;
    const unit = kind & upperCase ? byte + 32 : byte;
    one = mixedOne(one, unit);
    two = mixedTwo(two, unit);
  }
  // The last word: two characters or more, the first a letter.
  const isWhole =
    hasDot && at - word >= 2 && bytes[at - 1] !== hyphen && at - from <= longestAddress;
  if (!isWhole || ((kinds[bytes[word] ?? 0] ?? 0) & letter) === 0) return none;
  line.mailboxFrom = from;
  line.mailboxTo = at;
  line.mailboxDigest = endOfDigest(one, two);
  return at;
}

/** A column that is ignored may hold anything but marks that want a closer look. */
function skipCell(bytes: Uint8Array, from: number, isQuoted: boolean, between: number): number {
  for (let at = from; ; at += 1) {
    const byte = bytes[at] ?? lf;
    if (byte === lf || byte === cr) return isQuoted ? none : at;
    if (byte === quote) return isQuoted ? at : none;
    if (byte === between && !isQuoted) return at;
  }
}
