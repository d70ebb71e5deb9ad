/** What became of deliveries: one update for a whole batch, and what follows from it for others. */
import { failures } from "@/lib/core/errors";
import type { DeliveryOutcome, LaneHold, NewEvidence } from "@/lib/ports/lane-store";
import { HoldLost } from "@/lib/ports/transfer-records";
import type { Sql } from "./client";
import { successorsOf, wakeSuccessors } from "./successors";
import { toColumn } from "./words";

/** SQL: the row of the lane, locked, while it is the holder's ($1 tenant, $2 lane, $3 token); else none. */
export const heldLane = `SELECT "id" FROM "Lane"
  WHERE "tenantId" = $1 AND "id" = $2 AND "token" = $3 FOR NO KEY UPDATE`;

type Ended = { readonly runIds: string[] };

/**
 * One statement: the lane is locked and judged by its row as it is then, the outcomes are written, and
 * other pending copies of what is in the mailbox now are skipped and name it. The deliveries are looked
 * up as text, which no index answers: of what is being written statistics know next to nothing, and the
 * planner would read all of it and compare each with each.
 * @throws HoldLost
 */
export async function recordOutcomes(
  sql: Sql,
  tenantId: string,
  { laneId, token }: LaneHold,
  outcomes: readonly DeliveryOutcome[],
): Promise<Ended> {
  // What would wait again, of a deleted connector or a run somebody cancelled, waits for nobody.
  const isCancelled = `(n."state" = 'PENDING' AND (c."state" = 'DELETED' OR r."isCancelRequested"))`;
  // What the mapping stopped wanting while it was in flight is resolved anew, unless it was written; for
  // a connector that was deleted nobody resolves it, and what is left undone is the next connector's.
  const isUnwanted = `(d."isUnwanted" AND c."state" <> 'DELETED' AND n."state" IN ('PENDING', 'FAILED'))`;
  const rows = await sql.query<{ runId: string | null }>(
    `WITH held AS MATERIALIZED (${heldLane}),
     ended AS (
       UPDATE "Delivery" d
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
       FROM held, unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[], $11::int[], $12::float8[], $13::float8[])
         AS n("id", "state", "failureCode", "messageId", "leftOut", "writes", "refusals", "failuresInRow", "waitMs", "sentMsAgo"),
         "Connector" c, "SyncRun" r
       WHERE d."tenantId" = $1 AND d."id" = n."id" AND d."state"::text = 'IMPORTING'
         AND c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
         AND r."tenantId" = d."tenantId" AND r."id" = d."runId"
       RETURNING d."id", d."runId", d."mailboxId", d."duplicateKey", d."state"
     ), copies AS (
       UPDATE "Delivery" d
       SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = w."id", "completedAt" = clock_timestamp()
       FROM ended w
       WHERE w."state" IN ('IMPORTED', 'PARTIALLY_IMPORTED') AND w."duplicateKey" IS NOT NULL
         AND d."tenantId" = $1 AND d."mailboxId" = w."mailboxId" AND d."duplicateKey" = w."duplicateKey"
         AND d."id" <> w."id" AND d."state" = 'PENDING'
       RETURNING d."runId"
     )
     SELECT DISTINCT n."runId" FROM held
     LEFT JOIN (SELECT "runId" FROM ended UNION ALL SELECT "runId" FROM copies) n ON true`,
    [
      ...[tenantId, laneId, token],
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
  if (rows.length === 0) throw new HoldLost();
  return { runIds: rows.flatMap(({ runId }) => runId ?? []) };
}

/** In a transaction that holds the lane: who stood back for a copy that failed is wanted again. */
export async function recordWithFailures(
  sql: Sql,
  tenantId: string,
  hold: LaneHold,
  outcomes: readonly DeliveryOutcome[],
): Promise<Ended> {
  // Of what a mailbox refused, something may lie there from before: its place is not given away.
  const failed = outcomes.flatMap((outcome) =>
    outcome.state === "failed" && failures[outcome.code].kind !== "mailbox"
      ? outcome.deliveryId
      : [],
  );
  const successors = await successorsOf(sql, tenantId, failed);
  const ended = await recordOutcomes(sql, tenantId, hold, outcomes);
  await wakeSuccessors(sql, tenantId, successors);
  return ended;
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
