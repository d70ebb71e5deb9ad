/** What did not reach a mailbox whole: counted by reason and mailbox, and set to pending again. */
import type { FailureCode } from "@/lib/core/errors";
import type {
  NotImported,
  NotImportedMailbox,
  RepairChoice,
  Reopened,
  RepairTable,
} from "@/lib/ports/repair-store";
import { probeAnew } from "./blocked-lanes";
import type { Sql } from "./client";
import { reopenRuns } from "./closing";
import { fromColumn } from "./words";

/** `$1` to `$6` are tenant, connector and the four of the choice; the delivery's alias is `d`. */
const chosen = `d."tenantId" = $1 AND d."connectorId" = $2
  AND d."state" IN ('FAILED', 'PARTIALLY_IMPORTED')
  AND ($3::uuid IS NULL OR d."runId" = $3) AND ($4::uuid[] IS NULL OR d."id" = ANY($4))
  AND ($5::text IS NULL OR d."failureCode" = $5) AND ($6::uuid IS NULL OR d."mailboxId" = $6)
  AND (d."dismissedAt" IS NULL OR $4::uuid[] IS NOT NULL)`;

const withItem = `JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"`;

export function repairsOn(sql: Sql): RepairTable {
  return {
    async byReason(tenantId, connectorId, choice) {
      const rows = await sql.query<NotImported>(
        `SELECT d."state", d."failureCode" AS "code", count(*)::int AS "count",
           (count(*) FILTER (WHERE d."mailboxId" IS NULL))::int AS "unaddressed",
           (count(*) FILTER (WHERE i."blobName" IS NULL))::int AS "removed"
         FROM "Delivery" d ${withItem}
         WHERE ${chosen}
         GROUP BY d."state", d."failureCode" ORDER BY count(*) DESC, d."failureCode"`,
        [tenantId, connectorId, ...valuesOf(choice)],
      );
      return rows.map((row) => ({ ...row, state: fromColumn(row.state) }));
    },

    async byMailbox(tenantId, connectorId, runId, limit) {
      const rows = await sql.query<NotImportedMailbox>(
        `SELECT d."mailboxId", max(d."mailboxAddress") AS "address", d."state",
           d."failureCode" AS "code", count(*)::int AS "count",
           (count(*) FILTER (WHERE i."blobName" IS NULL))::int AS "removed"
         FROM "Delivery" d ${withItem}
         WHERE ${chosen} AND d."mailboxId" IS NOT NULL
         GROUP BY d."mailboxId", d."state", d."failureCode"
         ORDER BY count(*) DESC, max(d."mailboxAddress"), d."failureCode" LIMIT $7`,
        [tenantId, connectorId, ...valuesOf({ runId }), limit],
      );
      return rows.map((row) => ({ ...row, state: fromColumn(row.state) }));
    },

    async reopen(tenantId, connectorId, choice, after, limit) {
      const found = await sql.query<{ id: string; laneId: string }>(
        `SELECT d."id", d."laneId" FROM "Delivery" d ${withItem}
         WHERE ${chosen} AND d."mailboxId" IS NOT NULL AND i."blobName" IS NOT NULL
           AND ($7::uuid IS NULL OR d."id" > $7)
         ORDER BY d."id" LIMIT $8`,
        [tenantId, connectorId, ...valuesOf(choice), after, limit],
      );
      const ids = found.map(({ id }) => id);
      const next = found.length < limit ? null : (ids.at(-1) ?? null);
      const reopened = await setPending(sql, tenantId, ids, lanesOf(found));
      return { ...reopened, next };
    },
  };
}

function valuesOf({ runId, deliveryIds, code, mailboxId }: RepairChoice): unknown[] {
  return [runId ?? null, deliveryIds ?? null, code ?? null, mailboxId ?? null];
}

function lanesOf(rows: readonly { readonly laneId: string }[]): string[] {
  return [...new Set(rows.map(({ laneId }) => laneId))];
}

/** Locks lanes, deliveries, runs, each in the order of ids: the order in which lanes take them too. */
export async function setPending(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
  laneIds: readonly string[],
): Promise<Omit<Reopened, "next">> {
  if (ids.length === 0) return { deliveries: 0, withoutAttachment: 0, laneIds: [] };
  await sql.query(
    `SELECT 1 FROM "Lane" WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])
     ORDER BY "id" FOR NO KEY UPDATE`,
    [tenantId, laneIds],
  );
  // Whoever asks again means the mailbox too. It stays blocked until it took something: then all comes.
  await probeAnew(sql, tenantId, laneIds);
  // An original is not taken away between the look and the change: its item is held.
  const held = await sql.query<{ id: string; code: string }>(
    `SELECT d."id", d."failureCode" AS "code" FROM "Delivery" d ${withItem}
     WHERE d."tenantId" = $1 AND d."id" = ANY($2::uuid[]) AND i."blobName" IS NOT NULL
     ORDER BY d."id" FOR NO KEY UPDATE OF d, i`,
    [tenantId, ids],
  );
  // `writes` stays above 0 for what was ever written: a lane then looks before it writes again.
  const reopened = await sql.query<{ laneId: string; runId: string }>(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "refusals" = 0,
       "failuresInRow" = 0, "writes" = least("writes", 1), "notBefore" = NULL, "leftOut" = NULL,
       "completedAt" = NULL, "dismissedAt" = NULL, "dismissedById" = NULL, "dismissReason" = NULL
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])
       AND "state" IN ('FAILED', 'PARTIALLY_IMPORTED')
     RETURNING "laneId", "runId"`,
    [tenantId, held.map(({ id }) => id)],
  );
  const runIds = reopened.map(({ runId }) => runId);
  await reopenRuns(sql, tenantId, runIds);
  return {
    deliveries: reopened.length,
    withoutAttachment: held.filter(({ code }) => notGiven.has(code)).length,
    laneIds: lanesOf(reopened),
  };
}

const notGiven: ReadonlySet<string> = new Set<FailureCode>([
  "AttachmentGone",
  "AttachmentUnavailable",
  "AttachmentCorrupt",
]);
