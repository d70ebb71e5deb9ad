/** Rows that the sync engine would have written, for tests of what the portal shows of them. */
import { sha256Hex } from "@/lib/core/keys";
import type { Database } from "@/lib/adapters/postgres/client";
import { freshId } from "./fakes";

export type SeededDelivery = {
  readonly state:
    "PENDING" | "IMPORTING" | "IMPORTED" | "PARTIALLY_IMPORTED" | "SKIPPED" | "FAILED";
  readonly code?: string;
  /** null: nobody was found. */
  readonly mailbox?: string | null;
  readonly owner?: string;
  readonly writes?: number;
  /** The staged original; kept unless said otherwise. */
  readonly original?: "kept" | "removed";
};

/** One item per delivery, in order; answers the ids of the deliveries. */
export async function seedDeliveries(
  database: Database,
  run: { readonly tenantId: string; readonly connectorId: string; readonly runId: string },
  deliveries: readonly SeededDelivery[],
): Promise<string[]> {
  const { tenantId, connectorId, runId } = run;
  const ids: string[] = [];
  for (const [index, delivery] of deliveries.entries()) {
    const itemId = freshId();
    const id = freshId();
    const mailbox = delivery.mailbox === undefined ? "susan@contoso.com" : delivery.mailbox;
    await database.query(
      `INSERT INTO "SyncItem" ("tenantId", "id", "connectorId", "runId", "sourceAccountId",
         "sourceItemId", "revision", "itemDigest", "kind", "receivedAt", "messageAt", "ownerValue",
         "participants", "recordSha256", "blobName", "frameOffset", "frameLength", "originalRemovedAt")
       VALUES ($1, $2, $3, $4, 'acc-1', $5, '1', $6, 'CHAT', now(), now(), $7, '[]', '',
         $8, $9, $9, CASE WHEN $8::text IS NULL THEN now() END)`,
      [
        ...[tenantId, itemId, connectorId, runId, `item-${index}`],
        ...[sha256Hex(itemId), delivery.owner ?? "445204334324"],
        ...(delivery.original === "removed" ? [null, null] : [`staged/${itemId}`, 1]),
      ],
    );
    const lane = mailbox === null ? null : await laneOf(database, tenantId, mailbox);
    await database.query(
      `INSERT INTO "Delivery" ("tenantId", "id", "itemId", "runId", "connectorId", "laneId",
         "mailboxId", "mailboxAddress", "state", "failureCode", "idempotencyKey", "writes")
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        ...[tenantId, id, itemId, runId, connectorId, lane?.id ?? null, lane?.mailboxId ?? null],
        ...[mailbox, delivery.state, delivery.code ?? null, sha256Hex(id), delivery.writes ?? 0],
      ],
    );
    ids.push(id);
  }
  return ids;
}

/** As the sync engine closes it: counters from rows. */
export async function closeSeededRun(
  database: Database,
  tenantId: string,
  runId: string,
  state: "SUCCEEDED" | "PARTIAL" | "FAILED",
): Promise<void> {
  await database.query(
    `UPDATE "SyncRun" r SET "state" = $3, "closedAt" = now(), "isTransferDone" = true,
       "availableFromSource" = n.c, "availableForImport" = n.c, "imported" = n.i,
       "partiallyImported" = n.p, "skipped" = n.s, "failed" = n.f
     FROM (SELECT count(*) c, count(*) FILTER (WHERE "state" = 'IMPORTED') i,
             count(*) FILTER (WHERE "state" = 'PARTIALLY_IMPORTED') p,
             count(*) FILTER (WHERE "state" = 'SKIPPED') s,
             count(*) FILTER (WHERE "state" = 'FAILED') f
           FROM "Delivery" WHERE "tenantId" = $1 AND "runId" = $2) n
     WHERE r."tenantId" = $1 AND r."id" = $2`,
    [tenantId, runId, state],
  );
}

async function laneOf(
  database: Database,
  tenantId: string,
  mailbox: string,
): Promise<{ id: string; mailboxId: string } | undefined> {
  const hex = sha256Hex(mailbox);
  const mailboxId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  await database.query(
    `INSERT INTO "Lane" ("tenantId", "id", "mailboxId") VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [tenantId, freshId(), mailboxId],
  );
  const [lane] = await database.query<{ id: string; mailboxId: string }>(
    `SELECT "id", "mailboxId" FROM "Lane" WHERE "tenantId" = $1 AND "mailboxId" = $2`,
    [tenantId, mailboxId],
  );
  return lane;
}
