/** The file's bytes as UTF-8, block by block; what is no text is refused with advice. */
import iconv from "iconv-lite";
import type { MappingEncoding } from "./mapping-entry";

export const maxMappingBytes = 100 * 1024 * 1024;
export const maxMappingLines = 1_000_000;
export const tooLargeMapping =
  "A mapping file may have up to 1,000,000 lines and 100 MB. Leave out what is not needed, then upload it again.";

export type TextBlock =
  | {
      readonly bytes: Buffer;
      readonly isLast: boolean;
      /** Grows more certain from block to block: a file of plain letters is UTF-8 until it says otherwise. */
      readonly encoding: MappingEncoding;
    }
  | { readonly refusal: string };

const blockBytes = 64 * 1024;

/** Ends after the block that is the last, or after a refusal. */
export async function* utf8Blocks(
  chunks: AsyncIterable<Uint8Array>,
  fileName: string,
): AsyncGenerator<TextBlock> {
  let decoder: Decoder | null = null;
  let received = 0;
  for await (const block of evenBlocks(chunks)) {
    received += block.bytes.length;
    if (received > maxMappingBytes) {
      yield { refusal: tooLargeMapping };
      return;
    }
    if (decoder === null) {
      const refusal = foreignFormat(block.bytes, fileName);
      if (refusal !== null) {
        yield { refusal };
        return;
      }
      decoder = decoderFor(block.bytes);
    }
    const bytes = decoder.decode(block.bytes, block.isLast);
    if (bytes.includes(0)) {
      yield { refusal: notText };
      return;
    }
    yield { bytes, isLast: block.isLast, encoding: decoder.encoding() };
  }
}

/** Blocks of at least 64 KiB but the last, and of at most twice that, however the chunks are cut. */
async function* evenBlocks(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += blockBytes) {
      const end = Math.min(at + blockBytes, chunk.length);
      if (waitingBytes >= blockBytes) {
        yield { bytes: Buffer.concat(waiting), isLast: false };
        waiting = [];
        waitingBytes = 0;
      }
      waiting.push(Buffer.from(chunk.buffer, chunk.byteOffset + at, end - at));
      waitingBytes += end - at;
    }
  }
  yield { bytes: Buffer.concat(waiting), isLast: true };
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

function foreignFormat(first: Buffer, fileName: string): string | null {
  const hex = first.subarray(0, 4).toString("hex");
  const known = foreignFormats.find(([magic]) => hex.startsWith(magic));
  if (known !== undefined) return known[1];
  const begin = first.subarray(0, 64).toString("latin1").trimStart().toLowerCase();
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
  readonly decode: (bytes: Buffer, isLast: boolean) => Buffer;
  readonly encoding: () => MappingEncoding;
};

function decoderFor(first: Buffer): Decoder {
  const mark = first.subarray(0, 3).toString("hex");
  if (mark === "efbbbf") return withoutMark(3, "UTF-8 with BOM", (bytes) => bytes);
  if (mark.startsWith("fffe")) return utf16("utf-16le", "UTF-16 LE");
  if (mark.startsWith("feff")) return utf16("utf-16be", "UTF-16 BE");
  return unmarked();
}

function withoutMark(
  markBytes: number,
  encoding: MappingEncoding,
  decode: (bytes: Buffer, isLast: boolean) => Buffer,
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
    Buffer.from(text.decode(bytes, { stream: !isLast }), "utf8"),
  );
}

/**
 * Without a mark the first character beyond ASCII decides between UTF-8 and Windows-1252, the two
 * that spreadsheets write: by accident its bytes are hardly ever valid UTF-8. Until it comes, both
 * are the same.
 */
function unmarked(): Decoder {
  let decided: "UTF-8" | "Windows-1252" | null = null;
  let held: Buffer = Buffer.alloc(0);
  return {
    decode: (bytes, isLast) => {
      if (decided === null) {
        const block = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
        const verdict = firstBeyondAscii(block, isLast);
        decided = verdict.decided;
        held = block.subarray(verdict.readable);
        bytes = block.subarray(0, verdict.readable);
      }
      return decided === "Windows-1252"
        ? Buffer.from(iconv.decode(bytes, "windows-1252"), "utf8")
        : bytes;
    },
    encoding: () => decided ?? "UTF-8",
  };
}

type Verdict = { readonly decided: "UTF-8" | "Windows-1252" | null; readonly readable: number };

function firstBeyondAscii(block: Buffer, isLast: boolean): Verdict {
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
