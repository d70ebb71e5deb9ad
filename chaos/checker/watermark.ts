/** I4 while it happens: the watermark never goes back, and never passes what is not recorded. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Rows } from "../sql";
import type { RecordTruth } from "../truth";
import { type Violation, violation } from "./violation";

const lookEveryMs = 180;

export type Watch = { stop(): Promise<Violation[]> };

export function watchWatermark(
  rows: Rows,
  connectorId: string,
  records: () => readonly RecordTruth[],
): Watch {
  const found: Violation[] = [];
  const over = new AbortController();
  let last = 0;
  const look = async () => {
    // One statement, one snapshot: what stands beside the watermark was there when it was read.
    const [row] = await rows<{ watermark: Date | null; recorded: string[] | null }>(
      `SELECT c."watermark", (SELECT array_agg(i."recordSha256") FROM "SyncItem" i
         WHERE i."blobName" IS NOT NULL AND i."attachmentsOpen" = 0 AND EXISTS (
           SELECT 1 FROM "Delivery" d WHERE d."itemId" = i."id")) AS "recorded"
       FROM "Connector" c WHERE c."id" = $1`,
      [connectorId],
    );
    const at = row?.watermark?.getTime() ?? 0;
    if (at < last) found.push(violation("I4", "the watermark went back", { from: last, to: at }));
    if (at > last) {
      const recorded = new Set(row?.recorded ?? []);
      for (const { receivedAt, sha256, label } of records()) {
        if (receivedAt.getTime() >= at || recorded.has(sha256)) continue;
        const ids = { record: label, watermark: new Date(at) };
        found.push(violation("I4", "the watermark passed a record that is not recorded", ids));
      }
    }
    last = Math.max(at, last);
  };
  const looking = (async () => {
    while (!over.signal.aborted) {
      await look();
      await sleep(lookEveryMs);
    }
    await look();
  })();
  return {
    async stop() {
      over.abort();
      await looking;
      return found;
    },
  };
}
