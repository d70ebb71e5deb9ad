/** Items whose staged original was lost, met again at the source: staged anew, and wanted again. */
import type { LostFile, Restaged } from "@/lib/ports/transfer-records";
import type { Sql } from "./client";
import { releaseBlobs } from "./released-blobs";
import { setPending } from "./repair";

/** SQL: delivery `d` failed because its original could not be opened, and nobody has given it up. */
const failedByLoss = `d."state" = 'FAILED' AND d."failureCode" = 'StagingCorrupt'
  AND d."mailboxId" IS NOT NULL AND d."dismissedAt" IS NULL`;

/** SQL: the original of item `i` was lost before it had come everywhere. */
export const isLost = `(i."blobName" IS NOT NULL AND i."attachmentsOpen" = 0 AND EXISTS (
  SELECT 1 FROM "Delivery" d WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id" AND ${failedByLoss}))`;

export function lostFiles(
  sql: Sql,
  tenantId: string,
  itemDigests: readonly string[],
): Promise<LostFile[]> {
  return sql.query<LostFile>(
    `SELECT i."itemDigest", a."itemId", a."position", a."sourceAttachmentId", a."declaredSha256", a."blobName", a."sha256",
       (i."messageSha256" IS NOT NULL OR EXISTS (
         SELECT 1 FROM "Delivery" w WHERE w."tenantId" = i."tenantId" AND w."itemId" = i."id"
           AND (w."writes" > 0 OR w."state" = 'IMPORTING'))) AS "wasWritten"
     FROM "SyncItem" i JOIN "StagedAttachment" a ON a."tenantId" = i."tenantId" AND a."itemId" = i."id"
     WHERE i."tenantId" = $1 AND i."itemDigest" = ANY($2::text[]) AND a."state" = 'STAGED'
       AND a."blobName" IS NOT NULL
     ORDER BY i."itemDigest", a."position"`,
    [tenantId, itemDigests],
  );
}

/**
 * In the transaction of the page that met them. An item stays with the run that recorded it, which opens
 * again; what was imported of it stays as it is, and so do its people.
 */
export async function restage(
  sql: Sql,
  tenantId: string,
  restaged: readonly Restaged[],
): Promise<void> {
  if (restaged.length === 0) return;
  const itemDigests = restaged.map(({ itemDigest }) => itemDigest);
  const deliveries = await sql.query<{ id: string; laneId: string }>(
    `SELECT d."id", d."laneId" FROM "SyncItem" i
     JOIN "Delivery" d ON d."tenantId" = i."tenantId" AND d."itemId" = i."id"
     WHERE i."tenantId" = $1 AND i."itemDigest" = ANY($2::text[]) AND ${failedByLoss}
     ORDER BY d."id"`,
    [tenantId, itemDigests],
  );
  const laneIds = [...new Set(deliveries.map(({ laneId }) => laneId))];
  const ids = deliveries.map(({ id }) => id);
  await setPending(sql, tenantId, ids, laneIds);
  const lost = [
    ...(await moveRecords(sql, tenantId, restaged)),
    ...(await moveFiles(sql, tenantId, restaged)),
  ];
  await releaseBlobs(sql, tenantId, lost);
  // Of every copy that may still be written, one that stands skipped too: without its file none may be
  // taken for a copy of a message that has it.
  await sql.query(
    `UPDATE "Delivery" d SET "duplicateKey" = i."duplicateKey" FROM "SyncItem" i
     WHERE d."tenantId" = $1 AND d."state" IN ('PENDING', 'FAILED', 'SKIPPED')
       AND i."tenantId" = d."tenantId" AND i."id" = d."itemId" AND i."itemDigest" = ANY($2::text[])`,
    [tenantId, itemDigests],
  );
}

/** @returns the names their records had */
async function moveRecords(
  sql: Sql,
  tenantId: string,
  restaged: readonly Restaged[],
): Promise<string[]> {
  const rows = await sql.query<{ blobName: string }>(
    `UPDATE "SyncItem" i SET "blobName" = n."blobName", "frameOffset" = n."offset",
       "frameLength" = n."length", "duplicateKey" = coalesce(n."duplicateKey", i."duplicateKey")
     FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::text[])
         AS n("itemDigest", "blobName", "offset", "length", "duplicateKey"), "SyncItem" was
     WHERE i."tenantId" = $1 AND i."itemDigest" = n."itemDigest" AND i."blobName" IS NOT NULL
       AND was."tenantId" = i."tenantId" AND was."id" = i."id"
     RETURNING was."blobName"`,
    [
      tenantId,
      restaged.map(({ itemDigest }) => itemDigest),
      restaged.map(({ blobName }) => blobName),
      restaged.map(({ frame }) => frame.offset),
      restaged.map(({ frame }) => frame.length),
      restaged.map(({ duplicateKey }) => duplicateKey),
    ],
  );
  return rows.map(({ blobName }) => blobName);
}

/** @returns the names their files had */
async function moveFiles(
  sql: Sql,
  tenantId: string,
  restaged: readonly Restaged[],
): Promise<string[]> {
  const files = restaged.flatMap(({ itemDigest, files }) =>
    files.map((file) => ({ itemDigest, ...file, staged: "blobName" in file ? file : null })),
  );
  if (files.length === 0) return [];
  const rows = await sql.query<{ blobName: string }>(
    `UPDATE "StagedAttachment" a
     SET "state" = (CASE WHEN n."failureCode" IS NULL THEN 'STAGED' ELSE 'FAILED' END)::"AttachmentState",
         "failureCode" = n."failureCode", "blobName" = n."blobName", "sizeBytes" = n."sizeBytes",
         "sha256" = n."sha256", "closedAt" = clock_timestamp()
     FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::text[])
         AS n("itemDigest", "position", "failureCode", "blobName", "sizeBytes", "sha256"),
       "SyncItem" i, "StagedAttachment" was
     WHERE i."tenantId" = $1 AND i."itemDigest" = n."itemDigest"
       AND a."tenantId" = i."tenantId" AND a."itemId" = i."id" AND a."position" = n."position"
       AND a."state" = 'STAGED' AND a."blobName" IS NOT NULL
       AND was."tenantId" = a."tenantId" AND was."itemId" = a."itemId" AND was."position" = a."position"
     RETURNING was."blobName"`,
    [
      tenantId,
      files.map(({ itemDigest }) => itemDigest),
      files.map(({ position }) => position),
      files.map((file) => ("code" in file ? file.code : null)),
      files.map(({ staged }) => staged?.blobName ?? null),
      files.map(({ staged }) => staged?.sizeBytes ?? null),
      files.map(({ staged }) => staged?.sha256 ?? null),
    ],
  );
  return rows.map(({ blobName }) => blobName);
}
