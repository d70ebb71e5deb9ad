import type { FailureCode } from "@/lib/core/errors";
import type { MessageEvidence, StoredAttachment, StoredItem } from "./stored-item";

/** Requests and bytes per bucket of time, oldest first: [bucket, requests, bytes]. */
export type RecentTraffic = readonly (readonly [number, number, number])[];

export type ClaimedLane = {
  readonly id: string;
  readonly mailboxId: string;
  readonly token: bigint;
  readonly blockedCode: FailureCode | null;
  readonly failuresInRow: number;
  readonly recent: RecentTraffic;
  readonly folder: LaneFolder | null;
  /** Something was in doubt when it was claimed; as long as it is held, only its holder adds to that. */
  readonly hasDoubtful: boolean;
};

/** The folder as it was looked up for a run; a newer run looks again. */
export type LaneFolder = { readonly id: string; readonly runId: string };

export type LaneHold = { readonly laneId: string; readonly token: bigint };

/** A delivery with what it takes to write it. */
export type LaneDelivery = {
  readonly id: string;
  readonly runId: string;
  readonly itemId: string;
  readonly idempotencyKey: string;
  readonly duplicateKey: string | null;
  readonly writes: number;
  readonly refusals: number;
  readonly failuresInRow: number;
  readonly sentAt: Date | null;
  readonly item: StoredItem;
  readonly attachments: readonly StoredAttachment[];
  readonly connector: {
    readonly id: string;
    readonly messageClass: string;
    readonly sizeLimitBytes: number;
    readonly largeAttachments: LargeAttachments;
  };
};

/**
 * What becomes of attachments that do not fit into the create: added to the message; added as a probe,
 * since Exchange refused it more than a day ago; left out, since it is switched off or was just refused.
 */
export type LargeAttachments = "added" | "probed" | "leftOut";

/** What an import adds to the ledger of its item; null: it stands there already, or nobody could tell. */
export type NewEvidence = (MessageEvidence & { readonly itemId: string }) | null;

export type DeliveryOutcome = {
  readonly deliveryId: string;
  readonly writes: number;
  readonly refusals: number;
  readonly failuresInRow: number;
} & (
  | {
      readonly state: "imported";
      readonly messageId: string | null;
      readonly evidence: NewEvidence;
    }
  | {
      readonly state: "partiallyImported";
      readonly messageId: string | null;
      readonly evidence: NewEvidence;
      readonly code: FailureCode;
      readonly leftOut: readonly { readonly position: number; readonly code: FailureCode }[];
    }
  | { readonly state: "failed"; readonly code: FailureCode }
  | { readonly state: "pending"; readonly waitMs: number; readonly code: FailureCode | null }
  /**
   * In doubt: stays importing. The 45 seconds count from when it was sent, on the database's clock;
   * null leaves that as it is. `waitMs` puts off the look, after one that failed.
   */
  | {
      readonly state: "importing";
      readonly sentMsAgo: number | null;
      readonly waitMs: number | null;
    }
);

export type LaneStore = {
  /** The next token and a lease; null while another holds it or it has to wait. */
  claimLane(
    tenantId: string,
    laneId: string,
    holder: string,
    leaseMs: number,
  ): Promise<ClaimedLane | null>;
  /**
   * Which connectors nothing may be written for at this moment; null when the lane is lost.
   * @param recent what the mailbox was sent of late, for whoever comes after a holder that dies
   */
  renewLane(
    tenantId: string,
    hold: LaneHold,
    leaseMs: number,
    recent?: RecentTraffic,
  ): Promise<{ readonly resting: readonly string[] } | null>;
  /** Whether Exchange adds attachments to messages that exist: a refusal counts for a day, for all connectors. */
  noteAttaching(tenantId: string, isRefused: boolean): Promise<void>;
  releaseLane(
    tenantId: string,
    hold: LaneHold,
    state: {
      readonly recent: RecentTraffic;
      readonly waitMs: number | null;
      readonly failuresInRow: number;
      readonly folder: LaneFolder | null;
    },
  ): Promise<void>;
  /** Due pending deliveries → importing. Duplicates of what is imported already end skipped on the way. */
  takeBatch(tenantId: string, hold: LaneHold, limit: number): Promise<readonly LaneDelivery[]>;
  /**
   * Whether what waits in a lane fills a batch, or need not wait for more, since the pages of its run
   * are all recorded. What is less is left to the transfer, which tells the lane when there is enough.
   */
  isWorthABatch(tenantId: string, hold: LaneHold, limit: number): Promise<boolean>;
  /** Importing deliveries nobody is sending, whose time to be looked for has come. */
  takeInDoubt(
    tenantId: string,
    hold: LaneHold,
    inDoubtMs: number,
    limit: number,
  ): Promise<readonly LaneDelivery[]>;
  /** One update for all of them. What is pending again for a deleted connector ends as Cancelled. */
  recordOutcomes(
    tenantId: string,
    hold: LaneHold,
    outcomes: readonly DeliveryOutcome[],
  ): Promise<{ readonly runIds: readonly string[] }>;
  /** The mailbox refuses everything: its pending deliveries fail with the code. */
  blockLane(tenantId: string, hold: LaneHold, code: FailureCode): Promise<readonly string[]>;
  /**
   * Of a blocked lane one delivery per run is a probe: what other deliveries of a run that has been
   * refused already still wait fail with its code. Answers their runs.
   */
  failProbedRuns(tenantId: string, hold: LaneHold, code: FailureCode): Promise<readonly string[]>;
  /** A probe came through: what the mailbox refused is pending again, its runs importing. */
  unblockLane(tenantId: string, hold: LaneHold): Promise<void>;
};
