/** One item: what is known of it, and what its message is composed from. */
import type {
  OriginalAttachment,
  OriginalDelivery,
  OriginalRecord,
  OriginalTable,
} from "@/lib/ports/original-store";
import type { Sql } from "./client";
import { keptUntil } from "./kept-until";
import {
  readAttachments,
  recorder,
  storedItem,
  storedItemOf,
  type StoredItemRow,
} from "./stored-items";
import { fromColumn } from "./words";

export function originalsOn(sql: Sql): OriginalTable {
  return {
    async find(tenantId, connectorId, itemId, retentionDays) {
      type Row = Omit<OriginalRecord, "deliveries" | "attachments">;
      const [row] = await sql.query<Row>(
        `SELECT i."id", i."runId", i."sourceItemId", i."revision", i."kind", i."messageAt", i."receivedAt", i."isMail",
           i."recordedAt", i."ownerValue", jsonb_array_length(i."participants") AS "people", i."recordSha256",
           i."messageSha256", i."blobName" IS NOT NULL AS "hasOriginal", i."originalRemovedAt",
           CASE WHEN i."blobName" IS NOT NULL THEN kept."until" END AS "keptUntil"
         FROM "SyncItem" i CROSS JOIN ${keptUntil("$4")}
         WHERE i."tenantId" = $1 AND i."id" = $3 AND ${isOfConnector}`,
        [tenantId, connectorId, itemId, retentionDays],
      );
      if (row === undefined) return null;
      const deliveries = await sql.query<OriginalDelivery>(
        `SELECT "id", "mailboxAddress", "state", "failureCode", "completedAt" FROM "Delivery"
         WHERE "tenantId" = $1 AND "itemId" = $2 ORDER BY "mailboxAddress" NULLS FIRST, "id"`,
        [tenantId, itemId],
      );
      const attachments = await sql.query<AttachmentRow>(
        `SELECT "position", "state", "failureCode", "sizeBytes", "sha256" FROM "StagedAttachment"
         WHERE "tenantId" = $1 AND "itemId" = $2 ORDER BY "position"`,
        [tenantId, itemId],
      );
      return {
        ...row,
        deliveries: deliveries.map((each) => ({ ...each, state: fromColumn(each.state) })),
        attachments: attachments.map((each) => ({
          ...each,
          state: fromColumn(each.state),
          sizeBytes: each.sizeBytes === null ? null : Number(each.sizeBytes),
        })),
      };
    },

    async stored(tenantId, connectorId, itemId) {
      const [row] = await sql.query<StoredRow>(
        `SELECT ${storedItem}, i."attachmentsOpen", c."sizeLimitBytes"
         FROM "SyncItem" i
         JOIN "Connector" c ON c."tenantId" = i."tenantId" AND c."id" = i."connectorId"
         JOIN ${recorder}
         WHERE i."tenantId" = $1 AND i."id" = $3 AND i."blobName" IS NOT NULL AND ${isOfConnector}`,
        [tenantId, connectorId, itemId],
      );
      if (row === undefined) return null;
      const attachments = await readAttachments(sql, tenantId, [itemId]);
      return {
        item: storedItemOf(row),
        attachments: attachments.get(itemId) ?? [],
        sizeLimitBytes: Number(row.sizeLimitBytes),
        areAttachmentsOpen: row.attachmentsOpen > 0,
      };
    },
  };
}

/** Also the connector that wrote copies of it before another took the item over. */
const isOfConnector = `(i."connectorId" = $2 OR EXISTS (
  SELECT 1 FROM "Delivery" o
  WHERE o."tenantId" = i."tenantId" AND o."itemId" = i."id" AND o."connectorId" = $2))`;

type StoredRow = StoredItemRow & {
  readonly attachmentsOpen: number;
  readonly sizeLimitBytes: string;
};

/** PostgreSQL's bigint comes as text. */
type AttachmentRow = Omit<OriginalAttachment, "sizeBytes"> & { readonly sizeBytes: string | null };
