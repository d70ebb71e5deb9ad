/** Where one record lies in a segment: a range of the blob, one sealed frame. */
export type FrameRange = { readonly offset: number; readonly length: number };

export type StagedSegment = {
  readonly blobName: string;
  /** One range per record, in the order they were given. */
  readonly frames: readonly FrameRange[];
};

export type StagedFile = {
  readonly blobName: string;
  /** Plain bytes, as received. */
  readonly sizeBytes: number;
  /** Of the plain bytes, lower-case hex. */
  readonly sha256: string;
};

/**
 * Short-lived storage of raw items between transfer and import. Blobs are written once under a
 * random name and never again (`If-None-Match: *`); everything in them is sealed in frames.
 * Fails with SyncError StagingUnavailable (may be tried again) or StagingCorrupt (cannot be opened).
 */
export type Staging = {
  /** @param prefix `{tenantId}/{runId}/{attempt}`; a random last part is added */
  writeSegment(
    prefix: string,
    records: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<StagedSegment>;
  /** Flat memory: one frame of 1 MiB at a time. */
  writeFile(
    prefix: string,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<StagedFile>;
  /**
   * A few bytes under a name of their own, read back with `readFile`. One that is there already stays
   * as it is.
   */
  writeNote(blobName: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** One record out of a segment; segments read lately are kept sealed in a small cache. */
  readRecord(blobName: string, frame: FrameRange, signal: AbortSignal): Promise<Uint8Array>;
  /** Brings the span of a segment that covers all `frames` into the cache with one request. */
  preload(blobName: string, frames: readonly FrameRange[], signal: AbortSignal): Promise<void>;
  /** @param start the first byte that is wanted, if not all of them */
  readFile(blobName: string, signal: AbortSignal, start?: number): AsyncIterable<Uint8Array>;
  remove(blobName: string, signal: AbortSignal): Promise<void>;
  /** Names under the prefix with the instant they were written, for the sweep. */
  list(
    prefix: string,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly blobName: string; readonly writtenAt: Date }>;
};
