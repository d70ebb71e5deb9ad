/** Deletes blobs that nobody names any more, a day after they lost their last name. */
import { isStagedName } from "@/lib/core/staged-name";
import { eachOf } from "./concurrency";
import type { SyncParts } from "./parts";

/** Whoever reads a blob at the moment it loses its name has long finished. */
const keptMs = 24 * 60 * 60_000;
const removedAtATime = 200;
const removalsInFlight = 8;
const lookedAtAtATime = 1_000;

/**
 * A name is given only to a blob that was just written, never to one that was released a day ago; so
 * what has none now never gets one.
 */
export async function sweepReleased(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, staging, tenantId, log } = parts;
  let swept = 0;
  for (let after: string | null = null; ;) {
    signal.throwIfAborted();
    const batch: ReleasedBlobs = await store.releasedBlobs(tenantId, keptMs, after, removedAtATime);
    const last = batch.at(-1);
    if (last === undefined) break;
    after = last.blobName;
    const unnamed = batch.filter(
      ({ blobName, isNamed }) => !isNamed && isStagedName(tenantId, blobName),
    );
    await eachOf(unnamed, removalsInFlight, ({ blobName }) => staging.remove(blobName, signal));
    parts.passes("blobs.swept");
    await store.forgetReleased(
      tenantId,
      batch.map(({ blobName }) => blobName),
    );
    swept += unnamed.length;
  }
  if (swept > 0) log.info("staging.swept", { blobs: swept });
}

type ReleasedBlobs = Awaited<ReturnType<SyncParts["store"]["releasedBlobs"]>>;

/**
 * Finds what never got a name, because its worker died between writing and recording. It is released
 * like any other: the day is counted from here, not from the storage's clock.
 */
export async function releaseUnnamed(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, staging, tenantId, log } = parts;
  let released = 0;
  let held: string[] = [];
  for await (const { blobName } of staging.list(tenantId, signal)) {
    if (isStagedName(tenantId, blobName)) held.push(blobName);
    if (held.length < lookedAtAtATime) continue;
    released += await store.releaseUnnamed(tenantId, held);
    held = [];
  }
  released += await store.releaseUnnamed(tenantId, held);
  if (released > 0) log.info("staging.unnamed", { blobs: released });
}
