import type { SyncParts } from "./parts";

/**
 * Tried by the lane after its last outcome, by the transfer at its end, and by every tick. One that
 * cannot be closed keeps neither the others nor the rest of the tick.
 */
export async function closeRuns(
  { store, tenantId, log, passes }: Pick<SyncParts, "store" | "tenantId" | "log" | "passes">,
  runIds: Iterable<string>,
): Promise<void> {
  for (const runId of new Set(runIds)) {
    try {
      const closed = await store.closeRun(tenantId, runId);
      passes("run.closed");
      if (closed !== null)
        log.info("run.closed", { runId, outcome: closed.state, ...closed.counters });
    } catch (thrown) {
      log.error("run.notClosed", { runId }, thrown);
    }
  }
}
