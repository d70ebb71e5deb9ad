/** Ways to the consent page and back. Only digests are kept; a state is used by one conditional update. */
import type { ConsentRecord } from "@/lib/ports/portal-records";
import type { ConsentTable } from "@/lib/ports/portal-store";
import type { Prisma, Sql } from "./client";
import { insertRow, updateRow } from "./rows";
import { fromColumn, toColumn } from "./words";

export function consentsOn(sql: Sql, prisma: Prisma): ConsentTable {
  return {
    async insert(tenantId, consent) {
      await insertRow(sql, "Consent", { tenantId, ...consent, kind: toColumn(consent.kind) });
    },
    async findByDigest(tenantId, stateDigest) {
      const [row] = await sql.query<ConsentRecord>(
        `${selected} FROM "Consent" o ${joined} WHERE o."tenantId" = $1 AND o."stateDigest" = $2`,
        [tenantId, stateDigest],
      );
      return row === undefined ? null : toRecord(row);
    },
    async use(tenantId, stateDigest, sessionDigest, at) {
      const [row] = await sql.query<ConsentRecord>(
        `WITH o AS (
           UPDATE "Consent" SET "usedAt" = $4
           WHERE "tenantId" = $1 AND "stateDigest" = $2 AND "usedAt" IS NULL
             AND "state" = 'REQUESTED' AND "expiresAt" > $4
             AND ("kind" = 'HANDED_OVER' OR "sessionDigest" = $3)
           RETURNING *)
         ${selected} FROM o ${joined}`,
        [tenantId, stateDigest, sessionDigest, at],
      );
      return row === undefined ? null : toRecord(row);
    },
    async settle(tenantId, id, state, reason) {
      const change = { state: toColumn(state), reason };
      await updateRow(sql, "Consent", { tenantId, id }, change);
    },
    async handedOver(tenantId, at) {
      return prisma.consent.findMany({
        where: {
          tenantId,
          kind: "HANDED_OVER",
          state: "REQUESTED",
          usedAt: null,
          expiresAt: { gt: at },
        },
        orderBy: { id: "desc" },
        select: { id: true, expiresAt: true },
        take: 50,
      });
    },
    async revoke(tenantId, consentId, at) {
      const revoked = await sql.query(
        `UPDATE "Consent" SET "usedAt" = $3, "state" = 'FAILED', "reason" = 'revoked'
         WHERE "tenantId" = $1 AND "id" = $2 AND "kind" = 'HANDED_OVER'
           AND "state" = 'REQUESTED' AND "usedAt" IS NULL AND "expiresAt" > $3
         RETURNING 1`,
        [tenantId, consentId, at],
      );
      return revoked.length > 0;
    },
  };
}

const selected = `SELECT o.*, u."name" AS "requestedByName", coalesce(c."name", d."name") AS "connectorName"`;
const joined = `
  LEFT JOIN "User" u ON u."tenantId" = o."tenantId" AND u."id" = o."requestedById"
  LEFT JOIN "Connector" c ON c."tenantId" = o."tenantId" AND c."id" = o."connectorId"
  LEFT JOIN "ConnectorDraft" d ON d."tenantId" = o."tenantId" AND d."id" = o."draftId"`;

function toRecord(row: ConsentRecord): ConsentRecord {
  return { ...row, kind: fromColumn(row.kind), state: fromColumn(row.state) };
}
