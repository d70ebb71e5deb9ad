/**
 * The mailbox's rendition of a message: the JSON of one Graph create. Everything that makes it a
 * received, read message of its own date is in the create; nothing of it can be set afterwards.
 */
import type { MailPerson, Message, MessageAttachment } from "./message";

/** Names one delivery; the only value that differs between the copies of an item (message format contract). */
export const idempotencyPropertyId =
  "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey";

export const messageCategory = "WhatsApp Archiver";

export type GraphOptions = { readonly messageClass?: string };

export type InlineAttachment = {
  readonly attachment: MessageAttachment;
  readonly bytes: Uint8Array;
};

/** JSON body of the create. */
export function graphMessage(
  message: Message,
  idempotencyKey: string,
  inline: readonly InlineAttachment[],
  options: GraphOptions = {},
): string {
  const fields = fieldsOf(message, idempotencyKey, options);
  if (inline.length === 0) return fields;
  // Base64 needs no escaping, so megabytes of it need not pass through JSON.stringify.
  let attachments = "";
  for (const { attachment, bytes } of inline) {
    const [before, after] = attachmentFrame(attachment);
    attachments += `${attachments === "" ? "" : ","}${before}${base64(bytes)}${after}`;
  }
  return `${fields.slice(0, -1)},"attachments":[${attachments}]}`;
}

/** JSON body of one request that adds a file to a message which is already there. */
export function addedAttachment({ attachment, bytes }: InlineAttachment): string {
  const [before, after] = attachmentFrame(attachment);
  return before + base64(bytes) + after;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

type Weighed = Pick<MessageAttachment, "name" | "contentType" | "contentId" | "sizeBytes">;

/** Exactly the bytes of the create with these attachments inline, without building their base64. */
export function createBodyBytes(
  message: Message,
  inline: readonly Weighed[],
  options: GraphOptions = {},
): number {
  let bytes = fieldsBytes(message, options);
  inline.forEach((attachment, index) => (bytes += inlineBytes(attachment, index)));
  return bytes;
}

/** What fits into one create, in the message's order; a large attachment does not keep out a small one behind it. */
export function attachmentsThatFit(
  message: Message,
  limitBytes: number,
  options: GraphOptions = {},
): {
  readonly inline: readonly MessageAttachment[];
  readonly tooLarge: readonly MessageAttachment[];
} {
  const inline: MessageAttachment[] = [];
  const tooLarge: MessageAttachment[] = [];
  if (message.attachments.length === 0) return { inline, tooLarge };
  let bytes = fieldsBytes(message, options);
  for (const attachment of message.attachments) {
    const more = inlineBytes(attachment, inline.length);
    if (bytes + more > limitBytes) tooLarge.push(attachment);
    else {
      bytes += more;
      inline.push(attachment);
    }
  }
  return { inline, tooLarge };
}

function fieldsBytes(message: Message, options: GraphOptions): number {
  return Buffer.byteLength(fieldsOf(message, "0".repeat(64), options));
}

function inlineBytes(attachment: Weighed, index: number): number {
  const [before, after] = attachmentFrame(attachment);
  const separators = index === 0 ? `,"attachments":[]`.length : 1;
  const contentBytes = 4 * Math.ceil(attachment.sizeBytes / 3);
  return separators + Buffer.byteLength(before) + contentBytes + after.length;
}

function fieldsOf(message: Message, idempotencyKey: string, options: GraphOptions): string {
  const author = recipient(message.from);
  return JSON.stringify({
    subject: message.subject,
    body: { contentType: "html", content: message.html },
    from: author,
    sender: author,
    toRecipients: message.to.map(recipient),
    isRead: true,
    categories: [messageCategory],
    internetMessageId: message.messageId,
    internetMessageHeaders: message.headers,
    singleValueExtendedProperties: properties(message, idempotencyKey, options),
  });
}

function recipient({ name, address }: MailPerson) {
  return { emailAddress: { name, address } };
}

/**
 * Only as MAPI properties inside the create does Graph honour flags and dates: its own date fields
 * are ignored, and a draft stays a draft for ever.
 */
function properties(message: Message, idempotencyKey: string, { messageClass }: GraphOptions) {
  const at = message.date.toISOString();
  const values = [
    { id: "Integer 0x0E07", value: "1" }, // message flags: read, not a draft
    { id: "SystemTime 0x0E06", value: at }, // delivery time
    { id: "SystemTime 0x0039", value: at }, // client submit time
    { id: idempotencyPropertyId, value: idempotencyKey },
  ];
  const add = (id: string, value: string) => value !== "" && values.push({ id, value });
  add("String 0x1042", message.inReplyTo ?? "");
  add("String 0x1039", message.references.join(" "));
  add("String 0x0070", message.threadTopic); // conversation topic, MIME's Thread-Topic
  add("Binary 0x0071", message.conversationIndex ?? "");
  // The conversation is what the index says: of the topic alone, two groups of one name would be one.
  add("Boolean 0x3016", message.conversationIndex === null ? "" : "true");
  add("String 0x001A", messageClass ?? "");
  return values;
}

/** What stands before and after an attachment's base64. */
function attachmentFrame({
  name,
  contentType,
  contentId,
}: Pick<MessageAttachment, "name" | "contentType" | "contentId">): readonly [string, string] {
  const described = JSON.stringify({
    "@odata.type": "#microsoft.graph.fileAttachment",
    name,
    contentType,
    ...(contentId === undefined ? {} : { contentId, isInline: true }),
  });
  return [`${described.slice(0, -1)},"contentBytes":"`, `"}`];
}
