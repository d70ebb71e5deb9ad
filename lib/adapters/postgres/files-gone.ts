/** Files that left the server before they were read: each is a gap of its own, named by the file. */
import { v7 as uuid } from "uuid";
import { systemActor } from "@/lib/core/audit";
import { type DeliveredFile, isDelivered } from "@/lib/core/delivered-file";
import type { SyncWindow } from "@/lib/core/window";
import { appendAudit } from "./audit";
import type { Sql } from "./client";

type Place = { readonly name: string; readonly deliveredAt: Date; readonly runId: string };

/** Of the window, by what was seen of it: what is neither there nor done. */
export async function findGone(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  seen: { readonly window: SyncWindow; readonly files: readonly DeliveredFile[] },
): Promise<void> {
  const names = seen.files.map(({ name }) => name);
  const missing = await sql.query<Place>(
    `SELECT f."name", f."deliveredAt", r."id" AS "runId"
     FROM "DeliveredFile" f
     -- Whose window it is: the run that reads it first.
     CROSS JOIN LATERAL (
       SELECT r."id" FROM "SyncRun" r
       WHERE r."tenantId" = f."tenantId" AND r."connectorId" = f."connectorId"
         AND r."windowStart" <= f."deliveredAt" AND f."deliveredAt" < r."windowEnd"
       ORDER BY r."kind" IN ('SCHEDULED', 'MANUAL') DESC, r."createdAt" LIMIT 1) r
     WHERE f."tenantId" = $1 AND f."connectorId" = $2 AND f."deliveredAt" >= $3 AND f."deliveredAt" < $4
       AND f."state" <> 'DONE' AND f."goneAt" IS NULL AND NOT f."name" = ANY($5::text[])
     ORDER BY f."deliveredAt", f."name" FOR NO KEY UPDATE OF f`,
    [tenantId, connectorId, seen.window.start, seen.window.end, names],
  );
  const forgotten = missing.filter(({ name }) => !isDelivered(name));
  await sql.query(
    `DELETE FROM "DeliveredFile" WHERE "tenantId" = $1 AND "connectorId" = $2 AND "name" = ANY($3::text[])`,
    [tenantId, connectorId, forgotten.map(({ name }) => name)],
  );
  const gone = missing.filter(({ name }) => isDelivered(name));
  if (gone.length > 0) await writeGaps(sql, tenantId, connectorId, gone);
}

async function writeGaps(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  gone: readonly Place[],
): Promise<void> {
  const names = gone.map(({ name }) => name);
  await sql.query(
    `UPDATE "DeliveredFile" SET "goneAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "connectorId" = $2 AND "name" = ANY($3::text[])`,
    [tenantId, connectorId, names],
  );
  const written = await sql.query<{ id: string; fileName: string; runId: string; gapStart: Date }>(
    `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd", "fileName")
     SELECT $1::uuid, n."id", $2::uuid, n."runId", n."at", n."at", n."name"
     FROM unnest($3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[]) AS n("id", "runId", "at", "name")
     ON CONFLICT ("tenantId", "connectorId", "fileName") WHERE "fileName" IS NOT NULL DO UPDATE
     SET "foundAt" = clock_timestamp(), "acknowledgedAt" = NULL, "acknowledgedById" = NULL, "reason" = NULL,
         "runId" = excluded."runId", "gapStart" = excluded."gapStart", "gapEnd" = excluded."gapEnd"
     RETURNING "id", "fileName", "runId", "gapStart"`,
    [
      ...[tenantId, connectorId, gone.map(() => uuid()), gone.map(({ runId }) => runId)],
      ...[gone.map(({ deliveredAt }) => deliveredAt), names],
    ],
  );
  for (const { id: gapId, fileName, runId, gapStart } of written) {
    await appendAudit(sql, {
      ...{ tenantId, at: new Date(), actor: systemActor, action: "gap.found" },
      subject: `connector:${connectorId}`,
      details: { gapId, runId, fileName, zippedAt: gapStart.toISOString() },
    });
  }
}

const isBack = "The file is on the server again.";

/** A server that was without its disk for a while, or a file that was put there once more. */
export async function endGapsOf(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  seen: readonly DeliveredFile[],
): Promise<void> {
  const ended = await sql.query<{ id: string; fileName: string }>(
    `UPDATE "Gap" SET "acknowledgedAt" = clock_timestamp(), "reason" = $4
     WHERE "tenantId" = $1 AND "connectorId" = $2 AND "acknowledgedAt" IS NULL AND "fileName" = ANY($3::text[])
     RETURNING "id", "fileName"`,
    [tenantId, connectorId, seen.map(({ name }) => name), isBack],
  );
  for (const { id: gapId, fileName } of ended) {
    await appendAudit(sql, {
      ...{ tenantId, at: new Date(), actor: systemActor, action: "gap.acknowledged" },
      subject: `connector:${connectorId}`,
      details: { gapId, fileName, reason: isBack },
    });
  }
}
