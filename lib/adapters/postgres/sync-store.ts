/** The ledger of the sync engine, put together from its parts. */
import type { SyncStore } from "@/lib/ports/store";
import { createAttachmentStore } from "./attachments";
import { auditOn } from "./audit";
import type { Database } from "./client";
import { createCloseStore } from "./closing";
import { createDutyStore } from "./duties";
import { createLaneStore } from "./lanes";
import { createHealStore } from "./healing";
import { createLookBackStore } from "./look-back";
import { createLookupStore } from "./lookups";
import { recordPage } from "./pages";
import { createPlanStore } from "./plan";
import { createTransferHold } from "./transfers";

export function createSyncStore(database: Database): SyncStore {
import { createRetentionStore } from "./retention";
import { createSweepStore } from "./sweep";
  return {
    ...createPlanStore(database),
    ...createDutyStore(database),
    ...createLookBackStore(database),
    ...createTransferHold(database),
    ...createAttachmentStore(database),
    ...createLookupStore(database),
    ...createLaneStore(database),
    ...createCloseStore(database),
    recordPage: (tenantId, hold, connectorId, sourceAccountId, page, laneOf) =>
      recordPage(database, { tenantId, hold, connectorId, sourceAccountId }, page, laneOf),
  };
}
    ...createHealStore(database),
    ...createRetentionStore(database),
    ...createSweepStore(database),
    auditHead: (tenantId) => auditOn(database).head(tenantId),
