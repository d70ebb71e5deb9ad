-- Which form the canonical message was composed in: a later version of the product may compose another.
ALTER TABLE "SyncItem" ADD COLUMN "messageFormat" SMALLINT;

-- Whatever was composed so far was composed in the first.
UPDATE "SyncItem" SET "messageFormat" = 1 WHERE "messageSha256" IS NOT NULL;

ALTER TABLE "SyncItem" DROP CONSTRAINT "SyncItem_message_check";
ALTER TABLE "SyncItem" ADD CONSTRAINT "SyncItem_message_check" CHECK (
  num_nulls("messageSha256", "messageSizeLimitBytes", "messageConnectorId", "messageFormat") IN (0, 4)
);
