/** The ledger of a delivery's files: seen, waited for, refused, done. */
import type { DeliveredFile, DeliveredState, Refusal } from "@/lib/core/delivered-file";
import type { DeliveredFileStore } from "@/lib/ports/delivered-file-store";
import type { Database, Sql } from "./client";
import { endGapsOf, findGone } from "./files-gone";
import type { Place } from "./page-items";

export type Row = {
  readonly name: string;
  readonly sizeBytes: string;
  readonly modifiedAt: Date;
  readonly deliveredAt: Date;
  readonly state: keyof typeof states;
  readonly reason: Refusal | null;
  readonly sha256: string | null;
  readonly count: number | null;
};

export const deliveredFileColumns = `"name", "sizeBytes", "modifiedAt", "deliveredAt", "state", "reason", "sha256", "count"`;

const states = {
  SEEN: "ready",
  WAITING: "waiting",
  REFUSED: "refused",
  DONE: "done",
} as const satisfies Record<string, DeliveredState>;

const columns: Record<DeliveredState, keyof typeof states> = {
  ready: "SEEN",
  waiting: "WAITING",
  refused: "REFUSED",
  done: "DONE",
};

export function createDeliveredFileStore(database: Database): DeliveredFileStore {
  return {
    async deliveredFiles(tenantId, connectorId, { start, end }) {
      const rows = await database.query<Row>(
        `SELECT ${deliveredFileColumns} FROM "DeliveredFile"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "deliveredAt" >= $3 AND "deliveredAt" < $4
           AND "state" IN ('DONE', 'REFUSED')
         ORDER BY "deliveredAt", "name"`,
        [tenantId, connectorId, start, end],
      );
      return rows.map(fileOf);
    },

    async settledFiles(tenantId, connectorId, names) {
      if (names.length === 0) return [];
      const rows = await database.query<Pick<Row, "name" | "sizeBytes" | "modifiedAt">>(
        `SELECT f."name", f."sizeBytes", f."modifiedAt" FROM "DeliveredFile" f
         JOIN "SyncRun" r ON r."tenantId" = f."tenantId" AND r."id" = f."runId"
         WHERE f."tenantId" = $1 AND f."connectorId" = $2 AND f."name" = ANY($3::text[])
           AND f."state" = 'DONE' AND r."isTransferDone"`,
        [tenantId, connectorId, names],
      );
      return rows.map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes) }));
    },

    async noteFiles(tenantId, connectorId, { window, files, others }) {
      await database.transaction(async (sql) => {
        await upsert(sql, tenantId, connectorId, files);
        await upsert(sql, tenantId, connectorId, others);
        await endGapsOf(sql, tenantId, connectorId, [...files, ...others]);
        await findGone(sql, tenantId, connectorId, { window, files });
      });
    },

    async askForFilesAgain(tenantId, connectorId) {
      await database.query(
        `UPDATE "SyncRun" r SET "lookedBackAt" = NULL
         WHERE r."tenantId" = $1 AND r."connectorId" = $2 AND r."isTransferDone"
           AND r."lookedBackAt" IS NOT NULL
           AND EXISTS (
             SELECT 1 FROM "DeliveredFile" f
             WHERE f."tenantId" = r."tenantId" AND f."connectorId" = r."connectorId"
               AND f."deliveredAt" >= r."windowStart" AND f."deliveredAt" < r."windowEnd"
               AND f."state" <> 'DONE' AND f."goneAt" IS NULL)`,
        [tenantId, connectorId],
      );
    },

    async noteMoves(tenantId, connectorId, { isRefused }) {
      await database.query(
        `UPDATE "Connector" SET "movesRefusedAt" = CASE WHEN $3::boolean THEN clock_timestamp() END
         WHERE "tenantId" = $1 AND "id" = $2 AND ("movesRefusedAt" IS NOT NULL) <> $3::boolean`,
        [tenantId, connectorId, isRefused],
      );
    },
  };
}

/** What lay there before the connector's first window is nobody's business. */
async function upsert(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  files: readonly DeliveredFile[],
): Promise<void> {
  // A file that is done by what the ledger says needs no word.
  const told = files.filter(({ state }) => state !== "done");
  if (told.length === 0) return;
  await sql.query(
    `INSERT INTO "DeliveredFile" ("tenantId", "connectorId", "name", "sizeBytes", "modifiedAt", "deliveredAt",
       "state", "reason", "sha256", "count")
     SELECT $1::uuid, $2::uuid, n.* FROM unnest($3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
       $7::"DeliveredFileState"[], $8::text[], $9::text[], $10::int[])
       AS n("name", "sizeBytes", "modifiedAt", "deliveredAt", "state", "reason", "sha256", "count")
     WHERE n."deliveredAt" >= (SELECT min("windowStart") FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2)
     ON CONFLICT ("tenantId", "connectorId", "name") DO UPDATE
     SET "sizeBytes" = excluded."sizeBytes", "modifiedAt" = excluded."modifiedAt",
         "deliveredAt" = excluded."deliveredAt", "state" = excluded."state", "reason" = excluded."reason",
         "sha256" = excluded."sha256", "count" = excluded."count", "runId" = NULL, "doneAt" = NULL, "goneAt" = NULL
     WHERE ("DeliveredFile"."sizeBytes", "DeliveredFile"."modifiedAt") IS DISTINCT FROM (excluded."sizeBytes", excluded."modifiedAt")
       OR "DeliveredFile"."goneAt" IS NOT NULL
       OR "DeliveredFile"."state" IN ('SEEN', 'WAITING') AND "DeliveredFile"."state" <> excluded."state"`,
    [tenantId, connectorId, ...valuesOf(told)],
  );
}

function valuesOf(files: readonly DeliveredFile[]): unknown[][] {
  return [
    files.map(({ name }) => name),
    files.map(({ sizeBytes }) => sizeBytes),
    files.map(({ modifiedAt }) => modifiedAt),
    files.map(({ at }) => at),
    files.map(({ state }) => columns[state]),
    files.map(({ reason }) => reason),
    files.map(({ sha256 }) => sha256),
    files.map(({ count }) => count),
  ];
}

/** In the transaction that records their last page: what is done is in the ledger. */
export async function completeFiles(
  sql: Sql,
  { tenantId, hold, connectorId }: Place,
  files: readonly DeliveredFile[],
): Promise<void> {
  if (files.length === 0) return;
  await sql.query(
    `INSERT INTO "DeliveredFile" ("tenantId", "connectorId", "runId", "name", "sizeBytes", "modifiedAt",
       "deliveredAt", "state", "reason", "sha256", "count", "doneAt")
     SELECT $1::uuid, $2::uuid, $3::uuid, n."name", n."sizeBytes", n."modifiedAt", n."deliveredAt", 'DONE', NULL,
       n."sha256", n."count", clock_timestamp()
     FROM unnest($4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[], $8::"DeliveredFileState"[],
       $9::text[], $10::text[], $11::int[])
       AS n("name", "sizeBytes", "modifiedAt", "deliveredAt", "state", "reason", "sha256", "count")
     ON CONFLICT ("tenantId", "connectorId", "name") DO UPDATE
     SET "sizeBytes" = excluded."sizeBytes", "modifiedAt" = excluded."modifiedAt",
         "deliveredAt" = excluded."deliveredAt", "state" = 'DONE', "reason" = NULL,
         "sha256" = excluded."sha256", "count" = excluded."count", "runId" = excluded."runId",
         "doneAt" = excluded."doneAt", "goneAt" = NULL
     -- Read again: it was done by whoever read it first.
     WHERE "DeliveredFile"."state" <> 'DONE' OR "DeliveredFile"."sha256" <> excluded."sha256"
       OR ("DeliveredFile"."sizeBytes", "DeliveredFile"."modifiedAt") IS DISTINCT FROM (excluded."sizeBytes", excluded."modifiedAt")`,
    [tenantId, connectorId, hold.runId, ...valuesOf(files)],
  );
}

export function fileOf({ state, sizeBytes, deliveredAt: at, ...row }: Row): DeliveredFile {
  return { ...row, at, sizeBytes: Number(sizeBytes), state: states[state] };
}
