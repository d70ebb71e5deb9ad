/** Deliveries with everything it takes to write them, in two set-based reads. */
import type { FailureCode } from "@/lib/core/errors";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { LargeAttachments, LaneDelivery } from "@/lib/ports/lane-store";
import type { Sql } from "./client";

type DeliveryRow = {
  id: string;
  runId: string;
  itemId: string;
  idempotencyKey: string;
  duplicateKey: string | null;
  writes: number;
  refusals: number;
  failuresInRow: number;
  sentAt: Date | null;
  sourceAccountId: string;
  revision: string;
  receivedAt: Date;
  participants: readonly ResolvedParticipant[];
  blobName: string;
  frameOffset: number;
  frameLength: number;
  recordSha256: string;
  connectorId: string;
  messageDomain: string;
  messageClass: string;
  sizeLimitBytes: string;
  largeAttachments: LargeAttachments;
};

type AttachmentRow = {
  itemId: string;
  position: number;
  state: "STAGED" | "FAILED";
  failureCode: FailureCode | null;
  blobName: string | null;
  sizeBytes: string | null;
  sha256: string | null;
};

export async function readDeliveries(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<LaneDelivery[]> {
  if (ids.length === 0) return [];
  const rows = await sql.query<DeliveryRow>(
    `SELECT d."id", d."runId", d."itemId", d."idempotencyKey", d."duplicateKey", d."writes", d."refusals",
       d."failuresInRow", d."sentAt", i."sourceAccountId", i."revision", i."receivedAt", i."participants",
       i."blobName", i."frameOffset", i."frameLength", i."recordSha256",
       coalesce(c."id", d."connectorId") AS "connectorId", c."messageDomain", c."messageClass", c."sizeLimitBytes",
       CASE WHEN NOT c."largeAttachments" OR t."attachRefusedAt" > clock_timestamp() - interval '1 day' THEN 'leftOut'
         WHEN t."attachRefusedAt" IS NOT NULL THEN 'probed' ELSE 'added' END AS "largeAttachments"
     FROM "Delivery" d
     JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
     JOIN "Connector" c ON c."tenantId" = i."tenantId" AND c."id" = i."connectorId"
     JOIN "Tenant" t ON t."id" = d."tenantId"
     WHERE d."tenantId" = $1 AND d."id" = ANY($2::uuid[])
     ORDER BY d."id"`,
    [tenantId, ids],
    "lane.read",
  );
  const attachments = await readAttachments(sql, tenantId, [
    ...new Set(rows.map(({ itemId }) => itemId)),
  ]);
  return rows.map((row) => ({
    id: row.id,
    runId: row.runId,
    itemId: row.itemId,
    idempotencyKey: row.idempotencyKey,
    duplicateKey: row.duplicateKey,
    writes: row.writes,
    refusals: row.refusals,
    failuresInRow: row.failuresInRow,
    sentAt: row.sentAt,
    item: {
      sourceAccountId: row.sourceAccountId,
      revision: row.revision,
      receivedAt: row.receivedAt,
      participants: row.participants,
      blobName: row.blobName,
      frame: { offset: row.frameOffset, length: row.frameLength },
      recordSha256: row.recordSha256,
    },
    attachments: attachments.get(row.itemId) ?? [],
    connector: {
      id: row.connectorId,
      messageDomain: row.messageDomain,
      messageClass: row.messageClass,
      sizeLimitBytes: Number(row.sizeLimitBytes),
      largeAttachments: row.largeAttachments,
    },
  }));
}

async function readAttachments(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
): Promise<Map<string, LaneDelivery["attachments"][number][]>> {
  const rows = await sql.query<AttachmentRow>(
    `SELECT "itemId", "position", "state", "failureCode", "blobName", "sizeBytes", "sha256"
     FROM "StagedAttachment"
     WHERE "tenantId" = $1 AND "itemId" = ANY($2::uuid[]) AND "state" <> 'PENDING'
     ORDER BY "itemId", "position"`,
    [tenantId, itemIds],
    "lane.readFiles",
  );
  const found = new Map<string, LaneDelivery["attachments"][number][]>();
  for (const row of rows) {
    const list = found.get(row.itemId) ?? [];
    list.push(attachmentOf(row));
    found.set(row.itemId, list);
  }
  return found;
}

function attachmentOf(row: AttachmentRow): LaneDelivery["attachments"][number] {
  const { position, blobName, sizeBytes, sha256 } = row;
  if (blobName === null || sizeBytes === null || sha256 === null) {
    return { position, outcome: "failed", code: row.failureCode ?? "Unexpected" };
  }
  return { position, outcome: "staged", blobName, sizeBytes: Number(sizeBytes), sha256 };
}
