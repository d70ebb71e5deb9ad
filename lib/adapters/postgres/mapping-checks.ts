/** What is found out about a whole mapping file at once: against the directory, against its predecessor. */
import type { MappingDifference } from "@/lib/ports/mapping-records";
import type { Sql } from "./client";
import { ofVersion, ofVersionRow } from "./mapping-editions";

/** Each mailbox counts once, however many lines name it. A user without an Exchange plan is found all the same. */
export async function checkMailboxes(
  sql: Sql,
  tenantId: string,
  fileId: string,
  at: Date,
): Promise<void> {
  await sql.query(
    `WITH judged AS (
       SELECT n."mailboxAddress", bool_or(m."id" IS NOT NULL) AS "isFound",
         coalesce(bool_or(m."hasExchangePlan"), false) AS "hasPlan"
       FROM (SELECT DISTINCT e."mailboxAddress" FROM "MappingEntry" e
             WHERE ${ofVersion("e", "$2")}) n
       LEFT JOIN "DirectoryAddress" a ON a."tenantId" = $1 AND a."address" = n."mailboxAddress"
       LEFT JOIN "DirectoryMailbox" m
         ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId" AND m."isMember"
       GROUP BY n."mailboxAddress")
     UPDATE "MappingFile" SET "checkedAt" = $3,
       "mailboxesFound" = (SELECT count(*) FROM judged WHERE "isFound"),
       "withoutLicence" = (SELECT count(*) FROM judged WHERE "isFound" AND NOT "hasPlan"),
       "unknownMailboxes" = (SELECT count(*) FROM judged WHERE NOT "isFound")
     WHERE "tenantId" = $1 AND "id" = $2`,
    [tenantId, fileId, at],
  );
}

/** By external id: everything the two versions say of it, in one spelling. */
export async function compareEntries(
  sql: Sql,
  tenantId: string,
  fileId: string,
  previousId: string,
): Promise<MappingDifference> {
  const [row] = await sql.query<MappingDifference>(
    `WITH said AS (
       SELECT v."id" AS "mappingFileId", e."externalId", string_agg(
         concat_ws(' ', e."mailboxAddress", extract(epoch FROM e."validFrom"), '-',
           extract(epoch FROM e."validTo")),
         ',' ORDER BY e."mailboxAddress", e."validFrom", e."validTo") AS "what"
       FROM "MappingFile" v JOIN "MappingEntry" e ON ${ofVersionRow("e", "v")}
       WHERE v."tenantId" = $1 AND v."id" IN ($2, $3)
       GROUP BY 1, 2),
     difference AS (
       UPDATE "MappingFile" SET ("added", "changed", "removed") = (
         SELECT count(*) FILTER (WHERE old."what" IS NULL),
           count(*) FILTER (WHERE old."what" <> new."what"),
           count(*) FILTER (WHERE new."what" IS NULL)
         FROM (SELECT * FROM said WHERE "mappingFileId" = $2) new
         FULL JOIN (SELECT * FROM said WHERE "mappingFileId" = $3) old USING ("externalId"))
       WHERE "tenantId" = $1 AND "id" = $2 RETURNING "added", "changed", "removed")
     SELECT * FROM difference`,
    [tenantId, fileId, previousId],
  );
  return row ?? { added: 0, changed: 0, removed: 0 };
}
