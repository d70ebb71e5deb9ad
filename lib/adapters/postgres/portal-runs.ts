/** Runs as the portal sees and changes them: counted as they stand, opened, retried, cancelled. */
import { isTransferredFirst, type RunCounters } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";
import type { GapRecord, RunRecord } from "@/lib/ports/portal-records";
import type { RunTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { insertRow } from "./rows";
import { cancelOn } from "./run-cancel";
import { counted } from "./run-counts";
import { makeWay } from "./way";
import { fromColumn, toColumn } from "./words";

const openStates = `('QUEUED', 'TRANSFERRING', 'IMPORTING')`;
/** More than a tick pokes at once; the next tick finds the rest. */
const mostLanes = 5000;

export function runsOn(sql: Sql): RunTable {
  return {
    ...cancelOn(sql),
    async insert(tenantId, run) {
      const isUnderWay = async () => {
        const open = await sql.query(
          `SELECT 1 FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2
             AND "state" IN ('QUEUED', 'TRANSFERRING')`,
          [tenantId, run.connectorId],
        );
        return open.length > 0;
      };
      if (isTransferredFirst(run.kind)) await makeWay(sql, tenantId, run.connectorId);
      else if (await isUnderWay()) return "transfer";
      const row = { tenantId, ...run, kind: toColumn(run.kind) };
      if (await insertRow(sql, "SyncRun", row, "ON CONFLICT DO NOTHING")) return "inserted";
      return (await isUnderWay()) ? "transfer" : "window";
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
    async page(tenantId, connectorId, { kind, state }, after, limit) {
      return selectRuns(
        sql,
        `r."connectorId" = $2
         AND ($3::timestamptz IS NULL OR (r."createdAt", r."id") < ($3::timestamptz, $4::uuid))
         AND ($6::"RunKind" IS NULL OR r."kind" = $6) AND ($7::"RunState" IS NULL OR r."state" = $7)`,
        `ORDER BY r."createdAt" DESC, r."id" DESC LIMIT $5`,
        [
          ...[tenantId, connectorId, after?.createdAt ?? null, after?.id ?? null, limit],
          ...[kind === null ? null : toColumn(kind), state === null ? null : toColumn(state)],
        ],
      );
    },
    async transferredSpans(tenantId, connectorId, limit) {
      return sql.query<SyncWindow>(
        `SELECT lower(span) AS "start", upper(span) AS "end" FROM unnest(
           (SELECT range_agg(tstzrange("windowStart", "windowEnd")) FROM "SyncRun"
            WHERE "tenantId" = $1 AND "connectorId" = $2 AND "isTransferDone"
              AND "failureCode" IS DISTINCT FROM 'SourceWindowExpired')
           - coalesce((SELECT range_agg(tstzrange("gapStart", "gapEnd")) FROM "Gap"
                       WHERE "tenantId" = $1 AND "connectorId" = $2), '{}')) AS span
         ORDER BY 1 DESC LIMIT $3`,
        [tenantId, connectorId, limit],
      );
    },
    async gapsOf(tenantId, runId) {
      return selectGaps(sql, `g."runId" = $2`, [tenantId, runId]);
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

/** A page names some of them at a time. */
const mostGaps = 100;

/** @param where conditions on the gap `g`; `$1` is the tenant */
export async function selectGaps(
  sql: Sql,
  where: string,
  values: readonly unknown[],
): Promise<GapRecord[]> {
  return sql.query<GapRecord>(
    `SELECT g."id", g."gapStart", g."gapEnd", g."fileName", g."foundAt", g."acknowledgedAt", g."reason",
       u."name" AS "acknowledgedBy"
     FROM "Gap" g
     LEFT JOIN "User" u ON u."tenantId" = g."tenantId" AND u."id" = g."acknowledgedById"
     WHERE g."tenantId" = $1 AND ${where} ORDER BY g."gapStart", g."fileName" LIMIT ${mostGaps}`,
    values,
  );
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
    `SELECT r."id", r."connectorId", c."delivery", r."kind", r."state", r."windowStart", r."windowEnd",
       r."createdAt", r."startedAt", r."closedAt", r."notBefore", r."isTransferDone",
       r."failureCode", r."manifestCount", r."isManifestEqual", r."alreadyRecorded",
       m."version" AS "mappingVersion", later."version" AS "laterMappingVersion",
       coalesce(items.n, r."availableFromSource") AS "availableFromSource",
       coalesce(n."all", r."availableForImport") AS "availableForImport",
       coalesce(n."imported", r."imported") AS "imported",
       coalesce(n."partially", r."partiallyImported") AS "partiallyImported",
       coalesce(n."skipped", r."skipped") AS "skipped",
       coalesce(n."failed", r."failed") AS "failed",
       coalesce(n."open", r."open") AS "open"
     FROM "SyncRun" r
     JOIN "Connector" c ON c."tenantId" = r."tenantId" AND c."id" = r."connectorId"
     LEFT JOIN "MappingFile" m ON m."tenantId" = r."tenantId" AND m."id" = r."mappingFileId"
     LEFT JOIN "MappingFile" later ON later."tenantId" = r."tenantId" AND later."id" = r."resolvedFileId"
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
