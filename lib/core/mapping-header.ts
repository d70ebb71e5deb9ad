/** The header of a mapping file: which column holds what, and which delimiter stands between them. */
import { latin1Of } from "./mapping-bytes";
import type { MappingDelimiter } from "./mapping-entry";
import { firstRow } from "./mapping-csv";

type MappingRole = "externalId" | "mailbox" | "validFrom" | "validTo";

/** As people write them; the first is the template's. Compared without case, spaces and quotes. */
const aliases: Record<MappingRole, readonly string[]> = {
  externalId: [
    "ExternalUserId",
    "External User ID",
    "MobileNumber",
    "Mobile",
    "Phone",
    "PhoneNumber",
  ],
  mailbox: [
    "O365UserMailbox",
    "Microsoft 365 User Mailbox",
    "Email",
    "EmailAddress",
    "UPN",
    "UserPrincipalName",
    "Mailbox",
  ],
  validFrom: ["ValidFrom"],
  validTo: ["ValidTo"],
};

const roles = ["externalId", "mailbox", "validFrom", "validTo"] as const;

/** What the portal offers for download. */
export const mappingTemplate = "ExternalUserId,O365UserMailbox\r\n";

export const delimiters: Record<MappingDelimiter, string> = {
  comma: ",",
  semicolon: ";",
  tab: "\t",
};

const delimiterNames = ["comma", "semicolon", "tab"] as const;

type Sniffed = { readonly delimiter: MappingDelimiter; readonly cellCount: number };

/** The delimiter under which the first line makes most sense. `sep=;` is Excel's own word for it. */
export function sniffDelimiter(first: Uint8Array): Sniffed {
  const told = /^"?sep=([,;\t])"?(?:\r\n|\n|\r)/i.exec(latin1Of(first.subarray(0, 16)));
  const rest = told === null ? first : first.subarray(told[0].length);
  const readings = delimiterNames.map((delimiter) => {
    const cells = firstRow(rest, delimiters[delimiter]);
    const known = new Set(cells.map(roleOf).filter((role) => role !== null)).size;
    return { delimiter, cellCount: cells.length, score: known * 10_000 + cells.length };
  });
  const chosen = readings.filter(
    ({ delimiter }) => told === null || delimiters[delimiter] === told[1],
  );
  return chosen.reduce((best, reading) => (reading.score > best.score ? reading : best));
}

/** True for Excel's line before the header. */
export function isDelimiterLine(line: number, cells: readonly string[]): boolean {
  return line === 1 && /^"?sep=/i.test(cells[0] ?? "");
}

export type MappingColumns = Record<"externalId" | "mailbox", number> &
  Record<"validFrom" | "validTo", number | null> & { readonly names: readonly string[] };

type HeaderFlaw = { readonly column: string; readonly message: string };

type Header = {
  /** null when the file cannot be read with it. */
  readonly columns: MappingColumns | null;
  readonly errors: readonly HeaderFlaw[];
  readonly warnings: readonly HeaderFlaw[];
  readonly ignoredColumns: readonly string[];
};

export function readHeader(cells: readonly string[]): Header {
  const names = cells.map((cell) => cell.replace(/^\uFEFF/, "").trim());
  const found = {
    externalId: columnsOf(names, "externalId"),
    mailbox: columnsOf(names, "mailbox"),
    validFrom: columnsOf(names, "validFrom"),
    validTo: columnsOf(names, "validTo"),
  };
  const used = roles.map((role) => found[role][0]);
  const ignored = names.filter((name, index) => name !== "" && !used.includes(index));
  const errors = [...missing(found, names), ...repeated(found, names)];
  const [externalId, mailbox, validFrom, validTo] = used;
  const isReadable = errors.length === 0 && externalId !== undefined && mailbox !== undefined;
  const columns = isReadable
    ? { externalId, mailbox, validFrom: validFrom ?? null, validTo: validTo ?? null, names }
    : null;
  return { columns, errors, warnings: ambiguous(found, names), ignoredColumns: listed(ignored) };
}

const maxListed = 100;

/** A list for people: nobody reads the names of thirty thousand columns. */
function listed(names: readonly string[]): string[] {
  const shown = names.slice(0, maxListed).map((name) => name.slice(0, 100));
  const rest = names.length - shown.length;
  return rest === 0 ? shown : [...shown, `and ${rest} more`];
}

function normalized(name: string): string {
  return name.replace(/[\s"'\uFEFF]/g, "").toLowerCase();
}

const rolesByName = new Map(
  roles.flatMap((role) => aliases[role].map((alias) => [normalized(alias), role] as const)),
);

function roleOf(name: string): MappingRole | null {
  return rolesByName.get(normalized(name)) ?? null;
}

/** The template's own name first, then from left to right. */
function columnsOf(names: readonly string[], role: MappingRole): number[] {
  const template = normalized(aliases[role][0] ?? "");
  const indexes = names.flatMap((name, index) => (roleOf(name) === role ? [index] : []));
  return indexes.sort(
    (one, other) =>
      Number(normalized(names[other] ?? "") === template) -
      Number(normalized(names[one] ?? "") === template),
  );
}

type Found = Record<MappingRole, readonly number[]>;

function missing(found: Found, names: readonly string[]): HeaderFlaw[] {
  const what = { externalId: "external id", mailbox: "mailbox" } as const;
  const looksLikeData = names.some((name) => /^\S+@\S+\.\S+$/.test(name));
  return (["externalId", "mailbox"] as const)
    .filter((role) => found[role].length === 0)
    .map((role) => {
      const [template = "", ...others] = aliases[role];
      const advice = looksLikeData
        ? "The first line seems to hold data already: put the header ExternalUserId,O365UserMailbox above it."
        : `Call it ${template} (accepted as well: ${others.join(", ")}).`;
      return {
        column: template,
        message: `The header has no column for the ${what[role]}. ${advice}`,
      };
    });
}

/** Two columns of one name: nobody can tell which is meant. */
function repeated(found: Found, names: readonly string[]): HeaderFlaw[] {
  return roles.flatMap((role) => {
    const { first, others } = namesOf(found[role], names);
    return others.some((other) => normalized(other) === normalized(first))
      ? [{ column: first, message: `Two columns are called ${first}. Keep one of them.` }]
      : [];
  });
}

/** Two columns that could both be meant: one is taken, and it is said which. */
function ambiguous(found: Found, names: readonly string[]): HeaderFlaw[] {
  return roles.flatMap((role) => {
    const { first, others } = namesOf(found[role], names);
    return others
      .filter((other) => normalized(other) !== normalized(first))
      .map((other) => ({
        column: other,
        message: `The column ${other} is ignored, because ${first} is taken. Delete the one that is not meant.`,
      }));
  });
}

function namesOf(indexes: readonly number[], names: readonly string[]) {
  const [first = "", ...others] = indexes.map((index) => names[index] ?? "");
  return { first, others };
}
