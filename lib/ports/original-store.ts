import type { FailureCode } from "@/lib/core/errors";
import type { DeliveryState } from "@/lib/core/run";
import type { StoredAttachment, StoredItem } from "./stored-item";

/** One item with everything the ledger knows of it. */
export type OriginalRecord = {
  readonly id: string;
  readonly runId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly messageAt: Date;
  readonly receivedAt: Date;
  readonly isMail: boolean;
  readonly recordedAt: Date;
  readonly ownerValue: string | null;
  readonly people: number;
  readonly recordSha256: string;
  readonly messageSha256: string | null;
  readonly hasOriginal: boolean;
  readonly originalRemovedAt: Date | null;
  /** Null while the end is not known. */
  readonly keptUntil: Date | null;
  readonly deliveries: readonly OriginalDelivery[];
  readonly attachments: readonly OriginalAttachment[];
};

export type OriginalDelivery = {
  readonly id: string;
  readonly mailboxAddress: string | null;
  readonly state: DeliveryState;
  readonly failureCode: FailureCode | null;
  readonly completedAt: Date | null;
};

export type OriginalAttachment = {
  readonly position: number;
  readonly state: "pending" | "staged" | "failed";
  readonly failureCode: FailureCode | null;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
};

/** What the message of an item is composed from. */
export type StoredOriginal = {
  readonly item: StoredItem;
  readonly attachments: readonly StoredAttachment[];
  /** Of its connector as it is now: what the next import would be composed under. */
  readonly sizeLimitBytes: number;
  readonly areAttachmentsOpen: boolean;
};

export type OriginalTable = {
  find(
    tenantId: string,
    connectorId: string,
    itemId: string,
    retentionDays: number,
  ): Promise<OriginalRecord | null>;
  /** @returns null when the item is not this connector's, or its original is gone */
  stored(tenantId: string, connectorId: string, itemId: string): Promise<StoredOriginal | null>;
};
