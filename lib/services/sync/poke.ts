import { toSyncError } from "@/lib/core/errors";
import type { SyncParts } from "./parts";

/** The queue may be away: nothing is lost, the next tick says it again. */
export async function pokeLanes(
  { queue, log }: Pick<SyncParts, "queue" | "log">,
  laneIds: readonly string[],
): Promise<void> {
  if (laneIds.length === 0) return;
  try {
    await queue.pokeLanes(laneIds);
  } catch (thrown) {
    log.warn("queue.away", { lanes: laneIds.length, code: toSyncError(thrown).code });
  }
}
