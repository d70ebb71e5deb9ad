/** The message of a delivery while it is written: let go where its mailbox makes it wait, and composed anew. */
import { type FailureCode, SyncError } from "@/lib/core/errors";
import type { MessageAttachment } from "@/lib/core/message";
import type { AddedFile } from "@/lib/ports/destination";
import type { LaneDelivery, NewEvidence } from "@/lib/ports/lane-store";
import { ready } from "./lane-evidence";
import { type LeftOut, prepare, type PreparedMessage } from "./lane-message";
import { addsAttachments, type LaneTurn } from "./lane-turn";

/** A file that is added after the create, without its bytes. */
export type FileToAdd = AddedFile & {
  readonly nth: number;
  /** Its bytes are there as long as the message is, and cost all of it to be read again. */
  readonly isPartOfMail: boolean;
};

export type KeptMessage = {
  readonly outcome: "kept";
  /** What the ledger is told of it; nothing is written before that is known. */
  readonly evidence: NewEvidence;
  readonly leftOut: readonly LeftOut[];
  readonly inlineBytes: number;
  readonly files: readonly FileToAdd[];
  /** Not to be held on to by whoever may have to wait. */
  message(): Promise<PreparedMessage>;
  letGo(): void;
};

export async function keptMessage(
  turn: LaneTurn,
  delivery: LaneDelivery,
): Promise<KeptMessage | { readonly outcome: "failed"; readonly code: FailureCode }> {
  const { parts, signal } = turn;
  // Decided once: what is added to a message that exists does not change while it is.
  const adds = addsAttachments(turn, delivery);
  const prepared = await prepare(parts, delivery, adds, signal);
  if (prepared.outcome === "failed") return prepared;
  const { evidence, leftOut, inline, added } = await ready(parts, delivery, prepared, signal);
  let held: PreparedMessage | null = prepared;
  return {
    ...{ outcome: "kept", evidence, leftOut },
    inlineBytes: inline.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files: added.map(fileToAdd),
    async message() {
      if (held !== null) return held;
      const again = await prepare(parts, delivery, adds, signal);
      if (again.outcome === "failed") throw new SyncError(again.code);
      return (held = again);
    },
    letGo() {
      held = null;
    },
  };
}

function fileToAdd(attachment: MessageAttachment, nth: number): FileToAdd {
  const { name, contentType, sizeBytes, content } = attachment;
  return { name, contentType, sizeBytes, nth, isPartOfMail: content.kind === "bytes" };
}
