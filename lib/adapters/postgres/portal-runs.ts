/** Runs as the portal sees and changes them: counted as they stand, opened, retried, cancelled. */
import type { RunCounters } from "@/lib/core/run";
import type { RunRecord } from "@/lib/ports/portal-records";
import type { RunTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { reopenRuns } from "./closing";
import { insertRow } from "./rows";
import { fromColumn, toColumn } from "./words";

const openStates = `('QUEUED', 'TRANSFERRING', 'IMPORTING')`;
/** More than a tick pokes at once; the next tick finds the rest. */
const mostLanes = 5000;

export function runsOn(sql: Sql): RunTable {
  return {
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
           AND "mailboxId" IS NOT NULL
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
    async cancelAll(tenantId, connectorId, at) {
      const runs = await sql.query<{ id: string }>(
        `SELECT "id" FROM "SyncRun"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "state" IN ${openStates}
         ORDER BY "id" FOR NO KEY UPDATE`,
        [tenantId, connectorId],
      );
      const runIds = runs.map(({ id }) => id);
      await sql.query(
        `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'Cancelled', "completedAt" = $3,
           "notBefore" = NULL
         WHERE "tenantId" = $1 AND "runId" = ANY($2::uuid[]) AND "state" = 'PENDING'`,
        [tenantId, runIds, at],
      );
      return endTransfers(sql, tenantId, runIds, at);
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

/** Counts the deliveries of a run under this alias. */
function counted(run: string): string {
  return `
    SELECT count(*)::int AS "all",
      count(*) FILTER (WHERE d."state" = 'IMPORTED')::int AS "imported",
      count(*) FILTER (WHERE d."state" = 'PARTIALLY_IMPORTED')::int AS "partially",
      count(*) FILTER (WHERE d."state" = 'SKIPPED')::int AS "skipped",
      count(*) FILTER (WHERE d."state" = 'FAILED')::int AS "failed",
      count(*) FILTER (WHERE d."state" IN ('PENDING', 'IMPORTING'))::int AS "open"
    FROM "Delivery" d
    WHERE d."tenantId" = ${run}."tenantId" AND d."runId" = ${run}."id"`;
}

/**
 * A run that was still to transfer ends as cancelled. One that only imports is closed by the tick,
 * with its outcome; so is one whose last writes are in doubt.
 */
async function endTransfers(
  sql: Sql,
  tenantId: string,
  runIds: readonly string[],
  at: Date,
): Promise<string[]> {
  const rows = await sql.query<{ id: string; state: string }>(
    `UPDATE "SyncRun" r SET
       "availableFromSource" = (
         SELECT count(*) FROM "SyncItem" i
         WHERE i."tenantId" = r."tenantId" AND i."runId" = r."id"),
       "availableForImport" = n."all", "imported" = n."imported",
       "partiallyImported" = n."partially", "skipped" = n."skipped", "failed" = n."failed",
       "open" = n."open", "isCancelRequested" = true, "heartbeatAt" = NULL, "notBefore" = NULL,
       "isTransferCancelled" = r."isTransferCancelled" OR NOT r."isTransferDone",
       "state" = CASE WHEN r."state" = 'IMPORTING' OR n."open" > 0
         THEN 'IMPORTING'::"RunState" ELSE 'CANCELLED' END,
       "closedAt" = CASE WHEN r."state" = 'IMPORTING' OR n."open" > 0
         THEN NULL ELSE $3::timestamptz END
     FROM "SyncRun" q CROSS JOIN LATERAL (${counted("q")}) n
     WHERE q."tenantId" = $1 AND q."id" = ANY($2::uuid[])
       AND r."tenantId" = q."tenantId" AND r."id" = q."id"
     RETURNING r."id", r."state"`,
    [tenantId, runIds, at],
  );
  return rows.flatMap(({ id, state }) => (state === "CANCELLED" ? [id] : []));
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
