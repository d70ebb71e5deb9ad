-- A file that was there and left the server before it was read, named until somebody acknowledges it.
ALTER TABLE "DeliveredFile" ADD COLUMN "goneAt" TIMESTAMPTZ(3);
ALTER TABLE "DeliveredFile" ADD CONSTRAINT "DeliveredFile_gone_check" CHECK (
  "goneAt" IS NULL OR "state" <> 'DONE'
);

ALTER TABLE "Gap" ADD COLUMN "fileName" TEXT;
DROP INDEX "Gap_tenantId_connectorId_gapStart_key";
-- Several files may have been zipped in one instant.
CREATE UNIQUE INDEX "Gap_span_key" ON "Gap" ("tenantId", "connectorId", "gapStart")
  WHERE "fileName" IS NULL;
CREATE UNIQUE INDEX "Gap_file_key" ON "Gap" ("tenantId", "connectorId", "fileName")
  WHERE "fileName" IS NOT NULL;

-- Pages look for what is not done first, once a second: there are few of them among many.
CREATE INDEX "DeliveredFile_open_idx" ON "DeliveredFile" ("connectorId", "deliveredAt")
  WHERE "state" <> 'DONE';

-- Since when the server refuses to move what is done; null where it does not.
ALTER TABLE "Connector" ADD COLUMN "movesRefusedAt" TIMESTAMPTZ(3);
