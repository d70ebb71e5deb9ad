/** The claim of a lane: the next token, a lease, and what a holder before left in doubt. */
import type { FailureCode } from "@/lib/core/errors";
import type { ClaimedLane, LaneHold, RecentTraffic } from "@/lib/ports/lane-store";
import type { Sql } from "./client";

export async function claimLane(
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
  const hold = { laneId, token: BigInt(row.token) };
  const hasDoubtful = await dateDoubtful(sql, tenantId, hold, row.diedAt);
  return {
    id: laneId,
    mailboxId: row.mailboxId,
    token: hold.token,
    hasDoubtful,
    blockedCode: row.blockedCode,
    failuresInRow: row.failuresInRow,
    recent: row.recent,
    folder:
      row.folderId === null || row.folderRunId === null
        ? null
        : { id: row.folderId, runId: row.folderRunId },
  };
}

/**
 * What a dead holder had taken is in doubt from the last renewal of its lease on: it sent nothing later.
 * What was sent by a clock that has been set back since, nobody knows when, is so from now on.
 * A statement of its own, since whoever dies before it leaves that to the next holder.
 * @returns whether anything is in doubt, from whatever time
 */
async function dateDoubtful(
  sql: Sql,
  tenantId: string,
  { laneId, token }: LaneHold,
  diedAt: Date | null,
): Promise<boolean> {
  const rows = await sql.query<{ isAny: boolean }>(
    `WITH dated AS (
       UPDATE "Delivery"
       SET "sentAt" = CASE WHEN "sentAt" IS NULL THEN coalesce($4, clock_timestamp()) ELSE clock_timestamp() END
       WHERE "tenantId" = $1 AND "laneId" = $2 AND "state" = 'IMPORTING'
         AND ("sentAt" IS NULL OR "sentAt" > clock_timestamp())
         AND EXISTS (SELECT 1 FROM "Lane" l WHERE l."tenantId" = $1 AND l."id" = $2 AND l."token" = $3))
     SELECT EXISTS (
       SELECT 1 FROM "Delivery" d
       WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'IMPORTING') AS "isAny"`,
    [tenantId, laneId, token, diedAt],
    "lane.doubt",
  );
  return rows[0]?.isAny ?? true;
}
