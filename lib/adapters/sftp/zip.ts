/**
 * A ZIP from somewhere else, read where it lies: nothing is unpacked to a name it gives. What could hurt
 * whoever reads it is refused before the first byte is unpacked, and what it holds is what it says, by
 * length and CRC, or it is refused as a whole (decision 28).
 */
import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { Entry, fromFdPromise, type ZipFile } from "yauzl";
import { isDelivered, type Refusal } from "@/lib/core/delivered-file";

export type ZipLimits = {
  readonly entries: number;
  readonly unpackedBytes: number;
  /** times the size of the ZIP */
  readonly density: number;
};

export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";

  constructor(
    readonly reason: Refusal,
    options: ErrorOptions = {},
  ) {
    super(reason, options);
  }
}

export type Archive = {
  /** Without folders. */
  readonly entries: readonly { readonly name: string; readonly sizeBytes: number }[];
  /**
   * The bytes of one; the last of them come when all are what they should be.
   * @throws ArchiveRefused
   */
  read(position: number): AsyncIterable<Uint8Array>;
};

/** @param fd stays open, and is the caller's to close */
export async function openArchive(
  fd: number,
  sizeBytes: number,
  limits: ZipLimits,
): Promise<Archive> {
  const zip = await orRefused(() =>
    fromFdPromise(fd, { autoClose: false, lazyEntries: true, strictFileNames: true }),
  );
  if (zip.entryCount > limits.entries) throw new ArchiveRefused("tooMany");
  const packed = await orRefused(() => entriesOf(zip, sizeBytes, limits));
  return {
    entries: packed,
    read: (position) => {
      const entry = packed[position];
      if (entry === undefined) throw new RangeError("No such entry");
      return verified(zip, entry);
    },
  };
}

/** A few numbers each: a million entries of the library's own would be a gigabyte. */
type Packed = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly packedBytes: number;
  readonly crc: number;
  readonly isDeflated: boolean;
  readonly offset: number;
};

async function entriesOf(zip: ZipFile, sizeBytes: number, limits: ZipLimits): Promise<Packed[]> {
  const entries: Packed[] = [];
  const names = new Set<string>();
  let unpackedBytes = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.isEncrypted()) throw new ArchiveRefused("encrypted");
    if (!entry.canDecodeFileData()) throw new ArchiveRefused("compression");
    const name = entry.fileName;
    if (names.has(name)) throw new ArchiveRefused("sameName");
    names.add(name);
    unpackedBytes += entry.uncompressedSize;
    if (unpackedBytes > limits.unpackedBytes) throw new ArchiveRefused("tooLarge");
    if (unpackedBytes > sizeBytes * limits.density) throw new ArchiveRefused("tooDense");
    if (isDelivered(name)) throw new ArchiveRefused("nested");
    if (name.endsWith("/")) continue;
    entries.push({
      name,
      sizeBytes: entry.uncompressedSize,
      packedBytes: entry.compressedSize,
      crc: entry.crc32,
      isDeflated: entry.compressionMethod !== 0,
      offset: entry.relativeOffsetOfLocalHeader,
    });
  }
  return entries;
}

const zipMagic = Buffer.from("PK\x03\x04", "latin1");

async function* verified(zip: ZipFile, packed: Packed): AsyncGenerator<Uint8Array> {
  let crc = 0;
  let isFirst = true;
  let held: Uint8Array | null = null;
  for await (const chunk of chunksOf(zip, packed)) {
    if (isFirst && zipMagic.equals(chunk.subarray(0, zipMagic.byteLength))) {
      throw new ArchiveRefused("nested");
    }
    isFirst = false;
    crc = crc32(chunk, crc);
    if (held !== null) yield held;
    held = chunk;
  }
  if (crc !== packed.crc) throw new ArchiveRefused("damaged");
  if (held !== null) yield held;
}

async function* chunksOf(zip: ZipFile, packed: Packed): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of await streamOf(zip, packed)) yield chunk as Uint8Array;
  } catch (thrown) {
    throw refusal(thrown);
  }
}

async function streamOf(zip: ZipFile, packed: Packed): Promise<Readable> {
  const { offset, packedBytes, sizeBytes, isDeflated } = packed;
  const entry = Object.assign(new Entry(), {
    ...{ relativeOffsetOfLocalHeader: offset, compressedSize: packedBytes },
  });
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  // Its counterpart with a promise asks for another entry than this one (yauzl 3.4.0).
  return new Promise((resolve, reject) => {
    const place = [fileDataStart, packedBytes, 0, packedBytes] as const;
    zip.openReadStreamLowLevel(...place, isDeflated, sizeBytes, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(error);
    });
  });
}

async function orRefused<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw refusal(thrown);
  }
}

/** The library's refusals have no codes; what the disk refuses has, and says nothing about the archive. */
function refusal(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof ArchiveRefused) return thrown;
  const code: unknown = Reflect.get(thrown, "code");
  if (typeof code === "string" && /^E[A-Z]/.test(code) && !code.startsWith("ERR_")) return thrown;
  const leadsOut = /absolute path|relative path|invalid characters/.test(thrown.message);
  const isLocked = /encrypt/i.test(thrown.message);
  const reason = leadsOut ? "unsafeName" : isLocked ? "encrypted" : "damaged";
  return new ArchiveRefused(reason, { cause: thrown });
}
