/** Sealed passwords of the source, and how often it refused one lately. */
import type { CredentialTable, SignInTable } from "@/lib/ports/portal-store";
import type { Prisma, Sql } from "./client";
import { insertRow } from "./rows";

export function credentialsOn(sql: Sql, prisma: Prisma): CredentialTable {
  return {
    async insert(tenantId, id, ciphertext, at) {
      const sealed = Buffer.from(ciphertext);
      await insertRow(sql, "Credential", { tenantId, id, ciphertext: sealed, createdAt: at });
    },
    async read(tenantId, id) {
      const row = await prisma.credential.findUnique({
        where: { tenantId_id: { tenantId, id } },
        select: { ciphertext: true },
      });
      return row?.ciphertext ?? null;
    },
    async remove(tenantId, id) {
      await sql.query(`DELETE FROM "Credential" WHERE "tenantId" = $1 AND "id" = $2`, [
        tenantId,
        id,
      ]);
    },
  };
}

export function signInsOn(sql: Sql): SignInTable {
  return {
    async reserve(tenantId, { id, usernameDigest, userId }, limit, at) {
      // One after the other, or parallel attempts would all count the same failures.
      await sql.query(`SELECT pg_advisory_xact_lock(hashtextextended('sign-in:' || $1, 0))`, [
        tenantId,
      ]);
      const countedFrom = new Date(at.getTime() - limit.withinMs);
      await sql.query(`DELETE FROM "SignInFailure" WHERE "tenantId" = $1 AND "failedAt" <= $2`, [
        tenantId,
        countedFrom,
      ]);
      const [row] = await sql.query<{ failedAt: Date | null }>(
        `SELECT greatest(
           (SELECT "failedAt" FROM "SignInFailure" WHERE "tenantId" = $1 AND "usernameDigest" = $2
            ORDER BY "failedAt" DESC OFFSET $4 LIMIT 1),
           (SELECT "failedAt" FROM "SignInFailure" WHERE "tenantId" = $1 AND "userId" = $3
            ORDER BY "failedAt" DESC OFFSET $4 LIMIT 1)) AS "failedAt"`,
        [tenantId, usernameDigest, userId, limit.failures - 1],
      );
      const deciding = row?.failedAt ?? null;
      if (deciding !== null) return new Date(deciding.getTime() + limit.withinMs);
      await insertRow(sql, "SignInFailure", { tenantId, id, usernameDigest, userId, failedAt: at });
      return null;
    },
    async release(tenantId, attemptId) {
      await sql.query(`DELETE FROM "SignInFailure" WHERE "tenantId" = $1 AND "id" = $2`, [
        tenantId,
        attemptId,
      ]);
    },
    async forget(tenantId, usernameDigest) {
      await sql.query(
        `DELETE FROM "SignInFailure" WHERE "tenantId" = $1 AND "usernameDigest" = $2`,
        [tenantId, usernameDigest],
      );
    },
  };
}
