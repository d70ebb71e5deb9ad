/** The lane's lease, and the deliveries a holder takes. */
import type { FailureCode } from "@/lib/core/errors";
import type { ClaimedLane, LaneHold, LaneStore, RecentTraffic } from "@/lib/ports/lane-store";
import { HoldLost } from "@/lib/ports/transfer-records";
import type { Database, Sql } from "./client";
import { mayImport } from "./importable";
import { readDeliveries } from "./lane-deliveries";
import { blockLane, failProbedRuns, noteRefused, unblockLane } from "./blocked-lanes";
import { isBeingWritten, recordEvidence, recordOutcomes } from "./outcomes";
import { shareOf } from "./share";

type Id = { readonly id: string };

/** Of eight: thirty lanes at work shall not keep a transfer, a lease or a tick from a connection. */
const connectionsOfLanes = 5;

export function createLaneStore(database: Database): LaneStore {
  const turns = shareOf(database, connectionsOfLanes);
  return {
    claimLane: (tenantId, laneId, holder, leaseMs) =>
      turns.transaction((sql) => claimLane(sql, tenantId, laneId, holder, leaseMs)),

    async renewLane(tenantId, { laneId, token }, leaseMs) {
      // No turn outlives a connector's deletion by a day, so those deleted long ago need not be named.
      const [row] = await database.query<{ resting: readonly string[] }>(
        `UPDATE "Lane" SET "leaseUntil" = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3 AND "leaseUntil" > clock_timestamp()
         RETURNING ARRAY(
           SELECT c."id" FROM "Connector" c
           WHERE c."tenantId" = $1 AND NOT ${mayImport}
             AND NOT (c."state" = 'DELETED' AND c."deletedAt" < clock_timestamp() - interval '1 day')
         ) AS "resting"`,
        [tenantId, laneId, token, leaseMs],
        "lane.renew",
      );
      return row ?? null;
    },

    async noteAttaching(tenantId, isRefused) {
      await database.query(
        `UPDATE "Tenant" SET "attachRefusedAt" = CASE WHEN $2 THEN clock_timestamp() END
         WHERE "id" = $1`,
        [tenantId, isRefused],
      );
    },

    async releaseLane(tenantId, { laneId, token }, { recent, waitMs, failuresInRow, folder }) {
      await database.query(
        `UPDATE "Lane"
         SET "leaseUntil" = NULL, "holder" = NULL, "recent" = $4::jsonb, "failuresInRow" = $6,
             "folderId" = $7, "folderRunId" = $8,
             "notBefore" = CASE WHEN $5::float8 IS NULL THEN NULL ELSE clock_timestamp() + $5 * interval '1 millisecond' END
         WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3`,
        [
          tenantId,
          laneId,
          token,
          JSON.stringify(recent),
          waitMs,
          failuresInRow,
          folder?.id ?? null,
          folder?.runId ?? null,
        ],
        "lane.release",
      );
    },

    async takeBatch(tenantId, hold, limit) {
      const ids = await turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        await skipDuplicates(sql, tenantId, hold);
        return takePending(sql, tenantId, hold, limit);
      });
      return readDeliveries(turns, tenantId, ids);
    },

    async takeInDoubt(tenantId, { laneId, token }, inDoubtMs, limit) {
      const rows = await turns.query<Id>(
        `UPDATE "Delivery" d SET "laneToken" = $3
         FROM (
           SELECT d."id" FROM "Delivery" d
           JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
           JOIN "Lane" l ON l."tenantId" = d."tenantId" AND l."id" = d."laneId" AND l."token" = $3
           WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'IMPORTING'
             AND d."sentAt" <= clock_timestamp() - $4 * interval '1 millisecond'
             AND (d."notBefore" IS NULL OR d."notBefore" <= clock_timestamp())
             AND NOT (c."state" = 'NEEDS_ATTENTION' AND NOT ${mayImport})
           ORDER BY d."sentAt" LIMIT $5
         ) due
         WHERE d."tenantId" = $1 AND d."id" = due."id" RETURNING d."id"`,
        [tenantId, laneId, token, inDoubtMs, limit],
        "lane.inDoubt",
      );
      return readDeliveries(
        turns,
        tenantId,
        rows.map(({ id }) => id),
      );
    },

    async recordOutcomes(tenantId, hold, outcomes) {
      await recordEvidence(turns, tenantId, outcomes);
      return turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        await noteRefused(sql, tenantId, hold.laneId, outcomes);
        return recordOutcomes(sql, tenantId, outcomes);
      });
    },

    blockLane: (tenantId, hold, code) =>
      turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        return blockLane(sql, tenantId, hold.laneId, code);
      }),

    failProbedRuns: (tenantId, hold, code) =>
      turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        return failProbedRuns(sql, tenantId, hold.laneId, code);
      }),

    unblockLane: (tenantId, hold) =>
      turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        await unblockLane(sql, tenantId, hold.laneId);
      }),
  };
}

/** Fences a holder that was given up for dead: its token is no longer the lane's. */
async function lockHeldLane(sql: Sql, tenantId: string, hold: LaneHold): Promise<void> {
  const rows = await sql.query(
    `SELECT 1 FROM "Lane" WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3 FOR NO KEY UPDATE`,
    [tenantId, hold.laneId, hold.token],
    "lane.lock",
  );
  if (rows.length === 0) throw new HoldLost();
}

async function claimLane(
  sql: Sql,
  tenantId: string,
  laneId: string,
  holder: string,
  leaseMs: number,
): Promise<ClaimedLane | null> {
  type Row = {
    mailboxId: string;
    token: string;
    blockedCode: FailureCode | null;
    failuresInRow: number;
    recent: RecentTraffic;
    folderId: string | null;
    folderRunId: string | null;
    diedAt: Date | null;
  };
  const rows = await sql.query<Row>(
    `WITH free AS (
       SELECT "id", "leaseUntil" FROM "Lane"
       WHERE "tenantId" = $1 AND "id" = $2
         AND ("leaseUntil" IS NULL OR "leaseUntil" <= clock_timestamp())
         AND ("notBefore" IS NULL OR "notBefore" <= clock_timestamp())
       FOR NO KEY UPDATE SKIP LOCKED)
     UPDATE "Lane" l
     SET "token" = l."token" + 1, "holder" = $3, "notBefore" = NULL,
         "leaseUntil" = clock_timestamp() + $4 * interval '1 millisecond'
     FROM free WHERE l."tenantId" = $1 AND l."id" = free."id"
     RETURNING l."mailboxId", l."token", l."blockedCode", l."failuresInRow", l."recent",
       l."folderId", l."folderRunId",
       free."leaseUntil" - $4 * interval '1 millisecond' AS "diedAt"`,
    [tenantId, laneId, holder, leaseMs],
    "lane.claim",
  );
  const row = rows[0];
  if (row === undefined) return null;
  // What a dead holder had taken is in doubt from the last renewal of its lease on: it sent nothing later.
  await sql.query(
    `UPDATE "Delivery" SET "sentAt" = coalesce($3, clock_timestamp())
     WHERE "tenantId" = $1 AND "laneId" = $2 AND "state" = 'IMPORTING' AND "sentAt" IS NULL`,
    [tenantId, laneId, row.diedAt],
    "lane.doubt",
  );
  return {
    id: laneId,
    mailboxId: row.mailboxId,
    token: BigInt(row.token),
    blockedCode: row.blockedCode,
    failuresInRow: row.failuresInRow,
    recent: row.recent,
    folder:
      row.folderId === null || row.folderRunId === null
        ? null
        : { id: row.folderId, runId: row.folderRunId },
  };
}

/** Another copy of the same message is in this mailbox already: the delivery ends here and names it. */
async function skipDuplicates(sql: Sql, tenantId: string, { laneId }: LaneHold): Promise<void> {
  await sql.query(
    `UPDATE "Delivery" d
     SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = w."id", "completedAt" = clock_timestamp()
     FROM "Delivery" w
     WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING' AND d."duplicateKey" IS NOT NULL
       AND w."tenantId" = d."tenantId" AND w."mailboxId" = d."mailboxId" AND w."duplicateKey" = d."duplicateKey"
       AND w."state" IN ('IMPORTED', 'PARTIALLY_IMPORTED') AND w."id" <> d."id"`,
    [tenantId, laneId],
    "lane.skip",
  );
}

/**
 * Of several pending copies of one message the oldest is taken, before it one that was ever written
 * (something of it may lie in the mailbox); while one is being written, none.
 * Two NOT EXISTS instead of one with OR: each is answered by a partial index of its own.
 */
async function takePending(
  sql: Sql,
  tenantId: string,
  { laneId, token }: LaneHold,
  limit: number,
): Promise<string[]> {
  const rows = await sql.query<Id>(
    `WITH due AS MATERIALIZED (
       SELECT d."id" FROM "Delivery" d
       JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
       JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
       WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING'
         AND (d."notBefore" IS NULL OR d."notBefore" <= clock_timestamp())
         AND i."attachmentsOpen" = 0 AND i."blobName" IS NOT NULL AND ${mayImport}
         AND NOT EXISTS (
           SELECT 1 FROM "Delivery" o
           WHERE o."tenantId" = d."tenantId" AND o."mailboxId" = d."mailboxId"
             AND o."duplicateKey" = d."duplicateKey"
             AND o."state" IN ('IMPORTING', 'IMPORTED', 'PARTIALLY_IMPORTED') AND ${isBeingWritten("o")})
         AND NOT EXISTS (
           SELECT 1 FROM "Delivery" o
           WHERE o."tenantId" = d."tenantId" AND o."mailboxId" = d."mailboxId"
             AND o."duplicateKey" = d."duplicateKey" AND o."state" = 'PENDING'
             AND (o."writes" = 0, o."id") < (d."writes" = 0, d."id"))
       ORDER BY d."id" LIMIT $4
     )
     UPDATE "Delivery" d SET "state" = 'IMPORTING', "laneToken" = $3, "sentAt" = NULL
     WHERE d."tenantId" = $1 AND d."id" = ANY (ARRAY(SELECT "id" FROM due)) AND d."state" = 'PENDING'
     RETURNING d."id"`,
    [tenantId, laneId, token, limit],
    "lane.take",
  );
  return rows.map(({ id }) => id);
}
