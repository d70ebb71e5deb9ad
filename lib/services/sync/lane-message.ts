/** From a delivery to what is written: load, convert, decide what fits into the one create. */
import { type FailureCode, SyncError, toSyncError } from "@/lib/core/errors";
import { attachmentsThatFit, graphMessage, type InlineAttachment } from "@/lib/core/graph-message";
import { decodeStaged } from "@/lib/core/item";
import { sha256Hex } from "@/lib/core/keys";
import { type Message, type MessageAttachment, planMessage } from "@/lib/core/message";
import type { LaneDelivery } from "@/lib/ports/store";
import type { SyncParts } from "./parts";

export type LeftOut = { readonly position: number; readonly code: FailureCode };

export type Prepared =
  | { readonly outcome: "failed"; readonly code: FailureCode }
  | {
      readonly outcome: "message";
      readonly message: Message;
      /** What goes into the create. */
      readonly inline: readonly MessageAttachment[];
      readonly leftOut: readonly LeftOut[];
    };

/** @throws SyncError StagingUnavailable: the staging store is away, nothing is wrong with the item */
export async function prepare(
  parts: Pick<SyncParts, "staging" | "limits">,
  delivery: LaneDelivery,
  signal: AbortSignal,
): Promise<Prepared> {
  const { item, connector } = delivery;
  const bytes = await readRecord(parts, delivery, signal);
  if (bytes === null) return { outcome: "failed", code: "StagingCorrupt" };
  const decoded = decodeStaged(bytes, item.receivedAt, item.revision);
  if (decoded.outcome === "unreadable") return { outcome: "failed", code: "SourceDecodeError" };
  const facts = delivery.attachments.map(({ position, ...fact }) => ({ index: position, ...fact }));
  const plan = planMessage(decoded.item, item.participants, facts, {
    sourceAccountId: item.sourceAccountId,
    connectorId: connector.id,
    messageDomain: connector.messageDomain,
    recordSha256: item.recordSha256,
    sizeLimitBytes: connector.sizeLimitBytes,
  });
  if (plan.outcome === "failed") return plan;
  const leftOut = plan.leftOut.map(({ index, code }) => ({ position: index, code }));
  const { inline, tooLarge } = attachmentsThatFit(
    plan.message,
    parts.limits.createBytes,
    graphOptions(delivery),
  );
  return {
    outcome: "message",
    message: plan.message,
    inline,
    leftOut: [...leftOut, ...tooLarge.map(notWritten)],
  };
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

function notWritten({ content }: MessageAttachment): LeftOut {
  return {
    position: content.kind === "staged" ? content.index : -1,
    code: "AttachmentsNotWritten",
  };
}

/** The JSON of the create, with the bytes of what goes into it. */
export async function createBody(
  parts: Pick<SyncParts, "staging">,
  delivery: LaneDelivery,
  { message, inline }: Extract<Prepared, { outcome: "message" }>,
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

async function bytesOf(
  { staging }: Pick<SyncParts, "staging">,
  delivery: LaneDelivery,
  { content, sha256 }: MessageAttachment,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (content.kind === "bytes") return content.bytes;
  const staged = delivery.attachments.find(({ position }) => position === content.index);
  if (staged?.outcome !== "staged") throw new SyncError("StagingCorrupt");
  const chunks: Uint8Array[] = [];
  for await (const chunk of staging.readFile(staged.blobName, signal)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (sha256Hex(bytes) !== sha256) throw new SyncError("StagingCorrupt");
  return bytes;
}
