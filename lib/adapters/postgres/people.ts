/** Who signed in, the tenant they belong to, and the workers' signs of life. */
import { storable } from "@/lib/core/text";
import type { PeopleTable } from "@/lib/ports/portal-store";
import { newestBeat } from "./beats";
import type { Sql } from "./client";
import { insertRow } from "./rows";

export function peopleOn(sql: Sql): PeopleTable {
  return {
    async remember(tenantId, { id, name, upn }, at) {
      await ensureTenant(sql, tenantId);
      await insertRow(
        sql,
        "User",
        { tenantId, id, name: storable(name), upn: storable(upn), lastSignedInAt: at },
        `ON CONFLICT ("tenantId", "id") DO UPDATE
         SET "name" = excluded."name", "upn" = excluded."upn", "lastSignedInAt" = excluded."lastSignedInAt"`,
      );
    },
    async defaultDomain(tenantId, proposed) {
      const [row] = await sql.query<{ defaultDomain: string }>(
        `UPDATE "Tenant" SET "defaultDomain" = coalesce("defaultDomain", $2)
         WHERE "id" = $1 RETURNING "defaultDomain"`,
        [tenantId, proposed],
      );
      return row?.defaultDomain ?? proposed;
    },
    async endSession(tenantId, sessionId, until, now) {
      await sql.query(`DELETE FROM "EndedSession" WHERE "tenantId" = $1 AND "until" < $2`, [
        tenantId,
        now,
      ]);
      await insertRow(
        sql,
        "EndedSession",
        { tenantId, id: sessionId, until },
        "ON CONFLICT DO NOTHING",
      );
    },
    async isSessionEnded(tenantId, sessionId) {
      const rows = await sql.query(
        `SELECT 1 FROM "EndedSession" WHERE "tenantId" = $1 AND "id" = $2`,
        [tenantId, sessionId],
      );
      return rows.length > 0;
    },
    async workerSeenAt() {
      const [newest] = await sql.query<{ at: Date | null }>(newestBeat);
      return newest?.at ?? null;
    },
  };
}

export async function ensureTenant(sql: Sql, tenantId: string): Promise<void> {
  await insertRow(sql, "Tenant", { id: tenantId }, "ON CONFLICT DO NOTHING");
}
