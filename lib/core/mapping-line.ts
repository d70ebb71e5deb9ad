/** One line of a mapping file, cell by cell: an entry, or everything that is wrong with it. */
import { readExternalId } from "./external-id";
import type { MappingEntry, MappingProblem } from "./mapping-entry";
import type { MappingColumns } from "./mapping-header";

export type CheckedLine = {
  readonly entry: MappingEntry | null;
  readonly problems: readonly MappingProblem[];
};

const noProblems: readonly MappingProblem[] = [];

export function checkLine(
  line: number,
  cells: readonly string[],
  columns: MappingColumns,
  defaultCountry: string | null,
): CheckedLine {
  const writtenAs = cellOf(cells, columns.externalId);
  const id = readExternalId(writtenAs, defaultCountry);
  const address = cellOf(cells, columns.mailbox);
  const flaw = addressFlaw(address);
  const from = readBound(cellOf(cells, columns.validFrom));
  const to = readBound(cellOf(cells, columns.validTo));
  const isInOrder = !isDate(from) || !isDate(to) || from < to;
  const isSound = flaw === null && from !== "flaw" && to !== "flaw" && isInOrder;
  const hasExtra = cells.length > columns.names.length && hasText(cells, columns.names.length);
  const entry =
    id.ok && isSound
      ? {
          line,
          externalId: id.externalId,
          writtenAs,
          mailboxAddress: address.toLowerCase(),
          validFrom: from,
          validTo: to,
        }
      : null;
  if (entry !== null && id.ok && id.warning === undefined && !hasExtra) {
    return { entry, problems: noProblems };
  }

  const problems: MappingProblem[] = [];
  const note = (index: number | null, severity: MappingProblem["severity"], message: string) => {
    const column = index === null ? "" : (columns.names[index] ?? "");
    const value = index === null ? shownCells(cells) : cellOf(cells, index);
    problems.push(problemOf(line, column, severity, value, message));
  };
  if (!id.ok) note(columns.externalId, "error", id.message);
  else if (id.warning !== undefined) note(columns.externalId, "warning", id.warning);
  if (flaw !== null) note(columns.mailbox, "error", flaw);
  if (from === "flaw") note(columns.validFrom, "error", notADay);
  if (to === "flaw") note(columns.validTo, "error", notADay);
  if (!isInOrder) note(columns.validTo, "error", endsBeforeItBegins);
  if (hasExtra) note(null, "warning", moreCells(cells.length - columns.names.length));
  return { entry, problems };
}

export function problemOf(
  line: number,
  column: string,
  severity: MappingProblem["severity"],
  value: string,
  message: string,
): MappingProblem {
  return { line, column: short(column), severity, value: short(value.trim()), message };
}

function cellOf(cells: readonly string[], index: number | null): string {
  return index === null ? "" : (cells[index] ?? "").trim();
}

/** A whole line, for people. */
export function shownCells(cells: readonly string[]): string {
  return cells.map((cell) => cell.trim()).join(" | ");
}

/** Spreadsheets end files with lines of nothing but delimiters. */
export function isBlank(cells: readonly string[]): boolean {
  return !hasText(cells, 0);
}

function hasText(cells: readonly string[], from: number): boolean {
  for (let index = from; index < cells.length; index += 1) {
    if ((cells[index] ?? "").trim() !== "") return true;
  }
  return false;
}

const maxShownLength = 200;

/** Never cut in the middle of a character of two units: a database refuses half of one. */
function short(text: string): string {
  if (text.length <= maxShownLength) return text;
  const last = text.charCodeAt(maxShownLength - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxShownLength - 1 : maxShownLength);
}

const missingMailbox = "The mailbox is missing. Enter the person's e-mail address.";
const notAnAddress = "This is not an e-mail address. Enter one such as susan@contoso.com.";
const oneAddressOnly = "Enter the address alone, without a name, brackets or mailto:.";
const unreadableAddress =
  "The address holds characters that could not be read. Save the file as CSV UTF-8 and upload it again.";

const plainAddress =
  /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z][a-z\d-]*[a-z\d]$/i;
/** Letters of any script; whether such a mailbox exists is the directory's business. */
const foreignAddress =
  /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?\.)+\p{L}[\p{L}\p{M}\p{N}-]*$/u;

/** What is wrong with an address, or null. The longest that may exist has 64 + 1 + 255 characters. */
function addressFlaw(address: string): string | null {
  if (address === "") return missingMailbox;
  if (address.length > 320) return notAnAddress;
  if (plainAddress.test(address)) return null;
  if (address.includes("\uFFFD")) return unreadableAddress;
  if (foreignAddress.test(address)) return null;
  return /[<>]|^mailto:/i.test(address) ? oneAddressOnly : notAnAddress;
}

function moreCells(count: number): string {
  const cells = count === 1 ? "one cell" : `${count} cells`;
  return `The line has ${cells} more than the header, which is ignored. Quote cells that hold the delimiter.`;
}

const notADay =
  "This is not an ISO date. Write 2026-03-01, or with a time and its zone 2026-03-01T09:00:00Z.";
const endsBeforeItBegins =
  "ValidTo is the first day the line no longer holds, so it must lie after ValidFrom. Correct one of them.";

const isoDay =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/i;

/** One end of the validity: null where it is open. */
function readBound(text: string): Date | null | "flaw" {
  return text === "" ? null : (readDay(text) ?? "flaw");
}

function isDate(bound: Date | null | "flaw"): bound is Date {
  return bound instanceof Date;
}

/** A bare date begins at 00:00 UTC. A time without a zone would mean something else to everybody. */
function readDay(text: string): Date | null {
  const match = isoDay.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number);
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // JavaScript would read 30 February as 2 March.
  if (midnight.getUTCMonth() + 1 !== month || midnight.getUTCDate() !== day) return null;
  const at = new Date(
    text
      .toUpperCase()
      .replace(" ", "T")
      .replace(/([+-]\d\d)(\d\d)$/, "$1:$2"),
  );
  return Number.isNaN(at.getTime()) ? null : at;
}
