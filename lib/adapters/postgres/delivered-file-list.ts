/** Files of a delivery as people look through them. */
import type {
  DeliveredFileFilter,
  DeliveredFileKey,
  DeliveredFileRecord,
} from "@/lib/ports/portal-ledger";
import type { Sql } from "./client";
import { deliveredFileColumns, fileOf, type Row } from "./delivered-files";

type Listed = Row & Pick<DeliveredFileRecord, "doneAt" | "goneAt">;

const columns = `${deliveredFileColumns}, "doneAt", "goneAt"`;
const own = `FROM "DeliveredFile" WHERE "tenantId" = $1 AND "connectorId" = $2`;

/**
 * What is not done first, then the newest. Two looks at two indexes: sorted as one, every row of the
 * connector would be read (of 100,000 in 97 ms instead of 0.2, every second).
 */
export async function readDeliveredFiles(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  limit: number,
): Promise<DeliveredFileRecord[]> {
  const some = (rank: number, which: string) =>
    `(SELECT ${columns}, ${rank} AS "rank" ${own} AND ${which} ORDER BY "deliveredAt" DESC, "name" LIMIT $3)`;
  const rows = await sql.query<Listed>(
    `SELECT ${columns} FROM (${some(0, `"state" <> 'DONE'`)} UNION ALL ${some(1, `"state" = 'DONE'`)}) "both"
     ORDER BY "rank", "deliveredAt" DESC, "name" LIMIT $3`,
    [tenantId, connectorId, limit],
  );
  return rows.map(recordOf);
}

const filters: Record<DeliveredFileFilter, string> = {
  failed: `"state" <> 'DONE' AND ("state" = 'REFUSED' OR "goneAt" IS NOT NULL)`,
  waiting: `"state" <> 'DONE' AND "state" <> 'REFUSED' AND "goneAt" IS NULL`,
  done: `"state" = 'DONE'`,
};

/** Newest first. */
export async function pageDeliveredFiles(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  filter: DeliveredFileFilter | null,
  after: DeliveredFileKey | null,
  limit: number,
): Promise<DeliveredFileRecord[]> {
  const rows = await sql.query<Listed>(
    `SELECT ${columns} ${own}${filter === null ? "" : ` AND ${filters[filter]}`}
       AND ($3::timestamptz IS NULL OR ("deliveredAt", "name") < ($3, $4))
     ORDER BY "deliveredAt" DESC, "name" DESC LIMIT $5`,
    [tenantId, connectorId, after?.at ?? null, after?.name ?? null, limit],
  );
  return rows.map(recordOf);
}

function recordOf({ doneAt, goneAt, ...row }: Listed): DeliveredFileRecord {
  return { ...fileOf(row), doneAt, goneAt };
}
