/** The names computed from what they name: whoever computes them twice gets the same (design, "Keys"). */
import { hash } from "node:crypto";
import { canonicalJson } from "./canonical-json";

export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** A record in one revision; the index key of its row, since ids may be a thousand characters long. */
export function itemDigest(
  sourceAccountId: string,
  sourceItemId: string,
  revision: string,
): string {
  return sha256Hex(JSON.stringify([sourceAccountId, sourceItemId, revision]));
}

/** One copy of one item in one mailbox; `""` is the mailbox of a delivery that has none. */
export function idempotencyKey(
  sourceAccountId: string,
  sourceItemId: string,
  revision: string,
  mailboxId: string,
): string {
  return sha256Hex(JSON.stringify([sourceAccountId, sourceItemId, revision, mailboxId]));
}

export type MessageIdentity = {
  readonly sourceItemId: string;
  readonly revision: string;
  readonly networkMessageId: string | null;
  /** the record's own word for its type, which a generic item keeps */
  readonly messageType: string | null;
};

const talksAboutAnother: ReadonlySet<string | null> = new Set(["EDITED", "DELETED", "REACTION"]);

/** The left half of the Message-ID (message-format, "Message-ID"). */
export function messageKey(sourceAccountId: string, item: MessageIdentity): string {
  const { networkMessageId, revision } = item;
  return networkMessageId !== null && revision === "1" && !talksAboutAnother.has(item.messageType)
    ? networkMessageKey(sourceAccountId, networkMessageId)
    : itemDigest(sourceAccountId, item.sourceItemId, revision);
}

/** The key of a message that is only named: replied to, edited, deleted or reacted to. */
export function networkMessageKey(sourceAccountId: string, networkMessageId: string): string {
  return sha256Hex(JSON.stringify([sourceAccountId, networkMessageId, ""]));
}

/** The first of a conversation's References; no message has this id (message-format, "Threading"). */
export function conversationKey(sourceAccountId: string, conversationId: string): string {
  return sha256Hex(JSON.stringify([sourceAccountId, "conversation", conversationId]));
}

export type DuplicateFacts = {
  readonly networkMessageId: string | null;
  /** the record's body, untouched */
  readonly recorded: Readonly<Record<string, unknown>>;
};

/**
 * Equal for the records that several archived people have of one message, whoever their owner is.
 * Null without networkMessageId: then nothing is taken for a duplicate (design, "Keys").
 */
export function duplicateKey(
  sourceAccountId: string,
  item: DuplicateFacts,
  attachmentSha256s: readonly string[],
): string | null {
  if (item.networkMessageId === null) return null;
  const { messageType, edited, deleted, reaction, text, call, location, contact, poll } =
    item.recorded;
  return sha256Hex(
    canonicalJson([
      sourceAccountId,
      item.networkMessageId,
      messageType,
      [field(edited, "originalId"), field(deleted, "originalId")],
      reaction,
      field(deleted, "scope"),
      text,
      call,
      location,
      contact,
      poll,
      attachmentSha256s.toSorted(),
    ]),
  );
}

function field(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : null;
}
