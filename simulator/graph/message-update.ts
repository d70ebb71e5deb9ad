import type { Reply } from "../http/reply";
import { messageFlagsTag, normalizePropertyId, parsePropertyId } from "../state/property-ids";
import type { ExtendedProperty, MessageParts, StoredMessage } from "../state/stored-message";
import type { GraphCall } from "./call";
import { GraphError } from "./errors";
import { readExtendedProperties } from "./extended-properties";
import { openMailbox, requireMessage } from "./mailbox-access";
import { checkMessage, documentOf } from "./message-input";
import { viewMessage } from "./message-view";
import { readOptions } from "./query";
import { ok } from "./replies";

/** What may only be changed in a draft, once Microsoft enforces it. */
const sensitive = [
  "subject",
  "body",
  "from",
  "sender",
  "toRecipients",
  "ccRecipients",
  "bccRecipients",
  "replyTo",
  "internetMessageId",
  "isDeliveryReceiptRequested",
  "isReadReceiptRequested",
];
const enforcedFrom = Date.UTC(2026, 11, 31);

/** Changes what can be changed. That a message is a draft cannot: Exchange says 200 and leaves it. */
export async function updateMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  readOptions(call.request.query, []);
  const message = requireMessage(call, mailbox);
  const body = call.readJson();
  checkMessage(call.text, body);
  if ("attachments" in body) {
    throw new GraphError(400, "ErrorInvalidPropertySet", "Attachments have a path of their own.");
  }
  if (!message.isDraft) checkSensitive(body, call.simulation.clock());

  const changes: Partial<MessageParts> = {
    document: Buffer.from(
      JSON.stringify(documentOf({ ...documentIn(message), ...withoutHeaders(body) })),
    ),
    extendedProperties: merge(
      message.extendedProperties,
      readExtendedProperties(body["singleValueExtendedProperties"]),
    ),
  };
  if (typeof body["isRead"] === "boolean") changes.isRead = body["isRead"];
  const id = body["internetMessageId"];
  if (typeof id === "string" && id !== "") changes.internetMessageId = id;
  mailbox.change(message, changes);

  const options = { immutableIds: call.wantsImmutableIds, select: undefined, expand: [] };
  return ok(call, "users/messages/$entity", await viewMessage(mailbox, message, options));
}

function checkSensitive(body: Record<string, unknown>, now: number): void {
  if ("internetMessageId" in body) {
    throw new GraphError(
      400,
      "ErrorInvalidPropertySet",
      "internetMessageId can be updated only while the message is a draft.",
    );
  }
  const name = sensitive.find((each) => each in body);
  if (name === undefined || now < enforcedFrom) return;
  throw new GraphError(
    403,
    "ErrorAccessDenied",
    `Updating '${name}' of a message that is no draft needs Mail-Advanced.ReadWrite.`,
  );
}

/** Headers are given once, when the message is made. */
function withoutHeaders({ internetMessageHeaders: _, ...rest }: Record<string, unknown>) {
  return rest;
}

function merge(
  before: readonly ExtendedProperty[],
  changes: readonly ExtendedProperty[],
): readonly ExtendedProperty[] {
  const merged = new Map(before.map((property) => [normalizePropertyId(property.id), property]));
  for (const property of changes) {
    if (parsePropertyId(property.id)?.tag === messageFlagsTag) continue;
    merged.set(normalizePropertyId(property.id), property);
  }
  return [...merged.values()];
}

function documentIn(message: StoredMessage): Record<string, unknown> {
  return JSON.parse(message.document.toString()) as Record<string, unknown>;
}
