import { randomUUID } from "node:crypto";
import { fromMemory, type BlobStore } from "../state/blobs";
import {
  deliveryTimeTag,
  messageFlagsTag,
  parsePropertyId,
  submitTimeTag,
} from "../state/property-ids";
import type { ExtendedProperty, MessageParts, StoredAttachment } from "../state/stored-message";
import { readAttachment } from "./attachment-input";
import { readExtendedProperties } from "./extended-properties";
import { checkHeaders } from "./message-headers";
import { checkRecipients } from "./recipients";
import { checkBody } from "./schema";
import { checkTexts } from "./texts";

type Json = Record<string, unknown>;

/** What a client may say about a message, apart from attachments and extended properties. */
const writable = [
  "categories",
  "subject",
  "importance",
  "isDeliveryReceiptRequested",
  "isReadReceiptRequested",
  "inferenceClassification",
  "body",
  "sender",
  "from",
  "toRecipients",
  "ccRecipients",
  "bccRecipients",
  "replyTo",
  "flag",
  "conversationIndex",
  "internetMessageHeaders",
] as const;

/** Everything that Graph checks in the body of a create; nothing is stored before all of it fits. */
export function checkMessage(raw: string, body: Json): void {
  checkTexts(raw, body);
  checkBody("microsoft.graph.message", body);
  checkRecipients(body);
  checkHeaders(body["internetMessageHeaders"]);
}

export async function readMessage(
  raw: string,
  body: Json,
  blobs: BlobStore,
  now: number,
): Promise<MessageParts> {
  checkMessage(raw, body);
  const extendedProperties = readExtendedProperties(body["singleValueExtendedProperties"]);
  const attachments = await readAttachments(body["attachments"], blobs, now);
  return assemble(body, extendedProperties, attachments, now);
}

/** The message from its parts: draft and dates come from MAPI properties, never from the JSON. */
export function assemble(
  body: Json,
  extendedProperties: readonly ExtendedProperty[],
  attachments: readonly StoredAttachment[],
  now: number,
): MessageParts {
  const flags = tagged(extendedProperties, messageFlagsTag);
  const isDraft = flags === undefined || (Number(flags) & 0x8) !== 0;
  const isRead = typeof body["isRead"] === "boolean" ? body["isRead"] : undefined;
  const received = tagged(extendedProperties, deliveryTimeTag);
  const sent = tagged(extendedProperties, submitTimeTag);
  const id = body["internetMessageId"];
  return {
    document: Buffer.from(JSON.stringify(documentOf(body))),
    internetMessageId:
      typeof id === "string" && id !== "" ? id : `<${randomUUID()}@simulated.prod.outlook.com>`,
    // Nobody's own draft is unread.
    isRead: isRead ?? (flags === undefined || (Number(flags) & 0x1) !== 0),
    isDraft,
    receivedAt: received === undefined ? now : Date.parse(received),
    sentAt: sent === undefined ? now : Date.parse(sent),
    extendedProperties,
    attachments,
  };
}

/** The part of a Graph message that only a PATCH changes, complete and in Graph's order. */
export function documentOf(body: Json): Json {
  const given: Json = {};
  for (const name of writable) if (body[name] !== undefined) given[name] = body[name];
  const content = readContent(body["body"]);
  return {
    categories: given["categories"] ?? [],
    subject: given["subject"] ?? "",
    bodyPreview: previewOf(content),
    importance: lower(given["importance"]) ?? "normal",
    isDeliveryReceiptRequested: given["isDeliveryReceiptRequested"] ?? false,
    isReadReceiptRequested: given["isReadReceiptRequested"] ?? false,
    inferenceClassification: lower(given["inferenceClassification"]) ?? "focused",
    body: content,
    ...one("sender", given["sender"] ?? given["from"]),
    ...one("from", given["from"] ?? given["sender"]),
    toRecipients: given["toRecipients"] ?? [],
    ccRecipients: given["ccRecipients"] ?? [],
    bccRecipients: given["bccRecipients"] ?? [],
    replyTo: given["replyTo"] ?? [],
    flag: given["flag"] ?? { flagStatus: "notFlagged" },
    ...one("conversationIndex", given["conversationIndex"]),
    ...one("internetMessageHeaders", given["internetMessageHeaders"]),
  };
}

async function readAttachments(
  value: unknown,
  blobs: BlobStore,
  now: number,
): Promise<StoredAttachment[]> {
  if (!Array.isArray(value)) return [];
  // First all are checked, then the first is stored.
  const inputs = value.map(readAttachment);
  const stored: StoredAttachment[] = [];
  for (const [index, { bytes, ...input }] of inputs.entries()) {
    const kept = bytes.length === 0 ? fromMemory(bytes) : await blobs.put(bytes);
    stored.push({ ...input, serial: index + 1, bytes: kept, modifiedAt: now });
  }
  return stored;
}

function tagged(properties: readonly ExtendedProperty[], tag: number): string | undefined {
  return properties.find(({ id }) => parsePropertyId(id)?.tag === tag)?.value;
}

function readContent(value: unknown): { contentType: string; content: string } {
  if (typeof value !== "object" || value === null) return { contentType: "text", content: "" };
  const { contentType, content } = value as { contentType?: unknown; content?: unknown };
  return {
    contentType: lower(contentType) ?? "text",
    content: typeof content === "string" ? content : "",
  };
}

function previewOf({ contentType, content }: { contentType: string; content: string }): string {
  // What lies behind the first few thousand characters cannot come into a preview of 255.
  const start = content.slice(0, 8192);
  const text = contentType === "html" ? textOf(start) : start;
  return [...text.slice(0, 600)].slice(0, 255).join("").trim();
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&nbsp;": " ",
};

/** HTML as text, as Exchange would make it for whoever wants none. */
export function textOf(html: string): string {
  return html
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, "")
    .replace(/<\/t[hd]>/gi, " ")
    .replace(/<br\b[^>]*>|<\/(p|div|tr|h\d|li)>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:amp|lt|gt|quot|#39|nbsp);/g, (entity) => entities[entity] ?? entity)
    .replace(/[ \t]*\n\s*/g, "\r\n");
}

function lower(value: unknown): string | undefined {
  return typeof value === "string" ? value.toLowerCase() : undefined;
}

function one(name: string, value: unknown): Json {
  return value === undefined || value === null ? {} : { [name]: value };
}
