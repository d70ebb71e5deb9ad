/** Users of the mirror and their addresses, set by set. */
import { storable } from "@/lib/core/text";
import type { DirectoryUser } from "@/lib/ports/directory";
import type { Sql } from "./client";

/** Whoever was written by an update that began later stays as he is. */
export async function saveUsers(
  sql: Sql,
  tenantId: string,
  users: readonly DirectoryUser[],
  stamp: Date,
): Promise<void> {
  const each = [...new Map(users.map((user) => [user.id, user])).values()];
  if (each.length === 0) return;
  const written = await saveMailboxes(sql, tenantId, each, stamp);
  const isWritten = new Set(written.map(({ id }) => id));
  const kept = each.filter(({ id }) => isWritten.has(id));
  if (kept.length > 0) await saveAddresses(sql, tenantId, kept);
  const joined = written.filter(({ hasJoined }) => hasJoined).map(({ id }) => id);
  if (joined.length > 0) await learnAddresses(sql, tenantId, joined);
}

type Written = { readonly id: string; readonly hasJoined: boolean };

/** In the order of their ids, so that two readers at once do not wait for each other in a circle. */
async function saveMailboxes(
  sql: Sql,
  tenantId: string,
  users: readonly DirectoryUser[],
  stamp: Date,
): Promise<Written[]> {
  return sql.query<Written>(
    `WITH before AS (
       SELECT "id", "isMember" FROM "DirectoryMailbox"
       WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])),
     written AS (
       INSERT INTO "DirectoryMailbox" ("tenantId", "id", "upn", "address", "displayName",
         "isMember", "isEnabled", "hasExchangePlan", "readAt")
       SELECT $1, u.*, $9::timestamptz
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::bool[], $8::bool[])
         AS u(id, upn, address, name, member, enabled, plan)
       ORDER BY u.id
       ON CONFLICT ("tenantId", "id") DO UPDATE SET
         "upn" = excluded."upn", "address" = excluded."address",
         "displayName" = excluded."displayName", "isMember" = excluded."isMember",
         "isEnabled" = excluded."isEnabled", "hasExchangePlan" = excluded."hasExchangePlan",
         "readAt" = excluded."readAt"
       WHERE "DirectoryMailbox"."readAt" <= excluded."readAt"
       RETURNING "id", "isMember")
     SELECT w."id", (w."isMember" AND b."isMember" IS FALSE) AS "hasJoined"
     FROM written w LEFT JOIN before b ON b."id" = w."id"`,
    [
      tenantId,
      users.map(({ id }) => id),
      users.map(({ userPrincipalName }) => storable(userPrincipalName)),
      users.map(({ mail, userPrincipalName }) => storable(mail ?? userPrincipalName)),
      users.map(({ displayName }) => storable(displayName)),
      users.map(({ isMember }) => isMember),
      users.map(({ isEnabled }) => isEnabled),
      users.map(({ hasExchangePlan }) => hasExchangePlan),
      stamp,
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
    `INSERT INTO "DirectoryAddress" ("tenantId", "mailboxId", "address", "learnedAt")
     SELECT $1, n.id, n.address, clock_timestamp() FROM unnest($2::uuid[], $3::text[]) AS n(id, address)
     ORDER BY n.id, n.address ON CONFLICT DO NOTHING`,
    [tenantId, ids, addresses],
  );
}

/** A guest who became a member: his old addresses lead to a mailbox now. */
async function learnAddresses(
  sql: Sql,
  tenantId: string,
  mailboxIds: readonly string[],
): Promise<void> {
  await sql.query(
    `UPDATE "DirectoryAddress" SET "learnedAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "mailboxId" = ANY($2::uuid[])`,
    [tenantId, mailboxIds],
  );
}
