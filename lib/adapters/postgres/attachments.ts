/** Attachments on their way from the source to staging, and the items that wait for them. */
import { HoldLost, type OpenAttachment } from "@/lib/ports/transfer-records";
import type { TransferStore } from "@/lib/ports/transfer-store";
import type { Database } from "./client";

type AttachmentStore = Pick<
  TransferStore,
  "openAttachments" | "closeAttachment" | "closedItems" | "releaseItem"
>;

/** SQL and its three values: a row where this attempt still holds the run. */
const heldRun = `SELECT 1 FROM "SyncRun"
  WHERE "tenantId" = $1 AND "id" = $2 AND "attempt" = $3 AND "state" = 'TRANSFERRING'`;

export function createAttachmentStore(database: Database): AttachmentStore {
  return {
    async openAttachments(tenantId, runId, limit) {
      const due = await database.query<OpenAttachment>(
        `SELECT "itemId", "position", "sourceAttachmentId", "declaredSha256", "refusals", "corruptions"
         FROM "StagedAttachment"
         WHERE "tenantId" = $1 AND "runId" = $2 AND "state" = 'PENDING'
           AND ("notBefore" IS NULL OR "notBefore" <= clock_timestamp())
         ORDER BY "itemId", "position" LIMIT $3`,
        [tenantId, runId, limit],
      );
      // As long as there is something to do nobody asks how much is left, of perhaps a hundred thousand.
      if (due.length > 0) return { due, open: due.length, nextInMs: null };
      const open = await database.query<{ open: number; nextInMs: number | null }>(
        `SELECT count(*)::int AS "open",
                greatest(0, extract(epoch FROM min("notBefore") - clock_timestamp()) * 1000)::float8 AS "nextInMs"
         FROM "StagedAttachment" WHERE "tenantId" = $1 AND "runId" = $2 AND "state" = 'PENDING'`,
        [tenantId, runId],
      );
      return { due, open: open[0]?.open ?? 0, nextInMs: open[0]?.nextInMs ?? null };
    },

    async closeAttachment(tenantId, hold, { itemId, position }, outcome) {
      const staged = outcome.outcome === "staged" ? outcome : null;
      const again = outcome.outcome === "again" ? outcome : null;
      const held = await database.query(
        `WITH held AS (${heldRun}), closed AS (
           UPDATE "StagedAttachment" a
           SET "state" = $6::"AttachmentState", "failureCode" = $7, "blobName" = $8, "sizeBytes" = $9, "sha256" = $10,
               "refusals" = coalesce($11, a."refusals"), "corruptions" = coalesce($12, a."corruptions"),
               "notBefore" = CASE WHEN $13::float8 IS NULL THEN NULL ELSE clock_timestamp() + $13 * interval '1 millisecond' END,
               "closedAt" = CASE WHEN $6 = 'PENDING' THEN NULL ELSE clock_timestamp() END
           FROM held
           WHERE a."tenantId" = $1 AND a."itemId" = $4 AND a."position" = $5 AND a."state" = 'PENDING'
             AND a."runId" = $2)
         SELECT 1 FROM held`,
        [
          tenantId,
          hold.runId,
          hold.attempt,
          itemId,
          position,
          outcome.outcome === "again" ? "PENDING" : outcome.outcome.toUpperCase(),
          outcome.outcome === "failed" ? outcome.code : null,
          staged?.blobName ?? null,
          staged?.sizeBytes ?? null,
          staged?.sha256 ?? null,
          again?.refusals ?? null,
          again?.corruptions ?? null,
          again?.waitMs ?? null,
        ],
      );
      if (held.length === 0) throw new HoldLost();
    },

    async closedItems(tenantId, runId, limit) {
      type Row = {
        itemId: string;
        sourceAccountId: string;
        blobName: string;
        frameOffset: number;
        frameLength: number;
        receivedAt: Date;
        revision: string;
        attachmentSha256s: string[];
      };
      const rows = await database.query<Row>(
        `SELECT i."id" AS "itemId", i."sourceAccountId", i."blobName", i."frameOffset", i."frameLength",
                i."receivedAt", i."revision",
                ARRAY(SELECT s."sha256" FROM "StagedAttachment" s
                      WHERE s."tenantId" = i."tenantId" AND s."itemId" = i."id" AND s."state" = 'STAGED') AS "attachmentSha256s"
         FROM "SyncItem" i
         WHERE i."tenantId" = $1 AND i."runId" = $2 AND i."attachmentsOpen" > 0 AND i."blobName" IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM "StagedAttachment" p
                           WHERE p."tenantId" = i."tenantId" AND p."itemId" = i."id" AND p."state" = 'PENDING')
         LIMIT $3`,
        [tenantId, runId, limit],
      );
      return rows.map(({ frameOffset, frameLength, ...row }) => ({
        ...row,
        frame: { offset: frameOffset, length: frameLength },
      }));
    },

    async releaseItem(tenantId, hold, itemId, duplicateKey) {
      return database.transaction(async (sql) => {
        // Not where another run took the item over meanwhile and fetches its attachments anew, nor
        // where a cancel let go of it.
        const [held] = await sql.query<{ isReleased: boolean }>(
          `WITH held AS (${heldRun}), released AS (
             UPDATE "SyncItem" i SET "attachmentsOpen" = 0, "duplicateKey" = $5
             FROM held
             WHERE i."tenantId" = $1 AND i."id" = $4 AND i."runId" = $2 AND i."blobName" IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM "StagedAttachment" p
               WHERE p."tenantId" = i."tenantId" AND p."itemId" = i."id" AND p."state" = 'PENDING')
             RETURNING 1)
           SELECT EXISTS (SELECT 1 FROM released) AS "isReleased" FROM held`,
          [tenantId, hold.runId, hold.attempt, itemId, duplicateKey],
        );
        if (held === undefined) throw new HoldLost();
        if (!held.isReleased) return [];
        // One that stands skipped may be wanted again.
        const lanes = await sql.query<{ laneId: string | null }>(
          `UPDATE "Delivery" SET "duplicateKey" = $3
           WHERE "tenantId" = $1 AND "itemId" = $2 AND "state" IN ('PENDING', 'FAILED', 'SKIPPED')
           RETURNING "laneId"`,
          [tenantId, itemId, duplicateKey],
        );
        return lanes.flatMap(({ laneId }) => laneId ?? []);
      });
    },
  };
}
