/** The message of an item, composed from what is staged: the same for a mailbox, the ledger and a reviewer. */
import { createHash } from "node:crypto";
import { decodeStagedMail } from "@/lib/core/eml-item";
import { planDelivered } from "@/lib/core/eml-message";
import { type FailureCode, SyncError, toSyncError } from "@/lib/core/errors";
import { decodeStaged, type SourceItem } from "@/lib/core/item";
import { sha256Hex } from "@/lib/core/keys";
import {
  type Message,
  type MessageAttachment,
  type MessageContext,
  type MessagePlan,
  planMessage,
  type StagedAttachmentFacts,
} from "@/lib/core/message";
import { mimeStream } from "@/lib/core/mime";
import type { Staging } from "@/lib/ports/staging";
import type { StoredAttachment, StoredItem } from "@/lib/ports/stored-item";

type Readable = Pick<Staging, "readRecord" | "readFile">;
type Parts = { readonly staging: Readable };

export type StoredMessage = {
  readonly item: StoredItem;
  readonly attachments: readonly StoredAttachment[];
};

export type ReadItem =
  | { readonly outcome: "item"; readonly decoded: SourceItem; readonly bytes: Uint8Array }
  | { readonly outcome: "failed"; readonly code: FailureCode };

/** @throws SyncError StagingUnavailable: the staging store is away, nothing is wrong with the item */
export async function readItem(
  { staging }: Parts,
  stored: StoredMessage,
  signal: AbortSignal,
): Promise<ReadItem> {
  const { item } = stored;
  if (item.isMail) return readMailItem(staging, stored, signal);
  const bytes = await readRecord(staging, item, signal);
  if (bytes === null) return { outcome: "failed", code: "StagingCorrupt" };
  const decoded = decodeStaged(bytes, item.receivedAt, item.revision);
  if (decoded.outcome === "unreadable") return { outcome: "failed", code: "SourceDecodeError" };
  return { outcome: "item", decoded: decoded.item, bytes };
}

/** A larger one is not taken into memory: no message of it would fit anywhere. */
const mostMailBytes = 128 * 1024 * 1024;

async function readMailItem(
  staging: Readable,
  { item, attachments }: StoredMessage,
  signal: AbortSignal,
): Promise<ReadItem> {
  const [file] = attachments;
  if (file?.outcome === "failed") return { outcome: "failed", code: file.code };
  if (file !== undefined && file.sizeBytes > mostMailBytes) {
    return { outcome: "failed", code: "ItemSizeExceeded" };
  }
  const bytes =
    file === undefined
      ? await readRecord(staging, item, signal)
      : await wholeFile(staging, file.blobName, item.recordSha256, signal);
  if (bytes === null) return { outcome: "failed", code: "StagingCorrupt" };
  return {
    outcome: "item",
    decoded: await decodeStagedMail(bytes, item.receivedAt, item.revision),
    bytes,
  };
}

async function wholeFile(
  staging: Readable,
  blobName: string,
  sha256: string,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of staging.readFile(blobName, signal)) chunks.push(chunk);
  } catch (thrown) {
    if (toSyncError(thrown).code === "StagingCorrupt") return null;
    throw thrown;
  }
  const bytes = Buffer.concat(chunks);
  return sha256Hex(bytes) === sha256 ? bytes : null;
}

/** @returns null when it cannot be opened, or is not what was recorded */
export async function readRecord(
  staging: Readable,
  item: Pick<StoredItem, "blobName" | "frame" | "recordSha256">,
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

/**
 * The one place where a message has two origins: composed of a record, or delivered as a mail.
 * @param without positions of attachments that a mailbox will not have; the canonical message has all
 */
export function planStored(
  { item, attachments }: StoredMessage,
  { decoded, bytes }: Extract<ReadItem, { outcome: "item" }>,
  sizeLimitBytes: number,
  without: ReadonlySet<number> = new Set(),
): MessagePlan {
  const context: MessageContext = {
    sourceAccountId: item.sourceAccountId,
    connectorId: item.recordedBy.connectorId,
    messageDomain: item.recordedBy.messageDomain,
    recordSha256: item.recordSha256,
    sizeLimitBytes,
  };
  const { mail } = decoded;
  if (mail !== null) {
    const content =
      attachments.length === 0
        ? ({ kind: "bytes", bytes } as const)
        : ({ kind: "staged", index: 0 } as const);
    const delivered = { content, sizeBytes: bytes.byteLength, beginsFolded: beginsFolded(bytes) };
    return planDelivered({ ...decoded, mail }, delivered, without, context);
  }
  const facts = attachments.map(({ position, ...fact }): StagedAttachmentFacts => {
    return without.has(position)
      ? { index: position, outcome: "failed", code: "AttachmentsNotWritten" }
      : { index: position, ...fact };
  });
  return planMessage(decoded, item.participants, facts, context);
}

function beginsFolded([first]: Uint8Array): boolean {
  return first === 0x20 || first === 0x09;
}

/** The canonical bytes, in flat memory however large the attachments are. */
export function canonicalBytes(
  { staging }: Parts,
  { attachments }: Pick<StoredMessage, "attachments">,
  message: Message,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return mimeStream(message, (attachment) => stagedBytes(staging, attachments, attachment, signal));
}

export type Digest = { readonly sha256: string; readonly sizeBytes: number };

export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** The bytes of an attachment of a message, wherever they are. */
export async function* stagedBytes(
  staging: Readable,
  attachments: readonly StoredAttachment[],
  { content }: MessageAttachment,
  signal: AbortSignal,
  start = 0,
): AsyncIterable<Uint8Array> {
  if (content.kind === "bytes") {
    yield content.bytes.subarray(start);
    return;
  }
  const staged = attachments.find(({ position }) => position === content.index);
  if (staged?.outcome !== "staged") throw new SyncError("StagingCorrupt");
  yield* staging.readFile(staged.blobName, signal, start);
}
