/** A page the store refuses for its data is recorded by halves until the bad record stands alone. */
import { DataRefused, type NewItem, type PageRecord } from "@/lib/ports/transfer-records";
import { ownRevision } from "@/lib/core/item";
import { failedDelivery, manifestLine } from "./transfer-item";
import type { Transfer } from "./transfer-turn";

/** @param cursor of the page itself: it moves on with the last half only, a crash reads the page again */
export async function recordByHalves(
  transfer: Transfer,
  page: PageRecord,
  cursor: string | null,
): Promise<void> {
  const { parts, run, hold, laneOf, attempt } = transfer;
  const { tenantId, store } = parts;
  const { id, sourceAccountId } = run.connector;
  const record = async (some: PageRecord) => {
    await store.recordPage(tenantId, hold, id, sourceAccountId, some, laneOf);
    attempt.failuresInRow = 0;
  };
  try {
    await record(page);
  } catch (thrown) {
    const { items } = page;
    const [only] = items;
    if (!(thrown instanceof DataRefused) || only === undefined) throw thrown;
    if (items.length === 1) {
      parts.log.warn("item.refusedByStore", { runId: hold.runId, itemId: only.id });
      await record({ ...page, items: [withoutDetails(transfer, only)] });
      return;
    }
    const middle = Math.ceil(items.length / 2);
    const first = { ...page, items: items.slice(0, middle), alreadyRecorded: 0 };
    const rest = { completed: [], restaged: [] };
    await recordByHalves(transfer, { ...first, ...rest, cursor, isLastPage: false }, cursor);
    await recordByHalves(transfer, { ...page, items: items.slice(middle) }, cursor);
  }
}

/**
 * What is left of an item whose details PostgreSQL cannot hold: its bytes, its digest by which it is
 * recognised, and its failure.
 */
function withoutDetails({ run, window }: Transfer, item: NewItem): NewItem {
  const sourceItemId = `raw-${item.recordSha256}`;
  const revision = "1";
  const { sourceAccountId } = run.connector;
  return {
    ...item,
    ...{ sourceItemId, revision, kind: "GENERIC" },
    ...{ receivedAt: window.start, messageAt: window.start, ownerValue: null },
    ...{ receivedBefore: window.end, manifestLine: item.manifestLine ?? lineOf(item) },
    ...{ participants: [], attachments: [], warnings: [], duplicateKey: null },
    deliveries: [failedDelivery(sourceAccountId, sourceItemId, revision, "SourceDecodeError")],
  };
}

/** What the manifest says of the record it came from. */
function lineOf({ sourceItemId, revision, isChangedWithoutRevision }: NewItem): Buffer {
  return manifestLine(sourceItemId, isChangedWithoutRevision ? ownRevision(revision) : revision);
}
