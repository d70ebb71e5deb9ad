/** Who else names a number or a mailbox: other connectors' mappings, and the directory. */
import type {
  ClaimRecord,
  MailboxRecord,
  MappingVersionTable,
} from "@/lib/ports/mapping-version-store";
import type { Sql } from "./client";
import { ofVersion, ofVersionRow } from "./mapping-editions";

type ClaimTable = Pick<MappingVersionTable, "claims" | "claimsOf" | "mailbox" | "searchMailboxes">;

const others = `SELECT c."name", v.* FROM "Connector" c
  JOIN "MappingFile" v ON v."tenantId" = c."tenantId" AND v."id" = c."mappingFileId"
  WHERE c."tenantId" = $1 AND c."id" <> $2 AND c."state" <> 'DELETED'`;

export function claimsOn(sql: Sql): ClaimTable {
  return {
    async claims(tenantId, connectorId, fileId, limit) {
      const rival = await sql.query(`SELECT 1 FROM (${others}) o LIMIT 1`, [tenantId, connectorId]);
      if (rival.length === 0) return [];
      const named = (kind: ClaimRecord["kind"], column: string) => `
        (SELECT DISTINCT '${kind}' AS "kind", e."${column}" AS "value", v."name" AS "connectorName"
         FROM (${others}) v
         JOIN "MappingEntry" o ON ${ofVersionRow("o", "v")}
         JOIN "MappingEntry" e ON ${ofVersion("e", "$3")} AND e."${column}" = o."${column}"
         ORDER BY 2, 3 LIMIT $4)`;
      return sql.query<ClaimRecord>(
        `${named("externalId", "externalId")} UNION ALL ${named("mailbox", "mailboxAddress")}`,
        [tenantId, connectorId, fileId, limit],
      );
    },
    async claimsOf(tenantId, connectorId, { externalId, mailboxAddress }) {
      return sql.query<ClaimRecord>(
        `SELECT DISTINCT k."kind", k."value", v."name" AS "connectorName" FROM (${others}) v
         CROSS JOIN (VALUES ('externalId', $3::text), ('mailbox', $4::text)) AS k("kind", "value")
         WHERE EXISTS (SELECT 1 FROM "MappingEntry" o WHERE ${ofVersionRow("o", "v")}
           AND CASE k."kind" WHEN 'mailbox' THEN o."mailboxAddress" ELSE o."externalId" END = k."value"
           AND (o."mailboxAddress" = $4 OR o."externalId" = $3))
         ORDER BY 1, 3`,
        [tenantId, connectorId, externalId, mailboxAddress],
      );
    },
    async mailbox(tenantId, address) {
      const [found] = await sql.query<MailboxRecord>(
        `SELECT m."address", m."displayName", m."hasExchangePlan" FROM "DirectoryAddress" a
         JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId"
         WHERE a."tenantId" = $1 AND a."address" = $2 AND m."isMember"
         ORDER BY (lower(m."upn") = a."address") DESC, (lower(m."address") = a."address") DESC, m."id" LIMIT 1`,
        [tenantId, address],
      );
      return found ?? null;
    },
    async searchMailboxes(tenantId, prefix, limit) {
      return sql.query<MailboxRecord>(
        `SELECT "address", "displayName", "hasExchangePlan" FROM "DirectoryMailbox"
         WHERE "tenantId" = $1 AND "isMember"
           AND (starts_with(lower("displayName"), $2) OR starts_with(lower("address"), $2))
         ORDER BY lower("displayName"), "address" LIMIT $3`,
        [tenantId, prefix.toLowerCase(), limit],
      );
    },
  };
}
