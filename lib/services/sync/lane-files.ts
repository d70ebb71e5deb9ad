/** The bytes of a message's attachments, out of staging: whole, or in pieces with flat memory. */
import { createHash, type Hash } from "node:crypto";
import { SyncError } from "@/lib/core/errors";
import { sha256Hex } from "@/lib/core/keys";
import type { MessageAttachment } from "@/lib/core/message";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { stagedBytes } from "@/lib/services/stored-message";
import type { SyncParts } from "./parts";

type Parts = Pick<SyncParts, "staging">;

export async function bytesOf(
  parts: Parts,
  delivery: LaneDelivery,
  attachment: MessageAttachment,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { content, sha256 } = attachment;
  if (content.kind === "bytes") return content.bytes;
  const chunks: Uint8Array[] = [];
  const read = stagedBytes(parts.staging, delivery.attachments, attachment, signal);
  for await (const chunk of read) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (sha256Hex(bytes) !== sha256) throw new SyncError("StagingCorrupt");
  return bytes;
}

export type Piece = { readonly from: number; readonly bytes: Uint8Array };

/** How many bytes of a file are counted into its digest: who reads on elsewhere need not begin anew. */
export type Reading = { readonly hash: Hash; bytes: number };

export const newReading = (): Reading => ({ hash: createHash("sha256"), bytes: 0 });

/**
 * From the byte `start` on. Every piece is laid into `room`, so one must be done with before the next
 * is asked for. The last comes when all was read and is what it should be: nothing corrupt gets whole.
 */
export async function* piecesOf(
  parts: Parts,
  { attachments }: Pick<LaneDelivery, "attachments">,
  attachment: MessageAttachment,
  { start, reading, room }: { start: number; reading: Reading; room: Uint8Array },
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  const { sizeBytes, sha256 } = attachment;
  let chunkAt = Math.min(start, reading.bytes);
  let from = start;
  let filled = 0;
  const chunks = stagedBytes(parts.staging, attachments, attachment, signal, chunkAt);
  for await (const chunk of chunks) {
    const chunkEnd = chunkAt + chunk.byteLength;
    if (chunkEnd > sizeBytes) throw new SyncError("StagingCorrupt");
    if (chunkEnd > reading.bytes) {
      reading.hash.update(chunk.subarray(reading.bytes - chunkAt));
      reading.bytes = chunkEnd;
    }
    let at = Math.min(Math.max(start - chunkAt, 0), chunk.byteLength);
    chunkAt = chunkEnd;
    while (at < chunk.byteLength) {
      const taken = Math.min(room.byteLength - filled, chunk.byteLength - at);
      room.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < room.byteLength || from + filled === sizeBytes) continue;
      yield { from, bytes: room };
      from += filled;
      filled = 0;
    }
  }
  const isWhole = chunkAt === sizeBytes && reading.hash.copy().digest("hex") === sha256;
  if (!isWhole) throw new SyncError("StagingCorrupt");
  yield { from, bytes: room.subarray(0, filled) };
}
