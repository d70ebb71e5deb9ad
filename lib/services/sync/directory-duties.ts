/** Keeps the directory's mirror young: while something is imported, and once a day from its first user to its last. */
import { toSyncError } from "@/lib/core/errors";
import type { Duty } from "./duties";
import { healLearned, healUserMapping } from "./heal";
import type { SyncParts } from "./parts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const everyMs = 15 * minuteMs;

export const directoryDuties: readonly Duty[] = [
  { name: "directory", everyMs, work: followWhileImporting },
  // Asked more often than it is due: one that failed is not put off by a day.
  { name: "directoryWhole", everyMs, work: readWholeOnceADay },
];

async function followWhileImporting(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, tenantId } = parts;
  if (!(await store.isImporting(tenantId))) return;
  if (await isRefreshed(parts, signal)) await healLearned(parts, signal);
}

/** Change tracking may miss something, and so may we: everybody who waits is asked about as well. */
async function readWholeOnceADay(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, tenantId, clock } = parts;
  const connectors = await store.liveConnectors(tenantId);
  if (connectors.length === 0) return;
  const wholeAt = await store.directoryWholeAt(tenantId);
  // Further ahead than a day it was read by a clock that has been set back since.
  if (wholeAt !== null && Math.abs(clock.now().getTime() - wholeAt.getTime()) < dayMs) return;
  if (!(await isRefreshed(parts, signal, { isWhole: true }))) return;
  await healLearned(parts, signal);
  for (const { connectorId, ...rules } of connectors) {
    signal.throwIfAborted();
    await healUserMapping(parts, connectorId, rules);
  }
}

/** Where Graph is away or refuses us, the mirror stays as it is: a run that needs a newer one waits for it. */
async function isRefreshed(
  parts: SyncParts,
  signal: AbortSignal,
  options: { readonly isWhole?: boolean } = {},
): Promise<boolean> {
  try {
    await parts.refreshDirectory(signal, options);
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    const { code } = toSyncError(thrown);
    if (code === "Unexpected") throw thrown;
    parts.log.warn("directory.stale", { code });
    return false;
  }
}
