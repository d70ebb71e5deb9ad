/** Tick, transfers and lanes of one process, and how they stop. */
import type { Config } from "@/lib/config";
import type { Logger } from "@/lib/logger";
import {
  closeOutside,
  createOutside,
  createSyncParts,
  startQueueWorkers,
  sync,
  syncLimits,
} from "@/lib/wiring";
import { every } from "./every";

/** Whoever tests with little patience wants everything sooner, and may be told where a process is. */
export type WorkerPace = {
  readonly tickEveryMs: number;
  /** How often somebody looks whether a duty is due; the duties say how often that is. */
  readonly dutiesEveryMs: number;
  readonly passes?: ReturnType<typeof createSyncParts>["passes"];
  readonly queueTiming?: NonNullable<Parameters<typeof startQueueWorkers>[0]["timing"]>;
};

export const usualPace: WorkerPace = { tickEveryMs: 5_000, dutiesEveryMs: 5_000 };

/** More than a machine's cores keep busy: most of a lane's time is spent waiting for Exchange. */
const concurrency = { transfer: 4, lane: 32 } as const;

export type Worker = { stop(): Promise<void> };

export function startWorker(
  config: Config,
  log: Logger,
  limits = syncLimits,
  pace: WorkerPace = usualPace,
): Worker {
  const { tickEveryMs, dutiesEveryMs, passes, queueTiming } = pace;
  const outside = createOutside(config, "worker");
  const usual = createSyncParts(config, outside, limits);
  const parts = passes === undefined ? usual : { ...usual, passes };
  const controller = new AbortController();
  const { signal } = controller;
  const { databaseUrl, redisUrl } = config;
  const startedAt = new Date();
  const lanes = sync.laneJobs(parts);
  const queueWorkers = startQueueWorkers({
    ...{ databaseUrl, redisUrl, signal, log, concurrency },
    ...(queueTiming === undefined ? {} : { timing: queueTiming }),
    transfer: (runId, jobSignal) => sync.transferRun(parts, runId, jobSignal),
    lane: (laneId, jobSignal) => lanes.run(laneId, jobSignal),
  });
  log.info("worker.started", { workerId: parts.workerId });
  const timer = every(tickEveryMs, log, async () => {
    await sync.beat(parts, startedAt);
    await sync.tick(parts);
  });
  const dutyTimers = sync.duties.map((duty) =>
    every(dutiesEveryMs, log, () => duty(parts, signal)),
  );
  return {
    async stop() {
      // First the word to stop: a tick that hangs must not keep lanes and transfers from putting down their work.
      controller.abort();
      await Promise.all([timer, ...dutyTimers].map((each) => each.stop()));
      await queueWorkers.close();
      await lanes.ended();
      await closeOutside(outside);
      log.info("worker.stopped");
    },
  };
}
