/**
 * Sealed frames of a blob. Every blob has a data key of its own that is used for nothing else, so a
 * frame's offset in it is a nonce that never repeats; bound to the blob's name, the offset and
 * whether it is the last, no frame can be moved, swapped or cut off unnoticed.
 *
 *   version 1 | flags (1 = last) | ciphertext | tag 16
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { SyncError } from "@/lib/core/errors";

/** Plain bytes of every frame of a file but the last. */
export const fileFrameBytes = 1024 * 1024;
export const frameOverheadBytes = 2 + 16;
export const sealedFileFrameBytes = fileFrameBytes + frameOverheadBytes;

export type FramePlace = { readonly blobName: string; readonly offset: number };
export type OpenedFrame = { readonly plain: Buffer; readonly isLast: boolean };

const version = 1;
const last = 1;
const tagBytes = 16;

export function sealFrame(
  dataKey: Uint8Array,
  place: FramePlace,
  plain: Uint8Array,
  isLast: boolean,
): Buffer {
  const head = Buffer.from([version, isLast ? last : 0]);
  const cipher = createCipheriv("aes-256-gcm", dataKey, nonceAt(place.offset));
  cipher.setAAD(boundTo(head, place));
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws SyncError StagingCorrupt when it is not exactly the frame that was written there */
export function openFrame(dataKey: Uint8Array, place: FramePlace, sealed: Buffer): OpenedFrame {
  if (sealed.length < frameOverheadBytes || sealed[0] !== version) {
    throw new SyncError("StagingCorrupt");
  }
  const head = sealed.subarray(0, 2);
  const decipher = createDecipheriv("aes-256-gcm", dataKey, nonceAt(place.offset), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(boundTo(head, place));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    const body = sealed.subarray(2, -tagBytes);
    const plain = Buffer.concat([decipher.update(body), decipher.final()]);
    return { plain, isLast: head[1] === last };
  } catch (cause) {
    throw new SyncError("StagingCorrupt", { cause });
  }
}

function nonceAt(offset: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(offset), 4);
  return nonce;
}

function boundTo(head: Buffer, { blobName, offset }: FramePlace): Buffer {
  return Buffer.concat([head, nonceAt(offset), Buffer.from(blobName, "utf8")]);
}
