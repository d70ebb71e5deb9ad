/** Whole lines of UTF-8 as cells, by the rules of CSV, and where those rules are broken. */
import { parse, type Options } from "csv-parse/sync";
import { textOf } from "./mapping-bytes";
import { countLines } from "./mapping-line-ends";

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

/** Without a quotation mark there is nothing to parse. */
export function plainRows(text: string, delimiter: string): string[][] {
  const lines = text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.split(delimiter));
}

/** null when a cell spans lines or quotes do not match: then every record wants a look of its own. */
export function parsedRows(bytes: Uint8Array, delimiter: string): string[][] | null {
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

export function readUpToFault(bytes: Uint8Array, delimiter: string, cellCount: number): Reading {
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
