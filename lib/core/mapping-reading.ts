/** For tests: a whole mapping file, read at once. */
import {
  readMappingFile,
  type MappingCheck,
  type MappingEntry,
  type MappingProblem,
} from "./mapping";

type WholeReading = {
  /** As they were given out, before later errors took some back. */
  readonly entries: readonly MappingEntry[];
  readonly problems: readonly MappingProblem[];
  readonly check: MappingCheck;
};

export async function readMapping(
  file: Iterable<Uint8Array> | string | Buffer,
  defaultCountry: string | null = null,
): Promise<WholeReading> {
  const pieces = typeof file === "string" || Buffer.isBuffer(file) ? [Buffer.from(file)] : file;
  const reading = readMappingFile(arriving(pieces), { defaultCountry, fileName: "mapping.csv" });
  const entries: MappingEntry[] = [];
  const problems: MappingProblem[] = [];
  for (;;) {
    const next = await reading.next();
    if (next.done === true) return { entries, problems, check: next.value };
    for (const finding of next.value) {
      if ("entry" in finding) entries.push(finding.entry);
      else problems.push(finding.problem);
    }
  }
}

/** Problems as "line column severity", the shape in which most rules can be said. */
export async function problemsOf(
  file: string,
  defaultCountry: string | null = null,
): Promise<string[]> {
  const { problems } = await readMapping(file, defaultCountry);
  return problems.map(({ line, column, severity }) => `${line} ${column} ${severity}`);
}

async function* arriving(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
