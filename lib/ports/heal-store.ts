/** Items whose owner had no mailbox, and what it takes to give them one. */
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { MappingRules } from "./resolution-store";

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

export type MailboxAssignment = {
  readonly deliveryId: string;
  readonly runId: string;
  readonly laneId: string;
  readonly mailbox: { readonly id: string; readonly address: string };
  readonly via: "customMapping" | "emailProperty";
  readonly idempotencyKey: string;
};

export type ConnectorRules = {
  readonly connectorId: string;
  readonly mappingFileId: string | null;
  readonly automaticMapping: boolean;
};

export type HealStore = {
  /** Failed `UserMapping` deliveries of a connector, by key. */
  unmappedDeliveries(
    tenantId: string,
    connectorId: string,
    after: string | null,
    limit: number,
  ): Promise<readonly UnmappedDelivery[]>;
  /** Those of them that still are. */
  unmappedAmong(tenantId: string, ids: readonly string[]): Promise<readonly UnmappedDelivery[]>;
  /**
   * The mapping was mended: the delivery takes mailbox and key and is pending, or ends skipped as
   * Duplicate where the item has one there; its run is importing again. Nothing where other rules than
   * those that led to the mailboxes are in force by now.
   * @returns how many
   */
  assignMailboxes(
    tenantId: string,
    connectorId: string,
    rules: MappingRules,
    assignments: readonly MailboxAssignment[],
  ): Promise<number>;
  /** Connectors that are not deleted, with the rules in force. */
  liveConnectors(tenantId: string): Promise<readonly ConnectorRules[]>;
  /** The addresses the directory learned since are to be offered; they are done up to `until` then. */
  learnedSpan(tenantId: string): Promise<{ readonly since: Date | null; readonly until: Date }>;
  /** Waiting deliveries whose owner is named by a learned address, himself or through the mapping; by key. */
  waitingForLearned(
    tenantId: string,
    since: Date | null,
    after: string | null,
    limit: number,
  ): Promise<readonly { readonly deliveryId: string; readonly connectorId: string }[]>;
  noteHealed(tenantId: string, until: Date): Promise<void>;
  /** When the directory was last read from the first user to the last. */
  directoryWholeAt(tenantId: string): Promise<Date | null>;
  /** True while any run imports. */
  isImporting(tenantId: string): Promise<boolean>;
};
