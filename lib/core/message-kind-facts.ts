/** What only some kinds have: how a message of each kind is called, marked, and told in the table. */
import type { SourceItem } from "./item";
import type { Change } from "./item-details";
import { type Fact, fact, instant, ownWords } from "./message-fact";
import { callName, duration, kindOf } from "./message-subject";
import { readVcard } from "./vcard";

const itemNames: Readonly<Record<Exclude<SourceItem["kind"], "CALL" | "GENERIC">, string>> = {
  CHAT: "Chat message",
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

export function itemName(item: SourceItem): string {
  const { kind, messageType } = item;
  if (kind === "CALL") return kindOf(item);
  return kind === "GENERIC" ? (messageType ?? "Unknown") : itemNames[kind];
}

/**
 * What has to be known before the text is read, since it says that the text is not what it seems. It
 * stands above the text, in words: a colour would say nothing to some, and Outlook changes it.
 */
export function marksOf({ kind, deleted, edited }: SourceItem): string[] {
  const marks: string[] = [];
  if (deleted !== null || kind === "DELETED") marks.push(deletionMark(deleted));
  if (edited !== null || kind === "EDITED") {
    marks.push("Edited message: this is the text after the edit.");
  }
  if (kind === "SYSTEM") marks.push("System message: WhatsApp says this, nobody wrote it.");
  return marks;
}

const deletions = { FOR_ME: "deleted for me", FOR_ALL: "deleted for all" } as const;
const readBefore = {
  READ: "It had been read.",
  UNREAD: "It had not been read.",
  UNKNOWN: "Whether it had been read is not known.",
} as const;

function deletionMark(deleted: Change | null): string {
  const scope = deleted?.scope ?? null;
  const how = scope === null ? "deleted" : deletions[scope];
  return `Deleted message: ${how}. ${readBefore[deleted?.readState ?? "UNKNOWN"]}`;
}

export function kindFacts(item: SourceItem): Fact[] {
  const facts = [
    ...callFacts(item),
    fact("Reaction", [reactionLine(item)]),
    ...changeFacts("Deleted", item.deleted),
    ...changeFacts("Edited", item.edited),
    ...locationFacts(item),
    ...pollFacts(item),
    ...contactFacts(item),
  ];
  return facts.map((each) => ({ ...each, size: "large" }));
}

const callStatuses: Readonly<Record<string, string>> = {
  ANSWERED: "Answered",
  MISSED: "Missed",
  REJECTED: "Rejected",
  BUSY: "Busy",
};

function callFacts({ call }: SourceItem): Fact[] {
  if (call === null) return [];
  const { status } = call;
  const isKnown = status !== null && Object.hasOwn(callStatuses, status);
  return [
    fact("Call", [callName(call)]),
    fact("Call status", [isKnown ? (callStatuses[status] ?? "") : status]),
    fact("Call started at", [call.startedAt === null ? "" : instant(call.startedAt)]),
    fact("Call ended at", [call.endedAt === null ? "" : instant(call.endedAt)]),
    fact("Call duration", [call.durationMs === null ? "" : duration(call.durationMs)]),
  ];
}

function reactionLine({ reaction }: SourceItem): string {
  return reaction?.emoji === "" ? "removed" : (reaction?.emoji ?? "");
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
  const place = ownWords("Location", [name, address]);
  if (coordinates === null) return [place];
  const point = `${coordinates.latitude},${coordinates.longitude}`;
  return [
    { ...place, lines: [...place.lines, point], link: `https://maps.google.com/?q=${point}` },
  ];
}

function pollFacts({ poll }: SourceItem): Fact[] {
  return poll === null
    ? []
    : [ownWords("Poll", [poll.question]), ownWords("Poll options", poll.options)];
}

function contactFacts({ contact }: SourceItem): Fact[] {
  if (contact === null) return [];
  const { names, ways } = readVcard(contact.vcard);
  return [ownWords("Contact", names.length === 0 ? ["attached"] : names), fact("Reached at", ways)];
}
