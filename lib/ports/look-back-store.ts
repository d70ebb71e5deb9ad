import type { SyncWindow } from "@/lib/core/window";
import type { RunConnector } from "./transfer-records";

/** A transferred window, and the run that transferred it. */
export type TransferredWindow = { readonly runId: string; readonly window: SyncWindow };

export type LookBack = {
  readonly connector: RunConnector;
  /** Oldest first. */
  readonly windows: readonly TransferredWindow[];
};

export type LookBackStore = {
  /**
   * Windows that end after `since` and were not asked about since `day` began, of connectors that may
   * transfer and have nothing queued or transferring.
   */
  windowsToLookBack(
    tenantId: string,
    when: { readonly since: Date; readonly day: Date },
  ): Promise<readonly LookBack[]>;
  /** Neither paused nor deleted, and nobody has to act. */
  isActive(tenantId: string, connectorId: string): Promise<boolean>;
  /**
   * All of this span is in the ledger now: runs of its windows that ended without all of theirs are
   * importing again, to close as what they are by now. A window that a file left unread is not whole.
   * @returns those runs
   */
  completeWindows(
    tenantId: string,
    connectorId: string,
    span: SyncWindow,
  ): Promise<readonly string[]>;
  markLookedBack(tenantId: string, runId: string, at: Date): Promise<void>;
};
