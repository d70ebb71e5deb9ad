-- How a source hands its records over. Of a delivery by files what is no secret stands here in the
-- open, because pages show it; what is sealed holds the secrets alone.
CREATE TYPE "SourceDelivery" AS ENUM ('API', 'SFTP');

ALTER TABLE "Connector"
  ADD COLUMN "delivery" "SourceDelivery" NOT NULL DEFAULT 'API',
  ADD COLUMN "sftpHost" TEXT,
  ADD COLUMN "sftpPort" INTEGER,
  ADD COLUMN "sftpFolder" TEXT,
  ADD COLUMN "sftpHostKey" TEXT,
  ADD COLUMN "movesFinishedFiles" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "ConnectorDraft"
  ADD COLUMN "delivery" "SourceDelivery" NOT NULL DEFAULT 'API',
  ADD COLUMN "sftpHost" TEXT,
  ADD COLUMN "sftpPort" INTEGER,
  ADD COLUMN "sftpFolder" TEXT,
  ADD COLUMN "sftpHostKey" TEXT,
  ADD COLUMN "movesFinishedFiles" BOOLEAN NOT NULL DEFAULT false;

-- A server without a key that was confirmed is never spoken to.
ALTER TABLE "Connector" ADD CONSTRAINT "Connector_delivery_check" CHECK (
  CASE "delivery"
    WHEN 'SFTP' THEN num_nulls("sftpHost", "sftpPort", "sftpFolder", "sftpHostKey") = 0
      AND "sftpPort" BETWEEN 1 AND 65535
    ELSE num_nonnulls("sftpHost", "sftpPort", "sftpFolder", "sftpHostKey") = 0
      AND NOT "movesFinishedFiles"
  END
);

ALTER TABLE "ConnectorDraft" ADD CONSTRAINT "ConnectorDraft_delivery_check" CHECK (
  CASE "delivery"
    WHEN 'SFTP' THEN num_nulls("sftpHost", "sftpPort", "sftpFolder", "sftpHostKey") = 0
      AND "sftpPort" BETWEEN 1 AND 65535
    ELSE num_nonnulls("sftpHost", "sftpPort", "sftpFolder", "sftpHostKey") = 0
      AND NOT "movesFinishedFiles"
  END
);
