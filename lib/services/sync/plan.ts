import { firstWindow, nextDueWindow } from "@/lib/core/window";
import { closeRuns } from "./close";
import type { SyncParts } from "./parts";

type TickParts = Pick<
  SyncParts,
  "tenantId" | "workerId" | "store" | "queue" | "clock" | "limits" | "log" | "passes"
>;

const draftLivesMs = 30 * 24 * 60 * 60_000;

/**
 * One tick: says again everything the queue may have lost, and opens what is due. Safe to run twice,
 * late or never; the guard only saves work.
 */
export async function tick(parts: TickParts): Promise<void> {
  const { store, tenantId, limits, queue, log } = parts;
  if (!(await store.takeTick(parts.workerId, limits.tickLeaseMs))) return;
  const requeued = await store.requeueSilent(tenantId, limits.silentMs);
  for (const runId of requeued) log.warn("run.requeued", { runId, because: "silent" });
  await store.shortenLeases(tenantId, limits.laneLeaseMs);
  await openDueWindows(parts);
  await closeRuns(parts, await store.runsToClose(tenantId));
  await doDailyDuties(parts);
  for (const runId of await store.runsToTransfer(tenantId)) await queue.pokeTransfer(runId);
  await queue.pokeLanes(await store.lanesToPoke(tenantId, limits.inDoubtMs));
}

/** Windows follow from the watermark, never from the tick: nothing is skipped because a worker slept. */
async function openDueWindows({ store, tenantId, clock, log }: TickParts): Promise<void> {
  const now = clock.now();
  for (const connector of await store.idleConnectors(tenantId)) {
    const { id, watermark, finishedAt } = connector;
    try {
      const window =
        watermark === null ? firstWindow(finishedAt) : nextDueWindow(connector, watermark, now);
      if (window === null) continue;
      const runId = await store.openRun(tenantId, { connectorId: id, kind: "scheduled", window });
      if (runId !== null) log.info("run.opened", { runId, connectorId: id });
    } catch (thrown) {
      // One connector nobody can plan for must not cost the others their tick.
      log.error("connector.notPlanned", { connectorId: id }, thrown);
    }
  }
}

async function doDailyDuties({ store, tenantId, clock, log }: TickParts): Promise<void> {
  const now = clock.now();
  if (!(await store.takeDay(tenantId, now))) return;
  const abandoned = await store.abandonDrafts(tenantId, new Date(now.getTime() - draftLivesMs));
  log.info("day.begun", { draftsAbandoned: abandoned });
}
