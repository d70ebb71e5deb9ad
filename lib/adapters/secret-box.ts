/**
 * AES-256-GCM under a key id. What was sealed is bound to its context and to its own header, so a
 * box that was changed, moved or truncated cannot be opened; it throws and never answers null.
 *
 *   version 1 | length of key id | key id | iv 12 | ciphertext | tag 16
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SecretBox } from "@/lib/ports/runtime";

export type EncryptionKey = { readonly id: string; readonly key: Buffer };

/** Seals bytes under the first key and opens what any of them sealed. */
export type Envelope = {
  seal(plain: Uint8Array, context: string): Uint8Array;
  open(sealed: Uint8Array, context: string): Uint8Array;
};

/** Says neither what was inside nor how it failed: the reason is for nobody but an attacker. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";

  constructor(options?: ErrorOptions) {
    super("A sealed value cannot be opened: changed, moved, or its key is missing", options);
  }
}

/** @param keys the first one seals, all of them open, so that keys can be rotated */
export function createSecretBox(keys: readonly EncryptionKey[]): SecretBox {
  const envelope = createEnvelope(keys);
  return {
    seal: (plain, context) => envelope.seal(Buffer.from(plain, "utf8"), context),
    open: (sealed, context) => Buffer.from(envelope.open(sealed, context)).toString("utf8"),
  };
}

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

export function createEnvelope(keys: readonly EncryptionKey[]): Envelope {
  const [current] = keys;
  if (current === undefined) throw new Error("At least one encryption key is needed");
  const byId = new Map(keys.map(({ id, key }) => [id, checked(id, key)]));
  if (byId.size < keys.length) throw new Error("Two encryption keys have the same id");

  return {
    seal(plain, context) {
      const id = Buffer.from(current.id, "utf8");
      const header = Buffer.concat([Buffer.from([version, id.length]), id]);
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", current.key, iv);
      cipher.setAAD(boundTo(header, context));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([header, iv, sealed, cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const box = Buffer.from(sealed);
      const ivAt = 2 + (box[1] ?? 0);
      const key = byId.get(box.toString("utf8", 2, ivAt));
      const isWhole = box[0] === version && box.length >= ivAt + ivBytes + tagBytes;
      if (!isWhole || key === undefined) throw new SealBroken();
      const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(ivAt, ivAt + ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(boundTo(box.subarray(0, ivAt), context));
      decipher.setAuthTag(box.subarray(-tagBytes));
      try {
        const body = box.subarray(ivAt + ivBytes, -tagBytes);
        return Buffer.concat([decipher.update(body), decipher.final()]);
      } catch (cause) {
        throw new SealBroken({ cause });
      }
    },
  };
}

function boundTo(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context, "utf8")]);
}

function checked(id: string, key: Buffer): Buffer {
  const idBytes = Buffer.byteLength(id, "utf8");
  if (idBytes < 1 || idBytes > 255) throw new Error("A key id has 1 to 255 bytes");
  if (key.length !== 32) throw new Error(`Encryption key ${id} is not 32 bytes long`);
  return key;
}
