/** The queue of one mailbox: one holder at a time, a few requests in flight, every outcome recorded. */
import { backOffMs } from "@/lib/core/backoff";
import { type SyncError, toSyncError } from "@/lib/core/errors";
import { createPace } from "@/lib/core/pacing";
import { HoldLost, type LaneDelivery, type LaneHold } from "@/lib/ports/store";
import { closeRuns } from "./close";
import { lookForDoubtful } from "./lane-doubt";
import { writeBatch } from "./lane-batch";
import type { LaneTurn } from "./lane-turn";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";

/** After so many batches the lane makes room for others and asks for its next turn. */
const batchesPerTurn = 20;

/** After so many failures in a row the lane waits. */
const failuresBeforeWaiting = 5;

export async function runLane(
  parts: SyncParts,
  laneId: string,
  signal: AbortSignal,
): Promise<void> {
  const { store, tenantId, limits, log } = parts;
  const lane = await store.claimLane(tenantId, laneId, parts.workerId, limits.laneLeaseMs);
  if (lane === null) return;
  const hold: LaneHold = { laneId, token: lane.token };
  const lease = keepLease(parts, hold, signal);
  const turn: LaneTurn = {
    parts,
    lane,
    hold,
    signal: lease.signal,
    pace: createPace(limits.traffic, lane.recent),
    folder: lane.folder,
    failuresInRow: lane.failuresInRow,
    stop: null,
    runIds: new Set(),
  };
  let hasMore = false;
  try {
    await lookForDoubtful(turn);
    await heed(turn);
    hasMore = await writeAll(turn);
  } catch (thrown) {
    const error = toSyncError(lease.signal.aborted ? lease.signal.reason : thrown);
    if (!(thrown instanceof HoldLost) && error.code !== "Interrupted") {
      noteFailure(turn, error);
      log.warn("lane.failed", { laneId, code: error.code });
      if (error.code === "Unexpected") log.error("lane.unexpected", { laneId }, error.cause);
    }
  } finally {
    lease.stop();
    await release(turn);
  }
  await closeRuns(parts, turn.runIds);
  if (hasMore) await pokeLanes(parts, [laneId]);
}

/** @returns true when the turn ended before the work did */
async function writeAll(turn: LaneTurn): Promise<boolean> {
  const { parts, lane, hold } = turn;
  const { store, tenantId, limits } = parts;
  let isProbe = lane.blockedCode !== null;
  for (let batches = 0; turn.stop === null; batches += 1) {
    if (turn.signal.aborted) return false;
    if (batches >= batchesPerTurn) return true;
    // A blocked mailbox is probed with one delivery; its neighbours wait for what becomes of it.
    const batch: readonly LaneDelivery[] = await store.takeBatch(
      tenantId,
      hold,
      isProbe ? 1 : limits.batchSize,
    );
    if (batch.length === 0) return false;
    const written = await writeBatch(turn, batch);
    if (isProbe && written > 0 && lane.blockedCode !== null) {
      await store.unblockLane(tenantId, hold, lane.blockedCode);
      isProbe = false;
    }
    await heed(turn);
  }
  return false;
}

/** What a reason to stop means for others than this lane. */
async function heed(turn: LaneTurn): Promise<void> {
  const { parts, hold, stop } = turn;
  if (stop?.because === "blocked") {
    const runIds = await parts.store.blockLane(parts.tenantId, hold, stop.code);
    for (const runId of runIds) turn.runIds.add(runId);
    parts.log.warn("lane.blocked", { laneId: hold.laneId, code: stop.code });
  }
  if (stop?.because === "configuration") {
    await parts.store.needsAttention(parts.tenantId, stop.connectorId, stop.code);
  }
}

/** A failure outside any delivery (folder, look-up): the lane waits as its kind demands. */
function noteFailure(turn: LaneTurn, error: SyncError): void {
  turn.failuresInRow += 1;
  turn.stop ??= {
    because: "wait",
    waitMs: backOffMs(turn.failuresInRow, turn.parts.random, error.retryAfterMs),
  };
}

async function release(turn: LaneTurn): Promise<void> {
  const { parts, hold, pace, stop, folder, failuresInRow } = turn;
  const pausesForFailures = failuresInRow >= failuresBeforeWaiting && stop === null;
  const waitMs = pausesForFailures
    ? backOffMs(failuresInRow - failuresBeforeWaiting + 1, parts.random)
    : stop?.because === "wait"
      ? stop.waitMs
      : null;
  const recent = pace.recent(parts.clock.now().getTime());
  await parts.store.releaseLane(parts.tenantId, hold, { recent, waitMs, failuresInRow, folder });
}

type Lease = { readonly signal: AbortSignal; stop(): void };

/** Renews the lease; a holder whose lease has run out sends nothing more. */
function keepLease(
  { store, tenantId, limits, log }: SyncParts,
  hold: LaneHold,
  outer: AbortSignal,
): Lease {
  const controller = new AbortController();
  const signal = AbortSignal.any([outer, controller.signal]);
  // Measured on the monotonic clock from before the claim was renewed: never later than the database's own.
  let goodUntil = performance.now() + limits.laneLeaseMs - limits.laneRenewMs / 3;
  const renew = async () => {
    const asked = performance.now();
    try {
      if (await store.renewLane(tenantId, hold, limits.laneLeaseMs)) {
        goodUntil = asked + limits.laneLeaseMs - limits.laneRenewMs / 3;
      } else controller.abort(new HoldLost());
    } catch (thrown) {
      log.warn("lane.renewFailed", { laneId: hold.laneId, code: toSyncError(thrown).code });
    }
  };
  const timer = setInterval(() => {
    if (performance.now() >= goodUntil) controller.abort(new HoldLost());
    else void renew();
  }, limits.laneRenewMs);
  return { signal, stop: () => clearInterval(timer) };
}
