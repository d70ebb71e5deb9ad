/** From a delivery to what is written: load, convert, decide what fits into the one create. */
import type { FailureCode } from "@/lib/core/errors";
import { attachmentsThatFit, graphMessage, type InlineAttachment } from "@/lib/core/graph-message";
import type { Message, MessageAttachment, PlannedMessage } from "@/lib/core/message";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { planStored, readItem } from "@/lib/services/stored-message";
import { bytesOf } from "./lane-files";
import type { SyncParts } from "./parts";

export type LeftOut = { readonly position: number; readonly code: FailureCode };

export type PreparedMessage = {
  readonly outcome: "message";
  readonly message: Message;
  /** The canonical message: the same whatever fits into the create, or may be added after it. */
  readonly whole: Message;
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
  parts: Pick<SyncParts, "staging" | "limits" | "composed">,
  delivery: LaneDelivery,
  adds: boolean,
  signal: AbortSignal,
): Promise<Prepared> {
  const known = parts.composed.get(delivery);
  if (known !== undefined) return prepared(known, known, [], [], []);
  const read = await readItem(parts, delivery, signal);
  if (read.outcome === "failed") return read;
  const { sizeLimitBytes } = delivery.connector;
  const whole = planStored(delivery, read, sizeLimitBytes);
  if (whole.outcome === "failed") return whole;
  parts.composed.set(delivery, whole);
  const { createBytes } = parts.limits;
  const fit = attachmentsThatFit(whole.message, createBytes, graphOptions(delivery));
  if (adds || fit.tooLarge.length === 0)
    return prepared(whole, whole, fit.inline, fit.tooLarge, []);
  // Whoever opens the message is told what is missing, so it is composed anew without what does not fit.
  const without = new Set(fit.tooLarge.flatMap(positionOf));
  const plan = without.size === 0 ? whole : planStored(delivery, read, sizeLimitBytes, without);
  if (plan.outcome === "failed") return plan;
  const last = attachmentsThatFit(plan.message, createBytes, graphOptions(delivery));
  return prepared(whole, plan, last.inline, [], last.tooLarge.map(notWritten));
}

function prepared(
  whole: PlannedMessage,
  { message, leftOut }: PlannedMessage,
  inline: readonly MessageAttachment[],
  added: readonly MessageAttachment[],
  notWritten: readonly LeftOut[],
): PreparedMessage {
  const planned = leftOut.map(({ index, code }) => ({ position: index, code }));
  return {
    outcome: "message",
    ...{ message, whole: whole.message, inline, added },
    leftOut: [...planned, ...notWritten],
  };
}

function positionOf({ content }: MessageAttachment): number[] {
  return content.index === undefined ? [] : [content.index];
}

/** -1: a file the message itself made, such as a text of megabytes. */
function notWritten(attachment: MessageAttachment): LeftOut {
  return { position: positionOf(attachment)[0] ?? -1, code: "AttachmentsNotWritten" };
}

/** All of it is in memory while it is read and written, however much of it is files. */
export function isLargeMail({ item, attachments }: LaneDelivery): boolean {
  return item.isMail && attachments.length > 0;
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
