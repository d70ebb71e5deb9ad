-- Versions of a mapping that share their lines, changes that are worked through, and what they leave behind.

-- A version that was edited or taken back has no lines of its own: it is an edition of the lines some upload
-- brought. An edit costs the lines it touches, however many there are (decision 25).
CREATE TYPE "MappingOrigin" AS ENUM ('UPLOADED', 'EDITED', 'RESTORED');
ALTER TABLE "MappingFile" ADD COLUMN "origin" "MappingOrigin" NOT NULL DEFAULT 'UPLOADED', ADD COLUMN "stockId" UUID,
  ADD COLUMN "edition" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "basedOnId" UUID, ADD COLUMN "losing" INTEGER,
  ADD COLUMN "appliedAt" TIMESTAMPTZ(3), ADD COLUMN "appliedById" UUID;
UPDATE "MappingFile" f SET "appliedAt" = f."createdAt", "appliedById" = f."createdById"
FROM "Connector" c WHERE c."tenantId" = f."tenantId" AND c."mappingFileId" = f."id";
ALTER TABLE "MappingFile" ADD CONSTRAINT "MappingFile_tenantId_stockId_fkey" FOREIGN KEY ("tenantId", "stockId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "MappingFile" ADD CONSTRAINT "MappingFile_tenantId_basedOnId_fkey" FOREIGN KEY ("tenantId", "basedOnId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
CREATE UNIQUE INDEX "MappingFile_edition_key" ON "MappingFile" ("tenantId", "stockId", "edition") WHERE "stockId" IS NOT NULL;

-- A line holds from the edition `since` on, up to and without the edition `until`.
ALTER TABLE "MappingEntry" ADD COLUMN "since" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "until" INTEGER;
ALTER TABLE "MappingEntry" DROP CONSTRAINT "MappingEntry_pkey";
ALTER TABLE "MappingEntry" ADD CONSTRAINT "MappingEntry_pkey" PRIMARY KEY ("tenantId", "mappingFileId", "line", "since");
ALTER TABLE "MappingEntry" ADD CONSTRAINT "MappingEntry_edition_check" CHECK ("until" IS NULL OR "since" < "until");
CREATE INDEX "MappingEntry_edited_idx" ON "MappingEntry" ("mappingFileId") WHERE "since" > 0 OR "until" IS NOT NULL;

-- Rules of a connector that were changed, until everything that waited by the rules before stands by the new ones.
CREATE TABLE "MappingChange" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "fromFileId" UUID,
    "toFileId" UUID,
    "fromAutomatic" BOOLEAN NOT NULL,
    "toAutomatic" BOOLEAN NOT NULL,
    "changedById" UUID NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL,
    "cursorRunId" UUID,
    "cursorId" UUID,
    "total" INTEGER,
    "looked" INTEGER NOT NULL DEFAULT 0,
    "addressed" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "unmapped" INTEGER NOT NULL DEFAULT 0,
    "passedAt" TIMESTAMPTZ(3),
    "doneAt" TIMESTAMPTZ(3),

    CONSTRAINT "MappingChange_pkey" PRIMARY KEY ("tenantId","id")
);
ALTER TABLE "MappingChange" ADD CONSTRAINT "MappingChange_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "MappingChange" ADD CONSTRAINT "MappingChange_tenantId_fromFileId_fkey" FOREIGN KEY ("tenantId", "fromFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "MappingChange" ADD CONSTRAINT "MappingChange_tenantId_toFileId_fkey" FOREIGN KEY ("tenantId", "toFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;
CREATE INDEX "MappingChange_open_idx" ON "MappingChange" ("connectorId") WHERE "doneAt" IS NULL;

-- While it is set, lanes write nothing for the connector: what waits may be addressed by the rules before.
ALTER TABLE "Connector" ADD COLUMN "mappingChangedAt" TIMESTAMPTZ(3);

-- The newest version by which something of the run was resolved; null while it is the one it began with.
ALTER TABLE "SyncRun" ADD COLUMN "resolvedFileId" UUID;
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_tenantId_resolvedFileId_fkey" FOREIGN KEY ("tenantId", "resolvedFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- In flight or in doubt when the mapping stopped wanting it: it is not tried again, and resolved anew when it ends.
ALTER TABLE "Delivery" ADD COLUMN "isUnwanted" BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX "Delivery_unwanted_idx" ON "Delivery" ("connectorId") WHERE "isUnwanted";

-- Who waits for a mailbox, by person: for the list of them, and for a mapping that names one.
DROP INDEX "Delivery_owner_external_idx";
CREATE INDEX "Delivery_owner_waiting_idx" ON "Delivery" ("connectorId", "ownerExternalId", "id") WHERE "state" = 'FAILED' AND "failureCode" = 'UserMapping' AND "dismissedAt" IS NULL;
