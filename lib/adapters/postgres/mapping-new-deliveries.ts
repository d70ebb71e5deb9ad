/** Deliveries that a changed mapping makes: to a mailbox it found, or telling that it found none. */
import { v7 as uuid } from "uuid";
import type { OpenChange, PlannedItem } from "@/lib/ports/mapping-change-store";
import type { Sql } from "./client";

export type Place = {
  readonly tenantId: string;
  readonly change: OpenChange;
  readonly laneOf: ReadonlyMap<string, string>;
};

/** A delivery moved on since the plan was made; nothing of the batch is carried out. */
export class Raced extends Error {
  override readonly name = "Raced";
}

export function demandAll(planned: readonly unknown[], done: number): void {
  if (done !== planned.length) throw new Raced();
}

export async function insert(
  sql: Sql,
  { tenantId, laneOf }: Place,
  planned: readonly PlannedItem[],
): Promise<number> {
  const added = planned.flatMap(({ item, plan, keyOf }) =>
    plan.insert.map(({ to, isCancelled }) => {
      const key = keyOf(to.mailbox.id);
      return { itemId: item.itemId, ...to, isCancelled, key };
    }),
  );
  if (added.length === 0) return 0;
  const rows = await sql.query(
    `INSERT INTO "Delivery" ("tenantId", "runId", "connectorId", "id", "itemId", "laneId", "mailboxId",
       "mailboxAddress", "via", "state", "failureCode", "idempotencyKey", "duplicateKey", "completedAt")
     SELECT i."tenantId", i."runId", i."connectorId", n."id", i."id", n."laneId", n."mailboxId",
       n."address", n."via", (CASE WHEN n."isCancelled" THEN 'FAILED' ELSE 'PENDING' END)::"DeliveryState",
       CASE WHEN n."isCancelled" THEN 'Cancelled' END, n."key", i."duplicateKey",
       CASE WHEN n."isCancelled" THEN clock_timestamp() END
     FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::boolean[], $9::text[])
       AS n("id", "itemId", "laneId", "mailboxId", "address", "via", "isCancelled", "key")
     JOIN "SyncItem" i ON i."tenantId" = $1 AND i."id" = n."itemId"
     ON CONFLICT DO NOTHING RETURNING 1`,
    [
      ...[tenantId, added.map(() => uuid()), added.map(({ itemId }) => itemId)],
      added.map(({ mailbox }) => laneOf.get(mailbox.id) ?? null),
      added.map(({ mailbox }) => mailbox.id),
      added.map(({ mailbox }) => mailbox.address),
      added.map(({ via }) => via),
      added.map(({ isCancelled }) => isCancelled),
      added.map(({ key }) => key),
    ],
  );
  demandAll(added, rows.length);
  return rows.length;
}

export async function tellOwnerLost(
  sql: Sql,
  { tenantId }: Place,
  planned: readonly PlannedItem[],
): Promise<number> {
  const lost = planned.filter(({ plan }) => plan.ownerLost === "insert");
  if (lost.length > 0) {
    const rows = await sql.query(
      `INSERT INTO "Delivery" ("tenantId", "runId", "connectorId", "id", "itemId", "state", "failureCode",
         "idempotencyKey", "duplicateKey", "completedAt", "ownerExternalId", "ownerAddress")
       SELECT i."tenantId", i."runId", i."connectorId", n."id", i."id", 'FAILED', 'UserMapping', n."key",
         i."duplicateKey", clock_timestamp(), n."externalId", n."address"
       FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
         AS n("id", "itemId", "key", "externalId", "address")
       JOIN "SyncItem" i ON i."tenantId" = $1 AND i."id" = n."itemId"
       ON CONFLICT DO NOTHING RETURNING 1`,
      [
        ...[tenantId, lost.map(() => uuid()), lost.map(({ item }) => item.itemId)],
        ...[lost.map(({ keyOf }) => keyOf("")), lost.map(({ owner }) => owner.externalId)],
        lost.map(({ owner }) => owner.address),
      ],
    );
    demandAll(lost, rows.length);
  }
  const again = planned.flatMap(({ plan }) =>
    typeof plan.ownerLost === "object" ? [plan.ownerLost.id] : [],
  );
  if (again.length === 0) return lost.length;
  const rows = await sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'UserMapping', "duplicateOfId" = NULL,
       "completedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "state" = 'SKIPPED' RETURNING 1`,
    [tenantId, again],
  );
  demandAll(again, rows.length);
  return lost.length + again.length;
}
