import type { Archive, ArchivedRecord } from "../state/archive";
import type { BlobStore } from "../state/blobs";
import type { Clock } from "../state/clock";
import { batchesOf, type Batch } from "./batches";
import { lazily } from "./lazily";
import { zip, type Zipped } from "./zipped";

export const dropFolder = "/archive";
export const doneFolder = `${dropFolder}/done`;

export type DroppedFile = Batch & {
  readonly modifiedSeconds: number;
  zipped(): Promise<Zipped>;
};

/**
 * The folder into which the vendor delivers: the archive's records in ZIP files. Nothing is made
 * before somebody looks; what was once seen stays as it is, and what is added later is a further file.
 */
export class Drop {
  readonly #archive: Archive;
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  /** By where they lie. */
  readonly #files = new Map<string, DroppedFile>();
  readonly #names = new Set<string>();
  readonly #delivered = new Set<number>();
  readonly #made: Zipped[] = [];
  #arrivals = 0;
  #nextAt = Number.POSITIVE_INFINITY;
  #hasDone = false;

  constructor(archive: Archive, blobs: BlobStore, clock: Clock) {
    this.#archive = archive;
    this.#blobs = blobs;
    this.#clock = clock;
  }

  /** What lies directly in a folder, oldest first. */
  list(folder: string, oldestAvailable: number | null = null): DroppedFile[] {
    this.#look();
    const files = [...this.#files].flatMap(([path, file]) => (parent(path) === folder ? file : []));
    return files
      .filter(({ zippedAt }) => oldestAvailable === null || zippedAt >= oldestAvailable)
      .sort((a, b) => a.zippedAt - b.zippedAt);
  }

  find(path: string): DroppedFile | undefined {
    this.#look();
    return this.#files.get(path);
  }

  isFolder(path: string): boolean {
    return path === "/" || path === dropFolder || (path === doneFolder && this.#hasDone);
  }

  makeDone(): boolean {
    const isNew = !this.#hasDone;
    this.#hasDone = true;
    return isNew;
  }

  /** Within the folder, and over nothing that is there. */
  move(from: string, to: string): boolean {
    const file = this.find(from);
    const isPlace = parent(to) !== "/" && this.isFolder(parent(to)) && !this.isFolder(to);
    if (file === undefined || !isPlace || this.#files.has(to)) return false;
    this.#files.delete(from);
    this.#files.set(to, { ...file, name: to.slice(parent(to).length + 1) });
    return true;
  }

  async discard(): Promise<void> {
    for (const made of this.#made) await made.discard();
  }

  #look(): void {
    const now = this.#clock();
    if (this.#archive.arrivals === this.#arrivals && now < this.#nextAt) return;
    this.#arrivals = this.#archive.arrivals;
    this.#nextAt = Number.POSITIVE_INFINITY;
    const fresh: ArchivedRecord[] = [];
    for (const record of this.#archive.slice(-Infinity, Infinity, undefined, Infinity)) {
      if (record.receivedAt > now) {
        this.#nextAt = record.receivedAt;
        break;
      }
      if (!this.#delivered.has(record.sequence)) fresh.push(record);
    }
    for (const batch of batchesOf(fresh, (name) => this.#names.has(name))) {
      this.#names.add(batch.name);
      this.#files.set(`${dropFolder}/${batch.name}`, this.#fileOf(batch));
    }
    for (const { sequence } of fresh) this.#delivered.add(sequence);
  }

  #fileOf(batch: Batch): DroppedFile {
    // The protocol counts seconds since 1970 in 32 bits.
    const modifiedSeconds = Math.max(0, Math.floor(batch.zippedAt / 1000));
    const zipped = lazily(async () => {
      const made = await zip(batch, this.#archive, this.#blobs);
      this.#made.push(made);
      return made;
    });
    return { ...batch, modifiedSeconds, zipped };
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
