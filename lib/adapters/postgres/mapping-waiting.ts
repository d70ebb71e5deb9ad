/** What waits by rules that were changed, found run by run along one index. */
import type { Cursor, WaitingItem } from "@/lib/ports/mapping-change-store";
import type { Sql } from "./client";
import { fromColumn } from "./words";

/** SQL: a run (alias `r`) of which something may wait. */
export const owes = `(r."state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING') OR r."failed" > 0 OR r."open" > 0)`;

export const firstId = "00000000-0000-0000-0000-000000000000";
/** No delivery comes after it: the run is over. */
export const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

export async function runAt(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  after: Cursor | null,
): Promise<string | null> {
  const isOver = after?.deliveryId === lastId;
  const [run] = await sql.query<{ id: string }>(
    `SELECT r."id" FROM "SyncRun" r
     WHERE r."tenantId" = $1 AND r."connectorId" = $2 AND ${owes}
       AND (r."id" > $3::uuid OR r."id" = $3::uuid AND NOT $4::boolean) ORDER BY r."id" LIMIT 1`,
    [tenantId, connectorId, after?.runId ?? firstId, isOver],
  );
  return run?.id ?? null;
}

/** State by state, as the index has them. */
export async function waitingOf(
  sql: Sql,
  tenantId: string,
  runId: string,
  after: string,
  limit: number,
): Promise<{ id: string; itemId: string }[]> {
  const ofState = (state: string) => `
    (SELECT d."id", d."itemId" FROM "Delivery" d
     WHERE d."tenantId" = $1 AND d."runId" = $2 AND d."state" = '${state}' AND d."id" > $3::uuid
     ORDER BY d."id" LIMIT $4)`;
  return sql.query(
    `${["PENDING", "IMPORTING", "FAILED"].map(ofState).join(" UNION ALL ")} ORDER BY 1 LIMIT $4`,
    [tenantId, runId, after, limit],
  );
}

export async function readItems(
  sql: Sql,
  tenantId: string,
  itemIds: readonly string[],
  { evenRemoved = false } = {},
): Promise<WaitingItem[]> {
  if (itemIds.length === 0) return [];
  type Row = Omit<WaitingItem, "deliveries"> & {
    deliveries: (Omit<WaitingItem["deliveries"][number], "state"> & { state: string })[];
  };
  const rows = await sql.query<Row>(
    `SELECT i."id" AS "itemId", i."runId", i."connectorId", i."sourceAccountId", i."sourceItemId",
       i."revision", i."messageAt", i."participants", jsonb_agg(jsonb_build_object(
         'id', d."id", 'mailboxId', d."mailboxId", 'state', d."state", 'code', d."failureCode",
         'isDismissed', d."dismissedAt" IS NOT NULL, 'isUnwanted', d."isUnwanted")) AS "deliveries"
     FROM "SyncItem" i
     JOIN "Delivery" d ON d."tenantId" = i."tenantId" AND d."itemId" = i."id"
     WHERE i."tenantId" = $1 AND i."id" = ANY($2::uuid[]) AND ($3::boolean OR i."blobName" IS NOT NULL)
     GROUP BY i."tenantId", i."id"`,
    [tenantId, itemIds, evenRemoved],
  );
  return rows.map((row) => ({
    ...row,
    deliveries: row.deliveries.map((each) => ({ ...each, state: fromColumn(each.state) })),
  }));
}
