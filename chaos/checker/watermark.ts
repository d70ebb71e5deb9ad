/** I4 while it happens: the watermark never goes back, and never passes what is not recorded. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Rows } from "../sql";
import type { RecordTruth } from "../truth";
import { type Violation, violation } from "./violation";

const lookEveryMs = 180;

export type Watch = { stop(): Promise<Violation[]> };

type Span = { readonly start: string; readonly end: string };
type Row = {
  readonly id: string;
  /** Where the connector's first window begins. */
  readonly from: Date;
  readonly watermark: Date;
  readonly recorded: readonly string[] | null;
  /** What the archive did not hold any more, by the books. */
  readonly gaps: readonly Span[] | null;
};

/** @param records those that the archive has from the beginning, or gets before their window is read */
export function watchWatermark(rows: Rows, records: () => readonly RecordTruth[]): Watch {
  const found: Violation[] = [];
  const over = new AbortController();
  const lastOf = new Map<string, number>();
  const look = async () => {
    const marks = await rows<{ id: string; watermark: Date | null }>(
      `SELECT "id", "watermark" FROM "Connector"`,
    );
    for (const { id, watermark } of marks) {
      const at = watermark?.getTime() ?? 0;
      const last = lastOf.get(id) ?? 0;
      if (at < last) found.push(violation("I4", "the watermark went back", { from: last, to: at }));
      if (at > last) found.push(...(await comparePassed(rows, id, records())));
      lastOf.set(id, Math.max(at, last));
    }
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

async function comparePassed(
  rows: Rows,
  connectorId: string,
  records: readonly RecordTruth[],
): Promise<Violation[]> {
  // One statement, one snapshot: what stands beside the watermark was there when it was read.
  const [row] = await rows<Row>(
    `SELECT c."id", c."finishedAt" - interval '1 day 5 minutes' AS "from", c."watermark",
       (SELECT array_agg(i."recordSha256") FROM "SyncItem" i
         WHERE i."blobName" IS NOT NULL AND i."attachmentsOpen" = 0 AND EXISTS (
           SELECT 1 FROM "Delivery" d WHERE d."itemId" = i."id")) AS "recorded",
       (SELECT jsonb_agg(jsonb_build_object('start', g."gapStart", 'end', g."gapEnd"))
         FROM "Gap" g WHERE g."connectorId" = c."id") AS "gaps"
     FROM "Connector" c WHERE c."id" = $1`,
    [connectorId],
  );
  if (row === undefined) return [];
  const { from, watermark } = row;
  const recorded = new Set(row.recorded ?? []);
  const gaps = (row.gaps ?? []).map(({ start, end }) => [Date.parse(start), Date.parse(end)]);
  return records.flatMap(({ receivedAt, sha256, label }) => {
    const at = receivedAt.getTime();
    const isNamed = gaps.some(([start = 0, end = 0]) => start <= at && at < end);
    const isPassed = receivedAt >= from && receivedAt < watermark;
    if (!isPassed || isNamed || recorded.has(sha256)) return [];
    const ids = { record: label, watermark };
    return [violation("I4", "the watermark passed a record that is not recorded", ids)];
  });
}
