/** What a lane takes to write next. */
import type { LaneHold } from "@/lib/ports/lane-store";
import { HoldLost } from "@/lib/ports/transfer-records";
import type { Sql } from "./client";
import { mayImport } from "./importable";
import { deliveryColumns, deliveryJoins, type DeliveryRow } from "./lane-deliveries";
import { heldLane } from "./outcomes";

/**
 * Of several pending copies of one message the oldest is taken, before it one that was ever written
 * (something of it may lie in the mailbox); while one is being written, none. Where one lies in the
 * mailbox already, the others end here and name it.
 *
 * One statement, so one snapshot, from before the lane was locked: nobody but its holder takes anything
 * of a lane, and that it is still the holder is judged by the row as it is when it is locked.
 * Copies are looked up one by one, each by a partial index of its own: a join may read all of them.
 */
export async function takePending(
  sql: Sql,
  tenantId: string,
  { laneId, token }: LaneHold,
  limit: number,
): Promise<DeliveryRow[]> {
  const rows = await sql.query<DeliveryRow | { id: null }>(
    `WITH held AS MATERIALIZED (${heldLane}),
     skipped AS (
       UPDATE "Delivery" d
       SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = w."id", "completedAt" = clock_timestamp()
       FROM held, "Delivery" w
       WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING' AND d."duplicateKey" IS NOT NULL
         AND w."tenantId" = d."tenantId" AND w."mailboxId" = d."mailboxId" AND w."duplicateKey" = d."duplicateKey"
         AND w."state" IN ('IMPORTED', 'PARTIALLY_IMPORTED') AND w."id" <> d."id"
     ), due AS MATERIALIZED (
       SELECT d."id" FROM held, "Delivery" d
       JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
       JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
       WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING'
         AND (d."notBefore" IS NULL OR d."notBefore" <= clock_timestamp())
         AND i."attachmentsOpen" = 0 AND i."blobName" IS NOT NULL AND ${mayImport}
         AND (SELECT o."id" FROM "Delivery" o
           WHERE o."tenantId" = d."tenantId" AND o."mailboxId" = d."mailboxId"
             AND o."duplicateKey" = d."duplicateKey"
             AND o."state" IN ('IMPORTING', 'IMPORTED', 'PARTIALLY_IMPORTED') LIMIT 1) IS NULL
         AND (SELECT o."id" FROM "Delivery" o
           WHERE o."tenantId" = d."tenantId" AND o."mailboxId" = d."mailboxId"
             AND o."duplicateKey" = d."duplicateKey" AND o."state" = 'PENDING'
             AND (o."writes" = 0, o."id") < (d."writes" = 0, d."id") LIMIT 1) IS NULL
       ORDER BY d."id" LIMIT $4
     ), taken AS (
       UPDATE "Delivery" d SET "state" = 'IMPORTING', "laneToken" = $3, "sentAt" = NULL
       WHERE d."tenantId" = $1 AND d."id" = ANY (ARRAY(SELECT "id" FROM due)) AND d."state" = 'PENDING'
       RETURNING d.*
     )
     SELECT n.* FROM held
     LEFT JOIN (SELECT ${deliveryColumns} FROM taken d ${deliveryJoins}) n ON true
     ORDER BY n."id"`,
    [tenantId, laneId, token, limit],
    "lane.take",
  );
  if (rows.length === 0) throw new HoldLost();
  return rows.filter((row) => row.id !== null);
}

export async function isWorthABatch(
  sql: Sql,
  tenantId: string,
  laneId: string,
  limit: number,
): Promise<boolean> {
  const rows = await sql.query<{ isWorth: boolean }>(
    `SELECT count(*) >= $3 OR coalesce(bool_or(r."state" <> 'TRANSFERRING' OR r."arePagesDone"), false) AS "isWorth"
     FROM (
       SELECT d."runId" FROM "Delivery" d
       WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING' ORDER BY d."id" LIMIT $3) w
     JOIN "SyncRun" r ON r."tenantId" = $1 AND r."id" = w."runId"`,
    [tenantId, laneId, limit],
    "lane.isWorth",
  );
  return rows[0]?.isWorth ?? true;
}
