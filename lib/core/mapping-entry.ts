/** What a mapping file holds: entries that can be used, and problems that say what to mend. */

/** One line that can be used. An error that names its line later takes it back, see readMappingFile. */
export type MappingEntry = {
  readonly line: number;
  readonly externalId: string;
  /** The external id as the file has it, trimmed. */
  readonly writtenAs: string;
  /** Lower case. */
  readonly mailboxAddress: string;
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
};

export type MappingProblem = {
  /** Line of the file, counted from 1; 1 as well when the whole file is meant. */
  readonly line: number;
  /** The column as the file's header calls it; empty when the whole line or file is meant. */
  readonly column: string;
  readonly severity: "error" | "warning";
  /** At most 200 characters. */
  readonly value: string;
  /** What is wrong and what to do. */
  readonly message: string;
};

export type MappingDelimiter = "comma" | "semicolon" | "tab";

export type MappingEncoding =
  "UTF-8" | "UTF-8 with BOM" | "UTF-16 LE" | "UTF-16 BE" | "Windows-1252";

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

export type MappingFinding =
  { readonly entry: MappingEntry } | { readonly problem: MappingProblem };

/** What a list of lines can be narrowed to; the last three once mailboxes were looked for. */
export const mappingLineStates = [
  "good",
  "warning",
  "bad",
  "found",
  "withoutLicence",
  "unknownMailbox",
] as const;

export type MappingLineState = (typeof mappingLineStates)[number];
