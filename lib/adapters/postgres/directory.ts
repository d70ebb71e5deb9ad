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
      const [state] = await sql.query<MirrorState>(beginUpdate, [tenantId]);
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
      const [held] = await sql.query<{ link: string | null; isInForce: boolean }>(
        `SELECT "deltaLink" AS "link", ${isInForce} AS "isInForce"
         FROM "Tenant" WHERE "id" = $1 FOR NO KEY UPDATE`,
        [tenantId, stamp],
      );
      if (held?.link !== from || !held.isInForce) return "moved";
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

/**
 * Stamps never go back, whatever the clock does, or what is read now would count as older than what is
 * there. Where it was set back by far, everything is dated anew instead: the mirror would live in the
 * future, and nothing that counts its age, or waits for what it learns, would see the years between.
 */
const beginUpdate = `
  WITH was AS MATERIALIZED (
    SELECT "id", "directoryReadAt" AS "readAt", date_trunc('milliseconds', clock_timestamp()) AS "now",
      greatest("directoryBegunAt", "directoryReadAt", "directoryFullAt")
        > clock_timestamp() + interval '1 minute' AS "isAhead"
    FROM "Tenant" WHERE "id" = $1 FOR NO KEY UPDATE
  ), dated AS (
    UPDATE "DirectoryMailbox" m SET "readAt" = was."now" FROM was
    WHERE was."isAhead" AND m."tenantId" = $1 AND m."readAt" > was."now"
  )
  UPDATE "Tenant" t SET
    "directoryBegunAt" = CASE WHEN was."isAhead" THEN was."now" + interval '1 millisecond'
      ELSE greatest(was."now", t."directoryBegunAt" + interval '1 millisecond') END,
    "directoryReadAt" = CASE WHEN was."isAhead" THEN least(t."directoryReadAt", was."now")
      ELSE t."directoryReadAt" END,
    "directoryFullAt" = CASE WHEN was."isAhead" THEN least(t."directoryFullAt", was."now")
      ELSE t."directoryFullAt" END,
    "directoryHealedAt" = CASE WHEN was."isAhead" THEN NULL ELSE t."directoryHealedAt" END
  FROM was WHERE t."id" = was."id"
  RETURNING t."directoryBegunAt" AS "stamp", t."deltaLink" AS "link",
    (extract(epoch FROM clock_timestamp() - was."readAt") * 1000)::float8 AS "ageMs"`;

const countMailboxes = `(SELECT count(*) FROM "DirectoryMailbox" m WHERE m."tenantId" = "Tenant"."id")`;

/**
 * A stamp later than the last one given was given before everything was dated anew: beside it, what its
 * own update has written looks old, and nothing that comes after it looks new.
 */
const isInForce = `("directoryBegunAt" >= $2) IS TRUE`;

/** Holds the tenant's row until the transaction ends. */
async function isNewestWhole(sql: Sql, tenantId: string, stamp: Date): Promise<boolean> {
  const [held] = await sql.query<{ isNewest: boolean }>(
    `SELECT ("directoryFullAt" IS NULL OR "directoryFullAt" <= $2) AND ${isInForce} AS "isNewest"
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
