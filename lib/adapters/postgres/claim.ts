/** The claim of a run: everything its transfer needs to know, under the next attempt. */
import pg from "pg";
import type { RunKind } from "@/lib/core/run";
import type { ClaimedRun } from "@/lib/ports/transfer-records";
import type { Sql } from "./client";
import { hasTheWay } from "./way";
import { fromColumn } from "./words";

export async function claimRun(
  sql: Sql,
  tenantId: string,
  runId: string,
): Promise<ClaimedRun | null> {
  type Row = Omit<ClaimedRun, "kind" | "window" | "connector"> &
    ClaimedRun["connector"] & {
      kind: string;
      windowStart: Date;
      windowEnd: Date;
      connectorId: string;
    };
  const claimed = sql.query<Row>(
    `UPDATE "SyncRun" r
     SET "state" = 'TRANSFERRING', "attempt" = r."attempt" + 1, "heartbeatAt" = clock_timestamp(),
         "hasGivenWay" = false,
         "startedAt" = coalesce(r."startedAt", clock_timestamp()), "notBefore" = NULL, "failureCode" = NULL,
         "mappingFileId" = CASE WHEN r."attempt" = 0 THEN c."mappingFileId" ELSE r."mappingFileId" END,
         "automaticMapping" = CASE WHEN r."attempt" = 0 THEN c."automaticMapping" ELSE r."automaticMapping" END
     FROM "Connector" c
     JOIN "Credential" k ON k."tenantId" = c."tenantId" AND k."id" = c."credentialId"
     WHERE r."tenantId" = $1 AND r."id" = $2 AND r."state" = 'QUEUED'
       AND (r."notBefore" IS NULL OR r."notBefore" <= clock_timestamp()) AND ${hasTheWay}
       AND c."tenantId" = r."tenantId" AND c."id" = r."connectorId" AND c."state" = 'ACTIVE'
     RETURNING r."id", r."attempt", r."kind", r."windowStart", r."windowEnd", r."cursor",
       r."arePagesDone", r."failuresInRow", r."manifestTries", r."mappingFileId", r."automaticMapping",
       c."id" AS "connectorId", c."sourceAccountId", c."sourceUsername", c."credentialId",
       c."delivery", c."sftpHost", c."sftpPort", c."sftpFolder", c."sftpHostKey",
       c."movesFinishedFiles", k."ciphertext" AS "sealedSecrets"`,
    [tenantId, runId],
  );
  const [row] = await claimed.catch(noneIfOvertaken);
  if (row === undefined) return null;
  return {
    id: row.id,
    attempt: row.attempt,
    kind: fromColumn<RunKind>(row.kind),
    window: { start: row.windowStart, end: row.windowEnd },
    cursor: row.cursor,
    arePagesDone: row.arePagesDone,
    failuresInRow: row.failuresInRow,
    manifestTries: row.manifestTries,
    mappingFileId: row.mappingFileId,
    automaticMapping: row.automaticMapping,
    connector: {
      id: row.connectorId,
      sourceAccountId: row.sourceAccountId,
      sourceUsername: row.sourceUsername,
      credentialId: row.credentialId,
      sealedSecrets: row.sealedSecrets,
      delivery: row.delivery,
      sftpHost: row.sftpHost,
      sftpPort: row.sftpPort,
      sftpFolder: row.sftpFolder,
      sftpHostKey: row.sftpHostKey,
      movesFinishedFiles: row.movesFinishedFiles,
    },
  };
}

/** A window came due in the same moment and went first: of two that transfer the index refuses one. */
function noneIfOvertaken(thrown: unknown): [] {
  if (thrown instanceof pg.DatabaseError && thrown.code === "23505") return [];
  throw thrown;
}
