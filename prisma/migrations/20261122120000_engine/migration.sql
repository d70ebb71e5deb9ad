-- The sync engine: retention and sweep of staging, look-back, large attachments, duties and alarms.

ALTER TABLE "Tenant" ADD COLUMN "directoryFullAt" TIMESTAMPTZ(3), ADD COLUMN "attachRefusedAt" TIMESTAMPTZ(3),
  ADD COLUMN "directoryBegunAt" TIMESTAMPTZ(3), ADD COLUMN "directoryHealedAt" TIMESTAMPTZ(3);
ALTER TABLE "DirectoryAddress" ADD COLUMN "learnedAt" TIMESTAMPTZ(3);
ALTER TABLE "Connector" ADD COLUMN "largeAttachments" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "SyncRun" ADD COLUMN "lookedBackAt" TIMESTAMPTZ(3), ADD COLUMN "hasGivenWay" BOOLEAN NOT NULL DEFAULT false;
-- One run of a connector transfers or is the next to; one that reads again lets the schedule go first.
DROP INDEX "SyncRun_transfer_key";
CREATE UNIQUE INDEX "SyncRun_transfer_key" ON "SyncRun" ("tenantId", "connectorId") WHERE "state" IN ('QUEUED', 'TRANSFERRING') AND NOT "hasGivenWay";
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_way_check" CHECK (NOT "hasGivenWay" OR ("kind" IN ('BACKFILL', 'LOOKBACK') AND "state" <> 'TRANSFERRING'));
ALTER TABLE "SyncItem" ADD COLUMN "originalRemovedAt" TIMESTAMPTZ(3), ADD COLUMN "manifestLine" BYTEA, ADD COLUMN "receivedBefore" TIMESTAMPTZ(3);
ALTER TABLE "StagedAttachment" ADD COLUMN "removedAt" TIMESTAMPTZ(3);
ALTER TABLE "Delivery" ADD COLUMN "dismissedAt" TIMESTAMPTZ(3), ADD COLUMN "dismissedById" UUID, ADD COLUMN "dismissReason" TEXT;

CREATE TABLE "ReleasedBlob" (
    "tenantId" UUID NOT NULL,
    "blobName" TEXT NOT NULL,
    "releasedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ReleasedBlob_pkey" PRIMARY KEY ("tenantId","blobName")
);

CREATE TABLE "Duty" (
    "tenantId" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "holder" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "Duty_pkey" PRIMARY KEY ("tenantId","name")
);

CREATE TABLE "Alarm" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "cause" TEXT NOT NULL,
    "code" TEXT NOT NULL DEFAULT '',
    "raisedAt" TIMESTAMPTZ(3) NOT NULL,
    "mendedAt" TIMESTAMPTZ(3),
    "raisedToldAt" TIMESTAMPTZ(3),
    "mendedToldAt" TIMESTAMPTZ(3),
    "tries" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMPTZ(3),

    CONSTRAINT "Alarm_pkey" PRIMARY KEY ("tenantId","id")
);

ALTER TABLE "ReleasedBlob" ADD CONSTRAINT "ReleasedBlob_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Duty" ADD CONSTRAINT "Duty_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Alarm" ADD CONSTRAINT "Alarm_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Alarm" ADD CONSTRAINT "Alarm_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- A cause is told once while it lasts.
CREATE UNIQUE INDEX "Alarm_open_key" ON "Alarm" ("tenantId", "connectorId", "cause", "code") WHERE "mendedAt" IS NULL;

-- Originals that are still kept, by age; and whether a staged blob still has a name.
CREATE INDEX "SyncItem_original_idx" ON "SyncItem" ("recordedAt", "id") WHERE "blobName" IS NOT NULL;
CREATE INDEX "SyncItem_blob_idx" ON "SyncItem" ("blobName") WHERE "blobName" IS NOT NULL;
CREATE INDEX "StagedAttachment_blob_idx" ON "StagedAttachment" ("blobName") WHERE "blobName" IS NOT NULL;

-- What did not reach a mailbox whole, by connector and reason.
DROP INDEX "Delivery_connector_failed_idx";
CREATE INDEX "Delivery_connector_owed_idx" ON "Delivery" ("connectorId", "failureCode", "id") WHERE "state" IN ('FAILED', 'PARTIALLY_IMPORTED');

-- A staged attachment outlives its bytes: its size and SHA-256 stay on record.
ALTER TABLE "StagedAttachment" DROP CONSTRAINT "StagedAttachment_closed_check";
ALTER TABLE "StagedAttachment" ADD CONSTRAINT "StagedAttachment_closed_check" CHECK (
  ("state" = 'STAGED') = ("sha256" IS NOT NULL AND "sizeBytes" IS NOT NULL)
  AND ("state" = 'FAILED') = ("failureCode" IS NOT NULL)
  AND ("state" = 'STAGED') = ("blobName" IS NOT NULL OR "removedAt" IS NOT NULL)
  AND ("blobName" IS NULL OR "removedAt" IS NULL)
);
-- An item without its original says since when; one that never had any says nothing.
ALTER TABLE "SyncItem" ADD CONSTRAINT "SyncItem_original_check" CHECK ("blobName" IS NULL OR "originalRemovedAt" IS NULL);
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_dismissed_check" CHECK (
  ("dismissedAt" IS NULL) = ("dismissReason" IS NULL)
  AND ("dismissedAt" IS NULL OR "state" = 'FAILED')
);

-- Who waits for a mailbox is found by what the directory learned, not by asking everybody who waits.
ALTER TABLE "Delivery" ADD COLUMN "ownerExternalId" TEXT, ADD COLUMN "ownerAddress" TEXT;
CREATE INDEX "DirectoryAddress_learnedAt_idx" ON "DirectoryAddress" ("learnedAt");
CREATE INDEX "Delivery_owner_address_idx" ON "Delivery" ("ownerAddress") WHERE "state" = 'FAILED' AND "failureCode" = 'UserMapping';
CREATE INDEX "Delivery_owner_external_idx" ON "Delivery" ("ownerExternalId") WHERE "state" = 'FAILED' AND "failureCode" = 'UserMapping';
-- As near as SQL can tell; what it misses is found by the daily passage over everything that waits.
UPDATE "Delivery" d
SET "ownerExternalId" = CASE WHEN i."ownerValue" ~ '^[+0-9 ()./-]+$' THEN regexp_replace(i."ownerValue", '\D', '', 'g') ELSE btrim(i."ownerValue") END,
    "ownerAddress" = nullif(lower(btrim(i."participants" -> 0 ->> 'email')), '')
FROM "SyncItem" i
WHERE i."tenantId" = d."tenantId" AND i."id" = d."itemId" AND i."ownerValue" IS NOT NULL
  AND d."mailboxId" IS NULL AND d."failureCode" = 'UserMapping';

-- An ended delivery that is wanted again is no longer dismissed. Without its original it cannot be had any
-- more: it stays as it is, and one that was skipped for a copy that then failed says so. The share lock
-- makes whoever removes originals wait, and look again.
CREATE FUNCTION "wakeDelivery"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" <> 'FAILED' THEN
    NEW."dismissedAt" := NULL;
    NEW."dismissedById" := NULL;
    NEW."dismissReason" := NULL;
  END IF;
  IF NEW."state" = 'PENDING' THEN
    PERFORM 1 FROM "SyncItem" i
    WHERE i."tenantId" = NEW."tenantId" AND i."id" = NEW."itemId" AND i."blobName" IS NOT NULL FOR SHARE;
    IF NOT FOUND THEN
      IF OLD."state" <> 'SKIPPED' THEN
        RETURN NULL;
      END IF;
      NEW."state" := 'FAILED';
      NEW."failureCode" := 'OriginalRemoved';
      NEW."completedAt" := clock_timestamp();
    END IF;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "Delivery_wakes" BEFORE UPDATE OF "state" ON "Delivery" FOR EACH ROW
  WHEN (OLD."state" IN ('FAILED', 'SKIPPED', 'PARTIALLY_IMPORTED') AND NEW."state" <> OLD."state")
  EXECUTE FUNCTION "wakeDelivery"();

-- Who stood back for a delivery that failed in the end.
CREATE INDEX "Delivery_duplicate_of_idx" ON "Delivery" ("duplicateOfId") WHERE "state" = 'SKIPPED';

-- Items whose attachments are not closed: asked for after every page, and mostly there is none.
CREATE INDEX "SyncItem_attachments_open_idx" ON "SyncItem" ("runId") WHERE "attachmentsOpen" > 0;

-- What is still to be fetched of a run, in its order: by the primary key everything of older runs came first.
DROP INDEX "StagedAttachment_runId_state_idx";
CREATE INDEX "StagedAttachment_open_idx" ON "StagedAttachment" ("runId", "itemId", "position") WHERE "state" = 'PENDING';
