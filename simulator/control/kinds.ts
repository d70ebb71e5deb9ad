/** Of which kind a record of the archive is, in words, so that one message of each can be looked at. */

type Fields = Readonly<Record<string, unknown>>;

const mediaTypes = new Set(["FILE", "IMAGE", "VIDEO", "AUDIO", "VOICE", "STICKER"]);
const manyPeople = 1000;
const longText = 1024 * 1024;
const tomorrow = 86_400_000;

/** What is remarkable about a record, the most remarkable first. */
export function kindOf(record: unknown): string {
  const body = fields(fields(record)["body"]);
  const { messageType, conversation, recipients } = body;
  if (typeof messageType !== "string") return "no kind at all";
  const type = messageType.toLowerCase();
  const place = words(fields(conversation)["type"]) || "no conversation";
  const detail = detailOf(type, body);
  const size = Array.isArray(recipients) && recipients.length >= manyPeople ? "of a thousand" : "";
  return [type, detail, place, size].filter((word) => word !== "").join(", ");
}

function detailOf(type: string, body: Fields): string {
  if (type === "call")
    return `${words(fields(body["call"])["kind"])} ${words(fields(body["call"])["status"])}`;
  if (type === "deleted") return changeOf(fields(body["deleted"]));
  if (type === "reaction") return fields(body["reaction"])["emoji"] === "" ? "removed" : "set";
  if (mediaTypes.has(type.toUpperCase())) return filesOf(body);
  return type === "chat" ? chatOf(body) : "";
}

function changeOf(deleted: Fields): string {
  return `${words(deleted["scope"])}, ${words(deleted["readState"])}`;
}

function filesOf({ attachments, text }: Fields): string {
  const count = Array.isArray(attachments) ? attachments.length : 0;
  const files = count === 1 ? "" : `${count} files`;
  return [files, text === undefined ? "" : "with text"].filter((word) => word !== "").join(", ");
}

function chatOf(body: Fields): string {
  const { text, replyTo, messageTime, sender } = body;
  if (replyTo !== undefined) return "reply";
  if (typeof messageTime === "number" && messageTime > Date.now() + tomorrow) return "absurd time";
  if (typeof text === "string" && text.length > longText) return "text of megabytes";
  if (text === "") return "without text";
  return fields(sender)["type"] === "WHATSAPP_ID" ? "sender without a number" : "";
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function words(value: unknown): string {
  return typeof value === "string" ? value.toLowerCase().replaceAll("_", " ") : "";
}
