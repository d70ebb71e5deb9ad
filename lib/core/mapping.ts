/** The custom mapping file: bytes in, checked lines out. */
import { delimiters, sniffDelimiter } from "./mapping-header";
import type {
  MappingCheck,
  MappingDelimiter,
  MappingEncoding,
  MappingEntry,
  MappingFinding,
  MappingProblem,
} from "./mapping-entry";
import { type LineReader, lineReader } from "./mapping-records";
import { fileTaker } from "./mapping-take";
import { type TextBlock, textReader } from "./mapping-text";

export type { MappingCheck, MappingEntry, MappingFinding, MappingProblem };

export type MappingOptions = {
  /** ISO 3166 code of the country whose national numbers the file holds; null when none was picked. */
  readonly defaultCountry: string | null;
  readonly fileName: string;
  /** False for who wants problems and counts alone: most lines are checked without a string then. */
  readonly givesEntries?: boolean;
};

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
export function mappingReader({
  defaultCountry,
  fileName,
  givesEntries = true,
}: MappingOptions): MappingReader {
  const taker = fileTaker(defaultCountry, givesEntries);
  const text = textReader(fileName);
  let reader: LineReader | null = null;
  let delimiter: MappingDelimiter | null = null;
  let encoding: MappingEncoding | null = null;

  function* readBlocks(blocks: Iterable<TextBlock>): Generator<readonly MappingFinding[]> {
    for (const block of blocks) {
      if (taker.isOver()) return;
      if ("refusal" in block) taker.refuse(1, block.refusal);
      else {
        encoding = block.encoding;
        if (reader === null) {
          const sniffed = sniffDelimiter(block.bytes);
          delimiter = sniffed.delimiter;
          reader = lineReader(delimiters[delimiter], sniffed.cellCount);
        }
        reader.read(block.bytes, block.isLast, taker);
      }
      yield taker.found();
    }
  }

  return {
    read: (chunk) => readBlocks(text.read(chunk)),
    *end() {
      yield* readBlocks(text.end());
      taker.end();
      yield taker.found();
    },
    isOver: taker.isOver,
    lines: taker.lines,
    check: () => ({ ...taker.check(), delimiter, encoding }),
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
