/** The items of a run, delivery by delivery, paged by key. */
import type { ItemRecord } from "@/lib/ports/portal-records";
import type { ItemTable } from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { fromColumn, toColumn } from "./words";

const allStates = ["PENDING", "IMPORTING", "IMPORTED", "PARTIALLY_IMPORTED", "SKIPPED", "FAILED"];

export function itemsOn(sql: Sql): ItemTable {
  return {
    /** Each state has its own stretch of the index, in the order of ids; the first of all of them make the page. */
    async page(tenantId, runId, { outcome, search, afterDeliveryId, limit }) {
      const states = outcome === null ? allStates : [toColumn(outcome)];
      const values = [tenantId, runId, states, afterDeliveryId, limit];
      const rows = await sql.query<ItemRecord>(
        `SELECT page."id" AS "deliveryId", page."itemId", i."sourceItemId", i."revision", i."kind",
           i."messageAt", i."ownerValue", page."mailboxAddress", page."state", page."failureCode",
           page."completedAt"
         FROM (
           SELECT first.* FROM unnest($3::"DeliveryState"[]) AS s(state)
           CROSS JOIN LATERAL (
             SELECT d.* FROM "Delivery" d ${search === null ? "" : matching}
             WHERE d."tenantId" = $1 AND d."runId" = $2 AND d."state" = s.state
               AND ($4::uuid IS NULL OR d."id" > $4)
             ORDER BY d."id" LIMIT $5) first
           ORDER BY first."id" LIMIT $5) page
         JOIN "SyncItem" i ON i."tenantId" = page."tenantId" AND i."id" = page."itemId"
         ORDER BY page."id"`,
        search === null ? values : [...values, search],
      );
      return rows.map((row) => ({ ...row, state: fromColumn(row.state) }));
    },
  };
}

/** The source's id of the item, or the beginning of the owner or the mailbox. */
const matching = `
  JOIN "SyncItem" w ON w."tenantId" = d."tenantId" AND w."id" = d."itemId"
    AND (w."sourceItemId" = $6 OR starts_with(lower(w."ownerValue"), lower($6))
      OR starts_with(lower(d."mailboxAddress"), lower($6)))`;
