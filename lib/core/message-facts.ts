/** The small table under the text: what is known of an item beside it (message-format, "Body"). */
import type { FailureCode } from "./errors";
import type { SourceItem } from "./item";
import type { Change } from "./item-details";
import type { LeftOutAttachment } from "./message-attachments";
import { type ItemPeople, fullLabel, knownAddress } from "./message-people";
import { callName, duration } from "./message-subject";
import type { ResolvedParticipant } from "./participant";
import { oneLine } from "./text";

/** One row; the last line may be a link, which is shown as its own address. */
export type Fact = {
  readonly label: string;
  readonly lines: readonly string[];
  readonly link?: string;
};

export function factsOf(
  item: SourceItem,
  people: ItemPeople,
  leftOut: readonly LeftOutAttachment[],
): Fact[] {
  const facts = [
    fact("From", people.author === null ? [] : [personLine(people.author)]),
    fact("To", people.addressees.map(personLine)),
    fact("Archived person", people.owner === null ? [] : [personLine(people.owner)]),
    fact("Item", [itemName(item)]),
    fact("Conversation", [conversationLine(item)]),
    fact("Direction", [item.direction === null ? "" : directions[item.direction]]),
    fact("Sent at", [instant(item.messageAt)]),
    fact("Archived at", [instant(item.receivedAt)]),
    fact("Archived by", [item.sourceType === null ? "" : archivers[item.sourceType]]),
    fact("Subject", [item.subject]),
    fact("In reply to", [item.replyTo === null ? "" : (item.replyTo.excerpt ?? "another message")]),
    fact("Reaction", [reactionLine(item)]),
    ...callFacts(item),
    ...changeFacts("Deleted", item.deleted),
    ...changeFacts("Edited", item.edited),
    ...locationFacts(item),
    ...pollFacts(item),
    fact("Contact", [contactName(item)]),
    fact("Attachments left out", leftOut.map(leftOutLine)),
    fact("Does not fit", item.problems),
  ];
  return facts.filter(({ lines, link }) => lines.length > 0 || link !== undefined);
}

function fact(label: string, lines: readonly (string | null)[]): Fact {
  const told = lines.map((line) => oneLine(line ?? "")).filter((line) => line !== "");
  return { label, lines: told };
}

function personLine(person: ResolvedParticipant): string {
  const address = knownAddress(person);
  return address === null ? fullLabel(person) : `${fullLabel(person)} <${address}>`;
}

const itemNames: Readonly<Record<Exclude<SourceItem["kind"], "GENERIC">, string>> = {
  CHAT: "Chat message",
  CALL: "Call",
  FILE: "File",
  IMAGE: "Image",
  VIDEO: "Video",
  AUDIO: "Audio",
  VOICE: "Voice message",
  STICKER: "Sticker",
  LOCATION: "Location",
  CONTACT: "Contact",
  REACTION: "Reaction",
  POLL: "Poll",
  EDITED: "Edited message",
  DELETED: "Deleted message",
  SYSTEM: "System message",
};

function itemName({ kind, messageType }: SourceItem): string {
  return kind === "GENERIC" ? (messageType ?? "Unknown") : itemNames[kind];
}

const conversations = { DIRECT: "direct", GROUP: "group", BROADCAST: "broadcast" } as const;

function conversationLine({ conversation }: SourceItem): string {
  if (conversation === null) return "";
  const name = conversation.name?.trim() || conversation.id || "";
  return conversation.type === null ? name : `${name} (${conversations[conversation.type]})`;
}

const directions = { INCOMING: "Incoming", OUTGOING: "Outgoing" } as const;
const archivers = {
  PHONE_ARCHIVER: "WhatsApp Phone Archiver",
  CLOUD_ARCHIVER: "WhatsApp Cloud Archiver",
} as const;

function reactionLine({ reaction }: SourceItem): string {
  return reaction?.emoji === "" ? "removed" : (reaction?.emoji ?? "");
}

function callFacts({ call }: SourceItem): Fact[] {
  if (call === null) return [];
  return [
    fact("Call", [callName(call)]),
    fact("Call status", [call.status]),
    fact("Call started at", [call.startedAt === null ? "" : instant(call.startedAt)]),
    fact("Call ended at", [call.endedAt === null ? "" : instant(call.endedAt)]),
    fact("Call duration", [call.durationMs === null ? "" : duration(call.durationMs)]),
  ];
}

const scopes = { FOR_ME: "for me", FOR_ALL: "for all" } as const;
const readStates = { READ: "read", UNREAD: "unread", UNKNOWN: "unknown" } as const;

function changeFacts(label: "Deleted" | "Edited", change: Change | null): Fact[] {
  if (change === null) return [];
  const { scope, readState } = change;
  return [
    fact(label, [scope === null ? "scope unknown" : scopes[scope]]),
    // Whether an edit was seen is not something the archive promises to know.
    fact("State when deleted", label === "Deleted" ? [readStates[readState]] : []),
  ];
}

function locationFacts({ location }: SourceItem): Fact[] {
  if (location === null) return [];
  const { coordinates, name, address } = location;
  const place = fact("Location", [name, address]);
  if (coordinates === null) return [place];
  const point = `${coordinates.latitude},${coordinates.longitude}`;
  return [
    { ...place, lines: [...place.lines, point], link: `https://maps.google.com/?q=${point}` },
  ];
}

function pollFacts({ poll }: SourceItem): Fact[] {
  return poll === null ? [] : [fact("Poll", [poll.question]), fact("Poll options", poll.options)];
}

const vcardName = /^FN[^:\r\n]{0,200}:([^\r\n]{1,1000})/im;

function contactName({ contact }: SourceItem): string {
  return contact === null ? "" : (vcardName.exec(contact.vcard)?.[1] ?? "attached");
}

const reasons: Readonly<Partial<Record<FailureCode, string>>> = {
  AttachmentSizeExceeded: "larger than the limit",
  AttachmentGone: "the archive no longer holds it",
  AttachmentCorrupt: "arrived damaged three times",
  AttachmentUnavailable: "refused by the archive",
};

function leftOutLine({ name, sizeBytes, sha256, code }: LeftOutAttachment): string {
  const size = sizeBytes === null ? "size unknown" : `${sizeBytes} bytes`;
  const hash = sha256 === null ? "SHA-256 unknown" : `SHA-256 ${sha256}`;
  return `${name}, ${size}, ${hash}: ${reasons[code] ?? code}`;
}

/** `2026-03-01 10:11:12 UTC` */
export function instant(at: Date): string {
  return `${at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "")} UTC`;
}
