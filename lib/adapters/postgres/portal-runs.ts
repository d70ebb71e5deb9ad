/** Runs as the portal sees and changes them: counted as they stand, opened, retried, cancelled. */
import type { RunCounters } from "@/lib/core/run";
import type { RunRecord } from "@/lib/ports/portal-records";
import type { RunTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { reopenRuns } from "./closing";
import { insertRow } from "./rows";
import { cancelOn } from "./run-cancel";
import { counted } from "./run-counts";
import { fromColumn, toColumn } from "./words";

const openStates = `('QUEUED', 'TRANSFERRING', 'IMPORTING')`;
/** More than a tick pokes at once; the next tick finds the rest. */
const mostLanes = 5000;

export function runsOn(sql: Sql): RunTable {
  return {
    ...cancelOn(sql),
    async insert(tenantId, run) {
      const row = { tenantId, ...run, kind: toColumn(run.kind) };
      if (await insertRow(sql, "SyncRun", row, "ON CONFLICT DO NOTHING")) return "inserted";
      const [transfer] = await sql.query(
        `SELECT 1 FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2
           AND "state" IN ('QUEUED', 'TRANSFERRING')`,
        [tenantId, run.connectorId],
      );
      return transfer === undefined ? "window" : "transfer";
    },
    async find(tenantId, connectorId, runId) {
      const [run] = await selectRuns(sql, `r."connectorId" = $2 AND r."id" = $3`, "", [
        tenantId,
        connectorId,
        runId,
      ]);
      return run ?? null;
    },
    async exists(tenantId, connectorId, runId) {
      const found = await sql.query(
        `SELECT 1 FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2 AND "id" = $3`,
        [tenantId, connectorId, runId],
      );
      return found.length > 0;
    },
    async page(tenantId, connectorId, after, limit) {
      return selectRuns(
        sql,
        `r."connectorId" = $2
         AND ($3::timestamptz IS NULL OR (r."createdAt", r."id") < ($3::timestamptz, $4::uuid))`,
        `ORDER BY r."createdAt" DESC, r."id" DESC LIMIT $5`,
        [tenantId, connectorId, after?.createdAt ?? null, after?.id ?? null, limit],
      );
    },
    async reopen(tenantId, runId) {
      await sql.query(
        `SELECT 1 FROM "SyncRun" WHERE "tenantId" = $1 AND "id" = $2 FOR NO KEY UPDATE`,
        [tenantId, runId],
      );
      // `writes` stays above 0 for what was ever written: a lane then looks before it writes again.
      const reopened = await sql.query<{ laneId: string }>(
        `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "refusals" = 0,
           "failuresInRow" = 0, "writes" = least("writes", 1), "notBefore" = NULL,
           "leftOut" = NULL, "completedAt" = NULL
         WHERE "tenantId" = $1 AND "runId" = $2 AND "state" IN ('FAILED', 'PARTIALLY_IMPORTED')
           AND "mailboxId" IS NOT NULL AND EXISTS (
             SELECT 1 FROM "SyncItem" i
             WHERE i."tenantId" = $1 AND i."id" = "itemId" AND i."blobName" IS NOT NULL)
         RETURNING "laneId"`,
        [tenantId, runId],
      );
      const laneIds = [...new Set(reopened.map(({ laneId }) => laneId))];
      if (laneIds.length === 0) return { deliveries: 0, laneIds };
      await sql.query(
        `UPDATE "Lane" SET "blockedCode" = NULL, "blockedAt" = NULL
         WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "blockedCode" IS NOT NULL`,
        [tenantId, laneIds],
      );
      await reopenRuns(sql, tenantId, [runId]);
      return { deliveries: reopened.length, laneIds };
    },
    async wake(tenantId, connectorIds) {
      const runs = await sql.query<{ id: string }>(
        `UPDATE "SyncRun" SET "notBefore" = NULL
         WHERE "tenantId" = $1 AND "connectorId" = ANY($2::uuid[]) AND "state" = 'QUEUED'
         RETURNING "id"`,
        [tenantId, connectorIds],
      );
      const lanes = await sql.query<{ id: string }>(
        `SELECT DISTINCT "laneId" AS "id" FROM "Delivery"
         WHERE "tenantId" = $1 AND "connectorId" = ANY($2::uuid[]) AND "state" = 'PENDING'
         LIMIT ${mostLanes}`,
        [tenantId, connectorIds],
      );
      return { runIds: runs.map(({ id }) => id), laneIds: lanes.map(({ id }) => id) };
    },
  };
}

type RunRow = Omit<RunRecord, "counters"> & RunCounters;

/** Of closed runs no delivery is read. @param where conditions on the run `r`; `$1` is the tenant */
export async function selectRuns(
  sql: Sql,
  where: string,
  tail: string,
  values: readonly unknown[],
): Promise<RunRecord[]> {
  const rows = await sql.query<RunRow>(
    `SELECT r."id", r."connectorId", r."kind", r."state", r."windowStart", r."windowEnd",
       r."createdAt", r."startedAt", r."closedAt", r."notBefore", r."isTransferDone",
       r."failureCode", r."manifestCount", r."isManifestEqual", r."alreadyRecorded",
       m."version" AS "mappingVersion",
       coalesce(items.n, r."availableFromSource") AS "availableFromSource",
       coalesce(n."all", r."availableForImport") AS "availableForImport",
       coalesce(n."imported", r."imported") AS "imported",
       coalesce(n."partially", r."partiallyImported") AS "partiallyImported",
       coalesce(n."skipped", r."skipped") AS "skipped",
       coalesce(n."failed", r."failed") AS "failed",
       coalesce(n."open", r."open") AS "open"
     FROM "SyncRun" r
     LEFT JOIN "MappingFile" m ON m."tenantId" = r."tenantId" AND m."id" = r."mappingFileId"
     LEFT JOIN LATERAL (
       ${counted("r")} AND r."state" IN ${openStates}
       HAVING r."state" IN ${openStates}) n ON true
     LEFT JOIN LATERAL (
       SELECT count(*)::int AS n FROM "SyncItem" i
       WHERE i."tenantId" = r."tenantId" AND i."runId" = r."id" AND r."state" IN ${openStates}
       HAVING r."state" IN ${openStates}) items ON true
     WHERE r."tenantId" = $1 AND ${where} ${tail}`,
    values,
  );
  return rows.map(toRun);
}

function toRun(row: RunRow): RunRecord {
  const { availableFromSource, availableForImport, imported, partiallyImported, ...rest } = row;
  const { skipped, failed, open, ...run } = rest;
  return {
    ...run,
    kind: fromColumn(run.kind),
    state: fromColumn(run.state),
    counters: {
      availableFromSource,
      availableForImport,
      imported,
      partiallyImported,
      skipped,
      failed,
      open,
    },
  };
}
