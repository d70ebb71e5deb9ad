/** The items of a run, delivery by delivery, paged by key. */
import type { ItemRecord } from "@/lib/ports/portal-records";
import type { ItemTable } from "@/lib/ports/portal-store";
import type { Sql } from "./client";
import { fromColumn, toColumn } from "./words";

const allStates = ["PENDING", "IMPORTING", "IMPORTED", "PARTIALLY_IMPORTED", "SKIPPED", "FAILED"];

export function itemsOn(sql: Sql): ItemTable {
  return {
    /** Each state has its own stretch of the index, in the order of ids; the first of all of them make the page. */
    async page(tenantId, runId, { outcome, search, afterDeliveryId, limit }) {
      const rows = await sql.query<ItemRecord>(
        `SELECT page.* FROM unnest($3::"DeliveryState"[]) AS s(state)
         CROSS JOIN LATERAL (
           SELECT d."id" AS "deliveryId", d."itemId", i."sourceItemId", i."revision", i."kind",
             i."messageAt", i."ownerValue", d."mailboxAddress", d."state", d."failureCode",
             d."completedAt"
           FROM "Delivery" d
           JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
           WHERE d."tenantId" = $1 AND d."runId" = $2 AND d."state" = s.state
             AND ($4::uuid IS NULL OR d."id" > $4)
             AND ($5::text IS NULL OR i."sourceItemId" = $5
               OR starts_with(lower(i."ownerValue"), lower($5))
               OR starts_with(lower(d."mailboxAddress"), lower($5)))
           ORDER BY d."id" LIMIT $6) page
         ORDER BY page."deliveryId" LIMIT $6`,
        [
          tenantId,
          runId,
          outcome === null ? allStates : [toColumn(outcome)],
          afterDeliveryId,
          search,
          limit,
        ],
      );
      return rows.map((row) => ({ ...row, state: fromColumn(row.state) }));
    },
  };
}
