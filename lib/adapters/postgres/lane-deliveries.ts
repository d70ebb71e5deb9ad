/** Deliveries with everything it takes to write them: set-based, and their files by one more statement. */
import type { LargeAttachments, LaneDelivery } from "@/lib/ports/lane-store";
import type { Sql } from "./client";
import {
  readAttachments,
  recorder,
  storedItem,
  storedItemOf,
  type StoredItemRow,
} from "./stored-items";

export type DeliveryRow = StoredItemRow & {
  id: string;
  runId: string;
  itemId: string;
  idempotencyKey: string;
  duplicateKey: string | null;
  writes: number;
  refusals: number;
  failuresInRow: number;
  sentAt: Date | null;
  connectorId: string;
  messageClass: string;
  sizeLimitBytes: string;
  largeAttachments: LargeAttachments;
  files: number;
};

/** SQL: what a lane wants to know of delivery `d`, item `i` and its recorder, connector `c`, tenant `t`. */
export const deliveryColumns = `d."id", d."runId", d."itemId", d."idempotencyKey", d."duplicateKey", d."writes",
  d."refusals", d."failuresInRow", d."sentAt", ${storedItem},
  coalesce(c."id", d."connectorId") AS "connectorId", c."messageClass", c."sizeLimitBytes",
  CASE WHEN NOT c."largeAttachments" OR t."attachRefusedAt" > clock_timestamp() - interval '1 day' THEN 'leftOut'
    WHEN t."attachRefusedAt" IS NOT NULL THEN 'probed' ELSE 'added' END AS "largeAttachments",
  (SELECT count(*)::int FROM "StagedAttachment" a
    WHERE a."tenantId" = d."tenantId" AND a."itemId" = d."itemId") AS "files"`;

export const deliveryJoins = `JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
  JOIN "Connector" c ON c."tenantId" = i."tenantId" AND c."id" = i."connectorId"
  JOIN ${recorder}
  JOIN "Tenant" t ON t."id" = d."tenantId"`;

export async function readDeliveries(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<LaneDelivery[]> {
  if (ids.length === 0) return [];
  const rows = await sql.query<DeliveryRow>(
    `SELECT ${deliveryColumns} FROM "Delivery" d ${deliveryJoins}
     WHERE d."tenantId" = $1 AND d."id" = ANY($2::uuid[]) ORDER BY d."id"`,
    [tenantId, ids],
    "lane.read",
  );
  return withAttachments(sql, tenantId, rows);
}

/**
 * Without those of whose files one is pending again: a run has taken the item over since, and fetches them
 * anew. What was taken of it stays in doubt until they are there; composed now, it would lack them.
 */
export async function withAttachments(
  sql: Sql,
  tenantId: string,
  rows: readonly DeliveryRow[],
): Promise<LaneDelivery[]> {
  if (rows.length === 0) return [];
  const withFiles = rows.flatMap(({ itemId, files }) => (files > 0 ? itemId : []));
  const attachments = await readAttachments(sql, tenantId, [...new Set(withFiles)]);
  const isWhole = ({ itemId, files }: DeliveryRow) =>
    (attachments.get(itemId)?.length ?? 0) === files;
  return rows.filter(isWhole).map((row) => ({
    id: row.id,
    runId: row.runId,
    itemId: row.itemId,
    idempotencyKey: row.idempotencyKey,
    duplicateKey: row.duplicateKey,
    writes: row.writes,
    refusals: row.refusals,
    failuresInRow: row.failuresInRow,
    sentAt: row.sentAt,
    item: storedItemOf(row),
    attachments: attachments.get(row.itemId) ?? [],
    connector: {
      id: row.connectorId,
      messageClass: row.messageClass,
      sizeLimitBytes: Number(row.sizeLimitBytes),
      largeAttachments: row.largeAttachments,
    },
  }));
}
