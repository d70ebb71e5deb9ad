import { createHash } from "node:crypto";
import { readAll } from "../state/blobs";
import { messageFlagsTag, normalizePropertyId, parsePropertyId } from "../state/property-ids";
import type { Mailbox } from "../state/mailbox";
import type { StoredAttachment, StoredMessage } from "../state/stored-message";
import { refuse } from "./errors";
import type { Filter } from "./filter";
import { pick, type Expansion } from "./query";

export type ViewOptions = {
  readonly immutableIds: boolean;
  readonly select: readonly string[] | undefined;
  readonly expand: readonly Expansion[];
  /** Also what Graph gives only to who selects it. */
  readonly all?: boolean;
};

type Json = Record<string, unknown>;

/** Given out only to who selects them. */
const onlySelected = ["internetMessageHeaders", "uniqueBody"];

export function messageId(mailbox: Mailbox, message: StoredMessage, immutable: boolean): string {
  return immutable
    ? mailbox.ids.immutableMessage(message.serial)
    : mailbox.ids.message(message.serial, message.folder);
}

/** A message as Graph shows it. */
export async function viewMessage(
  mailbox: Mailbox,
  message: StoredMessage,
  { immutableIds, select, expand, all = false }: ViewOptions,
): Promise<Json> {
  const document = JSON.parse(message.document.toString()) as Json;
  const whole: Json = {
    ...changing(mailbox, message, immutableIds),
    ...document,
    conversationId: conversationId(message, document),
  };
  if (select?.includes("uniqueBody") === true) whole["uniqueBody"] = document["body"];
  if (select === undefined && !all) for (const name of onlySelected) delete whole[name];
  const view = pick(whole, select === undefined ? undefined : ["id", ...select]);
  for (const expansion of expand) {
    view[expansion.name] = await expanded(mailbox, message, expansion);
  }
  return view;
}

/** What moves and flags change, and what is computed: everything that is not in the document. */
function changing(mailbox: Mailbox, message: StoredMessage, immutableIds: boolean): Json {
  const id = messageId(mailbox, message, immutableIds);
  const changeKey = `CQAAABYAAAD${message.serial.toString(36)}A${message.revision}`;
  return {
    "@odata.etag": `W/"${changeKey}"`,
    id,
    createdDateTime: graphTime(message.createdAt),
    lastModifiedDateTime: graphTime(message.modifiedAt),
    changeKey,
    receivedDateTime: graphTime(message.receivedAt),
    sentDateTime: graphTime(message.sentAt),
    hasAttachments: message.attachments.some(({ isInline }) => !isInline),
    internetMessageId: message.internetMessageId,
    parentFolderId: mailbox.ids.folder(message.folder),
    isRead: message.isRead,
    isDraft: message.isDraft,
    webLink: `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(id)}&exvsurl=1&viewmodel=ReadMessageItem`,
  };
}

async function expanded(
  mailbox: Mailbox,
  message: StoredMessage,
  { name, select, filter }: Expansion,
): Promise<unknown> {
  if (name === "attachments") {
    const withBytes = select === undefined || select.includes("contentBytes");
    const views: Json[] = [];
    for (const attachment of message.attachments) {
      const view = await viewAttachment(mailbox, message, attachment, withBytes);
      views.push(pick(view, select === undefined ? undefined : ["id", ...select]));
    }
    return views;
  }
  if (name === "singleValueExtendedProperties") {
    const wanted = propertiesAsked(filter);
    return extendedProperties(message)
      .filter(({ id }) => wanted.has(normalizePropertyId(id)))
      .map(({ id, value }) => ({ id, value }));
  }
  throw refuse.badRequest(`Could not find a property named '${name}' to expand.`);
}

export async function viewAttachment(
  mailbox: Mailbox,
  message: StoredMessage,
  attachment: StoredAttachment,
  withBytes: boolean,
): Promise<Json> {
  const { serial, name, contentType, isInline, contentId, contentLocation, bytes } = attachment;
  return {
    "@odata.type": "#microsoft.graph.fileAttachment",
    "@odata.mediaContentType": contentType ?? "application/octet-stream",
    id: mailbox.ids.attachment(message.serial, serial),
    lastModifiedDateTime: graphTime(attachment.modifiedAt),
    name,
    contentType,
    size: bytes.sizeBytes,
    isInline,
    contentId,
    contentLocation,
    ...(withBytes ? { contentBytes: (await readAll(bytes)).toString("base64") } : {}),
  };
}

/** The properties as they were set; the flags show what they mean now. */
export function extendedProperties(message: StoredMessage) {
  return message.extendedProperties.map(({ id, value }) => {
    if (parsePropertyId(id)?.tag !== messageFlagsTag) return { id, value };
    const flags = (Number(value) & ~0x9) | (message.isRead ? 0x1 : 0) | (message.isDraft ? 0x8 : 0);
    return { id, value: String(flags) };
  });
}

/** Exchange keeps hundreds of properties; it only gives out those that are asked for by id. */
function propertiesAsked(filter: Filter | undefined): ReadonlySet<string> {
  const asked = new Set<string>();
  const collect = (part: Filter): void => {
    if (part.kind === "or") return part.parts.forEach(collect);
    const isId = part.kind === "test" && part.path === "id" && part.operator === "eq";
    if (!isId || typeof part.value !== "string") {
      throw refuse.badRequest("Extended properties are expanded by their ids only.");
    }
    asked.add(normalizePropertyId(part.value));
  };
  if (filter === undefined) {
    throw refuse.badRequest(
      "The expand of singleValueExtendedProperties needs a $filter that names their ids.",
    );
  }
  collect(filter);
  return asked;
}

/** By the GUID of the conversation index where the message says so, else by the topic (MS-OXOMSG 2.2.1.2). */
function conversationId(message: StoredMessage, document: Json): string {
  const properties = new Map(
    message.extendedProperties.map(({ id, value }) => [normalizePropertyId(id), value]),
  );
  const index = Buffer.from(properties.get("Binary 0x0071") ?? "", "base64");
  const isTracked = properties.get("Boolean 0x3016")?.toLowerCase() === "true";
  if (isTracked && index.length >= 22 && index[0] === 1) {
    return `AAQkAG${index.subarray(6, 22).toString("base64url")}`;
  }
  const subject = typeof document["subject"] === "string" ? document["subject"] : "";
  const topic = properties.get("String 0x0070") ?? subject;
  return `AAQkAG${createHash("md5").update(topic.slice(0, 255).toUpperCase(), "utf16le").digest("base64url")}`;
}

/** Graph shows whole seconds. */
export function graphTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}
