/** The archive of a seed's world, and with every record what it should come to. */
import type { Cast, Person } from "./people";
import type { Chance } from "./random";
import { kinds, untold } from "./records";
import { type Arrival, canonical, type RecordTruth, sha256 } from "./truth";

export type Archive = {
  readonly records: readonly RecordTruth[];
  /** By id, as the simulator wants them. */
  readonly attachments: Readonly<Record<string, Bytes>>;
};

type Bytes = { readonly base64: string } | { readonly sizeBytes: number; readonly seed: string };

export type ArchivePlan = {
  readonly seed: string;
  readonly cast: Cast;
  readonly messages: number;
  readonly sizeLimitBytes: number;
  readonly largestFileBytes: number;
  /** Borders of the windows, the first one's start and the last one's end included. */
  readonly borders: readonly Date[];
  /** Some of it comes when it is restored. */
  readonly isRestored: boolean;
};

/** So many files of a world need an upload session; more would only cost time. */
export const largestFiles = 2;
export const largerFileBytes = 300_000;

/** Found in no log, table, queue or blob: what people wrote. */
export const canary = "canary";

export function createArchive(chance: Chance, plan: ArchivePlan): Archive {
  const { seed, cast, messages } = plan;
  const attachments: Record<string, Bytes> = {};
  const records: RecordTruth[] = [];
  const archived = cast.people.filter(({ isArchived }) => isArchived);
  const company = cast.people.filter(({ isAlone }) => !isAlone);
  let serial = 0;
  let large = 0;

  for (let index = 0; index < messages; index += 1) {
    const owner = chance.pick(archived as [Person, ...Person[]]);
    const others = owner.isAlone ? [] : some(chance, company, owner);
    const place = instant(chance, plan);
    const write = chance.pick(kinds);
    const comes = place.comes === "restored" && untold.has(write) ? "before" : place.comes;
    write({
      chance,
      owner,
      others,
      text: `${canary}-${seed}-${index} ${chance.pick(words)}`,
      networkId: `net-${seed}-${index}`,
      nextId: () => `rec-${seed}-${(serial += 1)}`,
      file(name, sizeBytes, fate = "whole") {
        const id = `file-${seed}-${(serial += 1)}`;
        const about = { id, name, contentType: "application/octet-stream", sizeBytes };
        // What never gets into a mailbox need not be known byte by byte.
        if (fate === "tooLarge" || fate === "unseen") {
          attachments[id] = { sizeBytes, seed: id };
          return { truth: { name, sha256: "", fate }, shown: about };
        }
        const bytes = bytesOf(chance, sizeBytes);
        const digest = sha256(bytes);
        if (fate !== "gone") attachments[id] = { base64: bytes.toString("base64") };
        // A digest that nothing can agree with: fetched three times, then left out.
        const said = fate === "corrupt" ? sha256("another file") : digest;
        return { truth: { name, sha256: digest, fate }, shown: { ...about, sha256: said } };
      },
      limit: plan.sizeLimitBytes,
      large() {
        large += 1;
        if (large <= largestFiles) return plan.largestFileBytes;
        return chance.between(40_000, Math.min(plan.largestFileBytes, largerFileBytes));
      },
      add(record, item) {
        const { receivedAt } = place;
        const stamped = stamp(record, receivedAt);
        records.push({
          ...{ record: stamped, sha256: sha256(canonical(stamped)), receivedAt, item },
          ...{ comes, label: `${write.name} ${index}` },
        });
      },
    });
  }
  return { records, attachments };
}

/** The instant goes in where a record is one and does not say something else. */
function stamp(record: unknown, receivedAt: Date): unknown {
  if (typeof record !== "object" || record === null) return record;
  if ("gatewayReceivedDate" in record) return record;
  return { ...record, gatewayReceivedDate: receivedAt.toISOString() };
}

export const words = [
  "ship it",
  "\u05e9\u05dc\u05d5\u05dd",
  "caf\u00e9 \u{1f468}\u200d\u{1f469}",
  "tomorrow",
] as const;

export function some(chance: Chance, company: readonly Person[], owner: Person): Person[] {
  const wanted = chance.between(1, 3);
  const others = company.filter((person) => person !== owner);
  const found = new Set<Person>();
  for (let tries = 0; tries < wanted; tries += 1) {
    const other = others[chance.between(0, others.length - 1)];
    if (other !== undefined) found.add(other);
  }
  return [...found];
}

/** Anywhere in the windows, gladly on a border. What comes late lies in the last one. */
export function instant(
  chance: Chance,
  { borders, isRestored }: Pick<ArchivePlan, "borders" | "isRestored">,
): { readonly receivedAt: Date; readonly comes: Arrival } {
  const starts = borders.slice(0, -1);
  const isLate = chance.percent(12);
  const isMissed = chance.percent(8) && isRestored && !isLate;
  const comes = isLate ? "late" : isMissed ? "restored" : "before";
  const at = isLate ? starts.length - 1 : chance.between(0, starts.length - 1);
  const start = (starts[at] ?? new Date(0)).getTime();
  const end = (borders[at + 1] ?? new Date(0)).getTime();
  if (chance.percent(10)) return { receivedAt: new Date(start), comes };
  if (chance.percent(10)) return { receivedAt: new Date(end - 1), comes };
  return { receivedAt: new Date(start + Math.floor(chance.next() * (end - start))), comes };
}

export function bytesOf(chance: Chance, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 4) {
    const word = Math.floor(chance.next() * 4_294_967_296);
    for (let byte = 0; byte < 4 && at + byte < sizeBytes; byte += 1) {
      bytes[at + byte] = (word >>> (byte * 8)) & 255;
    }
  }
  return bytes;
}
