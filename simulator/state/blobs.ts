import { createCipheriv, createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Bytes that are kept somewhere: in memory, on disk, or computed whenever they are asked for. */
export type StoredBytes = {
  readonly sizeBytes: number;
  /** The half-open span [start, end) of the bytes. */
  read(start?: number, end?: number): AsyncIterable<Buffer>;
  sha256(): Promise<Buffer>;
  discard(): Promise<void>;
};

/** A file that grows until it is sealed, for uploads in pieces. */
export type GrowingBytes = {
  append(bytes: Buffer): Promise<void>;
  seal(): StoredBytes;
  discard(): Promise<void>;
};

/** What is larger goes to disk, so that a world of videos fits into memory. */
const inMemoryBytes = 256 * 1024;
const chunkBytes = 64 * 1024;

export class BlobStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens a folder of its own and sweeps those that ended processes left behind. */
  static async open(parent: string): Promise<BlobStore> {
    await mkdir(parent, { recursive: true });
    for (const name of await readdir(parent)) {
      const pid = /^run-(\d+)-/.exec(name)?.[1];
      if (pid !== undefined && !isAlive(Number(pid))) {
        await rm(join(parent, name), { recursive: true, force: true });
      }
    }
    const folder = join(parent, `run-${process.pid}-${randomUUID().slice(0, 8)}`);
    await mkdir(folder, { recursive: true });
    return new BlobStore(folder);
  }

  async put(bytes: Buffer): Promise<StoredBytes> {
    if (bytes.length <= inMemoryBytes) return fromMemory(bytes);
    const path = this.#newPath();
    await writeFile(path, bytes);
    return fromFile(path, bytes.length);
  }

  grow(): GrowingBytes {
    const path = this.#newPath();
    let sizeBytes = 0;
    return {
      async append(bytes) {
        await appendFile(path, bytes);
        sizeBytes += bytes.length;
      },
      seal: () => fromFile(path, sizeBytes),
      discard: () => rm(path, { force: true }),
    };
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  #newPath(): string {
    return join(this.#folder, randomUUID());
  }
}

/** The same seed and size give the same bytes, from any offset, without being stored anywhere. */
export function seededBytes(seed: string, sizeBytes: number): StoredBytes {
  const key = createHash("sha256").update(seed).digest();
  const read = async function* (start = 0, end = sizeBytes): AsyncIterable<Buffer> {
    // AES in counter mode is a stream of noise that can be entered at any block.
    const block = Math.floor(start / 16);
    const counter = Buffer.alloc(16);
    counter.writeBigUInt64BE(BigInt(block), 8);
    const cipher = createCipheriv("aes-256-ctr", key, counter);
    let skip = start - block * 16;
    let left = end - start;
    while (left > 0) {
      const noise = cipher.update(Buffer.alloc(Math.min(chunkBytes, left + skip)));
      yield noise.subarray(skip);
      left -= noise.length - skip;
      skip = 0;
    }
  };
  return { sizeBytes, read, sha256: once(() => hash(read())), discard: async () => {} };
}

export async function readAll(bytes: StoredBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes.read()) chunks.push(chunk);
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}

export function fromMemory(bytes: Buffer): StoredBytes {
  const read = async function* (start = 0, end = bytes.length): AsyncIterable<Buffer> {
    yield bytes.subarray(start, end);
  };
  return {
    sizeBytes: bytes.length,
    read,
    sha256: once(async () => createHash("sha256").update(bytes).digest()),
    discard: async () => {},
  };
}

function fromFile(path: string, sizeBytes: number): StoredBytes {
  const read = async function* (start = 0, end = sizeBytes): AsyncIterable<Buffer> {
    if (end <= start) return;
    yield* createReadStream(path, { start, end: end - 1 }) as AsyncIterable<Buffer>;
  };
  return {
    sizeBytes,
    read,
    sha256: once(() => hash(read())),
    discard: () => rm(path, { force: true }),
  };
}

async function hash(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const sum = createHash("sha256");
  for await (const chunk of chunks) sum.update(chunk);
  return sum.digest();
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
