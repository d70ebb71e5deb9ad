/** The ledger of the sync engine, put together from its parts. */
import type { SyncStore } from "@/lib/ports/store";
import { createAttachmentStore } from "./attachments";
import { auditOn } from "./audit";
import type { Database } from "./client";
import { createCloseStore } from "./closing";
import { createDeliveredFileStore } from "./delivered-files";
import { createDutyStore } from "./duties";
import { createHealStore } from "./healing";
import { createLaneStore } from "./lanes";
import { createLookBackStore } from "./look-back";
import { createLookupStore } from "./lookups";
import { createMappingChangeStore } from "./mapping-changes";
import { recordPage } from "./pages";
import { createPlanStore } from "./plan";
import { createRetentionStore } from "./retention";
import { createSweepStore } from "./sweep";
import { createTransferHold } from "./transfers";

export function createSyncStore(database: Database): SyncStore {
  return {
    ...createPlanStore(database),
    ...createDutyStore(database),
    ...createDeliveredFileStore(database),
    ...createLookBackStore(database),
    ...createTransferHold(database),
    ...createAttachmentStore(database),
    ...createLookupStore(database),
    ...createLaneStore(database),
    ...createCloseStore(database),
    ...createHealStore(database),
    ...createMappingChangeStore(database),
    ...createRetentionStore(database),
    ...createSweepStore(database),
    auditHead: (tenantId) => auditOn(database).head(tenantId),
    recordPage: (tenantId, hold, connectorId, sourceAccountId, page, laneOf) =>
      recordPage(database, { tenantId, hold, connectorId, sourceAccountId }, page, laneOf),
  };
}
