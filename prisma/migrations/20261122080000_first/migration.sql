-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "ConnectorState" AS ENUM ('ACTIVE', 'PAUSED', 'NEEDS_ATTENTION', 'DELETED');

-- CreateEnum
CREATE TYPE "DraftState" AS ENUM ('OPEN', 'FINISHED', 'ABANDONED');

-- CreateEnum
CREATE TYPE "MappingFileState" AS ENUM ('UPLOADING', 'CHECKED', 'REFUSED');

-- CreateEnum
CREATE TYPE "ConsentState" AS ENUM ('REQUESTED', 'GRANTED', 'DECLINED', 'FAILED');

-- CreateEnum
CREATE TYPE "ConsentKind" AS ENUM ('OWN', 'HANDED_OVER');

-- CreateEnum
CREATE TYPE "RunKind" AS ENUM ('SCHEDULED', 'MANUAL', 'BACKFILL', 'LOOKBACK');

-- CreateEnum
CREATE TYPE "RunState" AS ENUM ('QUEUED', 'TRANSFERRING', 'IMPORTING', 'SUCCEEDED', 'PARTIAL', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "AttachmentState" AS ENUM ('PENDING', 'STAGED', 'FAILED');

-- CreateEnum
CREATE TYPE "DeliveryState" AS ENUM ('PENDING', 'IMPORTING', 'IMPORTED', 'PARTIALLY_IMPORTED', 'SKIPPED', 'FAILED');

-- CreateTable
CREATE TABLE "Tenant" (
    "id" UUID NOT NULL,
    "defaultDomain" TEXT,
    "auditSequence" BIGINT NOT NULL DEFAULT 0,
    "auditHash" TEXT NOT NULL DEFAULT '',
    "directoryReadAt" TIMESTAMPTZ(3),
    "directoryUsers" INTEGER NOT NULL DEFAULT 0,
    "deltaLink" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "User" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "upn" TEXT NOT NULL,
    "lastSignedInAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "User_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "EndedSession" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "EndedSession_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "Connector" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "state" "ConnectorState" NOT NULL,
    "attentionCode" TEXT,
    "attentionAt" TIMESTAMPTZ(3),
    "sourceFailureCode" TEXT,
    "sourceFailureAt" TIMESTAMPTZ(3),
    "sourceOkAt" TIMESTAMPTZ(3),
    "sourceAccountId" TEXT NOT NULL,
    "sourceAccountName" TEXT NOT NULL,
    "sourceUsername" TEXT NOT NULL,
    "credentialId" UUID,
    "timeOfDay" TEXT NOT NULL,
    "zone" TEXT NOT NULL,
    "automaticMapping" BOOLEAN NOT NULL,
    "mappingFileId" UUID,
    "messageDomain" TEXT NOT NULL,
    "messageClass" TEXT NOT NULL DEFAULT 'IPM.Note',
    "sizeLimitBytes" BIGINT NOT NULL DEFAULT 10485760,
    "watermark" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3) NOT NULL,
    "createdById" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "deletedAt" TIMESTAMPTZ(3),
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "Connector_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "ConnectorDraft" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "userId" UUID NOT NULL,
    "connectorType" TEXT NOT NULL DEFAULT 'whatsapp',
    "state" "DraftState" NOT NULL DEFAULT 'OPEN',
    "version" INTEGER NOT NULL DEFAULT 1,
    "termsVersion" TEXT,
    "termsAcceptedAt" TIMESTAMPTZ(3),
    "sourceUsername" TEXT,
    "sourceAccountId" TEXT,
    "sourceAccountName" TEXT,
    "credentialId" UUID,
    "signedInAt" TIMESTAMPTZ(3),
    "automaticMapping" BOOLEAN NOT NULL DEFAULT true,
    "mappingFileId" UUID,
    "mappedAt" TIMESTAMPTZ(3),
    "consentVerifiedAt" TIMESTAMPTZ(3),
    "consentedAt" TIMESTAMPTZ(3),
    "name" TEXT,
    "timeOfDay" TEXT,
    "zone" TEXT,
    "connectorId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ConnectorDraft_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "Credential" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Credential_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "SignInFailure" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "usernameDigest" TEXT NOT NULL,
    "userId" UUID NOT NULL,
    "failedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "SignInFailure_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "MappingFile" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID,
    "version" INTEGER NOT NULL DEFAULT 0,
    "state" "MappingFileState" NOT NULL DEFAULT 'UPLOADING',
    "fileName" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "defaultCountry" TEXT,
    "lines" INTEGER NOT NULL DEFAULT 0,
    "entries" INTEGER NOT NULL DEFAULT 0,
    "people" INTEGER NOT NULL DEFAULT 0,
    "numbers" INTEGER NOT NULL DEFAULT 0,
    "otherIds" INTEGER NOT NULL DEFAULT 0,
    "errors" INTEGER NOT NULL DEFAULT 0,
    "warnings" INTEGER NOT NULL DEFAULT 0,
    "ignoredColumns" TEXT[],
    "leavesBadLinesOut" BOOLEAN NOT NULL DEFAULT false,
    "checkedAt" TIMESTAMPTZ(3),
    "mailboxesFound" INTEGER,
    "withoutLicence" INTEGER,
    "unknownMailboxes" INTEGER,
    "added" INTEGER,
    "changed" INTEGER,
    "removed" INTEGER,
    "createdById" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MappingFile_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "MappingEntry" (
    "tenantId" UUID NOT NULL,
    "mappingFileId" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "externalId" TEXT NOT NULL,
    "writtenAs" TEXT NOT NULL,
    "mailboxAddress" TEXT NOT NULL,
    "validFrom" TIMESTAMPTZ(3),
    "validTo" TIMESTAMPTZ(3),

    CONSTRAINT "MappingEntry_pkey" PRIMARY KEY ("tenantId","mappingFileId","line")
);

-- CreateTable
CREATE TABLE "MappingProblem" (
    "tenantId" UUID NOT NULL,
    "mappingFileId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "line" INTEGER NOT NULL,
    "column" TEXT NOT NULL,
    "isError" BOOLEAN NOT NULL,
    "value" TEXT NOT NULL,
    "message" TEXT NOT NULL,

    CONSTRAINT "MappingProblem_pkey" PRIMARY KEY ("tenantId","mappingFileId","position")
);

-- CreateTable
CREATE TABLE "Consent" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" "ConsentKind" NOT NULL,
    "state" "ConsentState" NOT NULL DEFAULT 'REQUESTED',
    "stateDigest" TEXT NOT NULL,
    "sessionDigest" TEXT,
    "draftId" UUID,
    "connectorId" UUID,
    "requestedById" UUID NOT NULL,
    "requestedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "Consent_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "DirectoryMailbox" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "upn" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "isMember" BOOLEAN NOT NULL,
    "isEnabled" BOOLEAN NOT NULL,
    "hasExchangePlan" BOOLEAN NOT NULL,
    "readAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "DirectoryMailbox_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "DirectoryAddress" (
    "tenantId" UUID NOT NULL,
    "address" TEXT NOT NULL,
    "mailboxId" UUID NOT NULL,

    CONSTRAINT "DirectoryAddress_pkey" PRIMARY KEY ("tenantId","address","mailboxId")
);

-- CreateTable
CREATE TABLE "SyncRun" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "kind" "RunKind" NOT NULL,
    "state" "RunState" NOT NULL DEFAULT 'QUEUED',
    "windowStart" TIMESTAMPTZ(3) NOT NULL,
    "windowEnd" TIMESTAMPTZ(3) NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failuresInRow" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMPTZ(3),
    "heartbeatAt" TIMESTAMPTZ(3),
    "cursor" TEXT,
    "arePagesDone" BOOLEAN NOT NULL DEFAULT false,
    "pages" INTEGER NOT NULL DEFAULT 0,
    "isTransferDone" BOOLEAN NOT NULL DEFAULT false,
    "isTransferCancelled" BOOLEAN NOT NULL DEFAULT false,
    "isCancelRequested" BOOLEAN NOT NULL DEFAULT false,
    "mappingFileId" UUID,
    "automaticMapping" BOOLEAN NOT NULL DEFAULT true,
    "failureCode" TEXT,
    "manifestCount" INTEGER,
    "manifestSha256" TEXT,
    "isManifestEqual" BOOLEAN,
    "manifestTries" INTEGER NOT NULL DEFAULT 0,
    "alreadyRecorded" INTEGER NOT NULL DEFAULT 0,
    "availableFromSource" INTEGER NOT NULL DEFAULT 0,
    "availableForImport" INTEGER NOT NULL DEFAULT 0,
    "imported" INTEGER NOT NULL DEFAULT 0,
    "partiallyImported" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "open" INTEGER NOT NULL DEFAULT 0,
    "requestedById" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "transferredAt" TIMESTAMPTZ(3),
    "closedAt" TIMESTAMPTZ(3),

    CONSTRAINT "SyncRun_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "Gap" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "runId" UUID NOT NULL,
    "gapStart" TIMESTAMPTZ(3) NOT NULL,
    "gapEnd" TIMESTAMPTZ(3) NOT NULL,
    "foundAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledgedAt" TIMESTAMPTZ(3),
    "acknowledgedById" UUID,
    "reason" TEXT,

    CONSTRAINT "Gap_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "SyncItem" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "runId" UUID NOT NULL,
    "sourceAccountId" TEXT NOT NULL,
    "sourceItemId" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "itemDigest" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "receivedAt" TIMESTAMPTZ(3) NOT NULL,
    "messageAt" TIMESTAMPTZ(3) NOT NULL,
    "ownerValue" TEXT,
    "participants" JSONB NOT NULL,
    "blobName" TEXT,
    "frameOffset" INTEGER,
    "frameLength" INTEGER,
    "recordSha256" TEXT NOT NULL,
    "duplicateKey" TEXT,
    "attachmentsOpen" INTEGER NOT NULL DEFAULT 0,
    "isChangedWithoutRevision" BOOLEAN NOT NULL DEFAULT false,
    "isInManifest" BOOLEAN NOT NULL DEFAULT true,
    "warnings" TEXT[],
    "messageSha256" TEXT,
    "recordedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SyncItem_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "StagedAttachment" (
    "tenantId" UUID NOT NULL,
    "itemId" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "runId" UUID NOT NULL,
    "sourceAttachmentId" TEXT NOT NULL,
    "declaredSha256" TEXT,
    "state" "AttachmentState" NOT NULL DEFAULT 'PENDING',
    "failureCode" TEXT,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "corruptions" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMPTZ(3),
    "blobName" TEXT,
    "sizeBytes" BIGINT,
    "sha256" TEXT,
    "closedAt" TIMESTAMPTZ(3),

    CONSTRAINT "StagedAttachment_pkey" PRIMARY KEY ("tenantId","itemId","position")
);

-- CreateTable
CREATE TABLE "Lane" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "mailboxId" UUID NOT NULL,
    "token" BIGINT NOT NULL DEFAULT 0,
    "holder" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "notBefore" TIMESTAMPTZ(3),
    "failuresInRow" INTEGER NOT NULL DEFAULT 0,
    "blockedCode" TEXT,
    "blockedAt" TIMESTAMPTZ(3),
    "recent" JSONB NOT NULL DEFAULT '[]',
    "folderId" TEXT,
    "folderRunId" UUID,

    CONSTRAINT "Lane_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "Delivery" (
    "tenantId" UUID NOT NULL,
    "id" UUID NOT NULL,
    "itemId" UUID NOT NULL,
    "runId" UUID NOT NULL,
    "connectorId" UUID NOT NULL,
    "laneId" UUID,
    "mailboxId" UUID,
    "mailboxAddress" TEXT,
    "via" TEXT,
    "state" "DeliveryState" NOT NULL DEFAULT 'PENDING',
    "failureCode" TEXT,
    "idempotencyKey" TEXT NOT NULL,
    "duplicateKey" TEXT,
    "duplicateOfId" UUID,
    "writes" INTEGER NOT NULL DEFAULT 0,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "failuresInRow" INTEGER NOT NULL DEFAULT 0,
    "notBefore" TIMESTAMPTZ(3),
    "sentAt" TIMESTAMPTZ(3),
    "laneToken" BIGINT,
    "messageId" TEXT,
    "leftOut" JSONB,
    "completedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Delivery_pkey" PRIMARY KEY ("tenantId","id")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "tenantId" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "previousSequence" BIGINT,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actorId" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "details" TEXT NOT NULL,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("tenantId","sequence")
);

-- CreateTable
CREATE TABLE "Planner" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "holder" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "tickedAt" TIMESTAMPTZ(3),
    "dailyOn" DATE,

    CONSTRAINT "Planner_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "WorkerBeat" (
    "id" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "beatAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "WorkerBeat_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "SignInFailure_tenantId_failedAt_idx" ON "SignInFailure"("tenantId", "failedAt");

-- CreateIndex
CREATE INDEX "MappingFile_tenantId_connectorId_version_idx" ON "MappingFile"("tenantId", "connectorId", "version");

-- CreateIndex
CREATE INDEX "MappingEntry_mappingFileId_externalId_idx" ON "MappingEntry"("mappingFileId", "externalId");

-- CreateIndex
CREATE INDEX "MappingEntry_mappingFileId_mailboxAddress_idx" ON "MappingEntry"("mappingFileId", "mailboxAddress");

-- CreateIndex
CREATE UNIQUE INDEX "Consent_stateDigest_key" ON "Consent"("stateDigest");

-- CreateIndex
CREATE INDEX "DirectoryAddress_tenantId_mailboxId_idx" ON "DirectoryAddress"("tenantId", "mailboxId");

-- CreateIndex
CREATE INDEX "SyncRun_tenantId_connectorId_createdAt_idx" ON "SyncRun"("tenantId", "connectorId", "createdAt");

-- CreateIndex
CREATE INDEX "SyncRun_state_notBefore_idx" ON "SyncRun"("state", "notBefore");

-- CreateIndex
CREATE UNIQUE INDEX "Gap_tenantId_connectorId_gapStart_key" ON "Gap"("tenantId", "connectorId", "gapStart");

-- CreateIndex
CREATE INDEX "SyncItem_runId_id_idx" ON "SyncItem"("runId", "id");

-- CreateIndex
CREATE INDEX "SyncItem_sourceAccountId_receivedAt_idx" ON "SyncItem"("sourceAccountId", "receivedAt");

-- CreateIndex
CREATE UNIQUE INDEX "SyncItem_tenantId_itemDigest_key" ON "SyncItem"("tenantId", "itemDigest");

-- CreateIndex
CREATE INDEX "StagedAttachment_runId_state_idx" ON "StagedAttachment"("runId", "state");

-- CreateIndex
CREATE UNIQUE INDEX "Lane_tenantId_mailboxId_key" ON "Lane"("tenantId", "mailboxId");

-- CreateIndex
CREATE INDEX "Delivery_runId_state_id_idx" ON "Delivery"("runId", "state", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Delivery_tenantId_idempotencyKey_key" ON "Delivery"("tenantId", "idempotencyKey");

-- CreateIndex
CREATE INDEX "AuditEvent_tenantId_subject_sequence_idx" ON "AuditEvent"("tenantId", "subject", "sequence");

-- CreateIndex
CREATE INDEX "AuditEvent_tenantId_actorId_sequence_idx" ON "AuditEvent"("tenantId", "actorId", "sequence");

-- CreateIndex
CREATE INDEX "AuditEvent_tenantId_at_idx" ON "AuditEvent"("tenantId", "at");

-- CreateIndex
CREATE INDEX "WorkerBeat_beatAt_idx" ON "WorkerBeat"("beatAt");

-- AddForeignKey
ALTER TABLE "User" ADD CONSTRAINT "User_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EndedSession" ADD CONSTRAINT "EndedSession_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Connector" ADD CONSTRAINT "Connector_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Connector" ADD CONSTRAINT "Connector_tenantId_credentialId_fkey" FOREIGN KEY ("tenantId", "credentialId") REFERENCES "Credential"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Connector" ADD CONSTRAINT "Connector_tenantId_mappingFileId_fkey" FOREIGN KEY ("tenantId", "mappingFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "ConnectorDraft" ADD CONSTRAINT "ConnectorDraft_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ConnectorDraft" ADD CONSTRAINT "ConnectorDraft_tenantId_credentialId_fkey" FOREIGN KEY ("tenantId", "credentialId") REFERENCES "Credential"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "ConnectorDraft" ADD CONSTRAINT "ConnectorDraft_tenantId_mappingFileId_fkey" FOREIGN KEY ("tenantId", "mappingFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Credential" ADD CONSTRAINT "Credential_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SignInFailure" ADD CONSTRAINT "SignInFailure_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MappingFile" ADD CONSTRAINT "MappingFile_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MappingFile" ADD CONSTRAINT "MappingFile_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "MappingEntry" ADD CONSTRAINT "MappingEntry_tenantId_mappingFileId_fkey" FOREIGN KEY ("tenantId", "mappingFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "MappingProblem" ADD CONSTRAINT "MappingProblem_tenantId_mappingFileId_fkey" FOREIGN KEY ("tenantId", "mappingFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Consent" ADD CONSTRAINT "Consent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Consent" ADD CONSTRAINT "Consent_tenantId_draftId_fkey" FOREIGN KEY ("tenantId", "draftId") REFERENCES "ConnectorDraft"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Consent" ADD CONSTRAINT "Consent_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "DirectoryMailbox" ADD CONSTRAINT "DirectoryMailbox_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DirectoryAddress" ADD CONSTRAINT "DirectoryAddress_tenantId_mailboxId_fkey" FOREIGN KEY ("tenantId", "mailboxId") REFERENCES "DirectoryMailbox"("tenantId", "id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_tenantId_mappingFileId_fkey" FOREIGN KEY ("tenantId", "mappingFileId") REFERENCES "MappingFile"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Gap" ADD CONSTRAINT "Gap_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Gap" ADD CONSTRAINT "Gap_tenantId_runId_fkey" FOREIGN KEY ("tenantId", "runId") REFERENCES "SyncRun"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "SyncItem" ADD CONSTRAINT "SyncItem_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "SyncItem" ADD CONSTRAINT "SyncItem_tenantId_runId_fkey" FOREIGN KEY ("tenantId", "runId") REFERENCES "SyncRun"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "StagedAttachment" ADD CONSTRAINT "StagedAttachment_tenantId_itemId_fkey" FOREIGN KEY ("tenantId", "itemId") REFERENCES "SyncItem"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Lane" ADD CONSTRAINT "Lane_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_tenantId_itemId_fkey" FOREIGN KEY ("tenantId", "itemId") REFERENCES "SyncItem"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_tenantId_runId_fkey" FOREIGN KEY ("tenantId", "runId") REFERENCES "SyncRun"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId") REFERENCES "Connector"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_tenantId_laneId_fkey" FOREIGN KEY ("tenantId", "laneId") REFERENCES "Lane"("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_tenantId_previousSequence_fkey" FOREIGN KEY ("tenantId", "previousSequence") REFERENCES "AuditEvent"("tenantId", "sequence") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What Prisma's language cannot say. Each law stands beside its model in schema.prisma.

-- Names and source accounts are unique among connectors that are not deleted.
CREATE UNIQUE INDEX "Connector_live_name_key" ON "Connector" ("tenantId", lower("name")) WHERE "state" <> 'DELETED';
CREATE UNIQUE INDEX "Connector_live_account_key" ON "Connector" ("tenantId", "sourceAccountId") WHERE "state" <> 'DELETED';

-- One open draft per administrator and connector type.
CREATE UNIQUE INDEX "ConnectorDraft_open_key" ON "ConnectorDraft" ("tenantId", "userId", "connectorType") WHERE "state" = 'OPEN';

-- A window is opened once; a cancelled run does not count.
CREATE UNIQUE INDEX "SyncRun_window_key" ON "SyncRun" ("tenantId", "connectorId", "windowStart") WHERE "kind" IN ('SCHEDULED', 'MANUAL') AND "state" <> 'CANCELLED';
-- One transfer at a time per connector; any number may be importing.
CREATE UNIQUE INDEX "SyncRun_transfer_key" ON "SyncRun" ("tenantId", "connectorId") WHERE "state" IN ('QUEUED', 'TRANSFERRING');
CREATE INDEX "SyncRun_importing_idx" ON "SyncRun" ("tenantId", "id") WHERE "state" = 'IMPORTING';
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_window_check" CHECK ("windowStart" < "windowEnd");
-- Microsoft's counters balance on every finished run, together with what it still owes.
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_balance_check" CHECK (
  "state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING')
  OR "availableForImport" = "imported" + "partiallyImported" + "skipped" + "failed" + "open"
);
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_done_check" CHECK ("state" NOT IN ('SUCCEEDED', 'PARTIAL') OR "open" = 0);
ALTER TABLE "SyncRun" ADD CONSTRAINT "SyncRun_green_check" CHECK ("state" <> 'SUCCEEDED' OR ("failed" = 0 AND "partiallyImported" = 0));

-- An item reaches a mailbox once; NULL stands for "nobody was found" and counts once too.
CREATE UNIQUE INDEX "Delivery_item_mailbox_key" ON "Delivery" ("tenantId", "itemId", "mailboxId") NULLS NOT DISTINCT;
-- Of one message, at most one copy in a mailbox is written or being written.
CREATE UNIQUE INDEX "Delivery_duplicate_key" ON "Delivery" ("mailboxId", "duplicateKey", "tenantId") WHERE "duplicateKey" IS NOT NULL AND "state" IN ('IMPORTING', 'IMPORTED', 'PARTIALLY_IMPORTED');
CREATE INDEX "Delivery_duplicate_pending_idx" ON "Delivery" ("mailboxId", "duplicateKey") WHERE "duplicateKey" IS NOT NULL AND "state" IN ('PENDING', 'SKIPPED');
CREATE INDEX "Delivery_lane_pending_idx" ON "Delivery" ("laneId", "id") WHERE "state" = 'PENDING';
CREATE INDEX "Delivery_lane_importing_idx" ON "Delivery" ("laneId", "id") WHERE "state" = 'IMPORTING';
CREATE INDEX "Delivery_connector_failed_idx" ON "Delivery" ("connectorId", "failureCode", "id") WHERE "state" = 'FAILED';
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_mailbox_check" CHECK (
  ("mailboxId" IS NULL) = ("laneId" IS NULL)
  AND ("mailboxId" IS NOT NULL OR "state" IN ('FAILED', 'SKIPPED'))
);
ALTER TABLE "Delivery" ADD CONSTRAINT "Delivery_reason_check" CHECK (("state" IN ('SKIPPED', 'FAILED', 'PARTIALLY_IMPORTED')) <= ("failureCode" IS NOT NULL));
ALTER TABLE "StagedAttachment" ADD CONSTRAINT "StagedAttachment_closed_check" CHECK (
  ("state" = 'STAGED') = ("blobName" IS NOT NULL AND "sha256" IS NOT NULL AND "sizeBytes" IS NOT NULL)
  AND ("state" = 'FAILED') = ("failureCode" IS NOT NULL)
);

-- The audit chain is append-only.
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_previous_check" CHECK (
  ("sequence" = 1 AND "previousSequence" IS NULL) OR "previousSequence" = "sequence" - 1
);
CREATE FUNCTION "refuseAuditChange"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Audit events are never changed or deleted';
END
$$;
CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION "refuseAuditChange"();
CREATE TRIGGER "AuditEvent_never_truncated" BEFORE TRUNCATE ON "AuditEvent" FOR EACH STATEMENT EXECUTE FUNCTION "refuseAuditChange"();

INSERT INTO "Planner" ("id") VALUES (1);
