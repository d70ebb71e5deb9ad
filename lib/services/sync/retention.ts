/**
 * Takes away the originals whose time is over. A segment that others still need is written anew with
 * these alone, under a fresh name; whoever reads the old one at this moment has a day to finish.
 */
import { SyncError, toSyncError } from "@/lib/core/errors";
import { sha256Hex } from "@/lib/core/keys";
import { isSegmentDue } from "@/lib/core/retention";
import { stagedPrefix } from "@/lib/core/staged-name";
import type { RecordedKey, SegmentItem } from "@/lib/ports/retention-store";
import type { SyncParts } from "./parts";

const itemsAtATime = 2_000;

type AgedPage = Awaited<ReturnType<SyncParts["store"]["agedSegments"]>>;

export async function retainOriginals(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, tenantId, retentionDays, log } = parts;
  const ended = { segments: 0, originals: 0 };
  for (let after: RecordedKey | null = null; ;) {
    const page: AgedPage = await store.agedSegments(tenantId, retentionDays, after, itemsAtATime);
    const { segments, next } = page;
    for (const segment of segments.filter(isSegmentDue)) {
      signal.throwIfAborted();
      const removed = await endSegment(parts, segment.blobName, signal);
      ended.segments += removed === null ? 0 : 1;
      ended.originals += removed ?? 0;
    }
    if (next === null) break;
    after = next;
  }
  const strays = await store.releaseStrayAttachments(tenantId, retentionDays);
  if (ended.segments + strays > 0) log.info("originals.removed", { ...ended, strays });
}

/** @returns how many originals are gone; null when the segment stays as it is until the next day */
async function endSegment(
  parts: SyncParts,
  from: string,
  signal: AbortSignal,
): Promise<number | null> {
  const { store, tenantId, retentionDays, log } = parts;
  const items = await store.segmentItems(tenantId, retentionDays, from);
  const kept = items.filter(({ isOver }) => !isOver);
  let copy: Copy | null = null;
  try {
    if (kept.length > 0) copy = await copyOf(parts, from, kept, signal);
  } catch (thrown) {
    // What cannot be opened is not copied, and nothing is taken away beside it: a lost key may come back.
    // Nor does one that makes us stumble keep all later ones for ever.
    const { code, cause } = toSyncError(thrown);
    if (signal.aborted || (code !== "StagingCorrupt" && code !== "Unexpected")) throw thrown;
    log.error("segment.unreadable", { blobName: from, code }, cause);
    return null;
  }
  parts.passes("segment.rewritten");
  const change = { from, to: copy?.blobName ?? null, moves: copy?.moves ?? [] };
  const replaced = await store.replaceSegment(tenantId, retentionDays, change);
  parts.passes("segment.replaced");
  return replaced?.removed ?? null;
}

type Copy = {
  readonly blobName: string;
  readonly moves: readonly Pick<SegmentItem, "itemId" | "frame">[];
};

async function copyOf(
  parts: SyncParts,
  from: string,
  items: readonly SegmentItem[],
  signal: AbortSignal,
): Promise<Copy> {
  const records = await readAll(parts, from, items, signal);
  const { blobName, frames } = await parts.staging.writeSegment(
    stagedPrefix(from),
    records,
    signal,
  );
  const written = items.flatMap((item, index) => {
    const frame = frames[index];
    return frame === undefined ? [] : [{ ...item, frame }];
  });
  // Read back before anything points to it: the only copy there will be.
  await readAll(parts, blobName, written, signal);
  return { blobName, moves: written };
}

async function readAll(
  { staging }: SyncParts,
  blobName: string,
  items: readonly SegmentItem[],
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const frames = items.map(({ frame }) => frame);
  await staging.preload(blobName, frames, signal);
  const records: Uint8Array[] = [];
  for (const { frame, recordSha256 } of items) {
    const record = await staging.readRecord(blobName, frame, signal);
    if (sha256Hex(record) !== recordSha256) throw new SyncError("StagingCorrupt");
    records.push(record);
  }
  return records;
}
