/** The hold on a lane: renewed while somebody writes, and what each renewal tells. */
import { SyncError, toSyncError } from "@/lib/core/errors";
import type { LaneHold, RecentTraffic } from "@/lib/ports/lane-store";
import { HoldLost } from "@/lib/ports/transfer-records";
import { linkedTo } from "./concurrency";
import type { SyncParts } from "./parts";

export type Lease = {
  /** Aborted with the lease, and when the process is told to stop. */
  readonly signal: AbortSignal;
  /** False once the lease has run out: somebody else may be sending. */
  readonly holds: () => boolean;
  /** True when nothing more may be sent for the connector: paused, deleted, without consent. */
  readonly rests: (connectorId: string) => boolean;
  /** Ends what is still in flight for a connector that rests, a renewal later. */
  readonly signalOf: (connectorId: string) => AbortSignal;
  readonly stop: () => void;
};

/**
 * Renews the lease; a holder whose lease has run out sends nothing more. Measured on the monotonic
 * clock from before the database was asked: it always ends here before it ends there.
 * @param recent what the mailbox was sent of late: a holder that is killed tells nobody any more
 */
export function keepLease(
  { store, tenantId, limits, log }: SyncParts,
  hold: LaneHold,
  askedAt: number,
  outer: AbortSignal,
  recent: () => RecentTraffic,
): Lease {
  const { laneLeaseMs, laneRenewMs } = limits;
  const { controller, letGo } = linkedTo(outer);
  const { signal } = controller;
  const rest = createRest(signal);
  let goodUntil = askedAt + laneLeaseMs;
  const renew = async () => {
    const renewedAt = performance.now();
    try {
      const held = await store.renewLane(tenantId, hold, laneLeaseMs, recent());
      if (held === null) return controller.abort(new HoldLost());
      goodUntil = renewedAt + laneLeaseMs;
      rest.note(held.resting);
    } catch (thrown) {
      log.warn("lane.renewFailed", { laneId: hold.laneId, code: toSyncError(thrown).code });
    }
  };
  const timer = setInterval(() => {
    // Before the next look at the clock would come too late.
    if (performance.now() + laneRenewMs / 3 >= goodUntil) controller.abort(new HoldLost());
    else void renew();
  }, laneRenewMs);
  return {
    signal,
    holds: () => performance.now() < goodUntil && !signal.aborted,
    rests: rest.has,
    signalOf: rest.signalOf,
    stop() {
      clearInterval(timer);
      letGo();
    },
  };
}

/**
 * A connector that rests is sent nothing from the first renewal that says so; what is in flight then
 * has until the second to come to its end, which most of it does, and nothing of that is in doubt.
 */
function createRest(outer: AbortSignal) {
  let resting = new Set<string>();
  const connectors = new Map<string, { controller: AbortController; signal: AbortSignal }>();
  return {
    note(ids: readonly string[]) {
      const before = resting;
      resting = new Set(ids);
      for (const id of ids) {
        if (before.has(id)) connectors.get(id)?.controller.abort(new SyncError("Interrupted"));
      }
      // Set going again meanwhile: what comes next is not aborted beforehand.
      for (const id of before) if (!resting.has(id)) connectors.delete(id);
    },
    has: (connectorId: string) => resting.has(connectorId),
    signalOf: (connectorId: string): AbortSignal => {
      const known = connectors.get(connectorId);
      if (known !== undefined) return known.signal;
      const controller = new AbortController();
      const signal = AbortSignal.any([outer, controller.signal]);
      connectors.set(connectorId, { controller, signal });
      return signal;
    },
  };
}
