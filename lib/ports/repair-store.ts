/** What did not reach a mailbox whole, and taking it up again. */
import type { DeliveryState } from "@/lib/core/run";

/** Which deliveries of one connector are meant; what is null or left out does not narrow. */
export type RepairChoice = {
  readonly runId?: string | null;
  readonly deliveryIds?: readonly string[] | null;
  readonly code?: string | null;
  readonly mailboxId?: string | null;
};

/** Failed and partially imported deliveries that share their reason. */
export type NotImported = {
  readonly state: Extract<DeliveryState, "failed" | "partiallyImported">;
  readonly code: string;
  readonly count: number;
  /** Of these, without a mailbox to write into. */
  readonly unaddressed: number;
  /** Of these, without a staged original. */
  readonly removed: number;
};

export type NotImportedMailbox = Omit<NotImported, "unaddressed"> & {
  readonly mailboxId: string;
  readonly address: string;
};

export type Reopened = {
  readonly deliveries: number;
  /** Of these, imported without an attachment that the source did not give. */
  readonly withoutAttachment: number;
  readonly laneIds: readonly string[];
  /** Where to go on from; null when nothing further fits the choice. */
  readonly next: string | null;
};

export type RepairTable = {
  /** Most first. Nothing that somebody has given up. */
  byReason(
    tenantId: string,
    connectorId: string,
    choice: RepairChoice,
  ): Promise<readonly NotImported[]>;
  byMailbox(
    tenantId: string,
    connectorId: string,
    runId: string | null,
    limit: number,
  ): Promise<readonly NotImportedMailbox[]>;
  /**
   * Failed and partially imported deliveries with a mailbox and a staged original become pending, at
   * most `limit` of them in the order of their ids; finished runs go back to importing with their
   * counters counted again. What somebody has given up is meant only when it is named by its id.
   */
  reopen(
    tenantId: string,
    connectorId: string,
    choice: RepairChoice,
    after: string | null,
    limit: number,
  ): Promise<Reopened>;
};
