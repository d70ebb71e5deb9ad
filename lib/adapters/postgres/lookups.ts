/** Set-based look-ups of a page: what is known, whose mailbox, which lane. */
import { v7 as uuid } from "uuid";
import type { KnownItem } from "@/lib/ports/transfer-records";
import type { MappedEntry, ResolutionStore } from "@/lib/ports/resolution-store";
import type { TransferStore } from "@/lib/ports/transfer-store";
import type { Database } from "./client";
import { ofVersion } from "./mapping-editions";

type LookupStore = ResolutionStore & Pick<TransferStore, "knownItems" | "laneIds">;

export function createLookupStore(database: Database): LookupStore {
  return {
    async knownItems(tenantId, digests) {
      return database.query<KnownItem>(
        `SELECT i."itemDigest", i."recordSha256", i."runId",
                (i."blobName" IS NULL AND i."attachmentsOpen" > 0 OR c."state" = 'DELETED' AND EXISTS (
                  SELECT 1 FROM "Delivery" d WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id"
                    AND d."state" IN ('FAILED', 'PENDING', 'IMPORTING'))) AS "isOrphan"
         FROM "SyncItem" i JOIN "Connector" c ON c."tenantId" = i."tenantId" AND c."id" = i."connectorId"
         WHERE i."tenantId" = $1 AND i."itemDigest" = ANY($2::text[])`,
        [tenantId, digests],
      );
    },

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

    async mappingEntries(tenantId, mappingFileId, externalIds) {
      return database.query<MappedEntry>(
        `SELECT e."externalId", e."mailboxAddress", e."validFrom", e."validTo" FROM "MappingEntry" e
         WHERE ${ofVersion("e", "$2")} AND e."externalId" = ANY($3::text[])
         ORDER BY e."line"`,
        [tenantId, mappingFileId, externalIds],
      );
    },

    async mailboxesByAddress(tenantId, addresses) {
      // Two people may share a word, one as principal name and one as alias: the principal name wins.
      const rows = await database.query<{ wanted: string; id: string; address: string }>(
        `SELECT DISTINCT ON (a."address") a."address" AS "wanted", m."id", m."address"
         FROM "DirectoryAddress" a
         JOIN "DirectoryMailbox" m ON m."tenantId" = a."tenantId" AND m."id" = a."mailboxId"
         WHERE a."tenantId" = $1 AND a."address" = ANY($2::text[]) AND m."isMember"
         ORDER BY a."address", (lower(m."upn") = a."address") DESC, (lower(m."address") = a."address") DESC, m."id"`,
        [tenantId, addresses],
      );
      return new Map(rows.map(({ wanted, id, address }) => [wanted, { id, address }]));
    },
  };
}
