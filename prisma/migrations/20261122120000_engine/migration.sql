-- The sync engine: retention and sweep of staging, look-back, large attachments, duties and alarms.

ALTER TABLE "Tenant" ADD COLUMN "directoryFullAt" TIMESTAMPTZ(3), ADD COLUMN "attachRefusedAt" TIMESTAMPTZ(3);
ALTER TABLE "Connector" ADD COLUMN "largeAttachments" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "SyncRun" ADD COLUMN "lookedBackAt" TIMESTAMPTZ(3);
ALTER TABLE "SyncItem" ADD COLUMN "originalRemovedAt" TIMESTAMPTZ(3);
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

-- A staged attachment outlives its bytes: its size and SHA-256 stay on record.
ALTER TABLE "StagedAttachment" DROP CONSTRAINT "StagedAttachment_closed_check";
-- What did not reach a mailbox whole, by connector and reason.
DROP INDEX "Delivery_connector_failed_idx";
CREATE INDEX "Delivery_connector_owed_idx" ON "Delivery" ("connectorId", "failureCode", "id") WHERE "state" IN ('FAILED', 'PARTIALLY_IMPORTED');

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
