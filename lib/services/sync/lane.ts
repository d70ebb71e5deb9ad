/** The queue of one mailbox: one holder at a time, a few requests in flight, every outcome recorded. */
import { toSyncError } from "@/lib/core/errors";
import { createPace } from "@/lib/core/pacing";
import { HoldLost } from "@/lib/ports/transfer-records";
import type { LaneDelivery, LaneHold } from "@/lib/ports/lane-store";
import { closeRuns } from "./close";
import { pauseFor } from "./concurrency";
import { lookForDoubtful } from "./lane-doubt";
import { writeBatch } from "./lane-batch";
import { keepLease } from "./lane-lease";
import { pause } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";

/** After so many batches the lane makes room for others and asks for its next turn. */
const batchesPerTurn = 20;

/** @param onWait told when an upload begins to wait for its mailbox; the turn goes on afterwards */
export async function runLane(
  parts: SyncParts,
  laneId: string,
  signal: AbortSignal,
  onWait: () => void = () => undefined,
): Promise<void> {
  const { store, tenantId, limits } = parts;
  const askedAt = performance.now();
  const begunAt = parts.clock.now();
  const lane = await store.claimLane(tenantId, laneId, parts.workerId, limits.laneLeaseMs);
  if (lane === null) return;
  const hold: LaneHold = { laneId, token: lane.token };
  parts.passes("lane.claimed");
  const pace = createPace(limits.traffic, lane.recent);
  // From here on nothing may fail outside the try: a lease that nobody uses would be renewed for ever.
  const recent = () => pace.recent(parts.clock.now().getTime());
  const lease = keepLease(parts, hold, askedAt, signal, recent);
  const turn: LaneTurn = {
    parts,
    begunAt,
    lane,
    hold,
    signal: lease.signal,
    pace,
    holds: lease.holds,
    rests: lease.rests,
    signalOf: lease.signalOf,
    onWait,
    folder: lane.folder,
    failuresInRow: lane.failuresInRow,
    areAttachmentsRefused: false,
    stop: null,
    runIds: new Set(),
  };
  let hasMore = false;
  try {
    await lookForDoubtful(turn);
    await heed(turn);
    hasMore = await writeAll(turn);
  } catch (thrown) {
    noteEnd(turn, lease.signal.aborted ? lease.signal.reason : thrown);
  } finally {
    lease.stop();
    const waitMs = await release(turn);
    if (waitMs !== null) pokeWhenOver(parts, laneId, waitMs, signal);
  }
  parts.passes("lane.released");
  await closeRuns(parts, turn.runIds);
  if (hasMore) await pokeLanes(parts, [laneId]);
}

/** @returns true when the turn ended before the work did */
async function writeAll(turn: LaneTurn): Promise<boolean> {
  const { parts, lane, hold } = turn;
  const { store, tenantId, limits } = parts;
  let isProbe = lane.blockedCode !== null;
  if (lane.blockedCode !== null) {
    const refused = await store.failProbedRuns(tenantId, hold, lane.blockedCode);
    for (const runId of refused) turn.runIds.add(runId);
  }
  for (let batches = 0; turn.stop === null; batches += 1) {
    if (turn.signal.aborted) return false;
    if (batches >= batchesPerTurn) return true;
    // A blocked mailbox is probed with one delivery; its neighbours wait for what becomes of it.
    const wanted = isProbe ? 1 : limits.batchSize;
    const batch: readonly LaneDelivery[] = await store.takeBatch(tenantId, hold, wanted);
    if (batch.length === 0) return false;
    parts.passes("lane.batchTaken");
    const written = await writeBatch(turn, batch);
    if (isProbe && written > 0) {
      await store.unblockLane(tenantId, hold);
      isProbe = false;
    }
    await heed(turn);
    // There is no more, or too little; whoever records more tells the queue when it is worth a turn.
    const isSmooth = written === batch.length;
    if (isSmooth && batch.length < wanted) return false;
    if (isSmooth && !(await store.isWorthABatch(tenantId, hold, limits.batchSize))) return false;
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
    const asked = { at: turn.begunAt, credentialId: null };
    await parts.store.needsAttention(parts.tenantId, stop.connectorId, stop.code, asked);
  }
}

/** What ended the turn from outside its deliveries: the ledger is away, or the lane is somebody else's. */
function noteEnd(turn: LaneTurn, thrown: unknown): void {
  const { parts, hold } = turn;
  const { laneId } = hold;
  if (thrown instanceof HoldLost) {
    parts.log.warn("lane.lost", { laneId });
    return;
  }
  const { code, cause, retryAfterMs } = toSyncError(thrown);
  if (code === "Interrupted") return;
  parts.log.error("lane.failed", { laneId, code }, cause);
  pause(turn, retryAfterMs);
}

async function release(turn: LaneTurn): Promise<number | null> {
  const { parts, hold, pace, stop, folder, failuresInRow } = turn;
  // An upload under way may have gone on for a while since the pause was asked for.
  const waitMs =
    stop?.because === "wait" ? Math.max(stop.waitMs - (performance.now() - stop.since), 0) : null;
  const recent = pace.recent(parts.clock.now().getTime());
  await parts.store.releaseLane(parts.tenantId, hold, { recent, waitMs, failuresInRow, folder });
  return waitMs;
}

const longestRememberedMs = 60_000;

/**
 * The tick finds the lane too, but up to five seconds late: much of a window of thirty. Forgotten with
 * the process, and when the pause is long.
 */
function pokeWhenOver(parts: SyncParts, laneId: string, waitMs: number, signal: AbortSignal): void {
  if (waitMs > longestRememberedMs) return;
  pauseFor(waitMs + 10, signal).then(
    () => pokeLanes(parts, [laneId]),
    () => undefined,
  );
}
