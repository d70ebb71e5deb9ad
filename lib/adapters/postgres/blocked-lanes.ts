/** Mailboxes that refuse everything: what waits for them fails, until a probe comes through. */
import { failures, type FailureCode } from "@/lib/core/errors";
import type { DeliveryOutcome } from "@/lib/ports/lane-store";
import type { Sql } from "./client";
import { reopenRuns } from "./closing";

type Row = { readonly id: string; readonly runId: string };

const mailboxCodes = Object.entries(failures).flatMap(([code, { kind }]) =>
  kind === "mailbox" ? [code] : [],
);

/**
 * In the transaction that writes refusals down: whoever dies before the lane is blocked leaves nothing
 * behind that failed for the mailbox and that no probe would bring back.
 */
export async function noteRefused(
  sql: Sql,
  tenantId: string,
  laneId: string,
  outcomes: readonly DeliveryOutcome[],
): Promise<void> {
  for (const outcome of outcomes) {
    if (outcome.state !== "failed" || failures[outcome.code].kind !== "mailbox") continue;
    await markBlocked(sql, tenantId, laneId, outcome.code);
    return;
  }
}

/** A refusal of the whole mailbox: what waits there fails with its code until a probe comes through. */
export async function blockLane(
  sql: Sql,
  tenantId: string,
  laneId: string,
  code: FailureCode,
): Promise<string[]> {
  await markBlocked(sql, tenantId, laneId, code);
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = $3, "completedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "laneId" = $2 AND "state" = 'PENDING' RETURNING "id", "runId"`,
    [tenantId, laneId, code],
  );
  return [...new Set(rows.map(({ runId }) => runId))];
}

/** From a second ago: the refusals that led here were written down a moment before. */
async function markBlocked(
  sql: Sql,
  tenantId: string,
  laneId: string,
  code: FailureCode,
): Promise<void> {
  await sql.query(
    `UPDATE "Lane" SET "blockedCode" = $3,
       "blockedAt" = coalesce("blockedAt", clock_timestamp() - interval '1 second')
     WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, laneId, code],
  );
}

/** Somebody asks again: whoever was refused until now has not been, as far as the next probe goes. */
export async function probeAnew(
  sql: Sql,
  tenantId: string,
  laneIds: readonly string[],
): Promise<void> {
  await sql.query(
    `UPDATE "Lane" SET "blockedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "blockedCode" IS NOT NULL`,
    [tenantId, laneIds],
  );
}

/** Every run asks a blocked mailbox once; what else it has for it fails without asking again. */
export async function failProbedRuns(
  sql: Sql,
  tenantId: string,
  laneId: string,
  code: FailureCode,
): Promise<string[]> {
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" d SET "state" = 'FAILED', "failureCode" = $3, "completedAt" = clock_timestamp()
     FROM "Lane" l
     WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING'
       AND l."tenantId" = d."tenantId" AND l."id" = d."laneId" AND EXISTS (
         SELECT 1 FROM "Delivery" o
         WHERE o."tenantId" = d."tenantId" AND o."runId" = d."runId" AND o."laneId" = d."laneId"
           AND o."state" = 'FAILED' AND o."failureCode" = $3 AND o."completedAt" >= l."blockedAt")
     RETURNING d."id", d."runId"`,
    [tenantId, laneId, code],
  );
  return [...new Set(rows.map(({ runId }) => runId))];
}

/**
 * Whatever it was refused with: the mailbox takes mail again. Not what somebody has given up, nor what
 * has no staged original any more.
 */
export async function unblockLane(sql: Sql, tenantId: string, laneId: string): Promise<void> {
  await sql.query(
    `UPDATE "Lane" SET "blockedCode" = NULL, "blockedAt" = NULL WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, laneId],
  );
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" d
     SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL, "notBefore" = NULL
     FROM "Connector" c, "SyncItem" i
     WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'FAILED'
       AND d."failureCode" = ANY($3::text[]) AND d."dismissedAt" IS NULL
       AND c."tenantId" = d."tenantId" AND c."id" = d."connectorId" AND c."state" <> 'DELETED'
       AND i."tenantId" = d."tenantId" AND i."id" = d."itemId" AND i."blobName" IS NOT NULL
     RETURNING d."id", d."runId"`,
    [tenantId, laneId, mailboxCodes],
  );
  await reopenRuns(
    sql,
    tenantId,
    rows.map(({ runId }) => runId),
  );
}
