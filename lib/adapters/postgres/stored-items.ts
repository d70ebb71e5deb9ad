/** What the message of an item is composed from, as lanes and the portal read it. */
import type { FailureCode } from "@/lib/core/errors";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { StoredAttachment, StoredItem } from "@/lib/ports/stored-item";
import type { Sql } from "./client";

/** SQL: the columns of item `i` and of its recorder `m`. */
export const storedItem = `i."sourceAccountId", i."revision", i."isMail",
  coalesce(i."firstReceivedAt", i."receivedAt") AS "receivedAt", i."participants", i."blobName",
  i."frameOffset", i."frameLength", i."recordSha256", i."messageSha256", i."messageSizeLimitBytes",
  i."messageFormat", m."id" AS "recordedById", m."messageDomain"`;

/** SQL: the connector whose run recorded item `i`, which another may have taken over since. */
export const recorder = `"Connector" m ON m."tenantId" = i."tenantId"
  AND m."id" = coalesce(i."messageConnectorId", i."connectorId")`;

export type StoredItemRow = {
  sourceAccountId: string;
  revision: string;
  isMail: boolean;
  receivedAt: Date;
  participants: readonly ResolvedParticipant[];
  blobName: string;
  frameOffset: number;
  frameLength: number;
  recordSha256: string;
  messageSha256: string | null;
  messageSizeLimitBytes: string | null;
  messageFormat: number | null;
  recordedById: string;
  messageDomain: string;
};

export function storedItemOf(row: StoredItemRow): StoredItem {
  const { sourceAccountId, revision, isMail, receivedAt, participants, blobName } = row;
  const { recordSha256, messageSha256, messageSizeLimitBytes, messageFormat } = row;
  return {
    ...{ sourceAccountId, revision, isMail, receivedAt, participants, blobName, recordSha256 },
    frame: { offset: row.frameOffset, length: row.frameLength },
    recordedBy: { connectorId: row.recordedById, messageDomain: row.messageDomain },
    evidence:
      messageSha256 === null || messageFormat === null
        ? null
        : {
            sha256: messageSha256,
            sizeLimitBytes: Number(messageSizeLimitBytes),
            format: messageFormat,
          },
  };
}

type AttachmentRow = {
  itemId: string;
  position: number;
  state: "STAGED" | "FAILED";
  failureCode: FailureCode | null;
  blobName: string | null;
  sizeBytes: string | null;
  sha256: string | null;
};

export async function readAttachments(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
): Promise<Map<string, StoredAttachment[]>> {
  if (itemIds.length === 0) return new Map();
  const rows = await sql.query<AttachmentRow>(
    `SELECT "itemId", "position", "state", "failureCode", "blobName", "sizeBytes", "sha256"
     FROM "StagedAttachment"
     WHERE "tenantId" = $1 AND "itemId" = ANY($2::uuid[]) AND "state" <> 'PENDING'
     ORDER BY "itemId", "position"`,
    [tenantId, itemIds],
    "lane.readFiles",
  );
  const found = new Map<string, StoredAttachment[]>();
  for (const row of rows) {
    const list = found.get(row.itemId) ?? [];
    list.push(attachmentOf(row));
    found.set(row.itemId, list);
  }
  return found;
}

function attachmentOf(row: AttachmentRow): StoredAttachment {
  const { position, blobName, sizeBytes, sha256 } = row;
  if (blobName === null || sizeBytes === null || sha256 === null) {
    return { position, outcome: "failed", code: row.failureCode ?? "Unexpected" };
  }
  return { position, outcome: "staged", blobName, sizeBytes: Number(sizeBytes), sha256 };
}
