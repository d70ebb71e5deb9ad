/**
 * The mirror of the tenant's users, a few statements per page. Any number of processes may update it
 * at once: each holds the tenant's row while it writes, none overwrites what is newer than its own
 * question, and only who starts from where the mirror stands moves it on.
 */
import type { DirectoryTable, MirrorState } from "@/lib/ports/portal-store";
import type { Sql } from "./client";
import { saveUsers } from "./directory-users";

export function directoryOn(sql: Sql): DirectoryTable {
  return {
    async begin(tenantId) {
      const [state] = await sql.query<MirrorState>(
        `UPDATE "Tenant"
         SET "directoryBegunAt" = greatest(date_trunc('milliseconds', clock_timestamp()),
           "directoryBegunAt" + interval '1 millisecond')
         WHERE "id" = $1
         RETURNING "directoryBegunAt" AS "stamp", "deltaLink" AS "link",
           (extract(epoch FROM clock_timestamp() - "directoryReadAt") * 1000)::float8 AS "ageMs"`,
        [tenantId],
      );
      if (state === undefined) throw new Error("A directory without its tenant");
      return state;
    },

    async savePage(tenantId, users, stamp) {
      if (!(await isNewestWhole(sql, tenantId, stamp))) return false;
      await saveUsers(sql, tenantId, users, stamp);
      return true;
    },

    async finish(tenantId, stamp, link) {
      if (!(await isNewestWhole(sql, tenantId, stamp))) return false;
      await sql.query(`DELETE FROM "DirectoryMailbox" WHERE "tenantId" = $1 AND "readAt" < $2`, [
        tenantId,
        stamp,
      ]);
      await sql.query(
        `UPDATE "Tenant" SET "deltaLink" = $3, "directoryFullAt" = $2,
           "directoryReadAt" = greatest("directoryReadAt", $2), "directoryUsers" = ${countMailboxes}
         WHERE "id" = $1`,
        [tenantId, stamp, link],
      );
      return true;
    },

    async saveChanges(tenantId, from, { changed, removed, link, isLast }, stamp) {
      const [held] = await sql.query<{ link: string | null }>(
        `SELECT "deltaLink" AS "link" FROM "Tenant" WHERE "id" = $1 FOR NO KEY UPDATE`,
        [tenantId],
      );
      if (held?.link !== from) return "moved";
      if (changed.length === 0 && (await wouldBeEmpty(sql, tenantId, removed))) return "nobody";
      await saveUsers(sql, tenantId, changed, stamp);
      if (removed.length > 0) {
        await sql.query(
          `DELETE FROM "DirectoryMailbox"
           WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[]) AND "readAt" <= $3`,
          [tenantId, removed, stamp],
        );
      }
      const isChanged = changed.length + removed.length > 0;
      await sql.query(
        `UPDATE "Tenant" SET "deltaLink" = $2,
           "directoryUsers" = ${isChanged ? countMailboxes : `"directoryUsers"`},
           "directoryReadAt" = CASE WHEN $4 THEN greatest("directoryReadAt", $3) ELSE "directoryReadAt" END
         WHERE "id" = $1`,
        [tenantId, link, stamp, isLast],
      );
      return "saved";
    },
  };
}

const countMailboxes = `(SELECT count(*) FROM "DirectoryMailbox" m WHERE m."tenantId" = "Tenant"."id")`;

/** Holds the tenant's row until the transaction ends. */
async function isNewestWhole(sql: Sql, tenantId: string, stamp: Date): Promise<boolean> {
  const [held] = await sql.query<{ isNewest: boolean }>(
    `SELECT "directoryFullAt" IS NULL OR "directoryFullAt" <= $2 AS "isNewest"
     FROM "Tenant" WHERE "id" = $1 FOR NO KEY UPDATE`,
    [tenantId, stamp],
  );
  return held?.isNewest === true;
}

async function wouldBeEmpty(
  sql: Sql,
  tenantId: string,
  removed: readonly string[],
): Promise<boolean> {
  if (removed.length === 0) return false;
  const others = await sql.query(
    `SELECT 1 FROM "DirectoryMailbox" WHERE "tenantId" = $1 AND NOT "id" = ANY($2::uuid[]) LIMIT 1`,
    [tenantId, removed],
  );
  return others.length === 0;
}
