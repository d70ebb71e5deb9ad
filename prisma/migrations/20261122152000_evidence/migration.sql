-- What the canonical message of an item was composed with, so that it can be composed again.
ALTER TABLE "SyncItem"
  ADD COLUMN "messageSizeLimitBytes" BIGINT,
  ADD COLUMN "messageConnectorId" UUID,
  ADD COLUMN "firstReceivedAt" TIMESTAMPTZ(3);

-- A digest that nobody could compute again proves nothing.
ALTER TABLE "SyncItem" ADD CONSTRAINT "SyncItem_message_check" CHECK (
  num_nulls("messageSha256", "messageSizeLimitBytes", "messageConnectorId") IN (0, 3)
);
