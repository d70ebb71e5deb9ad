/** Recording a page: items, attachments, deliveries and the cursor in one transaction, set by set. */
import pg from "pg";
import { noOwner, type OwnerKeys, ownerKeys } from "@/lib/core/resolution";
import {
  DataRefused,
  type NewDelivery,
  type NewItem,
  type PageRecord,
  RulesMoved,
} from "@/lib/ports/transfer-records";
import type { Database, Sql } from "./client";
import { completeFiles } from "./delivered-files";
import { inherit } from "./left-behind";
import { restage } from "./lost-originals";
import { insertItems, narrowUndated, type Place, takeOver } from "./page-items";
import { areSameRules, lockRules } from "./rules-in-force";
import { lockHeldRun } from "./transfers";

/** PostgreSQL is asked for at most so many deliveries in one statement. */
const deliveriesPerStatement = 20_000;

export async function recordPage(
  database: Database,
  place: Place,
  page: PageRecord,
  laneOf: ReadonlyMap<string, string>,
): Promise<void> {
  const { tenantId, hold } = place;
  try {
    const pages = await database.transaction(async (sql) => {
      // Before the run, as whoever changes a connector takes them.
      const inForce = await lockRules(sql, tenantId, place.connectorId);
      await lockHeldRun(sql, tenantId, hold);
      if (inForce !== null && !areSameRules(inForce, page.rules)) throw new RulesMoved(inForce);
      const idOf = new Map<string, string>();
      const left = await takeOver(sql, place, page, idOf);
      await restage(sql, tenantId, page.restaged);
      await insertItems(sql, place, page, idOf);
      await narrowUndated(sql, place, page);
      const recorded = page.items.flatMap((item) => {
        const id = idOf.get(item.itemDigest);
        return id === undefined ? [] : [{ id, item }];
      });
      await insertAttachments(sql, place, recorded);
      await completeFiles(sql, place, page.completed);
      const deliveries = await insertDeliveries(sql, place, recorded, laneOf);
      await inherit(sql, tenantId, left);
      const [run] = await sql.query<{ pages: number }>(
        `UPDATE "SyncRun"
         SET "cursor" = $3, "pages" = "pages" + 1, "arePagesDone" = $7, "failuresInRow" = 0,
             "availableFromSource" = "availableFromSource" + $4, "availableForImport" = "availableForImport" + $5,
             "alreadyRecorded" = "alreadyRecorded" + $6, "heartbeatAt" = clock_timestamp(),
             "resolvedFileId" = CASE WHEN $8::uuid IS DISTINCT FROM "mappingFileId" THEN $8::uuid ELSE "resolvedFileId" END
         WHERE "tenantId" = $1 AND "id" = $2 RETURNING "pages"`,
        [
          tenantId,
          hold.runId,
          page.cursor,
          recorded.length,
          deliveries,
          page.alreadyRecorded + page.items.length - recorded.length,
          page.isLastPage,
          page.rules.mappingFileId,
        ],
      );
      return run?.pages ?? 0;
    });
    if (isPowerOfFour(pages)) await learnSizes(database, pages);
  } catch (thrown) {
    if (isRefusedData(thrown)) throw new DataRefused("The page was refused", { cause: thrown });
    throw thrown;
  }
}

/**
 * Until its statistics know that a table has grown, the planner reads it whole for every lane. The
 * server's own analysis comes a minute later, which is most of a first run. Sizes are what matters, so
 * a tenth of the usual sample is enough until then.
 */
async function learnSizes(database: Database, pages: number): Promise<void> {
  const [known] = await database.query<{ rows: number }>(
    `SELECT "reltuples"::float8 AS "rows" FROM "pg_class" WHERE "oid" = '"SyncItem"'::regclass`,
  );
  if ((known?.rows ?? 0) >= pages * 100) return;
  await database.transaction(async (sql) => {
    await sql.query(`SET LOCAL default_statistics_target = 10`);
    await sql.query(`ANALYZE "SyncItem", "Delivery", "StagedAttachment", "Lane"`);
  });
}

function isPowerOfFour(pages: number): boolean {
  return pages > 0 && Number.isInteger(Math.log2(pages) / 2);
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity) speak of the data; all others of the moment. */
function isRefusedData(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && /^2[23]/.test(thrown.code ?? "");
}

type Recorded = readonly { readonly id: string; readonly item: NewItem }[];

async function insertAttachments(
  sql: Sql,
  { tenantId, hold }: Place,
  recorded: Recorded,
): Promise<void> {
  const rows = recorded.flatMap(({ id, item }) =>
    item.attachments.map((attachment) => ({ id, attachment })),
  );
  if (rows.length === 0) return;
  await sql.query(
    `INSERT INTO "StagedAttachment" ("tenantId", "runId", "itemId", "position", "sourceAttachmentId",
       "declaredSha256", "state", "failureCode", "closedAt")
     SELECT $1::uuid, $2::uuid, n."itemId", n."position", n."sourceAttachmentId", n."declaredSha256",
       (CASE WHEN n."failureCode" IS NULL THEN 'PENDING' ELSE 'FAILED' END)::"AttachmentState", n."failureCode",
       CASE WHEN n."failureCode" IS NULL THEN NULL ELSE clock_timestamp() END
     FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[])
       AS n("itemId", "position", "sourceAttachmentId", "declaredSha256", "failureCode")`,
    [
      tenantId,
      hold.runId,
      rows.map(({ id }) => id),
      rows.map(({ attachment }) => attachment.position),
      rows.map(({ attachment }) => attachment.sourceAttachmentId),
      rows.map(({ attachment }) => attachment.declaredSha256),
      rows.map(({ attachment }) => attachment.failureCode),
    ],
  );
}

async function insertDeliveries(
  sql: Sql,
  { tenantId, hold, connectorId }: Place,
  recorded: Recorded,
  laneOf: ReadonlyMap<string, string>,
): Promise<number> {
  const rows = recorded.flatMap(({ id, item }) =>
    item.deliveries.map((delivery) => ({ id, item, delivery })),
  );
  let inserted = 0;
  for (let start = 0; start < rows.length; start += deliveriesPerStatement) {
    const part = rows.slice(start, start + deliveriesPerStatement);
    const answer = await sql.query(
      `INSERT INTO "Delivery" ("tenantId", "runId", "connectorId", "id", "itemId", "laneId", "mailboxId",
         "mailboxAddress", "via", "state", "failureCode", "idempotencyKey", "duplicateKey", "completedAt",
         "ownerExternalId", "ownerAddress")
       SELECT $1::uuid, $2::uuid, $3::uuid, n."id", n."itemId", n."laneId", n."mailboxId", n."mailboxAddress", n."via",
         (CASE WHEN n."failureCode" IS NULL THEN 'PENDING' ELSE 'FAILED' END)::"DeliveryState", n."failureCode",
         n."idempotencyKey", n."duplicateKey",
         CASE WHEN n."failureCode" IS NULL THEN NULL ELSE clock_timestamp() END, n."ownerExternalId", n."ownerAddress"
       FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[],
         $12::text[], $13::text[], $14::text[])
         AS n("id", "itemId", "laneId", "mailboxId", "mailboxAddress", "via", "failureCode", "idempotencyKey",
           "duplicateKey", "ownerExternalId", "ownerAddress")
       ON CONFLICT DO NOTHING RETURNING 1`,
      [
        tenantId,
        hold.runId,
        connectorId,
        part.map(({ delivery }) => delivery.id),
        part.map(({ id }) => id),
        part.map(({ delivery }) => laneIdOf(delivery.mailbox?.id, laneOf)),
        part.map(({ delivery }) => delivery.mailbox?.id ?? null),
        part.map(({ delivery }) => delivery.mailbox?.address ?? null),
        part.map(({ delivery }) => delivery.via),
        part.map(({ delivery }) => delivery.failureCode),
        part.map(({ delivery }) => delivery.idempotencyKey),
        part.map(({ item }) => item.duplicateKey),
        part.map((each) => awaitedOf(each).externalId),
        part.map((each) => awaitedOf(each).address),
      ],
    );
    inserted += answer.length;
  }
  return inserted;
}

function awaitedOf({ item, delivery }: { item: NewItem; delivery: NewDelivery }): OwnerKeys {
  return delivery.failureCode === "UserMapping" ? ownerKeys(item.participants) : noOwner;
}

function laneIdOf(
  mailboxId: string | undefined,
  laneOf: ReadonlyMap<string, string>,
): string | null {
  return mailboxId === undefined ? null : (laneOf.get(mailboxId) ?? null);
}
