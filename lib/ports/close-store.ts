import type { ResolvedParticipant } from "@/lib/core/participant";
import type { RunCounters, RunState } from "@/lib/core/run";

export type UnmappedDelivery = {
  readonly deliveryId: string;
  readonly itemId: string;
  readonly runId: string;
  readonly sourceAccountId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly messageAt: Date;
  readonly participants: readonly ResolvedParticipant[];
};

export type CloseStore = {
  /** Null when the run still owes something. Appends the audit event. */
  closeRun(
    tenantId: string,
    runId: string,
  ): Promise<{ readonly state: RunState; readonly counters: RunCounters } | null>;
  /** Failed `UserMapping` deliveries of a connector, by key. */
  unmappedDeliveries(
    tenantId: string,
    connectorId: string,
    after: string | null,
    limit: number,
  ): Promise<readonly UnmappedDelivery[]>;
  /**
   * The mapping was mended: the delivery takes mailbox and key and is pending, or ends skipped as
   * Duplicate where the item has one there; its run is importing again.
   */
  assignMailboxes(
    tenantId: string,
    assignments: readonly {
      readonly deliveryId: string;
      readonly runId: string;
      readonly laneId: string;
      readonly mailbox: { readonly id: string; readonly address: string };
      readonly via: "customMapping" | "emailProperty";
      readonly idempotencyKey: string;
    }[],
  ): Promise<void>;
};
