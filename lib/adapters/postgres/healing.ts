/** Finds who waits for a mailbox by what was learned, and gives it to many at once. */
import type {
  ConnectorRules,
  HealStore,
  MailboxAssignment,
  UnmappedDelivery,
} from "@/lib/ports/heal-store";
import type { Database, Sql } from "./client";
import { reopenRuns } from "./closing";
import { ofVersionRow } from "./mapping-editions";
import { holdRules } from "./rules-in-force";

/** Longer than it takes from looking a page's people up to recording what became of them. */
const overlap = `interval '15 minutes'`;

/** Whom somebody has given up is asked for no more. */
const waits = `d."state" = 'FAILED' AND d."failureCode" = 'UserMapping' AND d."dismissedAt" IS NULL`;

const selectUnmapped = `
  SELECT d."id" AS "deliveryId", d."itemId", d."runId", i."sourceAccountId", i."sourceItemId", i."revision",
    i."messageAt", i."participants"
  FROM "Delivery" d JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
  WHERE d."tenantId" = $1 AND ${waits} AND i."blobName" IS NOT NULL`;

export function createHealStore(database: Database): HealStore {
  return {
    unmappedDeliveries: (tenantId, connectorId, after, limit) =>
      database.query<UnmappedDelivery>(
        `${selectUnmapped} AND d."connectorId" = $2 AND ($3::uuid IS NULL OR d."id" > $3::uuid)
         ORDER BY d."id" LIMIT $4`,
        [tenantId, connectorId, after, limit],
      ),

    unmappedAmong: (tenantId, ids) =>
      database.query<UnmappedDelivery>(`${selectUnmapped} AND d."id" = ANY($2::uuid[])`, [
        tenantId,
        ids,
      ]),

    assignMailboxes: (tenantId, connectorId, rules, assignments) =>
      database.transaction(async (sql) => {
        if (!(await holdRules(sql, tenantId, connectorId, rules))) return 0;
        return assign(sql, tenantId, assignments);
      }),

    liveConnectors: (tenantId) =>
      database.query<ConnectorRules>(
        `SELECT "id" AS "connectorId", "mappingFileId", "automaticMapping" FROM "Connector"
         WHERE "tenantId" = $1 AND "state" <> 'DELETED' ORDER BY "id"`,
        [tenantId],
      ),

    async learnedSpan(tenantId) {
      const [span] = await database.query<{ since: Date | null; until: Date }>(
        `SELECT "directoryHealedAt" AS "since", clock_timestamp() - ${overlap} AS "until"
         FROM "Tenant" WHERE "id" = $1`,
        [tenantId],
      );
      if (span === undefined) throw new Error("A directory without its tenant");
      return span;
    },

    waitingForLearned: (tenantId, since, after, limit) =>
      database.query(
        `WITH learned AS MATERIALIZED (
           SELECT DISTINCT a."address" FROM "DirectoryAddress" a
           JOIN "DirectoryMailbox" m
             ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
           WHERE a."tenantId" = $1 AND a."learnedAt" > coalesce($2::timestamptz, '-infinity'))
         SELECT d."id" AS "deliveryId", d."connectorId" FROM learned l
         JOIN "Delivery" d ON d."ownerAddress" = l."address" AND ${waits}
         JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
         WHERE d."tenantId" = $1 AND c."state" <> 'DELETED' AND c."automaticMapping"
           AND ($3::uuid IS NULL OR d."id" > $3::uuid)
         UNION
         SELECT d."id", d."connectorId" FROM learned l
         JOIN "Connector" c ON c."tenantId" = $1 AND c."state" <> 'DELETED'
         JOIN "MappingFile" v ON v."tenantId" = c."tenantId" AND v."id" = c."mappingFileId"
         JOIN "MappingEntry" e ON ${ofVersionRow("e", "v")} AND e."mailboxAddress" = l."address"
         JOIN "Delivery" d
           ON d."ownerExternalId" = e."externalId" AND ${waits} AND d."connectorId" = c."id"
         WHERE d."tenantId" = $1 AND ($3::uuid IS NULL OR d."id" > $3::uuid)
         ORDER BY 1 LIMIT $4`,
        [tenantId, since, after, limit],
      ),

    async noteHealed(tenantId, until) {
      await database.query(
        `UPDATE "Tenant" SET "directoryHealedAt" = greatest("directoryHealedAt", $2) WHERE "id" = $1`,
        [tenantId, until],
      );
    },

    async directoryWholeAt(tenantId) {
      const [row] = await database.query<{ at: Date | null }>(
        `SELECT "directoryFullAt" AS "at" FROM "Tenant" WHERE "id" = $1`,
        [tenantId],
      );
      return row?.at ?? null;
    },

    async isImporting(tenantId) {
      const rows = await database.query(
        `SELECT 1 FROM "SyncRun" WHERE "tenantId" = $1 AND "state" = 'IMPORTING' LIMIT 1`,
        [tenantId],
      );
      return rows.length > 0;
    },
  };
}

async function assign(
  sql: Sql,
  tenantId: string,
  assignments: readonly MailboxAssignment[],
): Promise<number> {
  const rows = await sql.query<{ runId: string; thereId: string | null }>(
    `WITH found AS (
       SELECT n.*, (
         SELECT o."id" FROM "Delivery" d
         JOIN "Delivery" o ON o."tenantId" = d."tenantId" AND o."itemId" = d."itemId"
           AND o."mailboxId" = n."mailboxId"
         WHERE d."tenantId" = $1 AND d."id" = n."id") AS "thereId"
       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
         AS n("id", "laneId", "mailboxId", "mailboxAddress", "via", "idempotencyKey"))
     UPDATE "Delivery" d
     SET "state" = (CASE WHEN f."thereId" IS NULL THEN 'PENDING' ELSE 'SKIPPED' END)::"DeliveryState",
         "failureCode" = CASE WHEN f."thereId" IS NULL THEN NULL ELSE 'Duplicate' END,
         "duplicateOfId" = f."thereId",
         "completedAt" = CASE WHEN f."thereId" IS NULL THEN NULL ELSE clock_timestamp() END,
         "laneId" = CASE WHEN f."thereId" IS NULL THEN f."laneId" END,
         "mailboxId" = CASE WHEN f."thereId" IS NULL THEN f."mailboxId" END,
         "mailboxAddress" = CASE WHEN f."thereId" IS NULL THEN f."mailboxAddress" END,
         "via" = CASE WHEN f."thereId" IS NULL THEN f."via" END,
         "idempotencyKey" = CASE WHEN f."thereId" IS NULL THEN f."idempotencyKey" ELSE d."idempotencyKey" END
     FROM found f
     WHERE d."tenantId" = $1 AND d."id" = f."id" AND ${waits}
     RETURNING d."runId", d."duplicateOfId" AS "thereId"`,
    [
      tenantId,
      assignments.map(({ deliveryId }) => deliveryId),
      assignments.map(({ laneId }) => laneId),
      assignments.map(({ mailbox }) => mailbox.id),
      assignments.map(({ mailbox }) => mailbox.address),
      assignments.map(({ via }) => via),
      assignments.map(({ idempotencyKey }) => idempotencyKey),
    ],
  );
  await wakeUnwanted(
    sql,
    tenantId,
    rows.flatMap(({ thereId }) => thereId ?? []),
  );
  await reopenRuns(
    sql,
    tenantId,
    rows.map(({ runId }) => runId),
  );
  return rows.length;
}

/** What a mapping did not want any more, and wants again now. @returns how many */
export async function wakeUnwanted(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<number> {
  if (ids.length === 0) return 0;
  const woken = await sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL,
       "notBefore" = NULL, "isUnwanted" = false
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "state" = 'SKIPPED'
       AND "failureCode" = 'MappingChanged' RETURNING 1`,
    [tenantId, ids],
  );
  return woken.length;
}
