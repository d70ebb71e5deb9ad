/** The pages of a window: cursors and windows that expire, gaps, pages that never end. */
import { SyncError } from "@/lib/core/errors";
import { isTransferredFirst } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";
import { CursorExpired, type SourcePage } from "@/lib/ports/source";
import { createBell } from "./concurrency";
import { fetchAttachments } from "./transfer-attachments";
import { type Reading, recordRecords } from "./transfer-page";
import type { Transfer } from "./transfer-turn";

/** A cursor may be forgotten so often before a reading has found anything new. */
const restartsWithoutNews = 3;

/** So many pages in a row without anything new are taken for a cursor without an end. */
const pagesWithoutNews = 100;

/**
 * Pages and, beside them, attachments.
 * @returns whether the archive said that there are no more pages; false where they were cut off
 */
export async function readAll(
  transfer: Transfer,
  cursor: string | null,
  isDone: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const bell = createBell();
  const controller = new AbortController();
  const both = AbortSignal.any([signal, controller.signal]);
  let arePagesDone = isDone;
  let isReadToEnd = true;
  const pages = (async () => {
    if (!isDone) isReadToEnd = await readPages(transfer, cursor, both, () => bell.ring());
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
  return isReadToEnd;
}

async function readPages(
  transfer: Transfer,
  from: string | null,
  signal: AbortSignal,
  onPage: () => void,
): Promise<boolean> {
  const { parts, run, hold, horizon } = transfer;
  const { store, tenantId, log } = parts;
  const cursors = new Set<string>();
  const reading: Reading = { known: new Set() };
  let cursor = from;
  let withoutNews = 0;
  let restarts = 0;
  for (;;) {
    const page = await pageAt(transfer, cursor, signal);
    if (page === "cursorExpired" || page === "windowExpired") {
      if (page === "cursorExpired") restarts += 1;
      // An archive that forgets faster than we read is left alone for a while.
      if (restarts > restartsWithoutNews) throw new SyncError("SourceUnavailable");
      const event = page === "cursorExpired" ? "run.cursorExpired" : "run.windowExpired";
      log.info(event, { runId: run.id });
      await store.restartWindow(tenantId, hold, { counts: false });
      if (horizon.held === null) {
        await narrowTo(transfer, undefined);
        return true;
      }
      cursor = null;
      cursors.clear();
      reading.known.clear();
      continue;
    }
    parts.passes("page.fetched");
    // Not before: what was narrowed to may have expired as well.
    const { held } = horizon;
    if (held !== null && held !== transfer.window) await narrowTo(transfer, held);
    const { items, news } = await recordRecords(transfer, { ...page, cursor }, reading, signal);
    horizon.advanced();
    onPage();
    withoutNews = news === 0 ? withoutNews + 1 : 0;
    if (items > 0) restarts = 0;
    if (page.nextCursor === null) return true;
    if (cursors.has(page.nextCursor) || withoutNews >= pagesWithoutNews) {
      log.warn("run.cursorEndless", { runId: run.id, code: "SourceCursorEndless" });
      return false;
    }
    cursors.add(page.nextCursor);
    cursor = page.nextCursor;
  }
}

/** What the archive forgot begins again, from the first page of what it holds; what is recorded is recognised. */
async function pageAt(
  { parts, session, horizon, window }: Transfer,
  cursor: string | null,
  signal: AbortSignal,
): Promise<SourcePage | "cursorExpired" | "windowExpired"> {
  const { pageSize } = parts.limits;
  try {
    return await session.fetchPage(horizon.held ?? window, cursor, pageSize, signal);
  } catch (thrown) {
    if (thrown instanceof CursorExpired && cursor !== null) return "cursorExpired";
    horizon.follow(thrown);
    return "windowExpired";
  }
}

/**
 * From here on the newer part of the window is read, or nothing more. What lies before is a gap, also where
 * some of it was read: pages may come in any order, so nobody can say that it was all. Look-back and
 * backfill read again what was transferred before, so they make none.
 */
export async function narrowTo(transfer: Transfer, held: SyncWindow | undefined): Promise<void> {
  const { parts, run, hold } = transfer;
  transfer.isWhole = false;
  if (held !== undefined) transfer.window = held;
  if (!isTransferredFirst(run.kind)) return;
  const gap = { start: run.window.start, end: held?.start ?? run.window.end };
  await parts.store.recordGap(parts.tenantId, hold, run.connector.id, gap);
}
