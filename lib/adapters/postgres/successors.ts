/** Copies that stood back for one which did not make it: they are wanted again, by the rules in force. */
import type { Sql } from "./client";
import { reopenRuns } from "./closing";
import { nextChangedAt } from "./rules-in-force";

type Successor = { readonly id: string; readonly connectorId: string };

/** Their connectors are held until the transaction ends: their rules stay what they are. */
export async function successorsOf(
  sql: Sql,
  tenantId: string,
  failedIds: readonly string[],
): Promise<readonly Successor[]> {
  if (failedIds.length === 0) return [];
  const found = await sql.query<Successor>(
    `SELECT "id", "connectorId" FROM "Delivery"
     WHERE "tenantId" = $1 AND "duplicateOfId" = ANY($2::uuid[]) AND "state" = 'SKIPPED'
       AND "mailboxId" IS NOT NULL`,
    [tenantId, failedIds],
  );
  if (found.length > 0) {
    await sql.query(
      `SELECT 1 FROM "Connector" WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])
       ORDER BY "id" FOR NO KEY UPDATE`,
      [tenantId, found.map(({ connectorId }) => connectorId)],
    );
  }
  return found;
}

/**
 * Nobody imports for a connector that was deleted: there they fail, and the connector's successor takes
 * them over.
 */
export async function wakeSuccessors(
  sql: Sql,
  tenantId: string,
  successors: readonly Successor[],
): Promise<void> {
  if (successors.length === 0) return;
  const ids = successors.map(({ id }) => id);
  await resolveAnew(sql, tenantId, ids);
  const rows = await sql.query<{ runId: string }>(
    `UPDATE "Delivery" d
     SET "state" = (CASE WHEN c."state" = 'DELETED' THEN 'FAILED' ELSE 'PENDING' END)::"DeliveryState",
         "failureCode" = CASE WHEN c."state" = 'DELETED' THEN 'Cancelled' END, "duplicateOfId" = NULL,
         "completedAt" = CASE WHEN c."state" = 'DELETED' THEN clock_timestamp() END
     FROM "Connector" c
     WHERE d."tenantId" = $1 AND d."id" = ANY($2::uuid[]) AND d."state" = 'SKIPPED'
       AND d."duplicateOfId" IS NOT NULL AND c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
     RETURNING d."runId"`,
    [tenantId, ids],
  );
  await reopenRuns(
    sql,
    tenantId,
    rows.map(({ runId }) => runId),
  );
}

/**
 * Who stood back while the mapping changed was not looked at: everything that waits is passed over once
 * more, from the rules that held when it stood back. It happens to hardly anybody. Where the clock was set
 * back since, nobody knows which these were: from the oldest.
 */
async function resolveAnew(sql: Sql, tenantId: string, ids: readonly string[]): Promise<void> {
  const moved = await sql.query<{ connectorId: string }>(
    `INSERT INTO "MappingChange" ("tenantId", "id", "connectorId", "fromFileId", "fromAutomatic",
       "toFileId", "toAutomatic", "changedById", "changedAt")
     SELECT c."tenantId", gen_random_uuid(), c."id", m."fromFileId", m."fromAutomatic",
       c."mappingFileId", c."automaticMapping", m."changedById", ${nextChangedAt}
     FROM (
       SELECT DISTINCT d."connectorId", first."id" AS "changeId" FROM "Delivery" d
       CROSS JOIN LATERAL (
         SELECT m."id" FROM "MappingChange" m
         WHERE m."tenantId" = d."tenantId" AND m."connectorId" = d."connectorId"
           AND (m."passedAt" IS NULL OR m."passedAt" > d."completedAt"
             OR d."completedAt" > clock_timestamp())
         ORDER BY m."changedAt", m."id" LIMIT 1) first
       WHERE d."tenantId" = $1 AND d."id" = ANY($2::uuid[])) stood
     JOIN "MappingChange" m ON m."tenantId" = $1 AND m."id" = stood."changeId"
     JOIN "Connector" c ON c."tenantId" = $1 AND c."id" = stood."connectorId" AND c."state" <> 'DELETED'
     RETURNING "connectorId"`,
    [tenantId, ids],
  );
  if (moved.length === 0) return;
  await sql.query(
    `UPDATE "Connector" SET "mappingChangedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])`,
    [tenantId, moved.map(({ connectorId }) => connectorId)],
  );
}
