/** Which lines speak about the same external id. A million of them stay in some eighty megabytes. */
import { isPhoneNumber } from "./external-id";
import { bytesOf, textOf } from "./mapping-bytes";
import { digestOf } from "./mapping-digest";
import type { MappingEntry } from "./mapping-entry";
import { numberTable } from "./mapping-numbers";

export type Registration =
  | { readonly kind: "new" }
  | { readonly kind: "repeated"; readonly ofLine: number }
  | {
      readonly kind: "conflict";
      readonly withLine: number;
      readonly isOtherMailbox: boolean;
      readonly hasValidity: boolean;
      /** Good lines until now: nobody can tell which of the two is right. */
      readonly takenBack: readonly number[];
    }
  | { readonly kind: "tooMany"; readonly firstLine: number };

export type RegisterCounts = {
  readonly people: number;
  readonly entries: number;
  readonly numbers: number;
  readonly otherIds: number;
};

export type EntryRegister = {
  /** A phone number that always leads to a mailbox, whose address is known by its digest. */
  readonly addNumber: (number: number, line: number, mailbox: number) => Registration;
  readonly add: (entry: MappingEntry) => Registration;
  readonly count: () => RegisterCounts;
};

/** A number that had more holders than this is a mistake, or an attempt to keep the server busy. */
const maxEntriesOfOneId = 100;

type Validity = { readonly from: number; readonly to: number };
const always: Validity = { from: -Infinity, to: Infinity };
/** In two leaps to a million: what is not filled yet takes no memory, what was copied from would. */
const firstCapacity = 1024;
const growth = 32;

const isNew: Registration = { kind: "new" };

export function entryRegister(): EntryRegister {
  const numbers = numberTable();
  const otherIds = new Map<string, number>();
  const validityOf = new Map<number, Validity>();
  // One place of each array per entry; entries of one id are chained through `next`.
  let lines = new Uint32Array(firstCapacity);
  let mailboxes = new Float64Array(firstCapacity);
  let next = new Int32Array(firstCapacity);
  let marks = new Uint8Array(firstCapacity);
  let size = 0;

  function grow(): void {
    lines = enlarged(lines, new Uint32Array(size * growth));
    mailboxes = enlarged(mailboxes, new Float64Array(size * growth));
    next = enlarged(next, new Int32Array(size * growth));
    marks = enlarged(marks, new Uint8Array(size * growth));
  }

  function append(line: number, validity: Validity, mailbox: number, mark: number): number {
    if (size === lines.length) grow();
    const index = size;
    size += 1;
    lines[index] = line;
    mailboxes[index] = mailbox;
    next[index] = none;
    marks[index] = mark;
    if (validity !== always) validityOf.set(index, validity);
    return index;
  }

  function add(entry: MappingEntry): Registration {
    const validity = validityOfEntry(entry);
    const mailbox = digestOf(entry.mailboxAddress);
    if (isPhoneNumber(entry.externalId)) {
      return addValidNumber(Number(entry.externalId), entry.line, mailbox, validity);
    }
    const head = placeOfOther(entry.externalId);
    if (head !== undefined) return addToChain(head, entry.line, validity, mailbox);
    append(entry.line, validity, mailbox, firstOfOtherId);
    return isNew;
  }

  function addValidNumber(
    number: number,
    line: number,
    mailbox: number,
    validity: Validity,
  ): Registration {
    const head = numbers.placeOf(number, size);
    if (head !== undefined) return addToChain(head, line, validity, mailbox);
    append(line, validity, mailbox, firstOfNumber);
    return isNew;
  }

  /** The key is copied: a piece of a block would keep the whole block in memory. */
  function placeOfOther(externalId: string): number | undefined {
    const head = otherIds.get(externalId);
    if (head === undefined) otherIds.set(textOf(bytesOf(externalId)), size);
    return head;
  }

  function addToChain(
    head: number,
    line: number,
    validity: Validity,
    mailbox: number,
  ): Registration {
    const conflicts: number[] = [];
    let repeated = none;
    let length = 0;
    let last = head;
    for (let index = head; index !== none; index = next[index] ?? none) {
      length += 1;
      last = index;
      const other = validityOf.get(index) ?? always;
      if (validity.from >= other.to || other.from >= validity.to) continue;
      if (isSame(validity, other) && mailboxes[index] === mailbox) repeated = index;
      else conflicts.push(index);
    }
    const [conflict] = conflicts;
    if (conflict === undefined && repeated !== none) {
      return { kind: "repeated", ofLine: lineOf(repeated) };
    }
    if (length < maxEntriesOfOneId) {
      const place = append(line, validity, mailbox, conflict === undefined ? 0 : bad);
      next[last] = place;
    } else if (conflict === undefined) {
      return { kind: "tooMany", firstLine: lineOf(head) };
    }
    if (conflict === undefined) return isNew;
    const takenBack = conflicts.filter(isGood);
    for (const index of takenBack) marks[index] = (marks[index] ?? 0) | bad;
    return {
      kind: "conflict",
      withLine: lineOf(conflict),
      isOtherMailbox: mailboxes[conflict] !== mailbox,
      hasValidity: validity !== always || validityOf.has(conflict),
      takenBack: takenBack.map(lineOf),
    };
  }

  function lineOf(index: number): number {
    return lines[index] ?? 0;
  }

  function isGood(index: number): boolean {
    return ((marks[index] ?? 0) & bad) === 0;
  }

  function hasGood(head: number): boolean {
    for (let index = head; index !== none; index = next[index] ?? none) {
      if (isGood(index)) return true;
    }
    return false;
  }

  function count(): RegisterCounts {
    const used = new Float64Array(size);
    const counts = { entries: 0, numbers: 0, otherIds: 0 };
    for (let index = 0; index < size; index += 1) {
      if (isGood(index)) used[counts.entries++] = mailboxes[index] ?? 0;
      const first = (marks[index] ?? 0) & (firstOfNumber | firstOfOtherId);
      if (first === 0 || !hasGood(index)) continue;
      if (first === firstOfNumber) counts.numbers += 1;
      else counts.otherIds += 1;
    }
    return { people: countDifferent(used.subarray(0, counts.entries)), ...counts };
  }

  const addNumber = (number: number, line: number, mailbox: number) =>
    addValidNumber(number, line, mailbox, always);
  return { addNumber, add, count };
}

// Marks of an entry: taken back or never good; the first of its id, which is a number or not.
const bad = 1;
const firstOfNumber = 2;
const firstOfOtherId = 4;

/** The end of a chain. */
const none = -1;

function validityOfEntry({ validFrom, validTo }: MappingEntry): Validity {
  if (validFrom === null && validTo === null) return always;
  return { from: validFrom?.getTime() ?? -Infinity, to: validTo?.getTime() ?? Infinity };
}

function isSame(one: Validity, other: Validity): boolean {
  return one.from === other.from && one.to === other.to;
}

function countDifferent(values: Float64Array): number {
  values.sort();
  let different = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (index === 0 || values[index] !== values[index - 1]) different += 1;
  }
  return different;
}

function enlarged<T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(
  values: T,
  larger: T,
): T {
  larger.set(values);
  return larger;
}
