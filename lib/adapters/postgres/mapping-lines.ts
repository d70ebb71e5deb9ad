/** The lines of one mapping version, a page by key: those that can be used and those that cannot. */
import type { MappingLineState } from "@/lib/core/mapping-entry";
import type { MappingLineRecord } from "@/lib/ports/mapping-records";
import type { MappingTable } from "@/lib/ports/portal-store";
import type { Sql } from "./client";
import { ofVersion } from "./mapping-editions";

type Which = Parameters<MappingTable["lines"]>[2];

export async function selectLines(
  sql: Sql,
  tenantId: string,
  fileId: string,
  { state, search, isCompared, afterLine, limit }: Which,
): Promise<MappingLineRecord[]> {
  const narrowed = state === null ? everyLine : narrowings[state];
  const entries = isCompared ? (narrowed.entriesCompared ?? narrowed.entries) : narrowed.entries;
  const found = search === null ? { entry: "true", problem: "true" } : matching(search.text);
  const values = [tenantId, fileId, afterLine, limit, isCompared];
  return sql.query<MappingLineRecord>(
    `WITH page AS (
       SELECT * FROM (
         SELECT e."line" FROM "MappingEntry" e
         WHERE ${ofVersion("e", "$2")} AND e."line" > $3
           AND ${entries} AND ${found.entry}
         ORDER BY e."line" LIMIT $4) entry
       UNION
       SELECT * FROM (
         SELECT DISTINCT p."line" FROM "MappingProblem" p
         WHERE p."tenantId" = $1 AND p."mappingFileId" = $2 AND p."line" > $3
           AND ${narrowed.problems} AND ${found.problem}
         ORDER BY p."line" LIMIT $4) problem
       ORDER BY "line" LIMIT $4)
     SELECT page."line", e."writtenAs", e."externalId", e."mailboxAddress", e."validFrom", e."validTo",
       coalesce(told."problems", '[]') AS "problems",
       matched."matchedAddress", matched."matchedName", matched."hasExchangePlan"
     FROM page
     LEFT JOIN "MappingEntry" e ON ${ofVersion("e", "$2")} AND e."line" = page."line"
     LEFT JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('column', p."column", 'value', p."value", 'message', p."message",
         'severity', CASE WHEN p."isError" THEN 'error' ELSE 'warning' END) ORDER BY p."position") AS "problems"
       FROM "MappingProblem" p
       WHERE p."tenantId" = $1 AND p."mappingFileId" = $2 AND p."line" = page."line") told ON true
     LEFT JOIN LATERAL (
       SELECT m."address" AS "matchedAddress", m."displayName" AS "matchedName",
         bool_or(m."hasExchangePlan") OVER () AS "hasExchangePlan"
       FROM "DirectoryAddress" a
       JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId"
       WHERE $5 AND a."tenantId" = $1 AND a."address" = e."mailboxAddress" AND m."isMember"
       ORDER BY (lower(m."upn") = a."address") DESC, (lower(m."address") = a."address") DESC, m."id"
       LIMIT 1) matched ON true
     ORDER BY page."line"`,
    search === null ? values : [...values, search.externalId, search.text.toLowerCase()],
  );
}

type Narrowing = {
  /** Which lines with an entry. */
  readonly entries: string;
  /** The same once mailboxes were looked for; left out where that changes nothing. */
  readonly entriesCompared?: string;
  /** Which lines with a problem; those that have an entry too come once. */
  readonly problems: string;
};

const members = `SELECT a."address" FROM "DirectoryAddress" a
  JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
  WHERE a."tenantId" = $1`;
const isFound = `e."mailboxAddress" IN (${members})`;
const hasPlan = `e."mailboxAddress" IN (${members} AND m."hasExchangePlan")`;
const isUntold = `NOT EXISTS (SELECT 1 FROM "MappingProblem" p
  WHERE p."tenantId" = $1 AND p."mappingFileId" = $2 AND p."line" = e."line")`;
/** A line that an error names is a bad one, whatever else is said of it. */
const isOnlyWarned = `NOT p."isError" AND NOT EXISTS (SELECT 1 FROM "MappingProblem" w
  WHERE w."tenantId" = p."tenantId" AND w."mappingFileId" = p."mappingFileId" AND w."line" = p."line"
    AND w."isError")`;
const isNotUnknown = `NOT EXISTS (SELECT 1 FROM "MappingEntry" e
  WHERE ${ofVersion("e", "$2")} AND e."line" = p."line" AND $5 AND NOT ${isFound})`;

const everyLine: Narrowing = { entries: "true", problems: "true" };

const narrowings: Record<MappingLineState, Narrowing> = {
  good: { entries: isUntold, entriesCompared: `${isUntold} AND ${hasPlan}`, problems: "false" },
  warning: {
    entries: "false",
    entriesCompared: `${isFound} AND NOT ${hasPlan}`,
    problems: `${isOnlyWarned} AND ${isNotUnknown}`,
  },
  bad: { entries: "false", entriesCompared: `NOT ${isFound}`, problems: `p."isError"` },
  found: { entries: "false", entriesCompared: isFound, problems: "false" },
  withoutLicence: {
    entries: "false",
    entriesCompared: `${isFound} AND NOT ${hasPlan}`,
    problems: "false",
  },
  unknownMailbox: { entries: "false", entriesCompared: `NOT ${isFound}`, problems: "false" },
};

/**
 * The id in whatever spelling, or a part of what the line says: the longest look there is, through every
 * line of a file. Letters stand in an id only as the file has it, and looking for none needs no lower case.
 */
function matching(text: string): { readonly entry: string; readonly problem: string } {
  const hasLetter = text.toLowerCase() !== text.toUpperCase();
  const part = hasLetter
    ? `strpos(lower(e."writtenAs"), $7) > 0`
    : `strpos(e."writtenAs", $7) > 0 OR strpos(e."externalId", $7) > 0`;
  const entry = `(e."externalId" = $6 OR strpos(e."mailboxAddress", $7) > 0 OR ${part})`;
  return {
    entry,
    problem: `(strpos(lower(p."value"), $7) > 0 OR EXISTS (SELECT 1 FROM "MappingEntry" e
      WHERE ${ofVersion("e", "$2")} AND e."line" = p."line" AND ${entry}))`,
  };
}
