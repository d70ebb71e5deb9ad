import type { AuditHeadStore } from "./audit-head-store";
import type { CloseStore } from "./close-store";
import type { DeliveredFileStore } from "./delivered-file-store";
import type { DutyStore } from "./duty-store";
import type { HealStore } from "./heal-store";
import type { LaneStore } from "./lane-store";
import type { LookBackStore } from "./look-back-store";
import type { MappingChangeStore } from "./mapping-change-store";
import type { PlanStore } from "./plan-store";
import type { ResolutionStore } from "./resolution-store";
import type { RetentionStore, SweepStore } from "./retention-store";
import type { TransferStore } from "./transfer-store";

/**
 * The ledger, as the sync engine needs it. Every method takes the tenant first and is one
 * transaction. Leases and heartbeats are measured by the database's own clock, so that machines
 * need not agree on theirs; windows are the caller's instants.
 */
export type SyncStore = PlanStore &
  DeliveredFileStore &
  DutyStore &
  LookBackStore &
  TransferStore &
  LaneStore &
  CloseStore &
  HealStore &
  MappingChangeStore &
  ResolutionStore &
  RetentionStore &
  SweepStore &
  AuditHeadStore;
