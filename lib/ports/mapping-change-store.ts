/** Rules that were changed, and what waited by those before. */
import type { ItemPlan, StandingDelivery } from "@/lib/core/resolve-anew";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { OwnerKeys } from "@/lib/core/resolution";
import type { MappingRules } from "./resolution-store";

/** Everything of one connector that is still to be worked through, as one passage by its newest change. */
export type OpenChange = {
  readonly connectorId: string;
  /** The newest; when another comes, the passage begins anew. */
  readonly changeId: string;
  readonly cursor: Cursor | null;
  /** Of the passage; what was in doubt may still be to end. */
  readonly isPassed: boolean;
  readonly isDeleted: boolean;
  readonly now: MappingRules;
  /** All by which something may have been resolved until now, each once. */
  readonly before: readonly MappingRules[];
};

/** The run, and in it the delivery, up to which everything has been looked at. */
export type Cursor = { readonly runId: string; readonly deliveryId: string };

export type WaitingItem = {
  readonly itemId: string;
  readonly runId: string;
  readonly connectorId: string;
  readonly sourceAccountId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly messageAt: Date;
  readonly participants: readonly ResolvedParticipant[];
  readonly deliveries: readonly StandingDelivery[];
};

export type PlannedItem = {
  readonly item: WaitingItem;
  readonly plan: ItemPlan;
  readonly owner: OwnerKeys;
  /** Nobody can say where it belongs: what of it ends undone has failed. */
  readonly isResolved: boolean;
  /** Of a delivery to this mailbox; "" for none. */
  readonly keyOf: (mailboxId: string) => string;
};

export type MappingChangeStore = {
  openChanges(tenantId: string): Promise<readonly OpenChange[]>;
  /** Says how much there is to look at. */
  beginPassage(tenantId: string, change: OpenChange): Promise<void>;
  /** Items with a staged original of which something is pending, failed or in flight; null at the end. */
  waitingItems(
    tenantId: string,
    change: OpenChange,
    after: Cursor | null,
    limit: number,
  ): Promise<{
    readonly items: readonly WaitingItem[];
    readonly looked: number;
    readonly next: Cursor;
  } | null>;
  /** Items with a delivery that was marked unwanted in flight and has ended since. */
  endedUnwanted(
    tenantId: string,
    connectorId: string,
    limit: number,
  ): Promise<readonly WaitingItem[]>;
  /**
   * Carries the plans out, all or none, and notes how far the passage came.
   * "moved": the rules were changed again; "raced": a delivery is no longer what the plan saw.
   */
  carryOut(
    tenantId: string,
    change: OpenChange,
    planned: readonly PlannedItem[],
    laneOf: ReadonlyMap<string, string>,
    progress: { readonly cursor: Cursor; readonly looked: number } | null,
  ): Promise<"done" | "moved" | "raced">;
  /** Lanes may write again. @returns false when the rules were changed again */
  endPassage(tenantId: string, change: OpenChange): Promise<boolean>;
  /** Unless something is still in doubt. @returns whether it was the end */
  endChange(tenantId: string, change: OpenChange): Promise<boolean>;
  /** Lanes of the connector with something to do. */
  lanesOfConnector(tenantId: string, connectorId: string): Promise<readonly string[]>;
};
