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
  "difference" | "countDifference" | "losing" | "countLosing" | "noteDifference"
>;

export function differencesOn(sql: Sql): DifferenceTable {
  return {
    async difference(tenantId, fileId, basisId, { kind, after, limit }) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      const ids = await sql.query<{ externalId: string }>(
        `SELECT DISTINCT d."externalId" FROM (${idsOf(kind, narrowed, `AND ($4::text IS NULL OR e."externalId" > $4)`)}) d
         ORDER BY d."externalId" LIMIT $5`,
        [tenantId, fileId, basisId, after, limit],
      );
      return readDifferences(sql, tenantId, fileId, basisId, ids);
    },
    async countDifference(tenantId, fileId, basisId) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      const count = (kind: DifferenceKind) =>
        `(SELECT count(DISTINCT d."externalId")::int FROM (${idsOf(kind, narrowed, "")}) d) AS "${kind}"`;
      const [counts] = await sql.query<Record<DifferenceKind, number>>(
        `SELECT ${count("added")}, ${count("changed")}, ${count("removed")}`,
        [tenantId, fileId, basisId],
      );
      return counts ?? { added: 0, changed: 0, removed: 0 };
    },
    async losing(tenantId, fileId, basisId, { at, after, limit }) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      return sql.query(
        `SELECT DISTINCT ON (l."externalId") l."externalId", l."mailboxAddress"
         FROM (${losers(narrowed)} AND ($5::text IS NULL OR e."externalId" > $5)) l
         ORDER BY l."externalId" LIMIT $6`,
        [tenantId, fileId, basisId, at, after, limit],
      );
    },
    async countLosing(tenantId, fileId, basisId, at) {
      const narrowed = await narrowing(sql, tenantId, fileId, basisId);
      const [counted] = await sql.query<{ people: number }>(
        `SELECT count(DISTINCT l."externalId")::int AS "people" FROM (${losers(narrowed)}) l`,
        [tenantId, fileId, basisId, at],
      );
      return counted?.people ?? 0;
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

const says = (other: string) => `SELECT 1 FROM "MappingEntry" o WHERE ${ofVersion("o", other)}
  AND o."externalId" = e."externalId"`;
const saysTheSame = (other: string) => `${says(other)} AND o."mailboxAddress" = e."mailboxAddress"
  AND o."validFrom" IS NOT DISTINCT FROM e."validFrom" AND o."validTo" IS NOT DISTINCT FROM e."validTo"`;

/** Lines (alias `e`) of one version that the other does not have so; `$2` is the version, `$3` its basis. */
const only = (file: string, other: string, narrowed: string) =>
  `SELECT e."externalId" FROM "MappingEntry" e
   WHERE ${ofVersion("e", file)} ${narrowed} AND NOT EXISTS (${saysTheSame(other)})`;

function idsOf(kind: DifferenceKind, narrowed: string, more: string): string {
  if (kind === "added")
    return `${only("$2", "$3", narrowed)} AND NOT EXISTS (${says("$3")}) ${more}`;
  if (kind === "removed") {
    return `${only("$3", "$2", narrowed)} AND NOT EXISTS (${says("$2")}) ${more}`;
  }
  return `${only("$2", "$3", narrowed)} AND EXISTS (${says("$3")}) ${more}
    UNION ALL ${only("$3", "$2", narrowed)} AND EXISTS (${says("$2")}) ${more}`;
}

const holds = (line: string) => `(${line}."validFrom" IS NULL OR ${line}."validFrom" <= $4)
  AND (${line}."validTo" IS NULL OR ${line}."validTo" > $4)`;
const isMailbox = (line: string) => `EXISTS (SELECT 1 FROM "DirectoryAddress" a
  JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
  WHERE a."tenantId" = $1 AND a."address" = ${line}."mailboxAddress")`;

const losers = (narrowed: string) => `
  SELECT e."externalId", e."mailboxAddress" FROM "MappingEntry" e
  WHERE ${ofVersion("e", "$3")} ${narrowed} AND ${holds("e")}
    AND NOT EXISTS (${saysTheSame("$2")}) AND ${isMailbox("e")}
    AND NOT EXISTS (${says("$2")} AND ${holds("o")} AND ${isMailbox("o")})`;

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
