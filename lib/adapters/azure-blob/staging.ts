/**
 * Staging in Azure Blob Storage. Nothing lies there in the clear: every blob has a fresh data key,
 * wrapped under one of the installation's keys and bound to the blob's name, in its metadata.
 */
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createEnvelope, type EncryptionKey } from "@/lib/adapters/secret-box";
import { SyncError } from "@/lib/core/errors";
import { newest } from "@/lib/core/newest";
import type { FrameRange, Staging } from "@/lib/ports/staging";
import { openContainer, type ContainerOptions } from "./container";
import { fileFrameBytes, openFrame, sealFrame, sealedFileFrameBytes } from "./frames";
import { chunkBytes, createSegmentCache } from "./segment-cache";
import { hasCode } from "./storage-call";

export type StagingOptions = ContainerOptions & {
  /** The first one wraps, all of them unwrap. */
  readonly keys: readonly EncryptionKey[];
  readonly cacheBytes?: number;
};

const defaultCacheBytes = 32 * 1024 * 1024;
const mostDataKeys = 256;
/** What one reading may bring into the cache; a longer frame is read alone and not kept. */
const maxSpanBytes = 16 * 1024 * 1024;

export function createStaging({ keys, cacheBytes, ...options }: StagingOptions): Staging {
  const container = openContainer(options);
  const envelope = createEnvelope(keys);
  const cache = createSegmentCache(
    (...range) => container.read(...range),
    cacheBytes ?? defaultCacheBytes,
  );

  function freshKey(blobName: string) {
    const dataKey = randomBytes(32);
    const wrapped = envelope.seal(dataKey, wrapContext(blobName));
    return { dataKey, wrappedKey: Buffer.from(wrapped).toString("base64") };
  }

  /** Of blobs read lately: lanes read record after record of the same few. */
  const dataKeys = newest<Uint8Array>(mostDataKeys);

  function unwrap(blobName: string, wrappedKey: string): Uint8Array {
    const place = `${blobName} ${wrappedKey}`;
    const known = dataKeys.get(place);
    if (known !== undefined) return known;
    try {
      const dataKey = envelope.open(Buffer.from(wrappedKey, "base64"), wrapContext(blobName));
      dataKeys.set(place, dataKey);
      return dataKey;
    } catch (cause) {
      throw new SyncError("StagingCorrupt", { cause });
    }
  }

  async function sealedFrame(blobName: string, frame: FrameRange, signal: AbortSignal) {
    const { first, last } = chunksOf(frame);
    if ((last - first + 1) * chunkBytes > maxSpanBytes) {
      return container.read(blobName, frame.offset, frame.length, signal);
    }
    const chunks = await cache.chunks(blobName, first, last, signal);
    const from = frame.offset - first * chunkBytes;
    const [only] = chunks;
    // Nearly every record lies in one chunk; joining would copy a mebibyte for each of them.
    const bytes =
      only !== undefined && chunks.length === 1
        ? only.bytes
        : Buffer.concat(chunks.map((chunk) => chunk.bytes));
    return {
      wrappedKey: only?.wrappedKey ?? "",
      bytes: bytes.subarray(from, from + frame.length),
    };
  }

  return {
    async writeSegment(prefix, records, signal) {
      const blobName = freshName(prefix);
      const { dataKey, wrappedKey } = freshKey(blobName);
      const frames: FrameRange[] = [];
      let offset = 0;
      const sealed = records.map((record, index) => {
        const isLast = index === records.length - 1;
        const frame = sealFrame(dataKey, { blobName, offset }, record, isLast);
        frames.push({ offset, length: frame.length });
        offset += frame.length;
        return frame;
      });
      await container.put(blobName, wrappedKey, sealed, signal);
      return { blobName, frames };
    },

    async writeFile(prefix, bytes, signal) {
      const blobName = freshName(prefix);
      const { dataKey, wrappedKey } = freshKey(blobName);
      const hash = createHash("sha256");
      let sizeBytes = 0;
      async function* counted() {
        for await (const chunk of bytes) {
          hash.update(chunk);
          sizeBytes += chunk.byteLength;
          yield chunk;
        }
      }
      await container.put(blobName, wrappedKey, fileFrames(counted(), dataKey, blobName), signal);
      return { blobName, sizeBytes, sha256: hash.digest("hex") };
    },

    async writeNote(blobName, bytes, signal) {
      const { dataKey, wrappedKey } = freshKey(blobName);
      const frames = fileFrames(Readable.from([bytes]), dataKey, blobName);
      await container.put(blobName, wrappedKey, frames, signal).catch((thrown: unknown) => {
        const isThere = thrown instanceof SyncError && hasCode(thrown.cause, "BlobAlreadyExists");
        if (!isThere) throw thrown;
      });
    },

    async readRecord(blobName, frame, signal) {
      const { wrappedKey, bytes } = await sealedFrame(blobName, frame, signal);
      if (bytes.length < frame.length) throw new SyncError("StagingCorrupt");
      const place = { blobName, offset: frame.offset };
      return openFrame(unwrap(blobName, wrappedKey), place, bytes).plain;
    },

    async preload(blobName, frames, signal) {
      const spans = frames.map(chunksOf);
      const first = Math.min(...spans.map((span) => span.first));
      const last = Math.max(...spans.map((span) => span.last));
      // Too wide to be kept: the records are then read one by one, each with its own range.
      if (frames.length === 0 || (last - first + 1) * chunkBytes > maxSpanBytes) return;
      await cache.chunks(blobName, first, last, signal);
    },

    async *readFile(blobName, signal, start = 0) {
      const framesBefore = Math.floor(start / fileFrameBytes);
      let offset = framesBefore * sealedFileFrameBytes;
      let unwanted = start - framesBefore * fileFrameBytes;
      const { wrappedKey, bytes } = await container.stream(blobName, offset, signal);
      const dataKey = unwrap(blobName, wrappedKey);
      let isComplete = false;
      for await (const sealed of inPieces(bytes, sealedFileFrameBytes)) {
        if (isComplete) throw new SyncError("StagingCorrupt");
        const { plain, isLast } = openFrame(dataKey, { blobName, offset }, sealed);
        offset += sealed.length;
        isComplete = isLast;
        yield plain.subarray(unwanted);
        unwanted = 0;
      }
      if (!isComplete) throw new SyncError("StagingCorrupt");
    },

    async remove(blobName, signal) {
      cache.forget(blobName);
      await container.remove(blobName, signal);
    },

    list(prefix, signal) {
      return container.list(prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`, signal);
    },
  };
}

function freshName(prefix: string): string {
  return `${prefix}/${randomBytes(16).toString("hex")}`;
}

function wrapContext(blobName: string): string {
  return `staging:${blobName}`;
}

function chunksOf({ offset, length }: FrameRange): { first: number; last: number } {
  const end = offset + Math.max(length, 1) - 1;
  return { first: Math.floor(offset / chunkBytes), last: Math.floor(end / chunkBytes) };
}

/** A file is at least one frame, and its last one says so, so that a cut is noticed. */
async function* fileFrames(
  bytes: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  blobName: string,
): AsyncGenerator<Buffer> {
  let offset = 0;
  let held: Buffer = Buffer.alloc(0);
  const sealed = (isLast: boolean) => {
    const frame = sealFrame(dataKey, { blobName, offset }, held, isLast);
    offset += frame.length;
    return frame;
  };
  for await (const piece of inPieces(bytes, fileFrameBytes)) {
    if (held.length > 0) yield sealed(false);
    held = piece;
  }
  yield sealed(true);
}

/** The same bytes in pieces of one size; only the last may be shorter. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of bytes) {
    held.push(chunk);
    heldBytes += chunk.byteLength;
    if (heldBytes < size) continue;
    const joined = Buffer.concat(held);
    let from = 0;
    for (; joined.length - from >= size; from += size) yield joined.subarray(from, from + size);
    held = [joined.subarray(from)];
    heldBytes = joined.length - from;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
