/**
 * Parts of segments read lately, still sealed. Blobs never change, so what is here is never stale.
 * Kept in aligned chunks: the lanes of one page ask for neighbouring records, and together they
 * cost one request.
 */
import type { Stored } from "./container";

export const chunkBytes = 1024 * 1024;

export type Chunk = Stored<Buffer>;
export type ChunkReader = (
  blobName: string,
  offset: number,
  length: number,
  signal: AbortSignal,
) => Promise<Chunk>;

export type SegmentCache = {
  /** The chunks `first` to `last`, from memory where they are there, the rest with one request. */
  chunks(
    blobName: string,
    first: number,
    last: number,
    signal: AbortSignal,
  ): Promise<readonly Chunk[]>;
  forget(blobName: string): void;
  readonly sizeBytes: number;
};

export function createSegmentCache(read: ChunkReader, maxBytes: number): SegmentCache {
  /** In order of use, the longest unused first. */
  const kept = new Map<string, Chunk>();
  const onTheWay = new Map<string, Promise<unknown>>();
  let sizeBytes = 0;

  const keyOf = (blobName: string, index: number) => `${index}:${blobName}`;

  function touch(key: string): Chunk | undefined {
    const chunk = kept.get(key);
    if (chunk === undefined) return undefined;
    kept.delete(key);
    kept.set(key, chunk);
    return chunk;
  }

  function drop(key: string): void {
    sizeBytes -= kept.get(key)?.bytes.length ?? 0;
    kept.delete(key);
  }

  function keep(key: string, chunk: Chunk): void {
    drop(key);
    kept.set(key, chunk);
    sizeBytes += chunk.bytes.length;
    for (const oldest of kept.keys()) {
      if (sizeBytes <= maxBytes) return;
      drop(oldest);
    }
  }

  async function fetchSpan(
    blobName: string,
    first: number,
    last: number,
    signal: AbortSignal,
  ): Promise<Map<number, Chunk>> {
    const length = (last - first + 1) * chunkBytes;
    const { wrappedKey, bytes } = await read(blobName, first * chunkBytes, length, signal);
    const found = new Map<number, Chunk>();
    for (let index = first; index <= last; index += 1) {
      const from = (index - first) * chunkBytes;
      // A copy: a slice would hold the memory of the whole span as long as one chunk of it is kept.
      const own = Buffer.from(bytes.subarray(from, from + chunkBytes));
      found.set(index, { wrappedKey, bytes: own });
      keep(keyOf(blobName, index), { wrappedKey, bytes: own });
    }
    return found;
  }

  return {
    async chunks(blobName, first, last, signal) {
      const indexes = Array.from({ length: last - first + 1 }, (_, step) => first + step);
      const keys = indexes.map((index) => keyOf(blobName, index));
      // Another lane may be fetching the same; if it fails or is stopped, we fetch for ourselves.
      for (;;) {
        const others = keys.flatMap((key) => onTheWay.get(key) ?? []);
        if (others.length === 0) break;
        await Promise.allSettled(others);
      }
      const missing = indexes.filter((index) => !kept.has(keyOf(blobName, index)));
      const [from] = missing;
      const to = missing.at(-1);
      const own = indexes.map((index) => touch(keyOf(blobName, index)));
      if (from === undefined || to === undefined) return own.filter((chunk) => chunk !== undefined);
      const fetching = fetchSpan(blobName, from, to, signal);
      const claimed = missing.map((index) => keyOf(blobName, index));
      for (const key of claimed) onTheWay.set(key, fetching);
      try {
        const fetched = await fetching;
        return indexes.flatMap((index, step) => fetched.get(index) ?? own[step] ?? []);
      } finally {
        for (const key of claimed) if (onTheWay.get(key) === fetching) onTheWay.delete(key);
      }
    },
    forget(blobName) {
      for (const key of [...kept.keys()]) if (key.endsWith(`:${blobName}`)) drop(key);
    },
    get sizeBytes() {
      return sizeBytes;
    },
  };
}
