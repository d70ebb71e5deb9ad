import type { FailureCode } from "@/lib/core/errors";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { RunCounters, RunKind, RunState } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";
import type { FrameRange } from "./staging";

/**
 * The ledger, as the sync engine needs it. Every method takes the tenant first and is one
 * transaction. Leases and heartbeats are measured by the database's own clock, so that machines
 * need not agree on theirs; windows are the caller's instants.
 */
export type SyncStore = PlanStore & TransferStore & LaneStore & CloseStore & ResolutionStore;

/** The mapping and the directory's mirror, asked once per page of items. */
export type ResolutionStore = {
  /** Lines of one mapping version whose bad ones were left out. */
  mappingEntries(
    tenantId: string,
    mappingFileId: string,
    externalIds: readonly string[],
  ): Promise<readonly MappedEntry[]>;
  /** Members of the directory by any of their addresses (lower case). */
  mailboxesByAddress(
    tenantId: string,
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly id: string; readonly address: string }>>;
};

export type MappedEntry = {
  readonly externalId: string;
  readonly mailboxAddress: string;
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
};

export type PlanStore = {
  beat(workerId: string, startedAt: Date): Promise<void>;
  /** True for the one process that may tick now. */
  takeTick(workerId: string, leaseMs: number): Promise<boolean>;
  /** Transferring runs whose worker fell silent go back to queued. */
  requeueSilent(tenantId: string, silentMs: number): Promise<readonly string[]>;
  /** Live connectors without a queued or transferring run. */
  idleConnectors(tenantId: string): Promise<readonly IdleConnector[]>;
  /** Null when the window stands already or another transfer is under way. */
  openRun(tenantId: string, run: NewRun): Promise<string | null>;
  /** Queued, due, and of a connector that may transfer. */
  runsToTransfer(tenantId: string): Promise<readonly string[]>;
  /** Lanes somebody should look at: due pending deliveries, or deliveries in doubt that may be looked for. */
  lanesToPoke(tenantId: string, inDoubtMs: number): Promise<readonly string[]>;
  /** Importing runs that look finished. */
  runsToClose(tenantId: string): Promise<readonly string[]>;
  /** True once a UTC day, for the first process that asks. */
  takeDay(tenantId: string, day: Date): Promise<boolean>;
  /** Open drafts nobody touched since; their credentials go with them. Audited. */
  abandonDrafts(tenantId: string, untouchedSince: Date): Promise<number>;
};

export type IdleConnector = {
  readonly id: string;
  readonly timeOfDay: string;
  readonly zone: string;
  readonly watermark: Date | null;
  readonly finishedAt: Date;
};

export type NewRun = {
  readonly connectorId: string;
  readonly kind: RunKind;
  readonly window: SyncWindow;
};

/** Everything a transfer needs to know, read when the run is claimed. */
export type ClaimedRun = {
  readonly id: string;
  readonly attempt: number;
  readonly kind: RunKind;
  readonly window: SyncWindow;
  readonly cursor: string | null;
  readonly arePagesDone: boolean;
  readonly failuresInRow: number;
  readonly manifestTries: number;
  readonly mappingFileId: string | null;
  readonly automaticMapping: boolean;
  readonly connector: {
    readonly id: string;
    readonly sourceAccountId: string;
    readonly sourceUsername: string;
    readonly credentialId: string;
    readonly sealedPassword: Uint8Array;
  };
};

/** A transfer writes under its attempt; a later one fences it off. */
export type RunHold = { readonly runId: string; readonly attempt: number };

/** Somebody else holds the run, or it was asked back (paused, deleted, cancelled). */
export class HoldLost extends Error {
  override readonly name = "HoldLost";
}

/** The store refused the data, not the moment: the page is recorded by halves to find the bad record. */
export class DataRefused extends Error {
  override readonly name = "DataRefused";
}

export type NewAttachment = {
  readonly position: number;
  readonly sourceAttachmentId: string;
  readonly declaredSha256: string | null;
  /** Closed from the start, e.g. when the record names it in a way nobody can ask for. */
  readonly failureCode: FailureCode | null;
};

export type NewDelivery = {
  readonly id: string;
  readonly mailbox: { readonly id: string; readonly address: string } | null;
  readonly via: "customMapping" | "emailProperty" | null;
  readonly idempotencyKey: string;
  /** Failed from the start: UserMapping or what made the record unreadable. Null: pending. */
  readonly failureCode: FailureCode | null;
};

export type NewItem = {
  readonly id: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly itemDigest: string;
  readonly kind: string;
  readonly receivedAt: Date;
  readonly messageAt: Date;
  readonly ownerValue: string | null;
  readonly participants: readonly ResolvedParticipant[];
  readonly blobName: string | null;
  readonly frame: FrameRange | null;
  readonly recordSha256: string;
  readonly duplicateKey: string | null;
  readonly isChangedWithoutRevision: boolean;
  readonly isInManifest: boolean;
  readonly warnings: readonly string[];
  readonly attachments: readonly NewAttachment[];
  readonly deliveries: readonly NewDelivery[];
};

/** What is known of an item digest before a page is recorded. */
export type KnownItem = {
  readonly itemDigest: string;
  readonly recordSha256: string;
  readonly runId: string;
  /** Its connector was deleted: this run takes over what was not imported or skipped. */
  readonly isOrphan: boolean;
};

export type PageRecord = {
  readonly items: readonly NewItem[];
  /** Digests of orphans to take over; their items are among `items`, staged and resolved anew. */
  readonly takenOver: readonly string[];
  readonly alreadyRecorded: number;
  readonly cursor: string | null;
  readonly isLastPage: boolean;
};

export type OpenAttachment = {
  readonly itemId: string;
  readonly position: number;
  readonly sourceAttachmentId: string;
  readonly declaredSha256: string | null;
  readonly refusals: number;
  readonly corruptions: number;
};

export type AttachmentOutcome =
  | {
      readonly outcome: "staged";
      readonly blobName: string;
      readonly sizeBytes: number;
      readonly sha256: string;
    }
  | { readonly outcome: "failed"; readonly code: FailureCode }
  | {
      readonly outcome: "again";
      readonly refusals: number;
      readonly corruptions: number;
      readonly waitMs: number;
    };

export type ClosedItem = {
  readonly itemId: string;
  readonly sourceAccountId: string;
  readonly blobName: string;
  readonly frame: FrameRange;
  readonly receivedAt: Date;
  readonly revision: string;
  readonly attachmentSha256s: readonly string[];
};

export type TransferStore = {
  /** Queued, due and allowed → transferring with the next attempt; null when it is not. */
  claimRun(tenantId: string, runId: string): Promise<ClaimedRun | null>;
  /** askedBack: the connector was paused, deleted or waits, or the run is to be cancelled. */
  heartbeat(tenantId: string, hold: RunHold): Promise<"held" | "askedBack" | "lost">;
  /** Back to queued, to go on not before `waitMs` from now. Nothing when the hold is lost. */
  giveBack(
    tenantId: string,
    hold: RunHold,
    why: { readonly code: FailureCode; readonly waitMs: number; readonly countsAsFailure: boolean },
  ): Promise<void>;
  /** The connector needs its administrator: state NEEDS_ATTENTION with an audit event. */
  needsAttention(tenantId: string, connectorId: string, code: FailureCode): Promise<void>;
  /** For the connection status: the source answered (null) or failed with a code that heals by itself. */
  noteSource(tenantId: string, connectorId: string, code: FailureCode | null): Promise<void>;
  knownItems(tenantId: string, digests: readonly string[]): Promise<readonly KnownItem[]>;
  laneIds(tenantId: string, mailboxIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Items, attachments, deliveries and cursor together.
   * @throws DataRefused when PostgreSQL refuses the data itself (SQLSTATE class 22 or 23)
   */
  recordPage(
    tenantId: string,
    hold: RunHold,
    connectorId: string,
    sourceAccountId: string,
    page: PageRecord,
    laneOf: ReadonlyMap<string, string>,
  ): Promise<void>;
  /** The window is read again from its first page; what was recorded stays. */
  restartWindow(
    tenantId: string,
    hold: RunHold,
    manifest: { readonly counts: boolean },
  ): Promise<void>;
  noteManifest(
    tenantId: string,
    hold: RunHold,
    manifest: { readonly count: number; readonly sha256: string },
  ): Promise<void>;
  /** Count and SHA-256 of what the ledger holds of the window, in the manifest's own form. */
  ledgerManifest(
    tenantId: string,
    sourceAccountId: string,
    window: SyncWindow,
  ): Promise<{ readonly count: number; readonly sha256: string }>;
  openAttachments(
    tenantId: string,
    runId: string,
    limit: number,
  ): Promise<{
    readonly due: readonly OpenAttachment[];
    readonly open: number;
    readonly nextInMs: number | null;
  }>;
  /** Closes or postpones one attachment. Nothing when it is closed already. */
  closeAttachment(
    tenantId: string,
    hold: RunHold,
    attachment: Pick<OpenAttachment, "itemId" | "position">,
    outcome: AttachmentOutcome,
  ): Promise<void>;
  /** Items whose attachments are all closed and that no lane may take yet: their duplicate key is due. */
  closedItems(tenantId: string, runId: string, limit: number): Promise<readonly ClosedItem[]>;
  /** Sets the duplicate key and opens the item for its lanes; answers them. */
  releaseItem(
    tenantId: string,
    itemId: string,
    duplicateKey: string | null,
  ): Promise<readonly string[]>;
  recordGap(tenantId: string, hold: RunHold, connectorId: string, gap: SyncWindow): Promise<void>;
  /** Transferring → importing; moves the watermark of scheduled and manual runs, never backwards. */
  finishTransfer(
    tenantId: string,
    hold: RunHold,
    end: { readonly isManifestEqual: boolean; readonly failureCode: FailureCode | null },
  ): Promise<void>;
};

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
  readonly item: {
    readonly sourceAccountId: string;
    readonly revision: string;
    readonly receivedAt: Date;
    readonly participants: readonly ResolvedParticipant[];
    readonly blobName: string;
    readonly frame: FrameRange;
    readonly recordSha256: string;
  };
  readonly attachments: readonly (
    | {
        readonly position: number;
        readonly outcome: "staged";
        readonly blobName: string;
        readonly sizeBytes: number;
        readonly sha256: string;
      }
    | { readonly position: number; readonly outcome: "failed"; readonly code: FailureCode }
  )[];
  readonly connector: {
    readonly id: string;
    readonly messageDomain: string;
    readonly messageClass: string;
    readonly sizeLimitBytes: number;
  };
};

export type DeliveryOutcome = {
  readonly deliveryId: string;
  readonly writes: number;
  readonly refusals: number;
  readonly failuresInRow: number;
} & (
  | { readonly state: "imported"; readonly messageId: string | null }
  | {
      readonly state: "partiallyImported";
      readonly messageId: string | null;
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
  /** False when the lane is lost. */
  renewLane(tenantId: string, hold: LaneHold, leaseMs: number): Promise<boolean>;
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
