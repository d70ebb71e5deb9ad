import type { SyncWindow } from "@/lib/core/window";
import type { MappingRules } from "@/lib/ports/resolution-store";
import type { SourceSession } from "@/lib/ports/source";
import type { ClaimedRun, RunHold } from "@/lib/ports/transfer-records";
import type { Horizon } from "./horizon";
import type { SyncParts } from "./parts";
import type { LanePokes } from "./transfer-pokes";

/** One holder's try at a run. */
export type Attempt = {
  readonly run: ClaimedRun;
  readonly hold: RunHold;
  /** Since a page of it was last recorded. */
  failuresInRow: number;
};

/** What all steps of one transfer share. */
export type Transfer = {
  readonly parts: SyncParts;
  readonly run: ClaimedRun;
  readonly hold: RunHold;
  readonly attempt: Attempt;
  readonly horizon: Horizon;
  /** What the archive still holds of the run's window; less, when its horizon moves meanwhile. */
  window: SyncWindow;
  /** Whether the archive held all of it when it was read. */
  isWhole: boolean;
  readonly session: SourceSession;
  /** Mailbox id → lane id, as far as this transfer has met them. */
  readonly laneOf: Map<string, string>;
  /** By which pages are resolved: what the run began with, until a page finds other rules in force. */
  rules: MappingRules;
  readonly pokes: LanePokes;
};
