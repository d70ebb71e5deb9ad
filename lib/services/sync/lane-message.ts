/** From a delivery to what is written: load, convert, decide what fits into the one create. */
import { type FailureCode, toSyncError } from "@/lib/core/errors";
import { attachmentsThatFit, graphMessage, type InlineAttachment } from "@/lib/core/graph-message";
import { decodeStaged, type SourceItem } from "@/lib/core/item";
import { sha256Hex } from "@/lib/core/keys";
import {
  type Message,
  type MessageAttachment,
  type MessagePlan,
  planMessage,
  type StagedAttachmentFacts,
} from "@/lib/core/message";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { bytesOf } from "./lane-files";
import type { SyncParts } from "./parts";

export type LeftOut = { readonly position: number; readonly code: FailureCode };

export type PreparedMessage = {
  readonly outcome: "message";
  readonly message: Message;
  /** What goes into the create. */
  readonly inline: readonly MessageAttachment[];
  /** What is added after it. */
  readonly added: readonly MessageAttachment[];
  readonly leftOut: readonly LeftOut[];
};

export type Prepared = PreparedMessage | { readonly outcome: "failed"; readonly code: FailureCode };

/**
 * @param adds whether what does not fit into the create is added after it; else it is left out
 * @throws SyncError StagingUnavailable: the staging store is away, nothing is wrong with the item
 */
export async function prepare(
  parts: Pick<SyncParts, "staging" | "limits">,
  delivery: LaneDelivery,
  adds: boolean,
  signal: AbortSignal,
): Promise<Prepared> {
  const { item } = delivery;
  const bytes = await readRecord(parts, delivery, signal);
  if (bytes === null) return { outcome: "failed", code: "StagingCorrupt" };
  const decoded = decodeStaged(bytes, item.receivedAt, item.revision);
  if (decoded.outcome === "unreadable") return { outcome: "failed", code: "SourceDecodeError" };
  const whole = planWith(delivery, decoded.item, new Set());
  if (whole.outcome === "failed") return whole;
  const { createBytes } = parts.limits;
  const fit = attachmentsThatFit(whole.message, createBytes, graphOptions(delivery));
  if (adds || fit.tooLarge.length === 0) return prepared(whole, fit.inline, fit.tooLarge, []);
  // Whoever opens the message is told what is missing, so it is composed anew without what does not fit.
  const without = new Set(fit.tooLarge.flatMap(positionOf));
  const plan = without.size === 0 ? whole : planWith(delivery, decoded.item, without);
  if (plan.outcome === "failed") return plan;
  const last = attachmentsThatFit(plan.message, createBytes, graphOptions(delivery));
  return prepared(plan, last.inline, [], last.tooLarge.map(notWritten));
}

function prepared(
  { message, leftOut }: Extract<MessagePlan, { outcome: "message" }>,
  inline: readonly MessageAttachment[],
  added: readonly MessageAttachment[],
  notWritten: readonly LeftOut[],
): PreparedMessage {
  const planned = leftOut.map(({ index, code }) => ({ position: index, code }));
  return { outcome: "message", message, inline, added, leftOut: [...planned, ...notWritten] };
}

/** @param without positions of attachments that the mailbox will not have */
function planWith(
  { item, connector, attachments }: LaneDelivery,
  decoded: SourceItem,
  without: ReadonlySet<number>,
): MessagePlan {
  const facts = attachments.map(({ position, ...fact }): StagedAttachmentFacts => {
    return without.has(position)
      ? { index: position, outcome: "failed", code: "AttachmentsNotWritten" }
      : { index: position, ...fact };
  });
  return planMessage(decoded, item.participants, facts, {
    sourceAccountId: item.sourceAccountId,
    connectorId: connector.id,
    messageDomain: connector.messageDomain,
    recordSha256: item.recordSha256,
    sizeLimitBytes: connector.sizeLimitBytes,
  });
}

function positionOf({ content }: MessageAttachment): number[] {
  return content.kind === "staged" ? [content.index] : [];
}

async function readRecord(
  { staging }: Pick<SyncParts, "staging">,
  { item }: LaneDelivery,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  try {
    const bytes = await staging.readRecord(item.blobName, item.frame, signal);
    return sha256Hex(bytes) === item.recordSha256 ? bytes : null;
  } catch (thrown) {
    if (toSyncError(thrown).code === "StagingCorrupt") return null;
    throw thrown;
  }
}

/** -1: a file the message itself made, such as a text of megabytes. */
function notWritten(attachment: MessageAttachment): LeftOut {
  return { position: positionOf(attachment)[0] ?? -1, code: "AttachmentsNotWritten" };
}

/** The JSON of the create, with the bytes of what goes into it. */
export async function createBody(
  parts: Pick<SyncParts, "staging">,
  delivery: LaneDelivery,
  { message, inline }: PreparedMessage,
  signal: AbortSignal,
): Promise<string> {
  const loaded: InlineAttachment[] = [];
  for (const attachment of inline) {
    loaded.push({ attachment, bytes: await bytesOf(parts, delivery, attachment, signal) });
  }
  return graphMessage(message, delivery.idempotencyKey, loaded, graphOptions(delivery));
}

function graphOptions({ connector }: LaneDelivery) {
  return { messageClass: connector.messageClass };
}
