/** Plans of what waits by rules that were changed: a batch at a time, all of it or nothing. */
import type { Cursor, PlannedItem } from "@/lib/ports/mapping-change-store";
import type { Database, Sql } from "./client";
import { recountRuns, reopenRuns } from "./closing";
import { wakeUnwanted } from "./healing";
import { demandAll, insert, type Place, Raced, tellOwnerLost } from "./mapping-new-deliveries";
import { lockNewest } from "./rules-in-force";

export async function carryOut(
  database: Database,
  place: Place,
  planned: readonly PlannedItem[],
  progress: { readonly cursor: Cursor; readonly looked: number } | null,
): Promise<"done" | "moved" | "raced"> {
  try {
    return await database.transaction(async (sql) => {
      if (!(await lockNewest(sql, place.tenantId, place.change))) return "moved";
      await carryOutAll(sql, place, planned, progress);
      return "done";
    });
  } catch (thrown) {
    if (thrown instanceof Raced) return "raced";
    throw thrown;
  }
}

async function carryOutAll(
  sql: Sql,
  place: Place,
  all: readonly PlannedItem[],
  progress: { readonly cursor: Cursor; readonly looked: number } | null,
): Promise<void> {
  const { tenantId } = place;
  const planned = await lockItems(sql, tenantId, all);
  const addressed = await assign(sql, place, planned);
  const skipped = await skip(sql, tenantId, planned);
  const inserted = await insert(sql, place, planned);
  const unmapped = await tellOwnerLost(sql, place, planned);
  const wake = planned.flatMap(({ plan }) => plan.wake);
  demandAll(wake, await wakeUnwanted(sql, tenantId, wake));
  await mark(sql, tenantId, planned);
  if (progress === null) await clearEnded(sql, place, all);
  await noteRuns(sql, place, planned);
  await noteProgress(sql, place, progress, {
    addressed: addressed + inserted + wake.length,
    ...{ skipped, unmapped },
  });
}

/** Whoever closes attachments, or removes originals, holds the item first. */
async function lockItems(
  sql: Sql,
  tenantId: string,
  planned: readonly PlannedItem[],
): Promise<readonly PlannedItem[]> {
  const held = await sql.query<{ id: string }>(
    `SELECT "id" FROM "SyncItem" WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])
       AND "blobName" IS NOT NULL ORDER BY "id" FOR NO KEY UPDATE`,
    [tenantId, planned.map(({ item }) => item.itemId)],
  );
  const ids = new Set(held.map(({ id }) => id));
  return planned.filter(({ item }) => ids.has(item.itemId));
}

/** What told that the owner has no mailbox becomes his delivery, or ends as a copy of what is there. */
async function assign(sql: Sql, { tenantId, laneOf }: Place, planned: readonly PlannedItem[]) {
  const waits = `d."state" = 'FAILED' AND d."mailboxId" IS NULL AND d."dismissedAt" IS NULL`;
  const found = planned.flatMap(({ plan, keyOf }) =>
    plan.assign.map(({ id, to }) => ({ id, ...to, key: keyOf(to.mailbox.id) })),
  );
  if (found.length > 0) {
    const rows = await sql.query(
      `UPDATE "Delivery" d SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL,
         "laneId" = n."laneId", "mailboxId" = n."mailboxId", "mailboxAddress" = n."address",
         "via" = n."via", "idempotencyKey" = n."key"
       FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
         AS n("id", "laneId", "mailboxId", "address", "via", "key")
       WHERE d."tenantId" = $1 AND d."id" = n."id" AND ${waits} RETURNING 1`,
      [
        ...[tenantId, found.map(({ id }) => id)],
        found.map(({ mailbox }) => laneOf.get(mailbox.id) ?? null),
        found.map(({ mailbox }) => mailbox.id),
        found.map(({ mailbox }) => mailbox.address),
        found.map(({ via }) => via),
        found.map(({ key }) => key),
      ],
    );
    demandAll(found, rows.length);
  }
  const copies = planned.flatMap(({ plan }) => plan.skipAsCopy);
  if (copies.length > 0) {
    const rows = await sql.query(
      `UPDATE "Delivery" d SET "state" = 'SKIPPED', "failureCode" = 'Duplicate',
         "duplicateOfId" = n."ofId", "completedAt" = clock_timestamp()
       FROM unnest($2::uuid[], $3::uuid[]) AS n("id", "ofId")
       WHERE d."tenantId" = $1 AND d."id" = n."id" AND ${waits} RETURNING 1`,
      [tenantId, copies.map(({ id }) => id), copies.map(({ ofId }) => ofId)],
    );
    demandAll(copies, rows.length);
  }
  return found.length;
}

async function skip(sql: Sql, tenantId: string, planned: readonly PlannedItem[]): Promise<number> {
  const ids = planned.flatMap(({ plan }) => plan.skip);
  if (ids.length === 0) return 0;
  const rows = await sql.query(
    `UPDATE "Delivery" SET "state" = 'SKIPPED', "failureCode" = 'MappingChanged',
       "duplicateOfId" = NULL, "notBefore" = NULL, "completedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "state" IN ('PENDING', 'FAILED')
       AND "dismissedAt" IS NULL RETURNING 1`,
    [tenantId, ids],
  );
  demandAll(ids, rows.length);
  return rows.length;
}

async function mark(sql: Sql, tenantId: string, planned: readonly PlannedItem[]): Promise<void> {
  for (const kind of ["mark", "unmark"] as const) {
    const ids = planned.flatMap(({ plan }) => plan[kind]);
    if (ids.length === 0) continue;
    const rows = await sql.query(
      `UPDATE "Delivery" SET "isUnwanted" = $3
       WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "state" = 'IMPORTING' RETURNING 1`,
      [tenantId, ids, kind === "mark"],
    );
    demandAll(ids, rows.length);
  }
}

/**
 * What was in doubt has ended, and its item is resolved: nothing more is to be done for it. For a
 * connector that was deleted meanwhile nothing was: it is undone, which the next connector sees. So is
 * what nobody could resolve.
 */
async function clearEnded(sql: Sql, { tenantId, change }: Place, planned: readonly PlannedItem[]) {
  const isUndone = `(($3 OR "itemId" = ANY($4::uuid[])) AND "state" = 'SKIPPED' AND "failureCode" = 'MappingChanged')`;
  await sql.query(
    `UPDATE "Delivery" SET "isUnwanted" = false,
       "state" = CASE WHEN ${isUndone} THEN 'FAILED' ELSE "state" END,
       "failureCode" = CASE WHEN NOT ${isUndone} THEN "failureCode"
         WHEN $3 THEN 'Cancelled' ELSE 'ConversionError' END
     WHERE "tenantId" = $1 AND "itemId" = ANY($2::uuid[]) AND "isUnwanted" AND "state" <> 'IMPORTING'`,
    [
      ...[tenantId, planned.map(({ item }) => item.itemId), change.isDeleted],
      planned.flatMap(({ item, isResolved }) => (isResolved ? [] : item.itemId)),
    ],
  );
}

/** Runs with something to do open again, the others are counted anew; both say by which version. */
async function noteRuns(
  sql: Sql,
  { tenantId, change }: Place,
  planned: readonly PlannedItem[],
): Promise<void> {
  const runIds = new Set(planned.map(({ item }) => item.runId));
  const woken = new Set(
    planned.flatMap(({ item, plan: { assign: assigned, insert: inserted, wake } }) =>
      assigned.length + wake.length > 0 || inserted.some(({ isCancelled }) => !isCancelled)
        ? [item.runId]
        : [],
    ),
  );
  if (runIds.size === 0) return;
  await reopenRuns(sql, tenantId, [...woken]);
  await recountRuns(
    sql,
    tenantId,
    [...runIds].filter((id) => !woken.has(id)),
  );
  await sql.query(
    `UPDATE "SyncRun" SET "resolvedFileId" = $3
     WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "mappingFileId" IS DISTINCT FROM $3`,
    [tenantId, [...runIds], change.now.mappingFileId],
  );
}

async function noteProgress(
  sql: Sql,
  { tenantId, change }: Place,
  progress: { readonly cursor: Cursor; readonly looked: number } | null,
  done: Readonly<Record<"addressed" | "skipped" | "unmapped", number>>,
): Promise<void> {
  await sql.query(
    `UPDATE "MappingChange" SET "cursorRunId" = coalesce($3, "cursorRunId"),
       "cursorId" = coalesce($4, "cursorId"), "looked" = "looked" + $5,
       "addressed" = "addressed" + $6, "skipped" = "skipped" + $7, "unmapped" = "unmapped" + $8
     WHERE "tenantId" = $1 AND "id" = $2`,
    [
      ...[tenantId, change.changeId, progress?.cursor.runId ?? null],
      ...[progress?.cursor.deliveryId ?? null, progress?.looked ?? 0],
      ...[done.addressed, done.skipped, done.unmapped],
    ],
  );
}
