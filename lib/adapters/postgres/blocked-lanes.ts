/** Mailboxes that refuse everything: what waits for them fails, until a probe comes through. */
import { failures, type FailureCode } from "@/lib/core/errors";
import type { Sql } from "./client";
import { reopenRuns } from "./closing";

type Row = { readonly id: string; readonly runId: string };

const mailboxCodes = Object.entries(failures).flatMap(([code, { kind }]) =>
  kind === "mailbox" ? [code] : [],
);

/** A refusal of the whole mailbox: what waits there fails with its code until a probe comes through. */
export async function blockLane(
  sql: Sql,
  tenantId: string,
  laneId: string,
  code: FailureCode,
): Promise<string[]> {
  await sql.query(
    `UPDATE "Lane" SET "blockedCode" = $3, "blockedAt" = coalesce("blockedAt", clock_timestamp())
     WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, laneId, code],
  );
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = $3, "completedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "laneId" = $2 AND "state" = 'PENDING' RETURNING "id", "runId"`,
    [tenantId, laneId, code],
  );
  return [...new Set(rows.map(({ runId }) => runId))];
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
     WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'PENDING' AND EXISTS (
       SELECT 1 FROM "Delivery" o
       WHERE o."tenantId" = d."tenantId" AND o."runId" = d."runId" AND o."laneId" = d."laneId"
         AND o."state" = 'FAILED' AND o."failureCode" = $3)
     RETURNING d."id", d."runId"`,
    [tenantId, laneId, code],
  );
  return [...new Set(rows.map(({ runId }) => runId))];
}

/** Whatever it was refused with: the mailbox takes mail again. */
export async function unblockLane(sql: Sql, tenantId: string, laneId: string): Promise<void> {
  await sql.query(
    `UPDATE "Lane" SET "blockedCode" = NULL, "blockedAt" = NULL WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, laneId],
  );
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" d
     SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL, "notBefore" = NULL
     FROM "Connector" c
     WHERE d."tenantId" = $1 AND d."laneId" = $2 AND d."state" = 'FAILED'
       AND d."failureCode" = ANY($3::text[]) AND c."tenantId" = d."tenantId" AND c."id" = d."connectorId" AND c."state" <> 'DELETED'
     RETURNING d."id", d."runId"`,
    [tenantId, laneId, mailboxCodes],
  );
  await reopenRuns(
    sql,
    tenantId,
    rows.map(({ runId }) => runId),
  );
}
