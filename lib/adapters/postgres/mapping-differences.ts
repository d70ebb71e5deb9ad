/** What two versions of a mapping say otherwise, by external id, part by part. */
import type {
  DifferenceKind,
  DifferenceRecord,
  MappingVersionTable,
  SaidOf,
} from "@/lib/ports/mapping-version-store";
import type { Sql } from "./client";
import { ofVersion } from "./mapping-editions";
import { updateRow } from "./rows";

type DifferenceTable = Pick<
  MappingVersionTable,
  "partEnd" | "difference" | "countDifference" | "losing" | "noteDifference"
>;

const linesPerPart = 100_000;

export function differencesOn(sql: Sql): DifferenceTable {
  return {
    async partEnd(tenantId, fileId, basisId, after) {
      if (await areOfOneUpload(sql, tenantId, fileId, basisId)) return null;
      const lastId = (file: string) => `(SELECT e."externalId" FROM "MappingEntry" e
        WHERE ${ofVersion("e", file)} AND ($4::text IS NULL OR e."externalId" > $4)
        ORDER BY e."externalId" OFFSET $5 LIMIT 1)`;
      const [end] = await sql.query<{ upTo: string | null }>(
        `SELECT least(${lastId("$2")}, ${lastId("$3")}) AS "upTo"`,
        [tenantId, fileId, basisId, after, linesPerPart - 1],
      );
      return end?.upTo ?? null;
    },
    async difference(tenantId, fileId, basisId, { kind, part, limit }) {
      const isOneUpload = await areOfOneUpload(sql, tenantId, fileId, basisId);
      const ids = await sql.query<{ externalId: string }>(
        `WITH ${unlike(isOneUpload)}
         SELECT i."externalId" FROM ids i WHERE i."kind" = $6 ORDER BY i."externalId" LIMIT $7`,
        [tenantId, fileId, basisId, part.after, part.upTo, kind, limit],
      );
      return readDifferences(sql, tenantId, fileId, basisId, ids);
    },
    async countDifference(tenantId, fileId, basisId, { at, part }) {
      const isOneUpload = await areOfOneUpload(sql, tenantId, fileId, basisId);
      const count = (kind: DifferenceKind) =>
        `(SELECT count(*)::int FROM ids i WHERE i."kind" = '${kind}') AS "${kind}"`;
      const lines = (file: string) =>
        `(SELECT count(*)::int FROM (${linesOf(file, isOneUpload)}) e)`;
      const [counts] = await sql.query<Record<DifferenceKind | "losing" | "lines", number>>(
        `WITH ${unlike(isOneUpload)}
         SELECT ${count("added")}, ${count("changed")}, ${count("removed")},
           (SELECT count(DISTINCT l."externalId")::int FROM (${losers("$6")}) l) AS "losing",
           ${lines("$2")} + ${lines("$3")} AS "lines"`,
        [tenantId, fileId, basisId, part.after, part.upTo, at],
      );
      return counts ?? { added: 0, changed: 0, removed: 0, losing: 0, lines: 0 };
    },
    async losing(tenantId, fileId, basisId, { at, part, limit }) {
      const isOneUpload = await areOfOneUpload(sql, tenantId, fileId, basisId);
      return sql.query(
        `WITH ${unlike(isOneUpload)}
         SELECT DISTINCT ON (l."externalId") l."externalId", l."mailboxAddress"
         FROM (${losers("$6")}) l ORDER BY l."externalId" LIMIT $7`,
        [tenantId, fileId, basisId, part.after, part.upTo, at, limit],
      );
    },
    async noteDifference(tenantId, fileId, { added, changed, removed, losing }) {
      const counts = { added, changed, removed, losing };
      await updateRow(sql, "MappingFile", { tenantId, id: fileId }, counts);
    },
  };
}

async function areOfOneUpload(
  sql: Sql,
  tenantId: string,
  fileId: string,
  basisId: string,
): Promise<boolean> {
  const stocks = await sql.query<{ stock: string }>(
    `SELECT DISTINCT coalesce("stockId", "id") AS "stock" FROM "MappingFile"
     WHERE "tenantId" = $1 AND "id" IN ($2, $3)`,
    [tenantId, fileId, basisId],
  );
  return stocks.length === 1;
}

/** Of two editions of one upload only those lines can differ that were edited; an index knows them. */
const linesOf = (file: string, isOneUpload: boolean) =>
  `SELECT e."externalId", e."mailboxAddress", e."validFrom", e."validTo" FROM "MappingEntry" e
   WHERE ${ofVersion("e", file)} AND ($4::text IS NULL OR e."externalId" > $4)
     AND ($5::text IS NULL OR e."externalId" <= $5)
     ${isOneUpload ? `AND (e."since" > 0 OR e."until" IS NOT NULL)` : ""}`;

const says = (id: string, file: string) => `SELECT 1 FROM "MappingEntry" o
  WHERE ${ofVersion("o", file)} AND o."externalId" = ${id}`;
const from = (line: string) => `coalesce(${line}."validFrom", '-infinity')`;
const to = (line: string) => `coalesce(${line}."validTo", 'infinity')`;

/**
 * The lines that only one of both has so, and the ids they are of. `$2` is the version, `$3` its basis,
 * `$4` and `$5` the part. One join for both directions: a hash of each side, however much differs.
 */
const unlike = (isOneUpload: boolean) => `sides AS MATERIALIZED (
    SELECT n."externalId" AS "nowId",
      b."externalId", b."mailboxAddress", b."validFrom", b."validTo"
    FROM (${linesOf("$2", isOneUpload)}) n FULL JOIN (${linesOf("$3", isOneUpload)}) b
      ON b."externalId" = n."externalId" AND b."mailboxAddress" = n."mailboxAddress"
      AND ${from("b")} = ${from("n")} AND ${to("b")} = ${to("n")}
    WHERE n."externalId" IS NULL OR b."externalId" IS NULL),
  ids AS (
    SELECT s."externalId", CASE
        WHEN s."isNow" AND s."wasBefore" THEN 'changed'
        WHEN s."isNow" THEN CASE WHEN EXISTS (${says(`s."externalId"`, "$3")}) THEN 'changed' ELSE 'added' END
        ELSE CASE WHEN EXISTS (${says(`s."externalId"`, "$2")}) THEN 'changed' ELSE 'removed' END
      END AS "kind"
    FROM (SELECT coalesce(s."nowId", s."externalId") AS "externalId",
        bool_or(s."nowId" IS NOT NULL) AS "isNow", bool_or(s."nowId" IS NULL) AS "wasBefore"
      FROM sides s GROUP BY 1) s)`;

const holds = (line: string, at: string) =>
  `(${line}."validFrom" IS NULL OR ${line}."validFrom" <= ${at})
   AND (${line}."validTo" IS NULL OR ${line}."validTo" > ${at})`;
const isMailbox = (line: string) => `EXISTS (SELECT 1 FROM "DirectoryAddress" a
  JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
  WHERE a."tenantId" = $1 AND a."address" = ${line}."mailboxAddress")`;

const losers = (at: string) => `SELECT b."externalId", b."mailboxAddress" FROM sides b
  WHERE b."nowId" IS NULL AND ${holds("b", at)} AND ${isMailbox("b")}
    AND NOT EXISTS (${says(`b."externalId"`, "$2")} AND ${holds("o", at)} AND ${isMailbox("o")})`;

async function readDifferences(
  sql: Sql,
  tenantId: string,
  fileId: string,
  basisId: string,
  ids: readonly { readonly externalId: string }[],
): Promise<DifferenceRecord[]> {
  const said = (file: string) =>
    sql.query<SaidOf & { readonly externalId: string }>(
      `SELECT e."externalId", e."mailboxAddress", e."validFrom", e."validTo" FROM "MappingEntry" e
       WHERE ${ofVersion("e", "$2")} AND e."externalId" = ANY($3::text[])
       ORDER BY e."validFrom" NULLS FIRST, e."line"`,
      [tenantId, file, ids.map(({ externalId }) => externalId)],
    );
  const [before, after] = [await said(basisId), await said(fileId)];
  const of = (rows: typeof before, id: string) =>
    rows
      .filter(({ externalId }) => externalId === id)
      .map(({ mailboxAddress, validFrom, validTo }) => ({ mailboxAddress, validFrom, validTo }));
  return ids.map(({ externalId }) => ({
    externalId,
    before: of(before, externalId),
    after: of(after, externalId),
  }));
}
