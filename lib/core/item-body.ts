/** The fields every record has, read one by one from the record and its body. */
import { readDetails } from "./item-details";
import {
  type JsonObject,
  type Problems,
  isAbsent,
  isoInstantMs,
  optionalNumber,
  optionalObject,
  optionalString,
  requiredString,
  requiredWord,
} from "./item-fields";
import { readAttachments, readParticipant, readRecipients } from "./item-participants";
import { eachOnce } from "./participant";

export type Conversation = {
  readonly id: string | null;
  readonly type: "DIRECT" | "GROUP" | "BROADCAST" | null;
  readonly name: string | null;
};

const directions = new Set(["INCOMING", "OUTGOING"] as const);
const sourceTypes = new Set(["PHONE_ARCHIVER", "CLOUD_ARCHIVER"] as const);
const conversationTypes = new Set(["DIRECT", "GROUP", "BROADCAST"] as const);

/** @param fallback when the archive received what it does not say when it received */
export function readFields(raw: JsonObject, body: JsonObject, fallback: Date, problems: Problems) {
  const networkType = optionalString(raw["networkType"], "networkType", problems);
  if (networkType !== null && networkType !== "WhatsApp") problems.add("networkType is another");
  const messageType = requiredString(body["messageType"], "messageType", problems);
  const ownReceivedAt = readReceivedAt(raw["gatewayReceivedDate"], problems);
  const receivedAt = ownReceivedAt ?? fallback;
  const networkMessageId = optionalString(body["networkMessageId"], "networkMessageId", problems);
  const owner = readParticipant(body["owner"], "owner", problems);
  if (owner === null) problems.add("owner is missing");
  const sender = readParticipant(body["sender"], "sender", problems);
  const recipients = readRecipients(body["recipients"], problems);
  const attachments = readAttachments(body["attachments"], problems);
  return {
    messageType,
    receivedAt,
    isUndated: ownReceivedAt === null,
    ...readMessageAt(body["messageTime"], receivedAt, problems),
    networkMessageId: networkMessageId === "" ? null : networkMessageId,
    conversation: readConversation(body["conversation"], problems),
    direction: requiredWord(body["direction"], directions, "direction", problems),
    sourceType: requiredWord(raw["sourceType"], sourceTypes, "sourceType", problems),
    subject: optionalString(body["subject"], "subject", problems),
    text: readText(body["text"], problems),
    owner,
    sender,
    recipients,
    participants: eachOnce(owner, sender, recipients),
    // A deletion does not repeat the original's attachments (message-format, "Attachments").
    attachments: messageType === "DELETED" ? [] : attachments,
    ...readDetails(body, messageType, problems),
  };
}

function readReceivedAt(value: unknown, problems: Problems): Date | null {
  const ms = typeof value === "string" ? isoInstantMs(value) : null;
  if (ms !== null) return new Date(ms);
  problems.add("gatewayReceivedDate is missing or broken");
  return null;
}

const dayMs = 86_400_000;
/** WhatsApp is younger than that. */
const earliestMessageMs = Date.UTC(2009, 0, 1);

function readMessageAt(value: unknown, receivedAt: Date, problems: Problems) {
  const phoneTimeMs = optionalNumber(value, "messageTime", problems);
  if (isAbsent(value)) problems.add("messageTime is missing");
  const isCredible =
    phoneTimeMs !== null &&
    phoneTimeMs >= earliestMessageMs &&
    phoneTimeMs <= receivedAt.getTime() + dayMs;
  return {
    phoneTimeMs,
    messageAt: isCredible ? new Date(phoneTimeMs) : receivedAt,
    isDateReplaced: !isCredible,
  };
}

function readConversation(value: unknown, problems: Problems): Conversation | null {
  const conversation = optionalObject(value, "conversation", problems);
  if (conversation === null) {
    problems.add("conversation is missing");
    return null;
  }
  const id = requiredString(conversation["id"], "conversation.id", problems);
  return {
    id: id === "" ? null : id,
    type: requiredWord(conversation["type"], conversationTypes, "conversation.type", problems),
    name: optionalString(conversation["name"], "conversation.name", problems),
  };
}

function readText(value: unknown, problems: Problems): string | null {
  if (typeof value === "string") return value;
  return optionalString(value, "text", problems);
}
