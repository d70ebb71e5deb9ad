/** The transfer of one run: everything the source has of the window, durably recorded, then the watermark. */
import { backOffMs } from "@/lib/core/backoff";
import { SyncError, toSyncError } from "@/lib/core/errors";
import { type ClaimedRun, HoldLost, type RunHold } from "@/lib/ports/transfer-records";
import { closeRuns } from "./close";
import { linkedTo } from "./concurrency";
import type { SyncParts } from "./parts";
import { asSyncError } from "./source-session";
import { AttachmentsWait } from "./transfer-attachments";
import type { Attempt } from "./transfer-turn";
import { passWindow } from "./transfer-window";

export async function transferRun(
  parts: SyncParts,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  const { log } = parts;
  const begunAt = parts.clock.now();
  const run = await claim(parts, runId);
  if (run === null) return;
  const hold: RunHold = { runId: run.id, attempt: run.attempt };
  const attempt: Attempt = { run, hold, failuresInRow: run.failuresInRow };
  parts.passes("run.claimed");
  const keeper = keepHeld(parts, hold, signal);
  log.info("run.claimed", { runId, attempt: run.attempt, connectorId: run.connector.id });
  try {
    await passWindow(parts, attempt, keeper.signal);
    parts.passes("transfer.finished");
    log.info("run.transferred", { runId, attempt: run.attempt });
  } catch (thrown) {
    const because: unknown = keeper.signal.aborted ? keeper.signal.reason : thrown;
    await giveUp(parts, attempt, begunAt, because);
    return;
  } finally {
    keeper.stop();
  }
  await closeRuns(parts, [run.id]);
}

const claimAgainMs = 15_000;

/** Nobody holds a run that cannot be claimed, so nobody else can say why it does not go on. */
async function claim(
  { store, tenantId, log }: SyncParts,
  runId: string,
): Promise<ClaimedRun | null> {
  try {
    return await store.claimRun(tenantId, runId);
  } catch (thrown) {
    log.error("run.notClaimed", { runId }, thrown);
    await store.noteNotClaimed(tenantId, runId, "Unexpected", claimAgainMs);
    return null;
  }
}

/** Why the transfer ended early decides who waits for what: one table, one place. */
async function giveUp(
  { store, tenantId, random, log }: SyncParts,
  { run, hold, failuresInRow }: Attempt,
  begunAt: Date,
  thrown: unknown,
): Promise<void> {
  if (thrown instanceof HoldLost) {
    log.warn("run.lost", { runId: run.id, attempt: run.attempt });
    return;
  }
  if (thrown instanceof AttachmentsWait) {
    log.info("run.attachmentsWait", { runId: run.id, waitMs: thrown.waitMs });
    const { waitMs } = thrown;
    const code = "SourceUnavailable";
    await store.giveBack(tenantId, hold, { code, waitMs, countsAsFailure: false });
    return;
  }
  const error = asSyncError(thrown);
  const { code, kind, origin } = error;
  if (kind === "configuration") {
    log.warn("run.waits", { runId: run.id, code });
    // First the connector, then the run: given back before, it would be claimed and refused again.
    const credentialId = origin === "source" ? run.connector.credentialId : null;
    await store.needsAttention(tenantId, run.connector.id, code, { at: begunAt, credentialId });
    await store.giveBack(tenantId, hold, { code, waitMs: 0, countsAsFailure: true });
    return;
  }
  const isInterrupted = code === "Interrupted";
  const waitMs = isInterrupted ? 0 : backOffMs(failuresInRow + 1, random, error.retryAfterMs);
  if (code === "Unexpected") log.error("run.failed", { runId: run.id, code }, error.cause);
  else log.warn("run.interrupted", { runId: run.id, code, waitMs });
  await store.giveBack(tenantId, hold, { code, waitMs, countsAsFailure: !isInterrupted });
  if (origin === "source" && kind === "retryable") {
    await store.noteSource(tenantId, run.connector.id, code);
  }
}

type Keeper = { readonly signal: AbortSignal; stop(): void };

/** Beats every few seconds; aborts the transfer when the hold is lost or the connector is asked back. */
function keepHeld(
  { store, tenantId, limits, log }: SyncParts,
  hold: RunHold,
  outer: AbortSignal,
): Keeper {
  const { controller, letGo } = linkedTo(outer);
  const beat = async () => {
    try {
      const answer = await store.heartbeat(tenantId, hold);
      if (answer === "lost") controller.abort(new HoldLost());
      if (answer === "askedBack") controller.abort(new SyncError("Interrupted"));
    } catch (thrown) {
      // The database is away: whoever beats again in time keeps the run, the tick requeues the others.
      log.warn("run.heartbeatFailed", { runId: hold.runId, code: toSyncError(thrown).code });
    }
  };
  const timer = setInterval(() => void beat(), limits.heartbeatMs);
  return {
    signal: controller.signal,
    stop() {
      clearInterval(timer);
      letGo();
    },
  };
}
