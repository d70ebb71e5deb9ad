import { createHash } from "node:crypto";
import type { Clock } from "./clock";
import type { StoredBytes } from "./blobs";
import { property } from "./property";

export type ArchivedRecord = {
  /** When the archive took it in. */
  readonly receivedAt: number;
  /** Order of arrival: decides between records of the same instant. */
  readonly sequence: number;
  readonly json: Buffer;
  /** `id<TAB>revision`, where the record has both as strings. */
  readonly identity: string | undefined;
};

/** A place between two records of the archive. */
export type Position = { readonly receivedAt: number; readonly sequence: number };

export type Manifest = { readonly count: number; readonly sha256: string };

/** All records, ordered by the time at which the archive took them in. */
export class Archive {
  readonly #clock: Clock;
  #records: ArchivedRecord[] = [];
  #sequence = 0;
  #manifests = new Map<string, Manifest>();
  #attachments = new Map<string, StoredBytes>();
  #contentTypes = new Map<string, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Grows with every record that is added, and with nothing else. */
  get arrivals(): number {
    return this.#sequence;
  }

  /** Adds anything that is JSON. A record without a readable date lies where its neighbour lies. */
  add(records: readonly unknown[]): void {
    const dates = records.map(receivedDateOf);
    const fallback = this.#clock() - undatedAgeMs;
    let neighbour = dates.find((date) => date !== undefined) ?? fallback;
    const added = records.map((record, index) => {
      neighbour = dates[index] ?? neighbour;
      this.#sequence += 1;
      this.#rememberContentTypes(record);
      return {
        receivedAt: neighbour,
        sequence: this.#sequence,
        json: Buffer.from(JSON.stringify(record)),
        identity: identityOf(record),
      };
    });
    this.#records = this.#records.concat(added).sort(compare);
    this.#manifests.clear();
  }

  addAttachment(id: string, bytes: StoredBytes): void {
    this.#attachments.set(id, bytes);
  }

  attachment(id: string): { bytes: StoredBytes; contentType: string } | undefined {
    const bytes = this.#attachments.get(id);
    if (bytes === undefined) return undefined;
    return { bytes, contentType: this.#contentTypes.get(id) ?? "application/octet-stream" };
  }

  /** All of it, oldest first, as it was posted. */
  *everything(): Iterable<unknown> {
    for (const { json } of this.#records) yield JSON.parse(json.toString());
  }

  /** Up to `limit` records of [from, to) that come after a position. */
  slice(from: number, to: number, after: Position | undefined, limit: number): ArchivedRecord[] {
    const start = this.#firstIndexAfter(after ?? { receivedAt: from, sequence: -1 });
    const found: ArchivedRecord[] = [];
    for (let index = start; index < this.#records.length && found.length < limit; index += 1) {
      const record = this.#records[index];
      if (record === undefined || record.receivedAt >= to) break;
      found.push(record);
    }
    return found;
  }

  manifest(from: number, to: number): Manifest {
    const key = `${from} ${to}`;
    const known = this.#manifests.get(key);
    if (known !== undefined) return known;
    const identities = new Set<string>();
    for (const { identity } of this.slice(from, to, undefined, Number.POSITIVE_INFINITY)) {
      if (identity !== undefined) identities.add(identity);
    }
    const lines = [...identities].map((identity) => Buffer.from(`${identity}\n`));
    const hash = createHash("sha256");
    for (const line of lines.sort((a, b) => a.compare(b))) hash.update(line);
    const manifest = { count: identities.size, sha256: hash.digest("hex") };
    this.#manifests.set(key, manifest);
    return manifest;
  }

  async discard(): Promise<void> {
    for (const bytes of this.#attachments.values()) await bytes.discard();
  }

  #firstIndexAfter(position: Position): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      if (record !== undefined && compare(record, position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #rememberContentTypes(record: unknown): void {
    const attachments = property(property(record, "body"), "attachments");
    if (!Array.isArray(attachments)) return;
    for (const attachment of attachments) {
      const id = property(attachment, "id");
      const contentType = property(attachment, "contentType");
      if (typeof id === "string" && isHeaderSafe(contentType)) {
        this.#contentTypes.set(id, contentType);
      }
    }
  }
}

/** Records that came with no date at all, and no neighbour that has one, are this old. */
const undatedAgeMs = 20 * 60_000;

const isoInstant = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

function receivedDateOf(record: unknown): number | undefined {
  const text = property(record, "gatewayReceivedDate");
  if (typeof text !== "string" || !isoInstant.test(text)) return undefined;
  const at = Date.parse(
    /[zZ]$|[+-]\d\d:?\d\d$/.test(text) || text.length === 10 ? text : `${text}Z`,
  );
  return Number.isNaN(at) ? undefined : at;
}

function identityOf(record: unknown): string | undefined {
  const id = property(record, "id");
  const revision = property(record, "revision");
  return typeof id === "string" && typeof revision === "string" ? `${id}\t${revision}` : undefined;
}

function isHeaderSafe(value: unknown): value is string {
  return typeof value === "string" && /^[\x20-\x7e]{1,200}$/.test(value);
}

function compare(a: Position, b: Position): number {
  return a.receivedAt - b.receivedAt || a.sequence - b.sequence;
}
