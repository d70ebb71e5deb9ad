/**
 * Look-back: an archive may take in records late, or restore some, into windows that were transferred
 * long ago. Once a day each is asked for its manifest; only one that differs from the ledger is read again.
 */
import { SyncError, toSyncError } from "@/lib/core/errors";
import { lookBackFrom, utcDay } from "@/lib/core/window";
import type { LookBack, TransferredWindow } from "@/lib/ports/look-back-store";
import type { SourceSession } from "@/lib/ports/source";
import { linkedTo } from "./concurrency";
import type { Duty } from "./duties";
import { createHorizon } from "./horizon";
import type { SyncParts } from "./parts";
import { asSyncError, askManifest, openSession } from "./source-session";
import { reconcile, windowIsWhole } from "./window-manifest";

/** Often, because of one connector one window is read at a time; each is asked for once a UTC day. */
export const lookBackDuty: Duty = { name: "lookBack", everyMs: 5 * 60_000, work: lookBack };

/** So many windows in one look that cannot be asked for, and the rest is left for the next one. */
const failuresOfAnOutage = 3;

async function lookBack(parts: SyncParts, signal: AbortSignal): Promise<void> {
  const { store, tenantId, clock } = parts;
  const now = clock.now();
  const when = { since: lookBackFrom(now), day: utcDay(now) };
  for (const look of await store.windowsToLookBack(tenantId, when)) {
    const begunAt = parts.clock.now();
    const active = whileActive(parts, look.connector.id, signal);
    try {
      await lookAt(parts, look, active.signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (!active.signal.aborted) await noteTrouble(parts, look.connector, begunAt, thrown);
    } finally {
      active.stop();
    }
  }
}

/** A delivered file may take its time: whoever pauses the connector meanwhile, or deletes it, means this too. */
function whileActive(
  { store, tenantId, limits, log }: SyncParts,
  connectorId: string,
  outer: AbortSignal,
) {
  const { controller, letGo } = linkedTo(outer);
  const look = async () => {
    try {
      const isActive = await store.isActive(tenantId, connectorId);
      if (!isActive) controller.abort(new SyncError("Interrupted"));
    } catch (thrown) {
      log.warn("lookBack.notWatched", { connectorId, code: toSyncError(thrown).code });
    }
  };
  const timer = setInterval(() => void look(), limits.heartbeatMs);
  const stop = () => {
    clearInterval(timer);
    letGo();
  };
  return { signal: controller.signal, stop };
}

async function lookAt(
  parts: SyncParts,
  { connector, windows }: LookBack,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession(parts, connector, signal);
  try {
    await lookWith(parts, session, { connector, windows }, signal);
  } finally {
    await session.close?.();
  }
}

async function lookWith(
  parts: SyncParts,
  session: SourceSession,
  { connector, windows }: LookBack,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  for (const transferred of windows) {
    try {
      const isNext = await compare(parts, connector, session, transferred, signal);
      // One run of a connector transfers at a time: the other windows are asked for at the next look.
      if (!isNext) break;
    } catch (thrown) {
      failures.push(thrown);
      // One window the archive stumbles on is no reason to forget the others; more are an outage.
      if (signal.aborted || failures.length >= failuresOfAnOutage) throw thrown;
    }
  }
  if (failures.length > 0) throw failures[0];
  await parts.store.noteSource(parts.tenantId, connector.id, null);
}

/** @returns false when the connector has a run to transfer now, this one or another */
async function compare(
  parts: SyncParts,
  connector: LookBack["connector"],
  session: SourceSession,
  { runId: transferredBy, window }: TransferredWindow,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, tenantId, clock, log } = parts;
  const { id: connectorId } = connector;
  const done = () => store.markLookedBack(tenantId, transferredBy, clock.now());
  const held = await askManifest(session, createHorizon(window), signal);
  if (held !== null) {
    const { outcome, held: ours } = await reconcile(parts, connector, held.window, held.manifest);
    if (outcome === "differs") {
      const run = { connectorId, kind: "lookback", window: held.window } as const;
      const runId = await store.openRun(tenantId, run);
      if (runId === null) return false;
      await done();
      const counts = { said: held.manifest.count, held: ours };
      log.info("lookBack.differs", { runId, connectorId, transferredBy, ...counts });
      return false;
    }
    if (outcome === "equal") await windowIsWhole(parts, connectorId, held.window);
  }
  await done();
  return true;
}

/** As the transfer treats it: who must act is told, what heals by itself is shown; nothing was asked. */
async function noteTrouble(
  { store, tenantId, log }: SyncParts,
  { id: connectorId, credentialId }: LookBack["connector"],
  at: Date,
  thrown: unknown,
): Promise<void> {
  const { code, kind, origin, cause } = asSyncError(thrown);
  if (code === "Unexpected") log.error("lookBack.failed", { connectorId, code }, cause);
  else log.warn("lookBack.waits", { connectorId, code });
  if (origin !== "source") return;
  if (kind === "configuration") {
    await store.needsAttention(tenantId, connectorId, code, { at, credentialId });
  }
  if (kind === "retryable") await store.noteSource(tenantId, connectorId, code);
}
