/** Blobs that lost their last name, or never had one. */
import type { SweepStore } from "@/lib/ports/retention-store";
import type { Database } from "./client";

/** SQL: true when a row names the blob. */
function isNamed(tenantId: string, blobName: string): string {
  return ["SyncItem", "StagedAttachment"]
    .map(
      (table) =>
        `EXISTS (SELECT 1 FROM "${table}" x WHERE x."tenantId" = ${tenantId} AND x."blobName" = ${blobName})`,
    )
    .join(" OR ");
}

export function createSweepStore(database: Database): SweepStore {
  return {
    async releasedBlobs(tenantId, keptMs, after, limit) {
      return database.query<{ blobName: string; isNamed: boolean }>(
        `SELECT b."blobName", (${isNamed(`b."tenantId"`, `b."blobName"`)}) AS "isNamed"
         FROM "ReleasedBlob" b
         WHERE b."tenantId" = $1 AND ($3::text IS NULL OR b."blobName" > $3)
           AND b."releasedAt" <= clock_timestamp() - $2 * interval '1 millisecond'
         ORDER BY b."blobName" LIMIT $4`,
        [tenantId, keptMs, after, limit],
      );
    },

    async forgetReleased(tenantId, blobNames) {
      await database.query(
        `DELETE FROM "ReleasedBlob" WHERE "tenantId" = $1 AND "blobName" = ANY($2::text[])`,
        [tenantId, blobNames],
      );
    },

    async releaseUnnamed(tenantId, blobNames) {
      const released = await database.query(
        `INSERT INTO "ReleasedBlob" ("tenantId", "blobName", "releasedAt")
         SELECT $1::uuid, n, clock_timestamp() FROM unnest($2::text[]) AS n
         WHERE NOT (${isNamed("$1::uuid", "n")})
         ON CONFLICT DO NOTHING RETURNING 1`,
        [tenantId, blobNames],
      );
      return released.length;
    },
  };
}
