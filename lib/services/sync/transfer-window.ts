/** From the window's manifest to its manifest: what is held of it is read until the two agree. */
import type { SourceSession } from "@/lib/ports/source";
import { healLearned } from "./heal";
import { createHorizon } from "./horizon";
import type { SyncParts } from "./parts";
import { askManifest, openSession } from "./source-session";
import { createLanePokes } from "./transfer-pokes";
import { narrowTo, readAll } from "./transfer-reading";
import type { Attempt, Transfer } from "./transfer-turn";
import { type Reconciled, reconcile, windowIsWhole } from "./window-manifest";

/** The window is fetched again so often when its manifest differs; then look-back keeps asking. */
const manifestRetries = 2;

export async function passWindow(
  parts: SyncParts,
  attempt: Attempt,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession(parts, attempt.run.connector, signal);
  try {
    await passOpened(parts, attempt, session, signal);
  } finally {
    await session.close?.();
  }
}

async function passOpened(
  parts: SyncParts,
  attempt: Attempt,
  session: SourceSession,
  signal: AbortSignal,
): Promise<void> {
  const { store, tenantId } = parts;
  const { run, hold } = attempt;
  await parts.refreshDirectory(signal);
  await healBeside(parts, run.id, signal);
  const { mappingFileId, automaticMapping } = run;
  const rules = { mappingFileId, automaticMapping };
  const own = { laneOf: new Map(), pokes: createLanePokes(parts), rules };
  const ofWindow = { horizon: createHorizon(run.window), window: run.window, isWhole: true };
  const transfer: Transfer = { parts, run, hold, attempt, session, ...ofWindow, ...own };
  await findWindow(transfer, signal);
  await store.noteSource(tenantId, run.connector.id, null);
  const outcome = await readUntilEqual(transfer, signal);
  parts.passes("transfer.beforeFinish");
  await store.finishTransfer(tenantId, hold, endOf(transfer, outcome));
  // What look-back or a past period brought is no longer missing where it was missed.
  if (transfer.horizon.held !== null && outcome === "equal") {
    await windowIsWhole(parts, run.connector.id, transfer.window);
  }
  // A file may be completed, or replaced, long after its window: every run asks for it again.
  await store.askForFilesAgain(tenantId, run.connector.id);
}

/**
 * Whoever got a mailbox since then gets the items that wait for one, of whichever connector: should that
 * fail, this run has nothing to do with it, and the next asks again.
 */
async function healBeside(parts: SyncParts, runId: string, signal: AbortSignal): Promise<void> {
  try {
    await healLearned(parts, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    parts.log.error("directory.notHealed", { runId }, thrown);
  }
}

/** A gap makes up for what a first transfer misses, and look-back drops what expired; a backfill says so. */
function endOf({ run, isWhole }: Transfer, outcome: Reconciled) {
  if (outcome !== "equal") {
    const failureCode = outcome === "differs" ? "ManifestMismatch" : "DeliveryIncomplete";
    return { isManifestEqual: false, failureCode } as const;
  }
  if (run.kind === "backfill" && !isWhole) {
    return { isManifestEqual: false, failureCode: "SourceWindowExpired" } as const;
  }
  return { isManifestEqual: true, failureCode: null };
}

/** What the archive no longer holds of a window that was never transferred is written down as a gap. */
async function findWindow(transfer: Transfer, signal: AbortSignal): Promise<void> {
  const { parts, run, hold, session, horizon } = transfer;
  const held = await askManifest(session, horizon, signal);
  if (held?.window !== run.window) {
    // Also where all pages are recorded: they may have been those of what an earlier try found held.
    transfer.isWhole = false;
    if (!run.arePagesDone) await narrowTo(transfer, held?.window);
  }
  if (held === null) return;
  transfer.window = held.window;
  await parts.store.noteManifest(parts.tenantId, hold, held.manifest);
}

/** Reads what is held of the window, and again when its manifest counts otherwise. */
async function readUntilEqual(transfer: Transfer, signal: AbortSignal): Promise<Reconciled> {
  const { parts, run, hold, session, horizon } = transfer;
  const { store, tenantId, log } = parts;
  // A cursor is valid only with the window it came with.
  let cursor = transfer.window === run.window ? run.cursor : null;
  let isDone = run.arePagesDone;
  for (let tries = run.manifestTries; ; tries += 1) {
    // What was recorded before a window expired still has its attachments to fetch.
    const isRead = await readAll(transfer, cursor, isDone || horizon.held === null, signal);
    const said = await askManifest(session, horizon, signal);
    if (said === null) {
      if (!isRead) await narrowTo(transfer, undefined);
      return "equal";
    }
    transfer.window = said.window;
    const { outcome, held } = await reconcile(parts, run.connector, said.window, said.manifest);
    // What expired once its pages were read has only left the comparison; unless they were cut off, or what
    // is left shows that pages left something out.
    if (said.window !== run.window && (outcome !== "equal" || !isRead)) {
      await narrowTo(transfer, said.window);
    }
    await store.noteManifest(tenantId, hold, said.manifest);
    if (outcome === "equal") return outcome;
    const { count } = said.manifest;
    log.warn("run.manifestDiffers", { runId: run.id, said: count, held, tries });
    if (outcome === "incomplete" || tries >= manifestRetries) return outcome;
    await store.restartWindow(tenantId, hold, { counts: true });
    cursor = null;
    isDone = false;
  }
}
