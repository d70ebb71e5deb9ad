/** The custom mapping file: bytes in, checked lines out. */
import { type EntryRegister, type Registration, entryRegister } from "./mapping-duplicates";
import {
  type MappingColumns,
  delimiters,
  isDelimiterLine,
  readHeader,
  sniffDelimiter,
} from "./mapping-header";
import type {
  MappingDelimiter,
  MappingEncoding,
  MappingEntry,
  MappingProblem,
} from "./mapping-entry";
import { checkLine, isBlank, problemOf } from "./mapping-line";
import { type FileLine, type LineReader, lineReader } from "./mapping-records";
import { maxMappingLines, type TextBlock, textReader, tooLargeMapping } from "./mapping-text";

export type { MappingDelimiter, MappingEncoding, MappingEntry, MappingProblem };

export type MappingCheck = {
  /** Mailboxes that are named, each once. */
  readonly people: number;
  /** Lines below the header that are not blank. */
  readonly lines: number;
  readonly entries: number;
  /** Different phone numbers, and different ids of another kind, among the entries. */
  readonly numbers: number;
  readonly otherIds: number;
  readonly errors: number;
  readonly warnings: number;
  /** The file as a whole cannot be used, not even without its bad lines: too large, no CSV, no header, no lines. */
  readonly isRefused: boolean;
  readonly ignoredColumns: readonly string[];
  /** null when the file was refused before it was known. */
  readonly delimiter: MappingDelimiter | null;
  readonly encoding: MappingEncoding | null;
};

export type MappingOptions = {
  /** ISO 3166 code of the country whose national numbers the file holds; null when none was picked. */
  readonly defaultCountry: string | null;
  readonly fileName: string;
};

export type MappingFinding =
  { readonly entry: MappingEntry } | { readonly problem: MappingProblem };

export type MappingReader = {
  /** Whatever can be said after this piece of the file; a large piece is read block by block. */
  readonly read: (chunk: Uint8Array) => Iterable<readonly MappingFinding[]>;
  readonly end: () => Iterable<readonly MappingFinding[]>;
  /** The file was refused: nothing that follows is read. */
  readonly isOver: () => boolean;
  /** Lines below the header that were read so far. */
  readonly lines: () => number;
  readonly check: () => MappingCheck;
};

/**
 * Reads a file of any size in flat memory; what it found comes as it is found, the counts at the end.
 * An error always makes its line a bad one, also when the line's entry has been given out already:
 * of two lines that contradict each other nobody can tell which is right, so both are bad. Whoever
 * keeps the entries leaves out those whose line an error names.
 */
export function mappingReader({ defaultCountry, fileName }: MappingOptions): MappingReader {
  const reading = newReading(defaultCountry);
  const text = textReader(fileName);
  let reader: LineReader | null = null;

  function* readBlocks(blocks: Iterable<TextBlock>): Generator<readonly MappingFinding[]> {
    for (const block of blocks) {
      if (reading.isOver) return;
      if ("refusal" in block) {
        yield [refused(reading, 1, block.refusal)];
        return;
      }
      reading.encoding = block.encoding;
      if (reader === null) {
        const { delimiter, cellCount } = sniffDelimiter(block.bytes);
        reading.delimiter = delimiter;
        reader = lineReader(delimiters[delimiter], cellCount);
      }
      yield readLines(reading, reader.read(block.bytes, block.isLast));
    }
  }

  return {
    read: (chunk) => readBlocks(text.read(chunk)),
    *end() {
      yield* readBlocks(text.end());
      if (reading.isOver) return;
      if (reading.columns === null) yield [refused(reading, 1, emptyFile)];
      else if (reading.lines === 0) yield [refused(reading, reading.headerLine, headerOnly)];
    },
    isOver: () => reading.isOver,
    lines: () => reading.lines,
    check: () => checkOf(reading),
  };
}

/** The same for a file that arrives by and by. */
export async function* readMappingFile(
  chunks: AsyncIterable<Uint8Array>,
  options: MappingOptions,
): AsyncGenerator<readonly MappingFinding[], MappingCheck> {
  const reader = mappingReader(options);
  for await (const chunk of chunks) {
    yield* reader.read(chunk);
    if (reader.isOver()) return reader.check();
  }
  yield* reader.end();
  return reader.check();
}

const emptyFile = "The file is empty. Fill in the template and upload it again.";
const headerOnly =
  "The file has a header and no lines. Add one line per person and upload it again.";

/** What is known of the file so far. */
type Reading = {
  readonly defaultCountry: string | null;
  readonly register: EntryRegister;
  columns: MappingColumns | null;
  headerLine: number;
  ignoredColumns: readonly string[];
  delimiter: MappingDelimiter | null;
  encoding: MappingEncoding | null;
  lines: number;
  errors: number;
  warnings: number;
  isOver: boolean;
};

function newReading(defaultCountry: string | null): Reading {
  return {
    defaultCountry,
    register: entryRegister(),
    columns: null,
    headerLine: 1,
    ignoredColumns: [],
    delimiter: null,
    encoding: null,
    lines: 0,
    errors: 0,
    warnings: 0,
    isOver: false,
  };
}

function checkOf(reading: Reading): MappingCheck {
  const { lines, errors, warnings, ignoredColumns, delimiter, encoding } = reading;
  const counts = reading.register.count();
  const isRefused = reading.isOver;
  return { ...counts, lines, errors, warnings, isRefused, ignoredColumns, delimiter, encoding };
}

/** A block at once: a generator for every line would cost more than everything else together. */
function readLines(reading: Reading, fileLines: readonly FileLine[]): MappingFinding[] {
  const found: MappingFinding[] = [];
  for (const fileLine of fileLines) {
    if (reading.isOver) break;
    if ("cells" in fileLine && isBlank(fileLine.cells)) continue;
    if (reading.columns === null) readFirstLine(reading, fileLine, found);
    else readLine(reading, reading.columns, fileLine, found);
  }
  return found;
}

function readLine(
  reading: Reading,
  columns: MappingColumns,
  fileLine: FileLine,
  found: MappingFinding[],
): void {
  reading.lines += 1;
  if (reading.lines > maxMappingLines) {
    found.push(refused(reading, fileLine.line, tooLargeMapping));
    return;
  }
  if ("fault" in fileLine) {
    found.push(told(reading, faultOf(fileLine)));
    return;
  }
  const { line, cells } = fileLine;
  const { entry, problems } = checkLine(line, cells, columns, reading.defaultCountry);
  for (const problem of problems) found.push(told(reading, problem));
  if (entry !== null) register(reading, columns, entry, found);
}

function readFirstLine(reading: Reading, fileLine: FileLine, found: MappingFinding[]): void {
  const { line } = fileLine;
  reading.headerLine = line;
  if ("fault" in fileLine) {
    found.push(told(reading, faultOf(fileLine)));
    reading.isOver = true;
    return;
  }
  if (isDelimiterLine(line, fileLine.cells)) return;
  const header = readHeader(fileLine.cells);
  const written = fileLine.cells.join(" | ");
  for (const { column, message } of header.errors) {
    found.push(told(reading, problemOf(line, column, "error", written, message)));
  }
  for (const { column, message } of header.warnings) {
    found.push(told(reading, problemOf(line, column, "warning", column, message)));
  }
  reading.ignoredColumns = header.ignoredColumns;
  reading.columns = header.columns;
  reading.isOver = header.columns === null;
}

function register(
  reading: Reading,
  columns: MappingColumns,
  entry: MappingEntry,
  found: MappingFinding[],
): void {
  const registration = reading.register.add(entry);
  if (registration.kind === "new") {
    found.push({ entry });
    return;
  }
  const column = columns.names[columns.externalId] ?? "";
  const severity = registration.kind === "repeated" ? "warning" : "error";
  const message = contradiction(registration);
  found.push(told(reading, problemOf(entry.line, column, severity, entry.writtenAs, message)));
  if (registration.kind !== "conflict") return;
  for (const line of registration.takenBack) {
    const other = contradiction({ ...registration, withLine: entry.line });
    found.push(told(reading, problemOf(line, column, "error", entry.externalId, other)));
  }
}

function contradiction(registration: Exclude<Registration, { kind: "new" }>): string {
  if (registration.kind === "repeated") {
    return `The same line as line ${registration.ofLine}. It counts once; delete one of them.`;
  }
  if (registration.kind === "tooMany") {
    return `This external id stands on too many lines, first on line ${registration.firstLine}. Keep the ones that are still needed.`;
  }
  const { withLine, isOtherMailbox, hasValidity } = registration;
  if (!isOtherMailbox) {
    return `The validity overlaps that of line ${withLine}, which has the same external id. Change ValidFrom or ValidTo, or keep one of the lines.`;
  }
  return hasValidity
    ? `The validity overlaps that of line ${withLine}, which has the same external id with a different mailbox. Let one end before the other begins.`
    : `Line ${withLine} has the same external id with a different mailbox. Keep one of the two lines, or give them ValidFrom and ValidTo.`;
}

function faultOf({ line, fault, text }: Extract<FileLine, { fault: string }>): MappingProblem {
  const messages = {
    quotes:
      "The quotation marks of this line do not match. Close every mark, and write a mark inside a cell twice.",
    length: "This line is longer than 256 KB. Check that the file has line ends.",
  } as const;
  return problemOf(line, "", "error", text, messages[fault]);
}

function refused(reading: Reading, line: number, message: string): MappingFinding {
  reading.isOver = true;
  return told(reading, problemOf(line, "", "error", "", message));
}

function told(reading: Reading, problem: MappingProblem): MappingFinding {
  if (problem.severity === "error") reading.errors += 1;
  else reading.warnings += 1;
  return { problem };
}
