/** A worker's sign of life, and its share of what all of them may have in flight. */
import type { SyncParts } from "./parts";

export async function beat(
  parts: Pick<SyncParts, "store" | "workerId" | "graphSlots" | "graphMaxInFlight">,
  startedAt: Date,
): Promise<void> {
  const beating = await parts.store.beat(parts.workerId, startedAt);
  parts.graphSlots.resize(Math.max(1, Math.floor(parts.graphMaxInFlight / Math.max(1, beating))));
}
