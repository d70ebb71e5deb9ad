/** What the lines of a mapping file say, taken one after the other. */
import { contradiction, emptyFile, faultOf, headerOnly } from "./mapping-messages";
import { type Registration, entryRegister } from "./mapping-duplicates";
import type { MappingCheck, MappingEntry, MappingFinding, MappingProblem } from "./mapping-entry";
import { type MappingColumns, isDelimiterLine, readHeader } from "./mapping-header";
import { textOf } from "./mapping-bytes";
import { checkLine, isBlank, problemOf, shownCells } from "./mapping-line";
import { type OrdinaryLine, type OrdinaryReader, ordinaryReader } from "./mapping-ordinary";
import type { FileLine, LineTaker } from "./mapping-records";
import { maxMappingLines, tooLargeMapping } from "./mapping-text";

export type FileTaker = LineTaker & {
  /** What was found since somebody asked last. */
  readonly found: () => readonly MappingFinding[];
  readonly refuse: (line: number, message: string) => void;
  /** There are no more lines. */
  readonly end: () => void;
  readonly isOver: () => boolean;
  readonly lines: () => number;
  readonly check: () => Omit<MappingCheck, "delimiter" | "encoding">;
};

export function fileTaker(defaultCountry: string | null, givesEntries: boolean): FileTaker {
  const register = entryRegister();
  const textAt = sliced();
  let columns: MappingColumns | null = null;
  let headerLine = 1;
  let ignoredColumns: readonly string[] = [];
  let ordinary: OrdinaryReader | null = null;
  let found: MappingFinding[] = [];
  let lines = 0;
  let errors = 0;
  let warnings = 0;
  let isOver = false;

  function tell(problem: MappingProblem): void {
    if (problem.severity === "error") errors += 1;
    else warnings += 1;
    found.push({ problem });
  }

  function refuse(line: number, message: string): void {
    isOver = true;
    tell(problemOf(line, "", "error", "", message));
  }

  /** False when the line is one too many. */
  function countsLine(line: number): boolean {
    lines += 1;
    if (lines > maxMappingLines) refuse(line, tooLargeMapping);
    return !isOver;
  }

  function takeHeader(fileLine: FileLine): void {
    const { line } = fileLine;
    headerLine = line;
    if ("fault" in fileLine) {
      tell(faultOf(fileLine));
      isOver = true;
      return;
    }
    if (isDelimiterLine(line, fileLine.cells)) return;
    const header = readHeader(fileLine.cells);
    const written = shownCells(fileLine.cells);
    for (const { column, message } of header.errors) {
      tell(problemOf(line, column, "error", written, message));
    }
    for (const { column, message } of header.warnings) {
      tell(problemOf(line, column, "warning", column, message));
    }
    ignoredColumns = header.ignoredColumns;
    columns = header.columns;
    isOver = header.columns === null;
  }

  function takeLine(fileLine: FileLine, header: MappingColumns): void {
    if (!countsLine(fileLine.line)) return;
    if ("fault" in fileLine) {
      tell(faultOf(fileLine));
      return;
    }
    const { line, cells } = fileLine;
    const checked = checkLine(line, cells, header, defaultCountry);
    for (const problem of checked.problems) tell(problem);
    if (checked.entry === null) return;
    const registration = register.add(checked.entry);
    if (registration.kind !== "new") tellContradiction(registration, checked.entry);
    else if (givesEntries) found.push({ entry: checked.entry });
  }

  function takeOrdinary(bytes: Uint8Array, ordinaryLine: OrdinaryLine, line: number): void {
    if (isOver || !countsLine(line)) return;
    const { number, mailboxDigest } = ordinaryLine;
    const registration = register.addNumber(number, line, mailboxDigest);
    if (registration.kind !== "new") {
      tellContradiction(registration, entryOf(bytes, ordinaryLine, line));
    } else if (givesEntries) found.push({ entry: entryOf(bytes, ordinaryLine, line) });
  }

  function entryOf(bytes: Uint8Array, at: OrdinaryLine, line: number): MappingEntry {
    const writtenAs = textAt(bytes, at.idFrom, at.idTo);
    return {
      line,
      externalId: writtenAs.startsWith("+") ? writtenAs.slice(1) : writtenAs,
      writtenAs,
      mailboxAddress: textAt(bytes, at.mailboxFrom, at.mailboxTo).toLowerCase(),
      validFrom: null,
      validTo: null,
    };
  }

  function tellContradiction(
    registration: Exclude<Registration, { kind: "new" }>,
    { line, externalId, writtenAs }: MappingEntry,
  ): void {
    const column = columns?.names[columns.externalId] ?? "";
    const severity = registration.kind === "repeated" ? "warning" : "error";
    tell(problemOf(line, column, severity, writtenAs, contradiction(registration)));
    if (registration.kind !== "conflict") return;
    for (const other of registration.takenBack) {
      const message = contradiction({ ...registration, withLine: line });
      tell(problemOf(other, column, "error", externalId, message));
    }
  }

  return {
    ordinary(delimiter) {
      if (columns === null) return null;
      return (ordinary ??= ordinaryReader(columns, delimiter, defaultCountry));
    },
    takeOrdinary,
    take(fileLine) {
      if (isOver || ("cells" in fileLine && isBlank(fileLine.cells))) return;
      if (columns === null) takeHeader(fileLine);
      else takeLine(fileLine, columns);
    },
    found() {
      const given = found;
      found = [];
      return given;
    },
    refuse,
    end() {
      if (isOver) return;
      if (columns === null) refuse(1, emptyFile);
      else if (lines === 0) refuse(headerLine, headerOnly);
    },
    isOver: () => isOver,
    lines: () => lines,
    check: () => {
      const isRefused = isOver;
      return { ...register.count(), lines, errors, warnings, isRefused, ignoredColumns };
    },
  };
}

/** Pieces of the same bytes again and again: where each letter is one byte, they are read once. */
function sliced(): (bytes: Uint8Array, from: number, to: number) => string {
  let known: Uint8Array | null = null;
  let text = "";
  return (bytes, from, to) => {
    if (bytes !== known) {
      known = bytes;
      text = textOf(bytes);
    }
    return text.length === bytes.length ? text.slice(from, to) : textOf(bytes.subarray(from, to));
  };
}
