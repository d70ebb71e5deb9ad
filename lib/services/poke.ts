import { toSyncError } from "@/lib/core/errors";
import type { PortalDeps } from "./portal-deps";

/** Tells the queue what is ready. Away queues are no failure: the tick says it again within seconds. */
export async function poke(
  { queue, log }: Pick<PortalDeps, "queue" | "log">,
  what: { readonly runIds?: readonly string[]; readonly laneIds?: readonly string[] },
): Promise<void> {
  try {
    for (const runId of what.runIds ?? []) await queue.pokeTransfer(runId);
    if (what.laneIds !== undefined && what.laneIds.length > 0) {
      await queue.pokeLanes(what.laneIds);
    }
  } catch (thrown) {
    const { code } = toSyncError(thrown);
    log.warn("poke.failed", {
      runs: what.runIds?.length ?? 0,
      lanes: what.laneIds?.length ?? 0,
      code,
    });
  }
}
