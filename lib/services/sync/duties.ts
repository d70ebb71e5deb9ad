/** What has to be done from time to time, beside the tick: a slow one must not hold up the others. */
import { toSyncError } from "@/lib/core/errors";
import { linkedTo } from "./concurrency";
import type { SyncParts } from "./parts";

export type Duty<Parts = SyncParts> = {
  readonly name: string;
  readonly everyMs: number;
  /** Must be safe to do twice, and to stop anywhere. */
  readonly work: (parts: Parts, signal: AbortSignal) => Promise<void>;
};

/** What it takes to hold a duty, whatever its work takes besides. */
type Holder = Pick<SyncParts, "store" | "tenantId" | "workerId" | "log">;

const leaseMs = 30_000;

/** A service that is away is not asked every few seconds for what comes round once a day. */
const failedWaitMs = 60_000;

/** No instant of a duty is written further ahead. */
const aheadMs = leaseMs + failedWaitMs;

/** Does it when it is due and nobody else is at it. */
export async function doDuty<Parts extends Holder>(
  parts: Parts,
  duty: Duty<Parts>,
  outer: AbortSignal,
): Promise<void> {
  const { store, tenantId, workerId, log } = parts;
  const { name, everyMs } = duty;
  if (!(await store.takeDuty(tenantId, { name, everyMs, leaseMs, aheadMs }, workerId))) return;
  const { controller, letGo } = linkedTo(outer);
  const { signal } = controller;
  const timer = setInterval(() => {
    store.renewDuty(tenantId, name, workerId, leaseMs).then(
      (isHeld) => isHeld || controller.abort(),
      // The database is away: the lease runs out by itself.
      () => undefined,
    );
  }, leaseMs / 3);
  let waitMs = 0;
  let isDone = false;
  try {
    await duty.work(parts, signal);
    isDone = true;
  } catch (thrown) {
    const { code, cause } = toSyncError(thrown);
    if (!signal.aborted) {
      log.error("duty.failed", { duty: name, code }, cause);
      waitMs = Math.min(everyMs, failedWaitMs);
    }
  } finally {
    clearInterval(timer);
    letGo();
    await store.endDuty(tenantId, name, workerId, isDone ? { isDone } : { isDone, waitMs });
  }
}
