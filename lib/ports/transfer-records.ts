/** What a transfer reads and writes, row by row. */
import type { SourceColumns } from "./portal-records";
import type { MappingRules } from "./resolution-store";
import type { FrameRange } from "./staging";
import type { DeliveredFile } from "@/lib/core/delivered-file";
import type { FailureCode } from "@/lib/core/errors";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { RunKind } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";

/** Whose archive, and how to be let in. */
export type RunConnector = SourceColumns & {
  readonly id: string;
  readonly sourceAccountId: string;
  readonly sourceUsername: string;
  readonly credentialId: string;
  readonly sealedSecrets: Uint8Array;
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
  readonly connector: RunConnector;
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

/** Somebody changed the mapping since the page was resolved: it is resolved by what is in force now. */
export class RulesMoved extends Error {
  override readonly name = "RulesMoved";

  constructor(readonly inForce: MappingRules) {
    super("Other rules are in force");
  }
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
  /** Of a record that does not say when it was received: the end of the window that returned it. */
  readonly receivedBefore: Date | null;
  readonly messageAt: Date;
  readonly ownerValue: string | null;
  readonly participants: readonly ResolvedParticipant[];
  readonly blobName: string | null;
  readonly frame: FrameRange | null;
  readonly recordSha256: string;
  readonly duplicateKey: string | null;
  readonly isChangedWithoutRevision: boolean;
  readonly isInManifest: boolean;
  /** How the archive's manifest writes it, where the item's id and revision do not say so. */
  readonly manifestLine: Buffer | null;
  /** Its staged record is a mail as it was delivered. */
  readonly isMail: boolean;
  readonly warnings: readonly string[];
  readonly attachments: readonly NewAttachment[];
  readonly deliveries: readonly NewDelivery[];
};

/** What is known of an item digest before a page is recorded. */
export type KnownItem = {
  readonly itemDigest: string;
  readonly recordSha256: string;
  readonly runId: string;
  /**
   * Its connector was deleted, or its run was cancelled before its attachments were staged: this run
   * takes over what was not imported or skipped.
   */
  readonly isOrphan: boolean;
  /** Its staged original was lost before it had come everywhere: it is staged again. */
  readonly isLost: boolean;
};

/** A staged file of such an item, which may have been lost as well. */
export type LostFile = {
  readonly itemDigest: string;
  readonly itemId: string;
  readonly position: number;
  readonly sourceAttachmentId: string;
  readonly declaredSha256: string | null;
  readonly blobName: string;
  readonly sha256: string;
  /** A message of its item was sent, to whichever mailbox: with this file, for all anybody knows. */
  readonly wasWritten: boolean;
};

export type Restaged = {
  readonly itemDigest: string;
  readonly blobName: string;
  readonly frame: FrameRange;
  /** Those of its files that were lost. */
  readonly files: readonly (EndedAttachment & { readonly position: number })[];
  /** Null where it stays what it is. */
  readonly duplicateKey: string | null;
};

export type PageRecord = {
  readonly items: readonly NewItem[];
  /** Digests of orphans to take over; their items are among `items`, staged and resolved anew. */
  readonly takenOver: readonly string[];
  /** They stay with the run that recorded them; what failed of them for this is pending again. */
  readonly restaged: readonly Restaged[];
  readonly alreadyRecorded: number;
  /** Recorded before and without a date of their own: they lie in this window too. */
  readonly undated: { readonly digests: readonly string[]; readonly window: SyncWindow } | null;
  readonly cursor: string | null;
  readonly isLastPage: boolean;
  /** Files of the delivery that are whole with this page. */
  readonly completed: readonly DeliveredFile[];
  /** What its deliveries were found by. */
  readonly rules: MappingRules;
};

export type OpenAttachment = {
  readonly itemId: string;
  readonly position: number;
  readonly sourceAttachmentId: string;
  readonly declaredSha256: string | null;
  readonly refusals: number;
  readonly corruptions: number;
};

export type EndedAttachment =
  | {
      readonly outcome: "staged";
      readonly blobName: string;
      readonly sizeBytes: number;
      readonly sha256: string;
    }
  | { readonly outcome: "failed"; readonly code: FailureCode };

export type AttachmentOutcome =
  | EndedAttachment
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
