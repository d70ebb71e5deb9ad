import type { Sql } from "./client";

/** They lost a name; from now on the day is counted after which the sweep asks whether it was the last. */
export async function releaseBlobs(
  sql: Sql,
  tenantId: string,
  blobNames: readonly string[],
): Promise<void> {
  if (blobNames.length === 0) return;
  await sql.query(
    `INSERT INTO "ReleasedBlob" ("tenantId", "blobName", "releasedAt")
     SELECT $1::uuid, n, clock_timestamp() FROM (SELECT DISTINCT unnest($2::text[]) AS n) AS names
     ON CONFLICT ("tenantId", "blobName") DO UPDATE SET "releasedAt" = excluded."releasedAt"`,
    [tenantId, blobNames],
  );
}
