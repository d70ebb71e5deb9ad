/** What pages show of items, and what a reviewer may have of them; see view.ts for the form. */
import type { DeliveryState } from "./run";

/** What did not reach a mailbox whole, and what a retry can do about it. */
export type NotImportedView = {
  readonly byReason: readonly NotImportedRow[];
  /** The most first; more than these are not shown. */
  readonly byMailbox: readonly (NotImportedRow & {
    readonly mailboxId: string;
    readonly address: string;
  })[];
  readonly hasMoreMailboxes: boolean;
};

export type NotImportedRow = {
  readonly outcome: "failed" | "partiallyImported";
  readonly code: string;
  /** The code's advice, in words. */
  readonly reason: string;
  readonly count: number;
  /** How many a retry takes up. */
  readonly retryable: number;
};

/** Which items a retry means; what is null does not narrow. */
export type RetryChoice = {
  readonly runId: string | null;
  readonly deliveryIds: readonly string[] | null;
  readonly code: string | null;
  readonly mailboxId: string | null;
};

export type ItemRow = {
  readonly deliveryId: string;
  readonly itemId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly messageAt: string;
  readonly owner: string | null;
  readonly mailbox: string | null;
  readonly outcome: DeliveryState;
  readonly reasonCode: string | null;
  /** The code's advice, in words. */
  readonly reason: string | null;
  readonly completedAt: string | null;
  /** Null while the end is not known, and where there is no original. */
  readonly originalKeptUntil: string | null;
  readonly originalRemovedAt: string | null;
  /** Why somebody gave it up. */
  readonly dismissReason: string | null;
  readonly isDismissible: boolean;
  readonly isRetryable: boolean;
};

/** What a reviewer may download of an item. */
export const originalKinds = ["message", "record"] as const;
export type OriginalKind = (typeof originalKinds)[number];

export type OriginalView = {
  readonly itemId: string;
  readonly runId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly owner: string | null;
  readonly people: number;
  readonly messageAt: string;
  /** Of a delivered mail: when the file that brought it was zipped. */
  readonly archivedAt: string;
  readonly isMail: boolean;
  readonly recordedAt: string;
  readonly recordSha256: string;
  /** Null until a copy is in a mailbox. */
  readonly messageSha256: string | null;
  readonly hasOriginal: boolean;
  /** Null while the end is not known, and where there is no original. */
  readonly originalKeptUntil: string | null;
  readonly originalRemovedAt: string | null;
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly mailbox: string | null;
    readonly outcome: DeliveryState;
    readonly reason: string | null;
    readonly completedAt: string | null;
  }[];
  readonly attachments: readonly {
    readonly position: number;
    readonly state: "pending" | "staged" | "failed";
    readonly reason: string | null;
    readonly sizeBytes: number | null;
    readonly sha256: string | null;
  }[];
};
