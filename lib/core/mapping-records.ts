/** Blocks of UTF-8 as the lines of a CSV file, each with its number. One bad line never hides another. */
import { textOf } from "./mapping-bytes";
import { parsedRows, plainRows, readUpToFault } from "./mapping-csv";
import { cr, firstLineEnd, lastLineEnd, lf, plainLineEnd } from "./mapping-line-ends";
import type { OrdinaryLine, OrdinaryReader } from "./mapping-ordinary";

export type FileLine =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly fault: LineFault; readonly text: string };

export type LineFault = "quotes" | "length";

/** Longer than any line of people; a quotation mark that is not closed by then never will be. */
const maxLineBytes = 256 * 1024;

export type LineReader = {
  /** Gives the lines that are complete so far. Everything else waits for the next block. */
  readonly read: (bytes: Uint8Array, isLast: boolean, taker: LineTaker) => void;
};

/** Who takes the lines, in the order of the file. */
export type LineTaker = {
  /** Reads a line from its bytes, if it needs no closer look; null until the header has been taken. */
  readonly ordinary: (delimiter: string) => OrdinaryReader | null;
  readonly takeOrdinary: (bytes: Uint8Array, ordinary: OrdinaryLine, line: number) => void;
  readonly take: (line: FileLine) => void;
};

export function lineReader(delimiter: string, cellCount: number): LineReader {
  let line = 1;
  let waiting: Uint8Array = new Uint8Array(0);
  let isSkipping = false;
  let scratch: Uint8Array = new Uint8Array(0);

  /** Reads whole lines; returns how many bytes at the end wait, because a quoted cell is still open. */
  function readLines(
    bytes: Uint8Array,
    bytesAfter: number,
    isLast: boolean,
    taker: LineTaker,
  ): number {
    let read = taker.ordinary(delimiter);
    // Lines that want a closer look are gathered: text is cheaper by the stretch.
    let gatheredFrom = 0;
    let at = 0;
    while (at < bytes.length) {
      const ordinary = read === null ? null : read(bytes, at);
      if (ordinary !== null) {
        if (gatheredFrom < at) takePlain(bytes.subarray(gatheredFrom, at), taker);
        taker.takeOrdinary(bytes, ordinary, line++);
        at = ordinary.next;
        gatheredFrom = at;
        continue;
      }
      const next = plainLineEnd(bytes, at);
      if (next === null) break;
      at = next;
      if (read !== null) continue;
      takePlain(bytes.subarray(gatheredFrom, at), taker);
      gatheredFrom = at;
      read = taker.ordinary(delimiter);
    }
    takePlain(bytes.subarray(gatheredFrom, at), taker);
    return at === bytes.length ? 0 : readQuoted(bytes.subarray(at), bytesAfter, isLast, taker);
  }

  /** Without a quotation mark there is nothing to parse. */
  function takePlain(bytes: Uint8Array, taker: LineTaker): void {
    if (bytes.length === 0) return;
    for (const cells of plainRows(textOf(bytes), delimiter)) taker.take({ line: line++, cells });
  }

  function readQuoted(
    bytes: Uint8Array,
    bytesAfter: number,
    isLast: boolean,
    taker: LineTaker,
  ): number {
    const rows = parsedRows(bytes, delimiter);
    if (rows === null) return readOneByOne(bytes, bytesAfter, isLast, taker);
    for (const cells of rows) taker.take({ line: line++, cells });
    return 0;
  }

  function readOneByOne(
    bytes: Uint8Array,
    bytesAfter: number,
    isLast: boolean,
    taker: LineTaker,
  ): number {
    let at = 0;
    while (at < bytes.length) {
      const result = readUpToFault(bytes.subarray(at), delimiter, cellCount);
      for (const { cells, lines } of result.records) {
        taker.take({ line, cells });
        line += lines;
      }
      at += result.readBytes;
      if (result.fault === null) return 0;
      const isOpenYet = result.fault === "open" && !isLast;
      if (isOpenYet && bytes.length - at + bytesAfter <= maxLineBytes) return bytes.length - at;
      const end = at + firstLineEnd(bytes.subarray(at));
      taker.take({ line: line++, fault: "quotes", text: excerpt(bytes.subarray(at, end)) });
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

  /** In the same memory for each block: what is left behind would be a second copy of the file. */
  function after(begun: Uint8Array, bytes: Uint8Array): Uint8Array {
    if (begun.length === 0) return bytes;
    const length = begun.length + bytes.length;
    if (scratch.length < length) {
      const larger = new Uint8Array(2 * length);
      larger.set(begun);
      scratch = larger;
    } else if (begun.buffer === scratch.buffer) {
      scratch.copyWithin(0, begun.byteOffset, begun.byteOffset + begun.length);
    } else scratch.set(begun);
    scratch.set(bytes, begun.length);
    return scratch.subarray(0, length);
  }

  return {
    read: (bytes, isLast, taker) => {
      let block = after(waiting, bytes);
      if (isSkipping) block = skipRestOfLine(block, isLast);
      if (isSkipping) {
        waiting = block;
        return;
      }
      const end = isLast ? block.length : lastLineEnd(block);
      const open = readLines(block.subarray(0, end), block.length - end, isLast, taker);
      waiting = block.subarray(end - open);
      if (open === 0 && waiting.length > maxLineBytes) {
        taker.take({ line: line++, fault: "length", text: excerpt(waiting) });
        waiting = waiting.subarray(waiting.at(-1) === cr ? waiting.length - 1 : waiting.length);
        isSkipping = true;
      }
    },
  };
}

function excerpt(bytes: Uint8Array): string {
  return textOf(bytes.subarray(0, 1000));
}
