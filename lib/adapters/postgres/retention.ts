/** Originals whose time is over: found in the order of their recording, taken away segment by segment. */
import { systemActor } from "@/lib/core/audit";
import type { AgedSegment, RetentionStore, SegmentItem } from "@/lib/ports/retention-store";
import { appendAudit } from "./audit";
import type { Database, Sql } from "./client";
import { days, keptUntil } from "./kept-until";
import { releaseBlobs } from "./released-blobs";

const isOver = `coalesce(kept."until" <= clock_timestamp(), false)`;

export function createRetentionStore(database: Database): RetentionStore {
  return {
    async agedSegments(tenantId, retentionDays, after, limit) {
      type Aged = { id: string; recordedAt: Date; blobName: string };
      const aged = await database.query<Aged>(
        `SELECT "id", "recordedAt", "blobName" FROM "SyncItem"
         WHERE "tenantId" = $1 AND "blobName" IS NOT NULL
           AND "recordedAt" <= clock_timestamp() - ${days("$2::int")}
           AND ($3::timestamptz IS NULL OR ("recordedAt", "id") > ($3::timestamptz, $4::uuid))
         ORDER BY "recordedAt", "id" LIMIT $5`,
        [tenantId, retentionDays, after?.recordedAt ?? null, after?.itemId ?? null, limit],
      );
      const last = aged.at(-1);
      if (last === undefined) return { segments: [], next: null };
      const segments = await database.query<AgedSegment>(
        `SELECT i."blobName", count(*)::int AS "items", (count(*) FILTER (WHERE ${isOver}))::int AS "over",
           coalesce(extract(epoch FROM clock_timestamp() - min(kept."until") FILTER (WHERE ${isOver})) * 1000, 0)::float8
             AS "overForMs"
         FROM "SyncItem" i CROSS JOIN ${keptUntil("$2")}
         WHERE i."tenantId" = $1 AND i."blobName" = ANY($3::text[])
         GROUP BY i."blobName"`,
        [tenantId, retentionDays, [...new Set(aged.map(({ blobName }) => blobName))]],
      );
      return { segments, next: { recordedAt: last.recordedAt, itemId: last.id } };
    },

    async segmentItems(tenantId, retentionDays, blobName) {
      type Row = Omit<SegmentItem, "frame"> & { frameOffset: number; frameLength: number };
      const rows = await database.query<Row>(
        `SELECT i."id" AS "itemId", i."frameOffset", i."frameLength", i."recordSha256", ${isOver} AS "isOver"
         FROM "SyncItem" i CROSS JOIN ${keptUntil("$2")}
         WHERE i."tenantId" = $1 AND i."blobName" = $3 ORDER BY i."frameOffset"`,
        [tenantId, retentionDays, blobName],
      );
      return rows.map(({ frameOffset, frameLength, ...row }) => ({
        ...row,
        frame: { offset: frameOffset, length: frameLength },
      }));
    },

    replaceSegment: (tenantId, retentionDays, { from, to, moves }) =>
      database.transaction(async (sql) => {
        // The locks first and the look afterwards: whoever makes a delivery pending holds its item too.
        await sql.query(
          `SELECT 1 FROM "SyncItem" WHERE "tenantId" = $1 AND "blobName" = $2 ORDER BY "id" FOR NO KEY UPDATE`,
          [tenantId, from],
        );
        const others = await sql.query<{ id: string; isOver: boolean }>(
          `SELECT i."id", ${isOver} AS "isOver" FROM "SyncItem" i CROSS JOIN ${keptUntil("$2")}
           WHERE i."tenantId" = $1 AND i."blobName" = $3 AND i."id" <> ALL($4::uuid[])`,
          [tenantId, retentionDays, from, moves.map(({ itemId }) => itemId)],
        );
        if (others.some((item) => !item.isOver)) return null;
        const itemIds = others.map(({ id }) => id);
        const attachments = await removeOriginals(sql, tenantId, itemIds);
        await sql.query(
          `UPDATE "SyncItem" i SET "blobName" = $3, "frameOffset" = n."offset", "frameLength" = n."length"
           FROM unnest($4::uuid[], $5::int[], $6::int[]) AS n("id", "offset", "length")
           WHERE i."tenantId" = $1 AND i."id" = n."id" AND i."blobName" = $2`,
          [
            ...[tenantId, from, to, moves.map(({ itemId }) => itemId)],
            moves.map(({ frame }) => frame.offset),
            moves.map(({ frame }) => frame.length),
          ],
        );
        await releaseBlobs(sql, tenantId, [from, ...attachments]);
        await auditNeverImported(sql, tenantId, itemIds);
        return { removed: itemIds.length };
      }),

    releaseStrayAttachments: (tenantId, retentionDays) =>
      database.transaction(async (sql) => {
        const stray = await sql.query<{ itemId: string }>(
          `SELECT DISTINCT a."itemId" FROM "StagedAttachment" a
           JOIN "SyncItem" i ON i."tenantId" = a."tenantId" AND i."id" = a."itemId"
           WHERE a."tenantId" = $1 AND a."blobName" IS NOT NULL AND i."blobName" IS NULL
             AND a."closedAt" <= clock_timestamp() - ${days("$2::int")}`,
          [tenantId, retentionDays],
        );
        const held = await sql.query<{ id: string }>(
          `SELECT "id" FROM "SyncItem"
           WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "blobName" IS NULL
           ORDER BY "id" FOR NO KEY UPDATE`,
          [tenantId, stray.map(({ itemId }) => itemId)],
        );
        const itemIds = held.map(({ id }) => id);
        const names = await removeAttachments(sql, tenantId, itemIds);
        await releaseBlobs(sql, tenantId, names);
        return names.length;
      }),
  };
}

/** @returns the names their attachments had */
async function removeOriginals(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
): Promise<string[]> {
  await sql.query(
    `UPDATE "SyncItem" SET "blobName" = NULL, "frameOffset" = NULL, "frameLength" = NULL,
       "originalRemovedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])`,
    [tenantId, itemIds],
  );
  return removeAttachments(sql, tenantId, itemIds);
}

async function removeAttachments(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
): Promise<string[]> {
  const rows = await sql.query<{ blobName: string }>(
    `UPDATE "StagedAttachment" a SET "blobName" = NULL, "removedAt" = clock_timestamp()
     FROM "StagedAttachment" was
     WHERE a."tenantId" = $1 AND a."itemId" = ANY($2::uuid[]) AND a."blobName" IS NOT NULL
       AND was."tenantId" = a."tenantId" AND was."itemId" = a."itemId" AND was."position" = a."position"
     RETURNING was."blobName"`,
    [tenantId, itemIds],
  );
  return rows.map(({ blobName }) => blobName);
}

/** What goes without having been imported, and without anybody having dismissed it, goes into the audit. */
async function auditNeverImported(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
): Promise<void> {
  const runs = await sql.query<{ connectorId: string; runId: string; items: number }>(
    `SELECT i."connectorId", i."runId", count(*)::int AS "items" FROM "SyncItem" i
     WHERE i."tenantId" = $1 AND i."id" = ANY($2::uuid[]) AND EXISTS (
       SELECT 1 FROM "Delivery" d WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id"
         AND d."state" = 'FAILED' AND d."dismissedAt" IS NULL)
     GROUP BY i."connectorId", i."runId"`,
    [tenantId, itemIds],
  );
  for (const { connectorId, runId, items } of runs) {
    await appendAudit(sql, {
      ...{ tenantId, at: new Date(), actor: systemActor, action: "originals.expired" },
      ...{ subject: `connector:${connectorId}`, details: { runId, items } },
    });
  }
}
