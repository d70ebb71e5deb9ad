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
  markLookedBack(tenantId: string, runId: string, at: Date): Promise<void>;
};
