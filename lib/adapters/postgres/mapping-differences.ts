/** What two versions of a mapping say otherwise, by external id, page by page. */
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
  "difference" | "countDifference" | "losing" | "noteDifference"
>;

export function differencesOn(sql: Sql): DifferenceTable {
  return {
    async difference(tenantId, fileId, basisId, { kind, after, limit }) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      const ids = await sql.query<{ externalId: string }>(
        `WITH ${unlike(`${narrowed} AND ($4::text IS NULL OR e."externalId" > $4)`)}
         SELECT DISTINCT d."externalId" FROM (${idsOf[kind]}) d ORDER BY d."externalId" LIMIT $5`,
        [tenantId, fileId, basisId, after, limit],
      );
      return readDifferences(sql, tenantId, fileId, basisId, ids);
    },
    async countDifference(tenantId, fileId, basisId, at) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      const count = (name: string, ids: string) =>
        `(SELECT count(DISTINCT d."externalId")::int FROM (${ids}) d) AS "${name}"`;
      const [counts] = await sql.query<Record<DifferenceKind | "losing", number>>(
        `WITH ${unlike(narrowed)}
         SELECT ${count("added", idsOf.added)}, ${count("changed", idsOf.changed)},
           ${count("removed", idsOf.removed)}, ${count("losing", losers)}`,
        [tenantId, fileId, basisId, at],
      );
      return counts ?? { added: 0, changed: 0, removed: 0, losing: 0 };
    },
    async losing(tenantId, fileId, basisId, { at, after, limit }) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      return sql.query(
        `WITH ${unlike(`${narrowed} AND ($5::text IS NULL OR e."externalId" > $5)`)}
         SELECT DISTINCT ON (l."externalId") l."externalId", l."mailboxAddress" FROM (${losers}) l
         ORDER BY l."externalId" LIMIT $6`,
        [tenantId, fileId, basisId, at, after, limit],
      );
    },
    async noteDifference(tenantId, fileId, difference) {
      await updateRow(sql, "MappingFile", { tenantId, id: fileId }, difference);
    },
  };
}

/** Of two editions of the same lines only those can differ that were edited; an index knows them. */
async function narrowing(
  sql: Sql,
  tenantId: string,
  fileId: string,
  basisId: string,
): Promise<string> {
  const stocks = await sql.query<{ stock: string }>(
    `SELECT DISTINCT coalesce("stockId", "id") AS "stock" FROM "MappingFile"
     WHERE "tenantId" = $1 AND "id" IN ($2, $3)`,
    [tenantId, fileId, basisId],
  );
  return stocks.length === 1 ? `AND (e."since" > 0 OR e."until" IS NOT NULL)` : "";
}

const says = (line: string, other: string) => `SELECT 1 FROM "MappingEntry" o
  WHERE ${ofVersion("o", other)} AND o."externalId" = ${line}."externalId"`;

/** Lines of one version that the other does not have so. */
const only = (file: string, other: string, narrowed: string) =>
  `SELECT e."externalId", e."mailboxAddress", e."validFrom", e."validTo" FROM "MappingEntry" e
   WHERE ${ofVersion("e", file)} ${narrowed} AND NOT EXISTS (${says("e", other)}
     AND o."mailboxAddress" = e."mailboxAddress" AND o."validFrom" IS NOT DISTINCT FROM e."validFrom"
     AND o."validTo" IS NOT DISTINCT FROM e."validTo")`;

/**
 * Both directions, found out once however much is asked of them: each goes through a million lines.
 * `$2` is the version, `$3` its basis.
 */
const unlike = (narrowed: string) => `now AS MATERIALIZED (${only("$2", "$3", narrowed)}),
  before AS MATERIALIZED (${only("$3", "$2", narrowed)})`;

const idsOf: Record<DifferenceKind, string> = {
  added: `SELECT n."externalId" FROM now n WHERE NOT EXISTS (${says("n", "$3")})`,
  changed: `SELECT n."externalId" FROM now n WHERE EXISTS (${says("n", "$3")})
    UNION ALL SELECT b."externalId" FROM before b WHERE EXISTS (${says("b", "$2")})`,
  removed: `SELECT b."externalId" FROM before b WHERE NOT EXISTS (${says("b", "$2")})`,
};

const holds = (line: string) => `(${line}."validFrom" IS NULL OR ${line}."validFrom" <= $4)
  AND (${line}."validTo" IS NULL OR ${line}."validTo" > $4)`;
const isMailbox = (line: string) => `EXISTS (SELECT 1 FROM "DirectoryAddress" a
  JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
  WHERE a."tenantId" = $1 AND a."address" = ${line}."mailboxAddress")`;

const losers = `SELECT b."externalId", b."mailboxAddress" FROM before b
  WHERE ${holds("b")} AND ${isMailbox("b")}
    AND NOT EXISTS (${says("b", "$2")} AND ${holds("o")} AND ${isMailbox("o")})`;

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
