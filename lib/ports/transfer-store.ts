import type {
  ClaimedRun,
  RunHold,
  KnownItem,
  PageRecord,
  OpenAttachment,
  AttachmentOutcome,
  ClosedItem,
  LostFile,
} from "./transfer-records";
import type { FailureCode } from "@/lib/core/errors";
import type { SyncWindow } from "@/lib/core/window";

/** When a request was begun that was refused, and the credential it was made with. */
export type AskedWith = { readonly at: Date; readonly credentialId: string | null };

export type TransferStore = {
  /** Queued, due and allowed → transferring with the next attempt; null when it is not. */
  claimRun(tenantId: string, runId: string): Promise<ClaimedRun | null>;
  /** Says of a run that nobody could claim why it does not go on, and when it is asked for again. */
  noteNotClaimed(tenantId: string, runId: string, code: FailureCode, waitMs: number): Promise<void>;
  /** askedBack: the connector was paused, deleted or waits, or the run is to be cancelled. */
  heartbeat(tenantId: string, hold: RunHold): Promise<"held" | "askedBack" | "lost">;
  /** Back to queued, to go on not before `waitMs` from now. Nothing when the hold is lost. */
  giveBack(
    tenantId: string,
    hold: RunHold,
    why: { readonly code: FailureCode; readonly waitMs: number; readonly countsAsFailure: boolean },
  ): Promise<void>;
  /**
   * The connector needs its administrator: state NEEDS_ATTENTION with an audit event. Nothing when
   * what was refused has been mended since it was asked with.
   */
  needsAttention(
    tenantId: string,
    connectorId: string,
    code: FailureCode,
    asked: AskedWith,
  ): Promise<void>;
  /** For the connection status: the source answered (null) or failed with a code that heals by itself. */
  noteSource(tenantId: string, connectorId: string, code: FailureCode | null): Promise<void>;
  knownItems(tenantId: string, digests: readonly string[]): Promise<readonly KnownItem[]>;
  /** The staged files of items whose original was lost. */
  lostFiles(tenantId: string, digests: readonly string[]): Promise<readonly LostFile[]>;
  laneIds(tenantId: string, mailboxIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Items, attachments, deliveries and cursor together.
   * @throws DataRefused when PostgreSQL refuses the data itself (SQLSTATE class 22 or 23)
   * @throws RulesMoved when other rules than the page's are in force by now
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
  /**
   * Closes or postpones one attachment. Nothing when it is closed already, or another run's by now.
   * @throws HoldLost when another attempt has the run
   */
  closeAttachment(
    tenantId: string,
    hold: RunHold,
    attachment: Pick<OpenAttachment, "itemId" | "position">,
    outcome: AttachmentOutcome,
  ): Promise<void>;
  /** Items whose attachments are all closed and that no lane may take yet: their duplicate key is due. */
  closedItems(tenantId: string, runId: string, limit: number): Promise<readonly ClosedItem[]>;
  /**
   * Sets the duplicate key and opens the item for its lanes; answers them.
   * @throws HoldLost when another attempt has the run
   */
  releaseItem(
    tenantId: string,
    hold: RunHold,
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
