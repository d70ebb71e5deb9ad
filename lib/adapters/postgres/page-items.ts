/** The items of a page: those that are new, those a run takes over, those whose place becomes known. */
import type { NewItem, PageRecord, RunHold } from "@/lib/ports/transfer-records";
import type { Sql } from "./client";
import { type LeftDelivery, removeUndone } from "./left-behind";
import { releaseBlobs } from "./released-blobs";

export type Place = {
  readonly tenantId: string;
  readonly hold: RunHold;
  readonly connectorId: string;
  readonly sourceAccountId: string;
};

export async function insertItems(
  sql: Sql,
  { tenantId, hold, connectorId, sourceAccountId }: Place,
  { items, takenOver }: PageRecord,
  idOf: Map<string, string>,
): Promise<void> {
  const orphans = new Set(takenOver);
  const fresh = items.filter(({ itemDigest }) => !orphans.has(itemDigest));
  if (fresh.length === 0) return;
  const rows = await sql.query<{ id: string; itemDigest: string }>(
    `INSERT INTO "SyncItem" ("tenantId", "connectorId", "runId", "sourceAccountId", "id", "sourceItemId",
       "revision", "itemDigest", "kind", "receivedAt", "messageAt", "ownerValue", "participants", "blobName",
       "frameOffset", "frameLength", "recordSha256", "duplicateKey", "attachmentsOpen",
       "isChangedWithoutRevision", "isInManifest", "manifestLine", "receivedBefore", "warnings", "isMail", "recordedAt")
     SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, n."id", n."sourceItemId", n."revision", n."itemDigest", n."kind",
       n."receivedAt", n."messageAt", n."ownerValue", n."participants"::jsonb, n."blobName", n."frameOffset",
       n."frameLength", n."recordSha256", n."duplicateKey", n."attachmentsOpen", n."isChanged", n."isInManifest",
       decode(n."manifestLine", 'hex'), n."receivedBefore",
       ARRAY(SELECT jsonb_array_elements_text(n."warnings"::jsonb)), n."isMail", clock_timestamp()
     FROM unnest($5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[],
       $12::text[], $13::text[], $14::text[], $15::int[], $16::int[], $17::text[], $18::text[], $19::int[],
       $20::boolean[], $21::boolean[], $22::text[], $23::timestamptz[], $24::text[], $25::boolean[])
       AS n("id", "sourceItemId", "revision", "itemDigest", "kind", "receivedAt", "messageAt", "ownerValue",
         "participants", "blobName", "frameOffset", "frameLength", "recordSha256", "duplicateKey",
         "attachmentsOpen", "isChanged", "isInManifest", "manifestLine", "receivedBefore", "warnings", "isMail")
     ON CONFLICT ("tenantId", "itemDigest") DO NOTHING
     RETURNING "id", "itemDigest"`,
    [tenantId, connectorId, hold.runId, sourceAccountId, ...columnsOf(fresh)],
  );
  for (const { id, itemDigest } of rows) idOf.set(itemDigest, id);
}

function columnsOf(items: readonly NewItem[]): unknown[][] {
  return [
    items.map(({ id }) => id),
    items.map(({ sourceItemId }) => sourceItemId),
    items.map(({ revision }) => revision),
    items.map(({ itemDigest }) => itemDigest),
    items.map(({ kind }) => kind),
    items.map(({ receivedAt }) => receivedAt),
    items.map(({ messageAt }) => messageAt),
    items.map(({ ownerValue }) => ownerValue),
    items.map(({ participants }) => JSON.stringify(participants)),
    items.map(({ blobName }) => blobName),
    items.map(({ frame }) => frame?.offset ?? null),
    items.map(({ frame }) => frame?.length ?? null),
    items.map(({ recordSha256 }) => recordSha256),
    items.map(({ duplicateKey }) => duplicateKey),
    items.map(({ attachments }) => attachments.length),
    items.map(({ isChangedWithoutRevision }) => isChangedWithoutRevision),
    items.map(({ isInManifest }) => isInManifest),
    items.map(({ manifestLine }) => manifestLine?.toString("hex") ?? null),
    items.map(({ receivedBefore }) => receivedBefore),
    items.map(({ warnings }) => JSON.stringify(warnings)),
    items.map(({ isMail }) => isMail),
  ];
}

/**
 * Items a deleted connector left behind: the row keeps its id, everything else is as if this run had
 * found it. What was imported or skipped stays as it is, with the run that did it; so do the people of
 * an item that has a copy in a mailbox, since all copies are the same message.
 */
export async function takeOver(
  sql: Sql,
  { tenantId, hold, connectorId }: Place,
  { items, takenOver }: PageRecord,
  idOf: Map<string, string>,
): Promise<readonly LeftDelivery[]> {
  const left: LeftDelivery[] = [];
  for (const digest of takenOver) {
    const item = items.find(({ itemDigest }) => itemDigest === digest);
    if (item === undefined) continue;
    const rows = await sql.query<{ id: string; staged: string | null }>(
      `UPDATE "SyncItem" i
       SET "connectorId" = $3, "runId" = $4, "blobName" = $6, "frameOffset" = $7,
           "frameLength" = $8, "recordSha256" = $9, "duplicateKey" = $10, "attachmentsOpen" = $11,
           "participants" = CASE WHEN i."messageSha256" IS NULL THEN $5::jsonb ELSE i."participants" END,
           "recordedAt" = clock_timestamp(), "originalRemovedAt" = NULL
       FROM (SELECT "id", "blobName" FROM "SyncItem"
             WHERE "tenantId" = $1 AND "itemDigest" = $2 FOR NO KEY UPDATE) was
       WHERE i."tenantId" = $1 AND i."id" = was."id" RETURNING i."id", was."blobName" AS "staged"`,
      [
        tenantId,
        digest,
        connectorId,
        hold.runId,
        JSON.stringify(item.participants),
        item.blobName,
        item.frame?.offset ?? null,
        item.frame?.length ?? null,
        item.recordSha256,
        item.duplicateKey,
        item.attachments.length,
      ],
    );
    const [row] = rows;
    if (row === undefined) continue;
    const { id, staged } = row;
    idOf.set(digest, id);
    const attachments = await sql.query<{ staged: string | null }>(
      `DELETE FROM "StagedAttachment" WHERE "tenantId" = $1 AND "itemId" = $2 RETURNING "blobName" AS "staged"`,
      [tenantId, id],
    );
    const lost = [{ staged }, ...attachments].flatMap((each) => each.staged ?? []);
    await releaseBlobs(sql, tenantId, lost);
    left.push(...(await removeUndone(sql, tenantId, id)));
    // What is in doubt still ends by a look into the mailbox; from then on it is this run's.
    await sql.query(
      `UPDATE "Delivery" SET "runId" = $3, "connectorId" = $4
       WHERE "tenantId" = $1 AND "itemId" = $2 AND "state" = 'IMPORTING'`,
      [tenantId, id, hold.runId, connectorId],
    );
  }
  return left;
}

/**
 * The archive says of no undated record when it took it in, but where it lies: in every window that
 * returned it. What the ledger knows of that grows narrower with each; its message keeps what was known first.
 */
export async function narrowUndated(
  sql: Sql,
  { tenantId }: Place,
  { undated }: PageRecord,
): Promise<void> {
  if (undated === null) return;
  await sql.query(
    `UPDATE "SyncItem" SET
       "firstReceivedAt" = coalesce("firstReceivedAt", "receivedAt"),
       "receivedAt" = CASE WHEN "receivedAt" < $4 AND "receivedBefore" > $3
         THEN greatest("receivedAt", $3) ELSE $3 END,
       "receivedBefore" = CASE WHEN "receivedAt" < $4 AND "receivedBefore" > $3
         THEN least("receivedBefore", $4) ELSE $4 END
     WHERE "tenantId" = $1 AND "itemDigest" = ANY($2::text[])
       AND ("receivedAt" < $3 OR "receivedBefore" > $4)`,
    [tenantId, undated.digests, undated.window.start, undated.window.end],
  );
}
