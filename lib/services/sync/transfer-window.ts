/** From the window's first page to its manifest: gaps, cursors that expire, pages that never end. */
import { SyncError } from "@/lib/core/errors";
import type { SyncWindow } from "@/lib/core/window";
import {
  CursorExpired,
  type SourceCredential,
  type SourceManifest,
  type SourceSession,
  WindowExpired,
} from "@/lib/ports/source";
import type { ClaimedRun, RunHold } from "@/lib/ports/store";
import { createBell } from "./concurrency";
import type { SyncParts } from "./parts";
import { type Transfer, recordRecords } from "./transfer-page";
import { fetchAttachments } from "./transfer-attachments";

/** The window is fetched again so often when its manifest differs; then look-back keeps asking. */
const manifestRetries = 2;

/** So many pages in a row without anything new are taken for a cursor without an end. */
const pagesWithoutNews = 100;

export async function passWindow(
  parts: SyncParts,
  run: ClaimedRun,
  hold: RunHold,
  credential: SourceCredential,
  signal: AbortSignal,
): Promise<void> {
  const { store, tenantId, source } = parts;
  const session = source.open(credential);
  const account = await session.account(signal);
  if (account.id !== run.connector.sourceAccountId) throw new SyncError("SourceAuthFailed");
  await parts.refreshDirectory(signal);
  const found = await findWindow(parts, run, hold, session, signal);
  if (found === null) {
    await store.finishTransfer(tenantId, hold, { isManifestEqual: true, failureCode: null });
    return;
  }
  await store.noteManifest(tenantId, hold, found.manifest);
  const transfer: Transfer = { parts, run, hold, window: found.window, session, laneOf: new Map() };
  const isEqual = await readUntilEqual(transfer, signal);
  await store.finishTransfer(tenantId, hold, {
    isManifestEqual: isEqual,
    failureCode: isEqual ? null : "ManifestMismatch",
  });
  await store.noteSource(tenantId, run.connector.id, null);
}

/** What the archive still holds of the window. What it no longer holds is written down as a gap. */
async function findWindow(
  { store, tenantId }: SyncParts,
  run: ClaimedRun,
  hold: RunHold,
  session: SourceSession,
  signal: AbortSignal,
): Promise<{ window: SyncWindow; manifest: SourceManifest } | null> {
  const { start, end } = run.window;
  try {
    return { window: run.window, manifest: await session.fetchManifest(run.window, signal) };
  } catch (thrown) {
    if (!(thrown instanceof WindowExpired)) throw thrown;
    const available = new Date(Math.min(thrown.oldestAvailable.getTime(), end.getTime()));
    const isTransferredFirst = run.kind === "scheduled" || run.kind === "manual";
    if (isTransferredFirst && available > start) {
      await store.recordGap(tenantId, hold, run.connector.id, { start, end: available });
    }
    if (available >= end) return null;
    const window = { start: available, end };
    return { window, manifest: await session.fetchManifest(window, signal) };
  }
}

/** Reads the window, and again when its manifest counts otherwise; true when they agree in the end. */
async function readUntilEqual(transfer: Transfer, signal: AbortSignal): Promise<boolean> {
  const { parts, run, hold, session, window } = transfer;
  const { store, tenantId, log } = parts;
  let cursor = run.cursor;
  let isDone = run.arePagesDone;
  for (let tries = run.manifestTries; ; tries += 1) {
    await readAll(transfer, cursor, isDone, signal);
    const said = await session.fetchManifest(window, signal);
    const held = await store.ledgerManifest(tenantId, run.connector.sourceAccountId, window);
    await store.noteManifest(tenantId, hold, said);
    if (said.count === held.count && said.sha256 === held.sha256) return true;
    log.warn("run.manifestDiffers", { runId: run.id, said: said.count, held: held.count, tries });
    if (tries >= manifestRetries) return false;
    await store.restartWindow(tenantId, hold, { counts: true });
    cursor = null;
    isDone = false;
  }
}

/** Pages and, beside them, attachments. */
async function readAll(
  transfer: Transfer,
  cursor: string | null,
  isDone: boolean,
  signal: AbortSignal,
): Promise<void> {
  const bell = createBell();
  const controller = new AbortController();
  const both = AbortSignal.any([signal, controller.signal]);
  let arePagesDone = isDone;
  const pages = (async () => {
    if (!isDone) await readPages(transfer, cursor, both, () => bell.ring());
    arePagesDone = true;
    bell.ring();
  })();
  const attachments = fetchAttachments(transfer, both, bell, () => arePagesDone);
  // Whichever fails first stops the other; both have ended before the run is given back.
  const stopBoth = (thrown: unknown) => {
    controller.abort(thrown);
    throw thrown;
  };
  const ends = await Promise.allSettled([pages.catch(stopBoth), attachments.catch(stopBoth)]);
  if (controller.signal.aborted) throw controller.signal.reason;
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function readPages(
  transfer: Transfer,
  from: string | null,
  signal: AbortSignal,
  onPage: () => void,
): Promise<void> {
  const { parts, run, hold, session, window } = transfer;
  const { store, tenantId, limits, log } = parts;
  const seen = new Set<string>();
  let cursor = from;
  let withoutNews = 0;
  let hasRestarted = false;
  for (;;) {
    const page = await session
      .fetchPage(window, cursor, limits.pageSize, signal)
      .catch((thrown) => {
        // The archive forgot the cursor: from the first page again; what is recorded is recognised.
        if (!(thrown instanceof CursorExpired) || cursor === null || hasRestarted) throw thrown;
        return null;
      });
    if (page === null) {
      log.info("run.cursorExpired", { runId: run.id });
      await store.restartWindow(tenantId, hold, { counts: false });
      cursor = null;
      hasRestarted = true;
      seen.clear();
      continue;
    }
    const news = await recordRecords(transfer, page.records, page.nextCursor, signal);
    onPage();
    withoutNews = news === 0 ? withoutNews + 1 : 0;
    hasRestarted = false;
    if (page.nextCursor === null) return;
    if (seen.has(page.nextCursor) || withoutNews >= pagesWithoutNews) {
      log.warn("run.cursorEndless", { runId: run.id, code: "SourceCursorEndless" });
      return;
    }
    seen.add(page.nextCursor);
    cursor = page.nextCursor;
  }
}
