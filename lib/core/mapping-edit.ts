/** One line of a mapping as somebody types it, by the rules of the file. */
import type { MappingEntry } from "./mapping-entry";
import { checkLine } from "./mapping-line";

export type TypedLine = {
  readonly externalId: string;
  readonly mailbox: string;
  readonly validFrom: string;
  readonly validTo: string;
};

export type ReadLine =
  | { readonly ok: true; readonly entry: Omit<MappingEntry, "line"> }
  | { readonly ok: false; readonly fields: Readonly<Partial<Record<keyof TypedLine, string>>> };

const names: readonly (keyof TypedLine)[] = ["externalId", "mailbox", "validFrom", "validTo"];
const columns = { names, externalId: 0, mailbox: 1, validFrom: 2, validTo: 3 };

export function readTypedLine(typed: TypedLine, defaultCountry: string | null): ReadLine {
  const cells = names.map((name) => typed[name].trim());
  const { entry, problems } = checkLine(1, cells, columns, defaultCountry);
  if (entry !== null) {
    const { externalId, writtenAs, mailboxAddress, validFrom, validTo } = entry;
    return { ok: true, entry: { externalId, writtenAs, mailboxAddress, validFrom, validTo } };
  }
  const fields: Partial<Record<keyof TypedLine, string>> = {};
  for (const { column, severity, message } of problems) {
    const name = names.find((each) => each === column);
    if (severity === "error" && name !== undefined) fields[name] ??= message;
  }
  return { ok: false, fields };
}

/** The line that holds at the same time for the same id; of two such nobody could tell which is right. */
export function overlapping(
  entry: Omit<MappingEntry, "line">,
  others: readonly MappingEntry[],
): MappingEntry | undefined {
  return others.find(
    (other) =>
      other.externalId === entry.externalId &&
      (entry.validTo === null || other.validFrom === null || other.validFrom < entry.validTo) &&
      (other.validTo === null || entry.validFrom === null || entry.validFrom < other.validTo),
  );
}

/** As a file would say it: a day, or an instant where it is not the beginning of one. */
export function boundText(bound: Date | null): string {
  if (bound === null) return "";
  const text = bound.toISOString();
  return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
}
