/** The small table under the text: what is known of an item beside it (message-format, "Body"). */
import type { FailureCode } from "./errors";
import type { SourceItem } from "./item";
import type { LeftOutAttachment, MessageAttachment } from "./message-attachments";
import { type Fact, fact, instant, ownWords } from "./message-fact";
import { itemName, kindFacts } from "./message-kind-facts";
import { type ItemPeople, digitsOf, fullLabel, knownAddress } from "./message-people";
import { phoneSpellings } from "./phone-spelling";
import type { ResolvedParticipant } from "./participant";
import { shortened } from "./text";

/** What of a message is not in its item. */
export type Told = {
  readonly people: ItemPeople;
  /** the item's own files, under the names the message gives them */
  readonly carried: readonly MessageAttachment[];
  readonly leftOut: readonly LeftOutAttachment[];
  readonly connectorId: string;
};

/** Longer lists stand below all else: nobody would read on behind a thousand names. */
const fewPeople = 20;

export function factsOf(item: SourceItem, told: Told): Fact[] {
  const { people } = told;
  const isTextless = (item.text ?? "").trim() === "";
  const called = fact("Item", [itemName(item)]);
  const to = fact("To", people.addressees.map(personLine));
  const isFew = people.addressees.length <= fewPeople;
  const facts = [
    isTextless ? { ...called, size: "large" as const } : called,
    ...kindFacts(item),
    fact("Attachments", told.carried.map(carriedLine)),
    fact("Attachments left out", told.leftOut.map(leftOutLine)),
    ownWords("Subject", [item.subject]),
    fact("In reply to", [isUnquotedReply(item) ? "another message" : ""]),
    fact("From", people.author === null ? [] : [personLine(people.author)]),
    ...(isFew ? [to] : []),
    fact("Conversation", [conversationLine(item)]),
    fact("Direction", [item.direction === null ? "" : directions[item.direction]]),
    fact("Sent at", [instant(item.messageAt)]),
    fact("Archived at", [instant(item.receivedAt)]),
    fact("Archived by", [item.sourceType === null ? "" : archivers[item.sourceType]]),
    fact("Archived person", people.owner === null ? [] : [personLine(people.owner)]),
    fact("Message id", [item.networkMessageId]),
    fact("Refers to message", [namedMessage(item)]),
    fact("Conversation id", [item.conversation?.id ?? ""]),
    fact("Archive connector", [told.connectorId]),
    ...(isFew ? [] : [to]),
    fact("Phone numbers", numbersOf(people)),
    fact("Does not fit", item.problems),
  ];
  return facts.filter(({ lines, link }) => lines.length > 0 || link !== undefined);
}

/** The networkMessageId of the message replied to, edited, deleted or reacted to, archived or not. */
export function namedMessage({ deleted, edited, reaction, replyTo }: SourceItem): string | null {
  return (
    deleted?.originalId ??
    edited?.originalId ??
    reaction?.networkMessageId ??
    replyTo?.networkMessageId ??
    null
  );
}

/** What the record quotes stands above, as a quote. */
function isUnquotedReply({ replyTo }: SourceItem): boolean {
  return replyTo !== null && (replyTo.excerpt ?? "").trim() === "";
}

function personLine(person: ResolvedParticipant): string {
  const address = knownAddress(person);
  return address === null ? fullLabel(person) : `${fullLabel(person)} <${address}>`;
}

/** Every number of the item as it is usually typed: none of the headers has them so. */
function numbersOf({ author, owner, addressees }: ItemPeople): string[] {
  const spelled = new Set<string>();
  for (const person of [author, owner, ...addressees]) {
    if (person !== null) spelled.add(phoneSpellings(digitsOf(person)));
  }
  return [...spelled];
}

const conversations = { DIRECT: "direct", GROUP: "group", BROADCAST: "broadcast" } as const;
const nameless = { DIRECT: "Direct chat", GROUP: "Group chat", BROADCAST: "Broadcast" } as const;

function conversationLine({ conversation }: SourceItem): string {
  if (conversation === null) return "";
  const { type } = conversation;
  const name = conversation.name?.trim() ?? "";
  if (type === null) return name;
  return name === "" ? nameless[type] : `${name} (${conversations[type]})`;
}

const directions = { INCOMING: "Incoming", OUTGOING: "Outgoing" } as const;
const archivers = {
  PHONE_ARCHIVER: "WhatsApp Phone Archiver",
  CLOUD_ARCHIVER: "WhatsApp Cloud Archiver",
} as const;

function carriedLine(attachment: MessageAttachment): string {
  const { sizeBytes, sha256 } = attachment;
  return `${namesLine(attachment)}, ${sizeBytes} bytes, SHA-256 ${sha256}`;
}

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The original name with what could deceive in it spelt out. */
function namesLine({ name, originalName }: Pick<MessageAttachment, "name" | "originalName">) {
  if (originalName === undefined) return name;
  const spelt = shortened(originalName, 300).replace(
    invisible,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
  return `${name} (originally "${spelt}")`;
}

const reasons: Readonly<Partial<Record<FailureCode, string>>> = {
  AttachmentSizeExceeded: "larger than the limit",
  AttachmentGone: "the archive no longer holds it",
  AttachmentCorrupt: "arrived damaged three times",
  AttachmentUnavailable: "refused by the archive",
  AttachmentsNotWritten: "not taken by the mailbox",
};

/** Whether a message's HTML says so of the file with this digest: what it carries is told without a reason. */
export function tellsLeftOut(html: string, sha256: string): boolean {
  return html.includes(`${sha256}:`);
}

export function leftOutLine(attachment: LeftOutAttachment): string {
  const { sizeBytes, sha256, code } = attachment;
  const size = sizeBytes === null ? "size unknown" : `${sizeBytes} bytes`;
  const hash = sha256 === null ? "SHA-256 unknown" : `SHA-256 ${sha256}`;
  return `${namesLine(attachment)}, ${size}, ${hash}: ${reasons[code] ?? code}`;
}
