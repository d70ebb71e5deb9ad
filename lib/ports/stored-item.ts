import type { FailureCode } from "@/lib/core/errors";
import type { ResolvedParticipant } from "@/lib/core/participant";
import type { FrameRange } from "./staging";

/** An item with what its message is composed from: the same whenever it is asked for. */
export type StoredItem = {
  readonly sourceAccountId: string;
  readonly revision: string;
  /** the staged record is a mail as it was delivered */
  readonly isMail: boolean;
  /** as it was when the item was recorded, also where its window is known better by now */
  readonly receivedAt: Date;
  readonly participants: readonly ResolvedParticipant[];
  readonly blobName: string;
  readonly frame: FrameRange;
  readonly recordSha256: string;
  /** whose run recorded the item, also where another connector has taken over what it left undone */
  readonly recordedBy: { readonly connectorId: string; readonly messageDomain: string };
  /** null until one of its copies is in a mailbox */
  readonly evidence: MessageEvidence | null;
};

/** Of the canonical message: what stands in the ledger from the import on. */
export type MessageEvidence = {
  readonly sha256: string;
  /** the limit it was composed under: it says which attachments it names and does not carry */
  readonly sizeLimitBytes: number;
  /** the form it was composed in, see lib/core/message-format.ts */
  readonly format: number;
};

export type StoredAttachment =
  | {
      readonly position: number;
      readonly outcome: "staged";
      readonly blobName: string;
      readonly sizeBytes: number;
      readonly sha256: string;
    }
  | { readonly position: number; readonly outcome: "failed"; readonly code: FailureCode };
