-- Files of a delivery: what was seen of each, and what became of it.
CREATE TYPE "DeliveredFileState" AS ENUM ('SEEN', 'WAITING', 'REFUSED', 'DONE');

CREATE TABLE "DeliveredFile" (
  "tenantId" UUID NOT NULL,
  "connectorId" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "sizeBytes" BIGINT NOT NULL,
  "modifiedAt" TIMESTAMPTZ(3) NOT NULL,
  "deliveredAt" TIMESTAMPTZ(3) NOT NULL,
  "state" "DeliveredFileState" NOT NULL,
  "reason" TEXT,
  "sha256" TEXT,
  "count" INTEGER,
  "runId" UUID,
  "seenAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "doneAt" TIMESTAMPTZ(3),
  CONSTRAINT "DeliveredFile_pkey" PRIMARY KEY ("tenantId", "connectorId", "name"),
  CONSTRAINT "DeliveredFile_tenantId_connectorId_fkey" FOREIGN KEY ("tenantId", "connectorId")
    REFERENCES "Connector" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT "DeliveredFile_tenantId_runId_fkey" FOREIGN KEY ("tenantId", "runId")
    REFERENCES "SyncRun" ("tenantId", "id") ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE INDEX "DeliveredFile_connectorId_deliveredAt_idx" ON "DeliveredFile" ("connectorId", "deliveredAt");

-- What is done says of what, by whom and when; what is refused says why.
ALTER TABLE "DeliveredFile" ADD CONSTRAINT "DeliveredFile_done_check" CHECK (
  ("state" = 'DONE') = ("doneAt" IS NOT NULL)
  AND ("state" <> 'DONE' OR num_nulls("sha256", "count", "runId") = 0)
);
ALTER TABLE "DeliveredFile" ADD CONSTRAINT "DeliveredFile_reason_check" CHECK (
  ("state" = 'REFUSED') = ("reason" IS NOT NULL)
);

-- An item that was delivered as a mail: its staged record are these bytes, and no JSON.
ALTER TABLE "SyncItem" ADD COLUMN "isMail" BOOLEAN NOT NULL DEFAULT false;
