/** Set-based look-ups of a page: what is known, whose mailbox, which lane. */
import { v7 as uuid } from "uuid";
import type { KnownItem } from "@/lib/ports/transfer-records";
import type { MappedEntry, ResolutionStore } from "@/lib/ports/resolution-store";
import type { TransferStore } from "@/lib/ports/transfer-store";
import type { Database } from "./client";
import { isLost, lostFiles } from "./lost-originals";
import { ofVersion } from "./mapping-editions";

type LookupStore = ResolutionStore & Pick<TransferStore, "knownItems" | "lostFiles" | "laneIds">;

export function createLookupStore(database: Database): LookupStore {
  return {
    async knownItems(tenantId, digests) {
      return database.query<KnownItem>(
        `SELECT i."itemDigest", i."recordSha256", i."runId",
                (i."blobName" IS NULL AND i."attachmentsOpen" > 0 OR c."state" = 'DELETED' AND EXISTS (
                  SELECT 1 FROM "Delivery" d WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id"
                    AND (d."state" IN ('FAILED', 'PENDING', 'IMPORTING')
                      OR d."state" = 'SKIPPED' AND d."isUnwanted"))) AS "isOrphan", ${isLost} AS "isLost"
         FROM "SyncItem" i JOIN "Connector" c ON c."tenantId" = i."tenantId" AND c."id" = i."connectorId"
         WHERE i."tenantId" = $1 AND i."itemDigest" = ANY($2::text[])`,
        [tenantId, digests],
      );
    },

    lostFiles: (tenantId, digests) => lostFiles(database, tenantId, digests),

    async laneIds(tenantId, mailboxIds) {
      const lanes = await readLanes(mailboxIds);
      const missing = mailboxIds.filter((id) => !lanes.has(id));
      if (missing.length === 0) return lanes;
      await database.query(
        `INSERT INTO "Lane" ("tenantId", "id", "mailboxId")
         SELECT $1::uuid, n."id", n."mailboxId" FROM unnest($2::uuid[], $3::uuid[]) AS n("id", "mailboxId")
         ON CONFLICT ("tenantId", "mailboxId") DO NOTHING`,
        [tenantId, missing.map(() => uuid()), missing],
      );
      return new Map([...lanes, ...(await readLanes(missing))]);

      async function readLanes(ids: readonly string[]): Promise<Map<string, string>> {
        const rows = await database.query<{ id: string; mailboxId: string }>(
          `SELECT "id", "mailboxId" FROM "Lane" WHERE "tenantId" = $1 AND "mailboxId" = ANY($2::uuid[])`,
          [tenantId, ids],
        );
        return new Map(rows.map(({ id, mailboxId }) => [mailboxId, id]));
      }
    },

    async lookUp(tenantId, { mappingFileId, externalIds, addresses }) {
      const values = [tenantId, mappingFileId, externalIds, addresses];
      const rows = await database.query<LookedUp>(lookUpPage, values);
      const entries: MappedEntry[] = [];
      const mailboxes = new Map<string, { readonly id: string; readonly address: string }>();
      for (const { line, word, id, address, validFrom, validTo } of rows) {
        if (id !== null) mailboxes.set(word, { id, address });
        else if (line !== null) {
          entries.push({ externalId: word, mailboxAddress: address, validFrom, validTo });
        }
      }
      return { entries, mailboxes };
    },
  };
}

/** A line of the mapping (`word` is the external id), or a mailbox (`word` is the address it was found by). */
type LookedUp = Pick<MappedEntry, "validFrom" | "validTo"> & {
  readonly line: number | null;
  readonly word: string;
  readonly id: string | null;
  readonly address: string;
};

/**
 * Address by address, so that the index is used before anything was analyzed. Two people may share a
 * word, one as principal name and one as alias: the principal name wins.
 */
const lookUpPage = `WITH entry AS MATERIALIZED (
    SELECT e."line", e."externalId", e."mailboxAddress", e."validFrom", e."validTo"
    FROM "MappingEntry" e
    WHERE ${ofVersion("e", "$2::uuid")} AND e."externalId" = ANY($3::text[]))
  SELECT "line", "externalId" AS "word", NULL::uuid AS "id", "mailboxAddress" AS "address",
    "validFrom", "validTo"
  FROM entry
  UNION ALL
  SELECT NULL, wanted."address", found."id", found."address", NULL, NULL
  FROM (SELECT unnest($4::text[]) AS "address"
        UNION SELECT lower("mailboxAddress") FROM entry) wanted
  CROSS JOIN LATERAL (
    SELECT m."id", m."address" FROM "DirectoryAddress" a
    JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId"
    WHERE a."tenantId" = $1 AND a."address" = wanted."address" AND m."isMember"
    ORDER BY (lower(m."upn") = a."address") DESC, (lower(m."address") = a."address") DESC, m."id"
    LIMIT 1) found
  ORDER BY "line"`;
