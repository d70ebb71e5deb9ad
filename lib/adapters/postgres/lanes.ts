/** The lane's lease, and the deliveries a holder takes. */
import type { LaneHold, LaneStore } from "@/lib/ports/lane-store";
import { HoldLost } from "@/lib/ports/transfer-records";
import type { Database, Sql } from "./client";
import { mayImport } from "./importable";
import { blockLane, failProbedRuns, noteRefused, unblockLane } from "./blocked-lanes";
import { claimLane } from "./lane-claim";
import { readDeliveries, withAttachments } from "./lane-deliveries";
import { isWorthABatch, takePending } from "./lane-take";
import { heldLane, recordEvidence, recordOutcomes, recordWithFailures } from "./outcomes";
import { shareOf } from "./share";

type Id = { readonly id: string };

/** Of eight: thirty lanes at work shall not keep a transfer, a lease or a tick from a connection. */
const connectionsOfLanes = 5;

export function createLaneStore(database: Database): LaneStore {
  const turns = shareOf(database, connectionsOfLanes);
  return {
    claimLane: (tenantId, laneId, holder, leaseMs) =>
      claimLane(turns, tenantId, laneId, holder, leaseMs),

    async renewLane(tenantId, { laneId, token }, leaseMs, recent) {
      // No turn outlives a connector's deletion by a day, so those deleted long ago need not be named.
      const [row] = await database.query<{ resting: readonly string[] }>(
        `UPDATE "Lane" SET "leaseUntil" = clock_timestamp() + $4 * interval '1 millisecond',
           "recent" = coalesce($5::jsonb, "recent")
         WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3 AND "leaseUntil" > clock_timestamp()
         RETURNING ARRAY(
           SELECT c."id" FROM "Connector" c
           WHERE c."tenantId" = $1 AND NOT ${mayImport}
             AND NOT (c."state" = 'DELETED' AND c."deletedAt" < clock_timestamp() - interval '1 day')
         ) AS "resting"`,
        [tenantId, laneId, token, leaseMs, recent === undefined ? null : JSON.stringify(recent)],
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

    // What the turn took and could not record is in doubt from now on, not from the next claim.
    async releaseLane(tenantId, { laneId, token }, { recent, waitMs, failuresInRow, folder }) {
      await database.query(
        `WITH released AS (
           UPDATE "Lane"
           SET "leaseUntil" = NULL, "holder" = NULL, "recent" = $4::jsonb, "failuresInRow" = $6,
               "folderId" = $7, "folderRunId" = $8,
               "notBefore" = CASE WHEN $5::float8 IS NULL THEN NULL ELSE clock_timestamp() + $5 * interval '1 millisecond' END
           WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3 RETURNING "id")
         UPDATE "Delivery" d SET "sentAt" = clock_timestamp() FROM released
         WHERE d."tenantId" = $1 AND d."laneId" = released."id" AND d."state" = 'IMPORTING'
           AND d."sentAt" IS NULL`,
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

    takeBatch: async (tenantId, hold, limit) =>
      withAttachments(turns, tenantId, await takePending(turns, tenantId, hold, limit)),

    isWorthABatch: (tenantId, { laneId }, limit) => isWorthABatch(turns, tenantId, laneId, limit),

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
      if (!outcomes.some(({ state }) => state === "failed")) {
        return recordOutcomes(turns, tenantId, hold, outcomes);
      }
      return turns.transaction(async (sql) => {
        await lockHeldLane(sql, tenantId, hold);
        await noteRefused(sql, tenantId, hold.laneId, outcomes);
        return recordWithFailures(sql, tenantId, hold, outcomes);
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
  const rows = await sql.query(heldLane, [tenantId, hold.laneId, hold.token], "lane.lock");
  if (rows.length === 0) throw new HoldLost();
}
