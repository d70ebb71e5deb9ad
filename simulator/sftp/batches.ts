import type { ArchivedRecord } from "../state/archive";

/** What the vendor zips at a time, and the name it goes by. */
export type Batch = {
  readonly name: string;
  /** When it was zipped: with its last record, so that a window of time holds both or neither. */
  readonly zippedAt: number;
  readonly records: readonly ArchivedRecord[];
};

/** Days, and the borders of time zones, begin with one. */
const quarterMs = 15 * 60_000;
const mostMessages = 1000;

/** Records in the order of the archive, zipped every quarter of an hour. */
export function batchesOf(
  records: readonly ArchivedRecord[],
  isTaken: (name: string) => boolean,
): Batch[] {
  const batches: Batch[] = [];
  const names = new Set<string>();
  for (const group of groupsOf(records)) {
    const zippedAt = group.at(-1)?.receivedAt ?? 0;
    let number = 1 + Math.floor((zippedAt - startOfDay(zippedAt)) / quarterMs);
    // Whatever comes later to the same quarter is a file of its own.
    while (names.has(nameOf(number, zippedAt)) || isTaken(nameOf(number, zippedAt))) number += 96;
    const name = nameOf(number, zippedAt);
    names.add(name);
    batches.push({ name, zippedAt, records: group });
  }
  return batches;
}

function groupsOf(records: readonly ArchivedRecord[]): ArchivedRecord[][] {
  const groups: ArchivedRecord[][] = [];
  let current: ArchivedRecord[] = [];
  let quarter: number | undefined;
  for (const record of records) {
    const its = Math.floor(record.receivedAt / quarterMs);
    if (its !== quarter || current.length === mostMessages) {
      current = [];
      groups.push(current);
    }
    quarter = its;
    current.push(record);
  }
  return groups;
}

/** `YYYYMMDD0000-TeleMessage_<number>_<time zipped>.zip`, the time to the millisecond. */
function nameOf(number: number, zippedAt: number): string {
  const time = new Date(zippedAt).toISOString().replace(/\D/g, "");
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

function startOfDay(at: number): number {
  return Math.floor(at / 86_400_000) * 86_400_000;
}
