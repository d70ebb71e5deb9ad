import { createHash } from "node:crypto";

/** What an Outlook id names. An immutable message id stays when the message moves. */
export type ItemId =
  | { readonly kind: "folder"; readonly folder: number }
  | { readonly kind: "message"; readonly message: number; readonly folder: number }
  | { readonly kind: "immutable message"; readonly message: number }
  | { readonly kind: "attachment"; readonly message: number; readonly attachment: number };

export type ReadId = ItemId | "malformed" | "of another mailbox";

const prefixes = {
  folder: "AAMkAD",
  message: "AAMkAG",
  "immutable message": "AAkALg",
  attachment: "AAMkAT",
} as const;

const keyBytes = 12;
const idBytes = keyBytes + 8;

/** Ids of one mailbox in one world: long, opaque, case-sensitive, and of no use anywhere else. */
export class ItemIds {
  readonly #key: Buffer;

  constructor(worldId: string, personId: string) {
    const hash = createHash("sha256").update(`${worldId}|${personId}`).digest();
    this.#key = hash.subarray(0, keyBytes);
  }

  folder(folder: number): string {
    return this.#write("folder", folder, 0);
  }

  message(message: number, folder: number): string {
    return this.#write("message", message, folder);
  }

  immutableMessage(message: number): string {
    return this.#write("immutable message", message, 0);
  }

  attachment(message: number, attachment: number): string {
    return this.#write("attachment", message, attachment);
  }

  read(id: string): ReadId {
    for (const kind of ["message", "immutable message", "folder", "attachment"] as const) {
      if (!id.startsWith(prefixes[kind])) continue;
      const bytes = Buffer.from(id.slice(prefixes[kind].length), "base64url");
      const isExact = id === prefixes[kind] + bytes.toString("base64url");
      if (bytes.length !== idBytes || !isExact) return "malformed";
      if (!bytes.subarray(0, keyBytes).equals(this.#key)) return "of another mailbox";
      const first = bytes.readUInt32BE(keyBytes);
      const second = bytes.readUInt32BE(keyBytes + 4);
      if (kind === "folder") return { kind, folder: first };
      if (kind === "immutable message") return { kind, message: first };
      if (kind === "message") return { kind, message: first, folder: second };
      return { kind, message: first, attachment: second };
    }
    return "malformed";
  }

  #write(kind: keyof typeof prefixes, first: number, second: number): string {
    const bytes = Buffer.allocUnsafe(idBytes);
    this.#key.copy(bytes);
    bytes.writeUInt32BE(first, keyBytes);
    bytes.writeUInt32BE(second, keyBytes + 4);
    return prefixes[kind] + bytes.toString("base64url");
  }
}
