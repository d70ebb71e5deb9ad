/** Deliveries a deleted connector left undone: taken away, and what must be known of them passed on. */
import type { Sql } from "./client";

export type LeftDelivery = {
  readonly id: string;
  readonly itemId: string;
  readonly mailboxId: string | null;
  readonly writes: number;
};

export async function removeUndone(
  sql: Sql,
  tenantId: string,
  itemId: string,
): Promise<readonly LeftDelivery[]> {
  return sql.query<LeftDelivery>(
    `DELETE FROM "Delivery" WHERE "tenantId" = $1 AND "itemId" = $2
       AND ("state" IN ('FAILED', 'PENDING') OR "state" = 'SKIPPED' AND "failureCode" = 'MappingChanged')
     RETURNING "id", "itemId", "mailboxId", "writes"`,
    [tenantId, itemId],
  );
}

/** What may lie in the mailbox is looked for before it is written again, and who stood back says for whom. */
export async function inherit(
  sql: Sql,
  tenantId: string,
  left: readonly LeftDelivery[],
): Promise<void> {
  const addressed = left.filter(({ mailboxId }) => mailboxId !== null);
  if (addressed.length === 0) return;
  const ids = addressed.map(({ id }) => id);
  const itemIds = addressed.map(({ itemId }) => itemId);
  const mailboxIds = addressed.map(({ mailboxId }) => mailboxId);
  await sql.query(
    `UPDATE "Delivery" d SET "writes" = 1
     FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS o("itemId", "mailboxId", "writes")
     WHERE d."tenantId" = $1 AND d."itemId" = o."itemId" AND d."mailboxId" = o."mailboxId"
       AND o."writes" > 0`,
    [tenantId, itemIds, mailboxIds, addressed.map(({ writes }) => writes)],
  );
  await sql.query(
    `UPDATE "Delivery" s SET "duplicateOfId" = d."id"
     FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS o("id", "itemId", "mailboxId"), "Delivery" d
     WHERE s."tenantId" = $1 AND s."duplicateOfId" = o."id" AND s."state" = 'SKIPPED'
       AND d."tenantId" = $1 AND d."itemId" = o."itemId" AND d."mailboxId" = o."mailboxId"`,
    [tenantId, ids, itemIds, mailboxIds],
  );
}
