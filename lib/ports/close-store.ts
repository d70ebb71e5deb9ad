import type { RunCounters, RunState } from "@/lib/core/run";

export type CloseStore = {
  /** Null when the run still owes something. Appends the audit event. */
  closeRun(
    tenantId: string,
    runId: string,
  ): Promise<{ readonly state: RunState; readonly counters: RunCounters } | null>;
};
