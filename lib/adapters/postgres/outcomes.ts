/** What became of deliveries: one update for a whole batch, and what follows from it for others. */
import { failures } from "@/lib/core/errors";
import type { DeliveryOutcome, NewEvidence } from "@/lib/ports/lane-store";
import type { Sql } from "./client";
import { successorsOf, wakeSuccessors } from "./successors";
import { toColumn } from "./words";

type Row = { readonly id: string; readonly runId: string };

/**
 * SQL: the delivery is being written. As text, which no index answers: the planner takes them for a
 * handful, and where it may read all of them instead of looking up ours it compares each with each.
 */
export function isBeingWritten(alias: "d" | "o"): string {
  return `${alias}."state"::text = 'IMPORTING'`;
}

export async function recordOutcomes(
  sql: Sql,
  tenantId: string,
  outcomes: readonly DeliveryOutcome[],
): Promise<{ runIds: string[] }> {
  if (outcomes.length === 0) return { runIds: [] };
  // Of what a mailbox refused, something may lie there from before: its place is not given away.
  const failed = outcomes.filter(
    (outcome) => outcome.state === "failed" && failures[outcome.code].kind !== "mailbox",
  );
  const successors = await successorsOf(sql, tenantId, idsOf(failed));
  // What would wait again, of a deleted connector or a run somebody cancelled, waits for nobody.
  const isCancelled = `(n."state" = 'PENDING' AND (c."state" = 'DELETED' OR r."isCancelRequested"))`;
  // What the mapping stopped wanting while it was in flight is resolved anew, unless it was written; for
  // a connector that was deleted nobody resolves it, and what is left undone is the next connector's.
  const isUnwanted = `(d."isUnwanted" AND c."state" <> 'DELETED' AND n."state" IN ('PENDING', 'FAILED'))`;
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" d
     SET "state" = (CASE WHEN ${isUnwanted} THEN 'SKIPPED' WHEN ${isCancelled} THEN 'FAILED'
           ELSE n."state" END)::"DeliveryState",
         "failureCode" = CASE WHEN ${isUnwanted} THEN 'MappingChanged' WHEN ${isCancelled} THEN 'Cancelled'
           ELSE n."failureCode" END,
         "messageId" = coalesce(n."messageId", d."messageId"), "leftOut" = n."leftOut"::jsonb,
         "writes" = n."writes", "refusals" = n."refusals", "failuresInRow" = n."failuresInRow",
         "notBefore" = CASE WHEN n."waitMs" IS NULL THEN NULL ELSE clock_timestamp() + n."waitMs" * interval '1 millisecond' END,
         "sentAt" = CASE WHEN n."state" <> 'IMPORTING' THEN NULL
           ELSE coalesce(clock_timestamp() - n."sentMsAgo" * interval '1 millisecond', d."sentAt") END,
         "completedAt" = CASE WHEN n."state" IN ('PENDING', 'IMPORTING') AND NOT ${isCancelled} AND NOT ${isUnwanted}
           THEN NULL ELSE clock_timestamp() END
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::int[], $10::float8[], $11::float8[])
       AS n("id", "state", "failureCode", "messageId", "leftOut", "writes", "refusals", "failuresInRow", "waitMs", "sentMsAgo"),
       "Connector" c, "SyncRun" r
     WHERE d."tenantId" = $1 AND d."id" = n."id" AND ${isBeingWritten("d")}
       AND c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
       AND r."tenantId" = d."tenantId" AND r."id" = d."runId"
     RETURNING d."id", d."runId"`,
    [
      tenantId,
      outcomes.map(({ deliveryId }) => deliveryId),
      outcomes.map(({ state }) => toColumn(state)),
      outcomes.map((outcome) => ("code" in outcome ? outcome.code : null)),
      outcomes.map((outcome) => ("messageId" in outcome ? outcome.messageId : null)),
      outcomes.map((outcome) => ("leftOut" in outcome ? JSON.stringify(outcome.leftOut) : null)),
      outcomes.map(({ writes }) => writes),
      outcomes.map(({ refusals }) => refusals),
      outcomes.map(({ failuresInRow }) => failuresInRow),
      outcomes.map((outcome) => ("waitMs" in outcome ? outcome.waitMs : null)),
      outcomes.map((outcome) => ("sentMsAgo" in outcome ? outcome.sentMsAgo : null)),
    ],
    "lane.outcomes",
  );
  const written = outcomes.filter(
    ({ state }) => state === "imported" || state === "partiallyImported",
  );
  const skippedRuns = await skipCopies(sql, tenantId, idsOf(written));
  await wakeSuccessors(sql, tenantId, successors);
  return { runIds: [...new Set([...rows.map(({ runId }) => runId), ...skippedRuns])] };
}

/**
 * Before the outcomes and by itself: other lanes write copies of the same items at this moment, and in
 * one transaction with the outcomes they waited for each other (30 ms a batch). It is true whatever
 * becomes of the outcomes, since the mailbox has answered. Locked in one order. What stands there stays,
 * unless the limit was raised since and this message carries more.
 */
export async function recordEvidence(
  sql: Sql,
  tenantId: string,
  outcomes: readonly DeliveryOutcome[],
): Promise<void> {
  const found = outcomes.flatMap((outcome): Exclude<NewEvidence, null>[] =>
    "evidence" in outcome && outcome.evidence !== null ? [outcome.evidence] : [],
  );
  if (found.length === 0) return;
  await sql.query(
    `WITH n AS MATERIALIZED (
       SELECT DISTINCT ON ("id") * FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::int[])
         AS n("id", "sha256", "limit", "format")
     ), due AS MATERIALIZED (
       SELECT i."id" FROM "SyncItem" i JOIN n ON n."id" = i."id"
       WHERE i."tenantId" = $1 AND (i."messageSha256" IS NULL OR i."messageSizeLimitBytes" < n."limit")
       ORDER BY i."id" FOR NO KEY UPDATE OF i)
     UPDATE "SyncItem" i
     SET "messageSha256" = n."sha256", "messageSizeLimitBytes" = n."limit",
         "messageFormat" = n."format",
         "messageConnectorId" = coalesce(i."messageConnectorId", i."connectorId")
     FROM n JOIN due ON due."id" = n."id"
     WHERE i."tenantId" = $1 AND i."id" = n."id"`,
    [
      tenantId,
      found.map(({ itemId }) => itemId),
      found.map(({ sha256 }) => sha256),
      found.map(({ sizeLimitBytes }) => sizeLimitBytes),
      found.map(({ format }) => format),
    ],
    "lane.evidence",
  );
}

function idsOf(outcomes: readonly DeliveryOutcome[]): string[] {
  return outcomes.map(({ deliveryId }) => deliveryId);
}

/** One copy is in the mailbox: the others that wait there are skipped and name it. */
async function skipCopies(sql: Sql, tenantId: string, writtenIds: string[]): Promise<string[]> {
  if (writtenIds.length === 0) return [];
  const rows = await sql.query<Row>(
    `UPDATE "Delivery" d
     SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = w."id", "completedAt" = clock_timestamp()
     FROM "Delivery" w
     WHERE w."tenantId" = $1 AND w."id" = ANY($2::uuid[]) AND w."duplicateKey" IS NOT NULL
       AND d."tenantId" = w."tenantId" AND d."mailboxId" = w."mailboxId" AND d."duplicateKey" = w."duplicateKey"
       AND d."id" <> w."id" AND d."state" = 'PENDING'
     RETURNING d."id", d."runId"`,
    [tenantId, writtenIds],
    "lane.skipCopies",
  );
  return rows.map(({ runId }) => runId);
}
