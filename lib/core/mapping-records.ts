/** Blocks of UTF-8 as the lines of a CSV file, each with its number. One bad line never hides another. */
import { parse, type Options } from "csv-parse/sync";
import { joined, textOf } from "./mapping-bytes";

export type FileLine =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly fault: LineFault; readonly text: string };

export type LineFault = "quotes" | "length";

/** Longer than any line of people; a quotation mark that is not closed by then never will be. */
const maxLineBytes = 256 * 1024;

export type LineReader = {
  /** The lines that are complete so far. Everything else waits for the next block. */
  readonly read: (bytes: Uint8Array, isLast: boolean) => FileLine[];
};

const lf = 10;
const cr = 13;
const quote = 34;

export function lineReader(delimiter: string, cellCount: number): LineReader {
  let line = 1;
  let waiting: Uint8Array = new Uint8Array(0);
  let isSkipping = false;

  /** Reads whole lines; returns how many bytes at the end wait, because a quoted cell is still open. */
  function readLines(
    bytes: Uint8Array,
    bytesAfter: number,
    isLast: boolean,
    found: FileLine[],
  ): number {
    const rows = bytes.includes(quote)
      ? parsedRows(bytes, delimiter)
      : plainRows(textOf(bytes), delimiter);
    if (rows === null) return readOneByOne(bytes, bytesAfter, isLast, found);
    for (const cells of rows) found.push({ line: line++, cells });
    return 0;
  }

  function readOneByOne(
    bytes: Uint8Array,
    bytesAfter: number,
    isLast: boolean,
    found: FileLine[],
  ): number {
    let at = 0;
    while (at < bytes.length) {
      const result = readUpToFault(bytes.subarray(at), delimiter, cellCount);
      for (const { cells, lines } of result.records) {
        found.push({ line, cells });
        line += lines;
      }
      at += result.readBytes;
      if (result.fault === null) return 0;
      const isOpenYet = result.fault === "open" && !isLast;
      if (isOpenYet && bytes.length - at + bytesAfter <= maxLineBytes) return bytes.length - at;
      const end = at + firstLineEnd(bytes.subarray(at));
      found.push({ line: line++, fault: "quotes", text: excerpt(bytes.subarray(at, end)) });
      at = end;
    }
    return 0;
  }

  /** The rest of a line that was too long; a lone CR at the end may be half of a line end. */
  function skipRestOfLine(block: Uint8Array, isLast: boolean): Uint8Array {
    const end = firstLineEnd(block);
    const isCut = !isLast && end === block.length && block[end - 1] !== lf;
    if (isCut) return block.subarray(block.at(-1) === cr ? block.length - 1 : block.length);
    isSkipping = false;
    return block.subarray(end);
  }

  return {
    read: (bytes, isLast) => {
      let block = waiting.length === 0 ? bytes : joined([waiting, bytes]);
      const found: FileLine[] = [];
      if (isSkipping) block = skipRestOfLine(block, isLast);
      if (isSkipping) {
        waiting = block;
        return found;
      }
      const end = isLast ? block.length : lastLineEnd(block);
      const open = readLines(block.subarray(0, end), block.length - end, isLast, found);
      waiting = block.subarray(end - open);
      if (open === 0 && waiting.length > maxLineBytes) {
        found.push({ line: line++, fault: "length", text: excerpt(waiting) });
        waiting = waiting.subarray(waiting.at(-1) === cr ? waiting.length - 1 : waiting.length);
        isSkipping = true;
      }
      return found;
    },
  };
}

/** The first line that is not blank, read with a delimiter that is on trial. */
export function firstRow(bytes: Uint8Array, delimiter: string): string[] {
  try {
    return (
      parse(asBuffer(bytes), { ...csvOptions(delimiter), skip_empty_lines: true, to: 1 })[0] ?? []
    );
  } catch {
    return [];
  }
}

/** csv-parse reads Node's own kind of bytes, in browsers its stand-in. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function csvOptions(delimiter: string): Options {
  return {
    delimiter,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    relax_quotes: true,
    trim: true,
  };
}

/** Without a quotation mark there is nothing to parse: five times as fast, and most files have none. */
function plainRows(text: string, delimiter: string): string[][] {
  const lines = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.split(delimiter));
}

/** null when a cell spans lines or quotes do not match: then every record wants a look of its own. */
function parsedRows(bytes: Uint8Array, delimiter: string): string[][] | null {
  try {
    const rows = parse(asBuffer(bytes), csvOptions(delimiter));
    return rows.length === countLines(bytes) ? rows : null;
  } catch {
    return null;
  }
}

type Reading = {
  readonly records: readonly { readonly cells: readonly string[]; readonly lines: number }[];
  readonly readBytes: number;
  readonly fault: "quotes" | "open" | null;
};

class SuspiciousQuotes extends Error {}

function readUpToFault(bytes: Uint8Array, delimiter: string, cellCount: number): Reading {
  const records: { cells: readonly string[]; lines: number }[] = [];
  let readBytes = 0;
  const options: Options = {
    ...csvOptions(delimiter),
    on_record: (cells: string[], { bytes: end }) => {
      const record = bytes.subarray(readBytes, end);
      const lines = countLines(record);
      if (lines > 1 && isSwallowing(cells, record, delimiter, cellCount))
        throw new SuspiciousQuotes();
      records.push({ cells, lines });
      readBytes = end;
      return null;
    },
  };
  try {
    parse(asBuffer(bytes), options);
    return { records, readBytes: bytes.length, fault: null };
  } catch (error) {
    const isOpen = error instanceof Error && Reflect.get(error, "code") === "CSV_QUOTE_NOT_CLOSED";
    return { records, readBytes, fault: isOpen ? "open" : "quotes" };
  }
}

/**
 * A quotation mark too many swallows the lines after it, up to the next one. It shows in cells that
 * went missing, or in a mark that closes in the middle of a cell.
 */
function isSwallowing(
  cells: readonly string[],
  record: Uint8Array,
  delimiter: string,
  cellCount: number,
): boolean {
  if (cells.length < cellCount) return true;
  if (!cells.some((cell) => cell.startsWith('"'))) return false;
  // A mark that belongs to the cell is written twice, after the one that opens it.
  if (!textOf(record).includes('"""')) return true;
  try {
    parse(asBuffer(record), { ...csvOptions(delimiter), relax_quotes: false });
    return false;
  } catch {
    return true;
  }
}

/** LF, CR and CRLF each end a line; what follows the last end is one more. */
function countLines(bytes: Uint8Array): number {
  let ends = 0;
  let previous = lf;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === cr || (byte === lf && (index === 0 || previous !== cr))) ends += 1;
    previous = byte;
  }
  return previous === lf || previous === cr ? ends : ends + 1;
}

/** Where the second line begins. */
function firstLineEnd(bytes: Uint8Array): number {
  const feed = bytes.indexOf(lf);
  const line = feed < 0 ? bytes : bytes.subarray(0, feed);
  const carriage = line.indexOf(cr);
  if (carriage < 0 || carriage + 1 === feed) return feed < 0 ? bytes.length : feed + 1;
  return carriage + 1;
}

/** After the last line end that is certainly whole: a CR at the very end may lack its LF. */
function lastLineEnd(bytes: Uint8Array): number {
  const carriage = bytes.length < 2 ? -1 : bytes.lastIndexOf(cr, bytes.length - 2);
  return Math.max(bytes.lastIndexOf(lf), carriage) + 1;
}

function excerpt(bytes: Uint8Array): string {
  return textOf(bytes.subarray(0, 1000));
}
