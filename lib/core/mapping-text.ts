/** The file's bytes as UTF-8, block by block; what is no text is refused with advice. */
import { bytesOf, hexOf, joined, latin1Of, windows1252Of } from "./mapping-bytes";
import type { MappingEncoding } from "./mapping-entry";

export const maxMappingBytes = 100 * 1024 * 1024;
export const maxMappingLines = 1_000_000;
export const tooLargeMapping =
  "A mapping file may have up to 1,000,000 lines and 100 MB. Leave out what is not needed, then upload it again.";

export type TextBlock =
  | {
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
      /** Grows more certain from block to block: a file of plain letters is UTF-8 until it says otherwise. */
      readonly encoding: MappingEncoding;
    }
  | { readonly refusal: string };

const blockBytes = 64 * 1024;

export type TextReader = {
  /** The blocks that are complete so far; a refusal is the last of all. */
  readonly read: (chunk: Uint8Array) => Iterable<TextBlock>;
  /** What is left when the file is over. */
  readonly end: () => Iterable<TextBlock>;
};

export function textReader(fileName: string): TextReader {
  const blocks = evenBlocks();
  let decoder: Decoder | null = null;
  let received = 0;

  function decoded(bytes: Uint8Array, isLast: boolean): TextBlock {
    received += bytes.length;
    if (received > maxMappingBytes) return { refusal: tooLargeMapping };
    if (decoder === null) {
      const refusal = foreignFormat(bytes, fileName);
      if (refusal !== null) return { refusal };
      decoder = decoderFor(bytes);
    }
    const text = decoder.decode(bytes, isLast);
    if (text.includes(0)) return { refusal: notText };
    return { bytes: text, isLast, encoding: decoder.encoding() };
  }

  return {
    *read(chunk) {
      for (const bytes of blocks.add(chunk)) yield decoded(bytes, false);
    },
    *end() {
      yield decoded(blocks.rest(), true);
    },
  };
}

/** Blocks of at least 64 KiB but the last, and of at most twice that, however the chunks are cut. */
function evenBlocks() {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  return {
    *add(chunk: Uint8Array): Generator<Uint8Array> {
      for (let at = 0; at < chunk.length; at += blockBytes) {
        if (waitingBytes >= blockBytes) {
          yield joined(waiting);
          waiting = [];
          waitingBytes = 0;
        }
        const piece = chunk.subarray(at, at + blockBytes);
        waiting.push(piece);
        waitingBytes += piece.length;
      }
    },
    rest: () => joined(waiting),
  };
}

const saveAsCsv =
  'In Excel choose File > Save As > "CSV UTF-8 (comma delimited)" and upload that file.';
const notText = `The file is not a text file. ${saveAsCsv}`;

/** What people upload by mistake, by its first bytes: a name proves nothing. */
const foreignFormats: readonly (readonly [hex: string, refusal: string])[] = [
  ["504b0304", `This is an Excel workbook or a ZIP archive, not a CSV file. ${saveAsCsv}`],
  ["504b0506", `This is an empty ZIP archive, not a CSV file. ${saveAsCsv}`],
  ["504b0708", `This is a ZIP archive, not a CSV file. ${saveAsCsv}`],
  ["d0cf11e0", `This is an old Excel workbook (.xls), not a CSV file. ${saveAsCsv}`],
  ["25504446", `This is a PDF document, not a CSV file. ${saveAsCsv}`],
  ["1f8b", "This is a compressed file. Unpack it and upload the CSV file inside."],
  ["fffe0000", `The file is UTF-32, which is not supported. ${saveAsCsv}`],
  ["0000feff", `The file is UTF-32, which is not supported. ${saveAsCsv}`],
];

function foreignFormat(first: Uint8Array, fileName: string): string | null {
  const hex = hexOf(first.subarray(0, 4));
  const known = foreignFormats.find(([magic]) => hex.startsWith(magic));
  if (known !== undefined) return known[1];
  const begin = latin1Of(first.subarray(0, 64)).trimStart().toLowerCase();
  if (begin.startsWith("<!doctype") || begin.startsWith("<html") || begin.startsWith("<?xml")) {
    return `${shortName(fileName)} is a web page or XML document, not a CSV file. ${saveAsCsv}`;
  }
  return begin.startsWith("{\\rtf")
    ? `This is a formatted document (RTF), not a CSV file. ${saveAsCsv}`
    : null;
}

function shortName(fileName: string): string {
  const name = fileName.replace(/\p{Cc}/gu, "").trim();
  return name === "" ? "The file" : name.slice(0, 100);
}

type Decoder = {
  readonly decode: (bytes: Uint8Array, isLast: boolean) => Uint8Array;
  readonly encoding: () => MappingEncoding;
};

function decoderFor(first: Uint8Array): Decoder {
  const mark = hexOf(first.subarray(0, 3));
  if (mark === "efbbbf") return withoutMark(3, "UTF-8 with BOM", (bytes) => bytes);
  if (mark.startsWith("fffe")) return utf16("utf-16le", "UTF-16 LE");
  if (mark.startsWith("feff")) return utf16("utf-16be", "UTF-16 BE");
  return unmarked();
}

function withoutMark(
  markBytes: number,
  encoding: MappingEncoding,
  decode: Decoder["decode"],
): Decoder {
  let skip = markBytes;
  return {
    decode: (bytes, isLast) => {
      const decoded = decode(bytes.subarray(skip), isLast);
      skip = 0;
      return decoded;
    },
    encoding: () => encoding,
  };
}

function utf16(label: "utf-16le" | "utf-16be", encoding: MappingEncoding): Decoder {
  const text = new TextDecoder(label);
  return withoutMark(2, encoding, (bytes, isLast) =>
    bytesOf(text.decode(bytes, { stream: !isLast })),
  );
}

/**
 * Without a mark the first character beyond ASCII decides between UTF-8 and Windows-1252, the two
 * that spreadsheets write: by accident its bytes are hardly ever valid UTF-8. Until it comes, both
 * are the same.
 */
function unmarked(): Decoder {
  let decided: "UTF-8" | "Windows-1252" | null = null;
  let held: Uint8Array = new Uint8Array(0);
  return {
    decode: (bytes, isLast) => {
      if (decided === null) {
        const block = held.length === 0 ? bytes : joined([held, bytes]);
        const verdict = firstBeyondAscii(block, isLast);
        decided = verdict.decided;
        held = block.subarray(verdict.readable);
        bytes = block.subarray(0, verdict.readable);
      }
      return decided === "Windows-1252" ? bytesOf(windows1252Of(bytes)) : bytes;
    },
    encoding: () => decided ?? "UTF-8",
  };
}

type Verdict = { readonly decided: "UTF-8" | "Windows-1252" | null; readonly readable: number };

function firstBeyondAscii(block: Uint8Array, isLast: boolean): Verdict {
  let at = 0;
  while (at < block.length && (block[at] ?? 0) < 0x80) at += 1;
  if (at === block.length) return { decided: null, readable: block.length };
  const length = utf8Length(block[at] ?? 0);
  // A character that the block cuts in two is judged together with the next block.
  if (at + length > block.length && !isLast) return { decided: null, readable: at };
  const rest = block.subarray(at + 1, at + length);
  const isUtf8 = length > 1 && rest.length === length - 1 && rest.every((byte) => byte >> 6 === 2);
  return { decided: isUtf8 ? "UTF-8" : "Windows-1252", readable: block.length };
}

/** How many bytes a UTF-8 character has by its first one; 1 for a byte that begins none. */
function utf8Length(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 1;
}
