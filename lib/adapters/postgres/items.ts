/** The items of a run, delivery by delivery, paged by key. */
import { longestKeptDays } from "@/lib/core/retention";
import type { ItemRecord } from "@/lib/ports/portal-records";
import type { ItemTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { days, keptUntil } from "./kept-until";
import { fromColumn, toColumn } from "./words";

const allStates = ["PENDING", "IMPORTING", "IMPORTED", "PARTIALLY_IMPORTED", "SKIPPED", "FAILED"];

export function itemsOn(sql: Sql): ItemTable {
  return {
    /** Each state has its own stretch of the index, in the order of ids; the first of all of them make the page. */
    async page(tenantId, runId, { outcome, search, afterDeliveryId, limit, retentionDays }) {
      const states = outcome === null ? allStates : [toColumn(outcome)];
      const values = [tenantId, runId, states, afterDeliveryId, limit, retentionDays];
      const rows = await sql.query<ItemRecord>(
        `SELECT page."id" AS "deliveryId", page."itemId", i."sourceItemId", i."revision", i."kind",
           i."messageAt", i."ownerValue", page."mailboxAddress", page."state", page."failureCode",
           page."completedAt", page."dismissedAt", page."dismissReason", i."originalRemovedAt",
           CASE WHEN i."blobName" IS NOT NULL THEN kept."until" END AS "keptUntil",
           i."blobName" IS NOT NULL AS "hasOriginal"
         FROM (
           SELECT first.* FROM unnest($3::"DeliveryState"[]) AS s(state)
           CROSS JOIN LATERAL (
             SELECT d.* FROM "Delivery" d ${search === null ? "" : matching}
             WHERE d."tenantId" = $1 AND d."runId" = $2 AND d."state" = s.state
               AND ($4::uuid IS NULL OR d."id" > $4)
             ORDER BY d."id" LIMIT $5) first
           ORDER BY first."id" LIMIT $5) page
         JOIN "SyncItem" i ON i."tenantId" = page."tenantId" AND i."id" = page."itemId"
         CROSS JOIN ${keptUntil("$6")}
         ORDER BY page."id"`,
        search === null ? values : [...values, search],
      );
      return rows.map((row) => ({ ...row, state: fromColumn(row.state) }));
    },

    async dismiss(tenantId, connectorId, deliveryId, { byId, reason, at }) {
      const [dismissed] = await sql.query<{ runId: string; itemId: string }>(
        `UPDATE "Delivery" SET "dismissedAt" = $4, "dismissedById" = $5, "dismissReason" = $6
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "id" = $3 AND "state" = 'FAILED'
           AND "dismissedAt" IS NULL
         RETURNING "runId", "itemId"`,
        [tenantId, connectorId, deliveryId, at, byId, reason],
      );
      return dismissed ?? null;
    },

    async expiring(tenantId, connectorId, { retentionDays, until, limit }) {
      const [counted] = await sql.query<{ items: number; at: Date | null; runId: string | null }>(
        `SELECT count(*)::int AS "items", min("until") AS "at",
           (array_agg("runId" ORDER BY "until", "runId"))[1] AS "runId"
         FROM (
           SELECT kept."until", i."runId" FROM "SyncItem" i CROSS JOIN ${keptUntil("$3")}
           WHERE i."tenantId" = $1 AND i."connectorId" = $2 AND i."blobName" IS NOT NULL
             AND i."recordedAt" <= $4::timestamptz - ${days(longestKeptDays)} AND kept."until" <= $4
             AND EXISTS (SELECT 1 FROM "Delivery" d
               WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id"
                 AND d."state" = 'FAILED' AND d."dismissedAt" IS NULL)
           ORDER BY i."recordedAt" LIMIT $5) first`,
        [tenantId, connectorId, retentionDays, until, limit],
      );
      const { items = 0, at = null, runId = null } = counted ?? {};
      return { items, first: at === null || runId === null ? null : { at, runId } };
    },
  };
}

/** The source's id of the item, or the beginning of the owner or the mailbox. */
const matching = `
  JOIN "SyncItem" w ON w."tenantId" = d."tenantId" AND w."id" = d."itemId"
    AND (w."sourceItemId" = $7 OR starts_with(lower(w."ownerValue"), lower($7))
      OR starts_with(lower(d."mailboxAddress"), lower($7)))`;
