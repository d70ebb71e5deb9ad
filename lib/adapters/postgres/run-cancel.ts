/** Ending runs before their time. What is being written ends by itself first. */
import { isTransferredFirst, type RunKind } from "@/lib/core/run";
import type { RunTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { counted } from "./run-counts";
import { fromColumn } from "./words";

type CancelTable = Pick<RunTable, "cancel" | "cancelAll">;

export function cancelOn(sql: Sql): CancelTable {
  return {
    async cancel(tenantId, runId, at) {
      const [run] = await sql.query<{ state: string; kind: string }>(
        `SELECT "state", "kind" FROM "SyncRun" WHERE "tenantId" = $1 AND "id" = $2 FOR NO KEY UPDATE`,
        [tenantId, runId],
      );
      if (run === undefined || !["QUEUED", "TRANSFERRING", "IMPORTING"].includes(run.state)) {
        return "ended";
      }
      // The watermark stands on these: a window given up would never be transferred.
      if (run.state !== "IMPORTING" && isTransferredFirst(fromColumn<RunKind>(run.kind))) {
        return "notCancellable";
      }
      const cancelled = await endRuns(sql, tenantId, [runId], at);
      return cancelled.length > 0 ? "cancelled" : "cancelling";
    },

    async cancelAll(tenantId, connectorId, at) {
      const runs = await sql.query<{ id: string }>(
        `SELECT "id" FROM "SyncRun"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING')
         ORDER BY "id" FOR NO KEY UPDATE`,
        [tenantId, connectorId],
      );
      const runIds = runs.map(({ id }) => id);
      return endRuns(sql, tenantId, runIds, at);
    },
  };
}

/** @returns the runs that are cancelled now; the others are closed when what is in flight has ended */
async function endRuns(
  sql: Sql,
  tenantId: string,
  runIds: readonly string[],
  at: Date,
): Promise<string[]> {
  await letGoUnstaged(sql, tenantId, runIds);
  await reopenFiles(sql, tenantId, runIds);
  await cancelPending(sql, tenantId, runIds, at);
  return endTransfers(sql, tenantId, runIds, at);
}

/** Also asked at the run's close: what came back from a lane at the same moment was not seen pending. */
export async function cancelPending(
  sql: Sql,
  tenantId: string,
  runIds: readonly string[],
  at: Date,
): Promise<void> {
  await sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'Cancelled', "completedAt" = $3,
       "notBefore" = NULL
     WHERE "tenantId" = $1 AND "runId" = ANY($2::uuid[]) AND "state" = 'PENDING'`,
    [tenantId, runIds, at],
  );
}

/**
 * An item whose attachments nobody fetches any more must not be taken for staged: without a blob no
 * retry finds it, the manifest does not count it, and the next run that meets it takes it over.
 */
async function letGoUnstaged(sql: Sql, tenantId: string, runIds: readonly string[]): Promise<void> {
  await sql.query(
    `WITH let_go AS (
       UPDATE "SyncItem" i SET "blobName" = NULL, "frameOffset" = NULL, "frameLength" = NULL
       FROM "SyncItem" was
       WHERE i."tenantId" = $1 AND i."runId" = ANY($2::uuid[]) AND i."attachmentsOpen" > 0
         AND i."blobName" IS NOT NULL AND was."tenantId" = i."tenantId" AND was."id" = i."id"
       RETURNING was."blobName")
     INSERT INTO "ReleasedBlob" ("tenantId", "blobName")
     SELECT DISTINCT $1::uuid, "blobName" FROM let_go
     ON CONFLICT ("tenantId", "blobName") DO UPDATE SET "releasedAt" = excluded."releasedAt"`,
    [tenantId, runIds],
  );
}

/** What was let go lies in files that count as done: they are read once more. */
async function reopenFiles(sql: Sql, tenantId: string, runIds: readonly string[]): Promise<void> {
  await sql.query(
    `UPDATE "DeliveredFile" f SET "state" = 'SEEN', "runId" = NULL, "doneAt" = NULL
     FROM "SyncRun" r
     WHERE f."tenantId" = $1 AND f."runId" = ANY($2::uuid[]) AND f."state" = 'DONE'
       AND r."tenantId" = f."tenantId" AND r."id" = f."runId" AND NOT r."isTransferDone"`,
    [tenantId, runIds],
  );
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
