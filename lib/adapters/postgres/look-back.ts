/** Look-back: whose windows are to be compared once more, and which were today. */
import type { LookBack, LookBackStore } from "@/lib/ports/look-back-store";
import type { Database } from "./client";
import { recountRuns } from "./closing";

type Row = LookBack["connector"] & {
  readonly runId: string;
  readonly windowStart: Date;
  readonly windowEnd: Date;
};

export function createLookBackStore(database: Database): LookBackStore {
  return {
    async windowsToLookBack(tenantId, { since, day }) {
      const rows = await database.query<Row>(
        `SELECT r."id" AS "runId", r."windowStart", r."windowEnd", c."id", c."sourceAccountId",
           c."sourceUsername", c."credentialId", c."delivery", c."sftpHost", c."sftpPort",
           c."sftpFolder", c."sftpHostKey", c."movesFinishedFiles",
           k."ciphertext" AS "sealedSecrets"
         FROM "Connector" c
         JOIN "Credential" k ON k."tenantId" = c."tenantId" AND k."id" = c."credentialId"
         JOIN "SyncRun" r ON r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
         WHERE c."tenantId" = $1 AND c."state" = 'ACTIVE'
           AND r."kind" IN ('SCHEDULED', 'MANUAL') AND r."isTransferDone" AND r."windowEnd" > $2
           AND (r."lookedBackAt" IS NULL OR r."lookedBackAt" < $3
             OR r."lookedBackAt" >= $3::timestamptz + interval '1 day')
           AND NOT EXISTS (
             SELECT 1 FROM "SyncRun" o
             WHERE o."tenantId" = c."tenantId" AND o."connectorId" = c."id"
               AND o."state" IN ('QUEUED', 'TRANSFERRING'))
         ORDER BY c."id", r."windowStart"`,
        [tenantId, since, day],
      );
      return byConnector(rows);
    },

    async completeWindows(tenantId, connectorId, { start, end }) {
      return database.transaction(async (sql) => {
        const runs = await sql.query<{ id: string }>(
          `UPDATE "SyncRun" r SET "isManifestEqual" = true, "failureCode" = NULL
           WHERE r."tenantId" = $1 AND r."connectorId" = $2
             AND r."windowStart" >= $3 AND r."windowEnd" <= $4
             AND r."isTransferDone" AND NOT r."isTransferCancelled" AND r."isManifestEqual" = false
             AND r."failureCode" IN ('ManifestMismatch', 'DeliveryIncomplete')
             AND NOT EXISTS (
               SELECT 1 FROM "DeliveredFile" f
               WHERE f."tenantId" = r."tenantId" AND f."connectorId" = r."connectorId"
                 AND f."deliveredAt" >= r."windowStart" AND f."deliveredAt" < r."windowEnd"
                 AND f."state" <> 'DONE')
           RETURNING r."id"`,
          [tenantId, connectorId, start, end],
        );
        const ids = runs.map(({ id }) => id);
        await recountRuns(sql, tenantId, ids);
        return ids;
      });
    },

    async isActive(tenantId, connectorId) {
      const rows = await database.query(
        `SELECT 1 FROM "Connector" WHERE "tenantId" = $1 AND "id" = $2 AND "state" = 'ACTIVE'`,
        [tenantId, connectorId],
      );
      return rows.length > 0;
    },

    async markLookedBack(tenantId, runId, at) {
      await database.query(
        `UPDATE "SyncRun" SET "lookedBackAt" = $3 WHERE "tenantId" = $1 AND "id" = $2`,
        [tenantId, runId, at],
      );
    },
  };
}

function byConnector(rows: readonly Row[]): LookBack[] {
  const found = new Map<string, { connector: Row; windows: LookBack["windows"][number][] }>();
  for (const row of rows) {
    const { runId, windowStart: start, windowEnd: end } = row;
    const known = found.get(row.id) ?? { connector: row, windows: [] };
    known.windows.push({ runId, window: { start, end } });
    found.set(row.id, known);
  }
  return [...found.values()];
}
