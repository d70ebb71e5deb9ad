/** Unfinished wizards: one open draft per administrator and connector type, by a unique index. */
import type { DraftRecord } from "@/lib/ports/portal-records";
import type { DraftTable } from "@/lib/ports/portal-store";
import type { Sql } from "./client";
import { ensureTenant } from "./people";
import { insertRow, updateRow, withEnum } from "./rows";
import { fromColumn } from "./words";

const open = `"tenantId" = $1 AND "userId" = $2 AND "connectorType" = 'whatsapp' AND "state" = 'OPEN'`;

export function draftsOn(sql: Sql): DraftTable {
  return {
    async findOpen(tenantId, userId) {
      return first(sql, `SELECT * FROM "ConnectorDraft" WHERE ${open}`, [tenantId, userId]);
    },
    async lockOpen(tenantId, userId) {
      return first(sql, `SELECT * FROM "ConnectorDraft" WHERE ${open} FOR NO KEY UPDATE`, [
        tenantId,
        userId,
      ]);
    },
    async findFinished(tenantId, userId, version) {
      return first(
        sql,
        `SELECT * FROM "ConnectorDraft"
         WHERE "tenantId" = $1 AND "userId" = $2 AND "state" = 'FINISHED' AND "version" = $3
         ORDER BY "id" DESC LIMIT 1`,
        [tenantId, userId, version + 1],
      );
    },
    async open(tenantId, { id, userId }, at) {
      await ensureTenant(sql, tenantId);
      await insertRow(
        sql,
        "ConnectorDraft",
        { tenantId, id, userId, createdAt: at, updatedAt: at },
        "ON CONFLICT DO NOTHING",
      );
    },
    async save(tenantId, draftId, change, at, options) {
      const more = options?.keepsVersion === true ? [] : [`"version" = "version" + 1`];
      const values = { ...withEnum(change), updatedAt: at };
      await updateRow(sql, "ConnectorDraft", { tenantId, id: draftId }, values, more);
    },
  };
}

async function first(
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<DraftRecord | null> {
  const [row] = await sql.query<DraftRecord>(text, values);
  return row === undefined ? null : { ...row, state: fromColumn(row.state) };
}
