/** From the window's first page to its manifest: gaps, cursors that expire, pages that never end. */
import { SyncError } from "@/lib/core/errors";
import { isTransferredFirst } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";
import { CursorExpired, type SourcePage, type SourceSession } from "@/lib/ports/source";
import type { ClaimedRun, RunHold } from "@/lib/ports/transfer-records";
import { createBell } from "./concurrency";
import { healLearned } from "./heal";
import type { SyncParts } from "./parts";
import { askManifest, openSession } from "./source-session";
import { type Reading, recordRecords } from "./transfer-page";
import { fetchAttachments } from "./transfer-attachments";
import { createLanePokes } from "./transfer-pokes";
import type { Transfer } from "./transfer-turn";
import { type Reconciled, reconcile, windowIsWhole } from "./window-manifest";

/** The window is fetched again so often when its manifest differs; then look-back keeps asking. */
const manifestRetries = 2;

/** A cursor may be forgotten so often before a reading has found anything new. */
const restartsWithoutNews = 3;

/** So many pages in a row without anything new are taken for a cursor without an end. */
const pagesWithoutNews = 100;

export async function passWindow(
  parts: SyncParts,
  run: ClaimedRun,
  hold: RunHold,
  signal: AbortSignal,
): Promise<void> {
  const session = await openSession(parts, run.connector, signal);
  try {
    await passOpened(parts, run, hold, session, signal);
  } finally {
    await session.close?.();
  }
}

async function passOpened(
  parts: SyncParts,
  run: ClaimedRun,
  hold: RunHold,
  session: SourceSession,
  signal: AbortSignal,
): Promise<void> {
  const { store, tenantId } = parts;
  await parts.refreshDirectory(signal);
  // Whoever got a mailbox since then gets the items that wait for one.
  await healLearned(parts, signal);
  const found = await findWindow(parts, run, hold, session, signal);
  await store.noteSource(tenantId, run.connector.id, null);
  const { mappingFileId, automaticMapping } = run;
  const rules = { mappingFileId, automaticMapping };
  const own = { laneOf: new Map(), pokes: createLanePokes(parts), rules };
  const transfer: Transfer = { parts, run, hold, session, ...found, ...own };
  // What was recorded before a window expired still has its attachments to fetch.
  if (!found.isHeld) await readAll(transfer, null, true, signal);
  const outcome = found.isHeld ? await readUntilEqual(transfer, found.isWhole, signal) : "equal";
  parts.passes("transfer.beforeFinish");
  await store.finishTransfer(tenantId, hold, endOf(run, found, outcome));
  // What look-back or a past period brought is no longer missing where it was missed.
  if (found.isHeld && outcome === "equal") {
    await windowIsWhole(parts, run.connector.id, found.window);
  }
  // A file may be completed, or replaced, long after its window: every run asks for it again.
  await store.askForFilesAgain(tenantId, run.connector.id);
}

/** A gap makes up for what a first transfer misses, and look-back drops what expired; a backfill says so. */
function endOf({ kind }: ClaimedRun, { isWhole }: FoundWindow, outcome: Reconciled) {
  if (outcome !== "equal") {
    const failureCode = outcome === "differs" ? "ManifestMismatch" : "DeliveryIncomplete";
    return { isManifestEqual: false, failureCode } as const;
  }
  if (kind === "backfill" && !isWhole) {
    return { isManifestEqual: false, failureCode: "SourceWindowExpired" } as const;
  }
  return { isManifestEqual: true, failureCode: null };
}

/** What is held of the window: all of it, its newer part, or nothing any more. */
type FoundWindow = {
  readonly window: SyncWindow;
  readonly isHeld: boolean;
  readonly isWhole: boolean;
};

/** What the archive no longer holds of a window that was never transferred is written down as a gap. */
async function findWindow(
  { store, tenantId }: SyncParts,
  run: ClaimedRun,
  hold: RunHold,
  session: SourceSession,
  signal: AbortSignal,
): Promise<FoundWindow> {
  const { start, end } = run.window;
  const held = await askManifest(session, run.window, signal);
  const heldFrom = held?.window.start ?? end;
  // Look-back and backfill read again what was transferred before: they make no gap.
  if (heldFrom > start && isTransferredFirst(run.kind) && !run.arePagesDone) {
    await store.recordGap(tenantId, hold, run.connector.id, { start, end: heldFrom });
  }
  if (held === null) return { window: run.window, isHeld: false, isWhole: false };
  await store.noteManifest(tenantId, hold, held.manifest);
  return { window: held.window, isHeld: true, isWhole: heldFrom <= start };
}

/** Reads the window, and again when its manifest counts otherwise. */
async function readUntilEqual(
  transfer: Transfer,
  isWhole: boolean,
  signal: AbortSignal,
): Promise<Reconciled> {
  const { parts, run, hold, session, window } = transfer;
  const { store, tenantId, log } = parts;
  // A cursor is valid only with the window it came with.
  let cursor = isWhole ? run.cursor : null;
  let isDone = run.arePagesDone;
  for (let tries = run.manifestTries; ; tries += 1) {
    await readAll(transfer, cursor, isDone, signal);
    const said = await session.fetchManifest(window, signal);
    const { outcome, held } = await reconcile(parts, run.connector, window, said);
    await store.noteManifest(tenantId, hold, said);
    if (outcome === "equal") return outcome;
    log.warn("run.manifestDiffers", { runId: run.id, said: said.count, held, tries });
    if (outcome === "incomplete" || tries >= manifestRetries) return outcome;
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
  const cursors = new Set<string>();
  const reading: Reading = { known: new Set() };
  let cursor = from;
  let withoutNews = 0;
  let restarts = 0;
  for (;;) {
    const page = await pageAt(session, window, cursor, limits.pageSize, signal);
    if (page === "cursorExpired") {
      restarts += 1;
      // An archive that forgets faster than we read is left alone for a while.
      if (restarts > restartsWithoutNews) throw new SyncError("SourceUnavailable");
      log.info("run.cursorExpired", { runId: run.id });
      await store.restartWindow(tenantId, hold, { counts: false });
      cursor = null;
      cursors.clear();
      reading.known.clear();
      continue;
    }
    parts.passes("page.fetched");
    const { items, news } = await recordRecords(transfer, { ...page, cursor }, reading, signal);
    onPage();
    withoutNews = news === 0 ? withoutNews + 1 : 0;
    if (items > 0) restarts = 0;
    if (page.nextCursor === null) return;
    if (cursors.has(page.nextCursor) || withoutNews >= pagesWithoutNews) {
      log.warn("run.cursorEndless", { runId: run.id, code: "SourceCursorEndless" });
      return;
    }
    cursors.add(page.nextCursor);
    cursor = page.nextCursor;
  }
}

/** The archive forgot the cursor: from the first page again; what is recorded is recognised. */
async function pageAt(
  session: SourceSession,
  window: SyncWindow,
  cursor: string | null,
  limit: number,
  signal: AbortSignal,
): Promise<SourcePage | "cursorExpired"> {
  try {
    return await session.fetchPage(window, cursor, limit, signal);
  } catch (thrown) {
    if (!(thrown instanceof CursorExpired) || cursor === null) throw thrown;
    return "cursorExpired";
  }
}
