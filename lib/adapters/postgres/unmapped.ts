/** Archived people without a mailbox, each with what of theirs waits. */
import type { MappingVersionTable, UnmappedRecord } from "@/lib/ports/mapping-version-store";
import type { Sql } from "./client";

type UnmappedTable = Pick<MappingVersionTable, "unmapped" | "unmappedPerson">;

const waits = `d."connectorId" = $2 AND d."state" = 'FAILED' AND d."failureCode" = 'UserMapping'
  AND d."dismissedAt" IS NULL AND d."tenantId" = $1`;

/** @param people SQL: their external ids, in order */
const readPeople = (people: string) => `
  SELECT p."externalId", n."items", n."removed", n."firstAt", n."lastAt", n."deliveryId", coalesce((
      SELECT btrim(concat_ws(' ', o ->> 'firstName', o ->> 'lastName'))
      FROM "Delivery" d
      JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
      CROSS JOIN LATERAL jsonb_array_elements(i."participants") o
      WHERE d."tenantId" = $1 AND d."id" = n."deliveryId" AND o -> 'roles' ? 'owner' LIMIT 1), '') AS "name"
  FROM (${people}) p
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS "items", (count(*) FILTER (WHERE i."blobName" IS NULL))::int AS "removed",
      min(i."messageAt") AS "firstAt", max(i."messageAt") AS "lastAt",
      (min(d."id"::text))::uuid AS "deliveryId"
    FROM "Delivery" d JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
    WHERE ${waits} AND d."ownerExternalId" IS NOT DISTINCT FROM p."externalId") n
  WHERE n."items" > 0`;

export function unmappedOn(sql: Sql): UnmappedTable {
  return {
    // A step along the index for each person: whoever has a million items is passed over at once.
    async unmapped(tenantId, connectorId, after, limit) {
      return sql.query<UnmappedRecord>(
        `WITH RECURSIVE people AS (
           (SELECT d."ownerExternalId" AS "externalId", 1 AS "place" FROM "Delivery" d
            WHERE ${waits} AND ($3::text IS NULL OR d."ownerExternalId" > $3)
            ORDER BY d."ownerExternalId" LIMIT 1)
           UNION ALL
           SELECT s."externalId", p."place" + 1 FROM people p CROSS JOIN LATERAL (
             SELECT d."ownerExternalId" AS "externalId" FROM "Delivery" d
             WHERE ${waits} AND d."ownerExternalId" > p."externalId"
             ORDER BY d."ownerExternalId" LIMIT 1) s
           WHERE p."place" < $4 AND p."externalId" IS NOT NULL)
         ${readPeople(`SELECT "externalId" FROM people WHERE "externalId" IS NOT NULL`)}
         ORDER BY p."externalId"`,
        [tenantId, connectorId, after, limit],
      );
    },
    async unmappedPerson(tenantId, connectorId, deliveryId) {
      const [person] = await sql.query<UnmappedRecord>(
        readPeople(`SELECT d."ownerExternalId" AS "externalId" FROM "Delivery" d
          WHERE ${waits} AND d."id" = $3`),
        [tenantId, connectorId, deliveryId],
      );
      return person ?? null;
    },
  };
}
