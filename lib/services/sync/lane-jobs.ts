/** The turns of a process's lanes as jobs of its queue: one that waits for its mailbox ceases to be one. */
import { toSyncError } from "@/lib/core/errors";
import type { Log } from "@/lib/ports/runtime";

/** @param onWait called whenever a part of the turn begins to wait for long */
type RunLane = (laneId: string, signal: AbortSignal, onWait: () => void) => Promise<void>;

type LaneJobs = {
  /** Ends with the turn, or when that begins to wait: then it goes on by itself. */
  run(laneId: string, signal: AbortSignal): Promise<void>;
  /** When no turn goes on by itself any more; whoever stops has aborted them before. */
  ended(): Promise<void>;
};

/** @param most so many go on by themselves: each has a batch of deliveries in memory */
export function createLaneJobs(runLane: RunLane, log: Log, most: number): LaneJobs {
  const released = new Set<Promise<void>>();
  return {
    async run(laneId, signal) {
      let release: () => void = () => undefined;
      const wait = new Promise<"waits">((resolve) => {
        release = () => resolve("waits");
      });
      const turn = runLane(laneId, signal, () => {
        if (released.size < most) release();
      });
      if ((await Promise.race([turn, wait])) !== "waits") return;
      const rest = turn
        .catch((thrown: unknown) => {
          const { code, cause } = toSyncError(thrown);
          log.error("lane.failed", { laneId, code }, cause);
        })
        .finally(() => released.delete(rest));
      released.add(rest);
    },
    async ended() {
      await Promise.all(released);
    },
  };
}
