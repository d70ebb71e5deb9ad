/** The mirror of the tenant's users, replaced page by page with one statement each. */
import { storable } from "@/lib/core/text";
import type { DirectoryUser } from "@/lib/ports/directory";
import type { DirectoryTable } from "@/lib/ports/portal-store";
import type { Sql } from "./client";

export function directoryOn(sql: Sql): DirectoryTable {
  return {
    async readAt(tenantId) {
      const [row] = await sql.query<{ directoryReadAt: Date | null }>(
        `SELECT "directoryReadAt" FROM "Tenant" WHERE "id" = $1`,
        [tenantId],
      );
      return row?.directoryReadAt ?? null;
    },
    async savePage(tenantId, users, readAt) {
      const page = [...new Map(users.map((user) => [user.id, user])).values()];
      if (page.length === 0) return;
      await saveMailboxes(sql, tenantId, page, readAt);
      await saveAddresses(sql, tenantId, page);
    },
    async finish(tenantId, startedAt, users) {
      await sql.query(`DELETE FROM "DirectoryMailbox" WHERE "tenantId" = $1 AND "readAt" < $2`, [
        tenantId,
        startedAt,
      ]);
      await sql.query(
        `UPDATE "Tenant" SET "directoryReadAt" = greatest("directoryReadAt", $2), "directoryUsers" = $3
         WHERE "id" = $1`,
        [tenantId, startedAt, users],
      );
    },
  };
}

/** In the order of their ids, so that two readers at once do not wait for each other in a circle. */
async function saveMailboxes(
  sql: Sql,
  tenantId: string,
  users: readonly DirectoryUser[],
  readAt: Date,
): Promise<void> {
  await sql.query(
    `INSERT INTO "DirectoryMailbox" ("tenantId", "id", "upn", "address", "displayName",
       "isMember", "isEnabled", "hasExchangePlan", "readAt")
     SELECT $1, u.*, $9::timestamptz
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::bool[], $8::bool[])
       AS u(id, upn, address, name, member, enabled, plan)
     ORDER BY u.id
     ON CONFLICT ("tenantId", "id") DO UPDATE SET
       "upn" = excluded."upn", "address" = excluded."address",
       "displayName" = excluded."displayName", "isMember" = excluded."isMember",
       "isEnabled" = excluded."isEnabled", "hasExchangePlan" = excluded."hasExchangePlan",
       "readAt" = greatest("DirectoryMailbox"."readAt", excluded."readAt")`,
    [
      tenantId,
      users.map(({ id }) => id),
      users.map(({ userPrincipalName }) => storable(userPrincipalName)),
      users.map(({ mail, userPrincipalName }) => storable(mail ?? userPrincipalName)),
      users.map(({ displayName }) => storable(displayName)),
      users.map(({ isMember }) => isMember),
      users.map(({ isEnabled }) => isEnabled),
      users.map(({ hasExchangePlan }) => hasExchangePlan),
      readAt,
    ],
  );
}

async function saveAddresses(
  sql: Sql,
  tenantId: string,
  users: readonly DirectoryUser[],
): Promise<void> {
  const pairs = users.flatMap(({ id, addresses }) =>
    addresses.map((address) => ({ id, address: storable(address).toLowerCase() })),
  );
  const ids = pairs.map(({ id }) => id);
  const addresses = pairs.map(({ address }) => address);
  await sql.query(
    `DELETE FROM "DirectoryAddress" a WHERE a."tenantId" = $1 AND a."mailboxId" = ANY($2::uuid[])
       AND NOT EXISTS (SELECT 1 FROM unnest($3::uuid[], $4::text[]) AS n(id, address)
                       WHERE n.id = a."mailboxId" AND n.address = a."address")`,
    [tenantId, users.map(({ id }) => id), ids, addresses],
  );
  await sql.query(
    `INSERT INTO "DirectoryAddress" ("tenantId", "mailboxId", "address")
     SELECT $1, n.id, n.address FROM unnest($2::uuid[], $3::text[]) AS n(id, address)
     ORDER BY n.id, n.address ON CONFLICT DO NOTHING`,
    [tenantId, ids, addresses],
  );
}
