/** Who goes first: a window of the schedule, or of "Sync now", before what only reads again. */
import type { Sql } from "./client";

/** SQL: false for a run (alias `r`) that gave way as long as another of its connector is to transfer. */
export const hasTheWay = `(NOT r."hasGivenWay" OR NOT EXISTS (
  SELECT 1 FROM "SyncRun" o
  WHERE o."tenantId" = r."tenantId" AND o."connectorId" = r."connectorId" AND NOT o."hasGivenWay"
    AND o."state" IN ('QUEUED', 'TRANSFERRING')))`;

/**
 * A backfill or look-back under way goes back to queued, and on at its cursor later. Whoever transfers
 * it has lost it: what it writes from now on is refused, and its next beat ends it.
 */
export async function makeWay(sql: Sql, tenantId: string, connectorId: string): Promise<void> {
  await sql.query(
    `UPDATE "SyncRun" SET "state" = 'QUEUED', "hasGivenWay" = true, "heartbeatAt" = NULL
     WHERE "tenantId" = $1 AND "connectorId" = $2 AND "kind" IN ('BACKFILL', 'LOOKBACK')
       AND "state" IN ('QUEUED', 'TRANSFERRING') AND NOT "hasGivenWay"`,
    [tenantId, connectorId],
  );
}
