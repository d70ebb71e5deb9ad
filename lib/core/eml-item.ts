/**
 * A delivered message read into an item by what its headers tell. Whatever the bytes, it becomes an item:
 * what fits no known form is a generic one, and nothing is dropped.
 */
import type { HeaderPerson, Mail } from "./eml-mail";
import { readMail, readMailHead } from "./eml-parse";
import { mailPeople } from "./eml-people";
import { numberIn, readSubject, type ReadSubject } from "./eml-subject";
import type { DecodedRecord, SourceItem } from "./item";
import { sha256Hex } from "./keys";
import { oneLine, storable } from "./text";

/** A message as its source hands it over. */
export type DeliveredMail = {
  /** all of it, or the beginning of one that is fetched as a file of its own */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** of all of it */
  readonly sha256: string;
  /** when the file it came in was zipped */
  readonly deliveredAt: Date;
  /** by which all of it is fetched; null where `bytes` are all of it */
  readonly fileId: string | null;
};

/** Before it is staged. Never throws, whatever the bytes. */
export async function decodeMail(delivered: DeliveredMail): Promise<DecodedRecord> {
  const { bytes, sizeBytes, sha256, deliveredAt, fileId } = delivered;
  const item = itemOf(await readMailHead(bytes), sha256, deliveredAt);
  const file = { name: "message.eml", contentType: "message/rfc822", sizeBytes, sha256 };
  const attachments = fileId === null ? [] : [{ id: fileId, ...file }];
  const staged = { recordBytes: bytes, recordSha256: sha256, manifestEntry: null, isMail: true };
  return { ...staged, outcome: "item", item: { ...item, attachments } };
}

/** All of it, out of staging, under the revision it was recorded with. */
export async function decodeStagedMail(
  bytes: Uint8Array,
  deliveredAt: Date,
  revision: string,
): Promise<SourceItem> {
  const mail = await readMail(bytes);
  const item = itemOf(mail, sha256Hex(bytes), deliveredAt);
  const isChangedWithoutRevision = revision !== item.revision;
  return { ...item, revision, isChangedWithoutRevision, mail };
}

const longestId = 1024;

function itemOf(mail: Mail, sha256: string, receivedAt: Date): SourceItem {
  const id = storable(oneLine(mail.messageIdAsWritten.slice(0, longestId + 1)));
  const sourceItemId = id === "" || id.length > longestId ? `eml-${sha256}` : id;
  const subject = readSubject(mail.subject);
  const problems = [
    ...mail.problems,
    ...(subject === null ? ["its subject has no known form"] : []),
  ];
  const { from, to } = withNumbers(mail, subject);
  const people = mailPeople(from, to);
  return {
    ...{ sourceItemId, revision: "1", receivedAt, isUndated: false },
    kind: subject?.kind ?? "GENERIC",
    messageType: subject?.kind ?? null,
    ...datesOf(mail, receivedAt),
    networkMessageId: null,
    conversation: conversationOf(subject),
    ...{ direction: null, sourceType: null },
    subject: mail.subject,
    text: mail.text,
    ...people,
    attachments: [],
    problems,
    isChangedWithoutRevision: false,
    ...{ recorded: {}, rawRecord: null, mail: null },
    ...{ call: subject?.call ?? null, deleted: subject?.deleted ?? null },
    ...{ replyTo: null, reaction: null, edited: null, location: null, contact: null, poll: null },
  };
}

const dayMs = 86_400_000;
/** WhatsApp is younger than that. */
const earliestMs = Date.UTC(2009, 0, 1);

/** A date that is absurd is replaced as in every item (message format contract, "Date"). */
function datesOf({ date }: Mail, receivedAt: Date) {
  const ms = date?.getTime() ?? null;
  const isCredible = ms !== null && ms >= earliestMs && ms <= receivedAt.getTime() + dayMs;
  const messageAt = isCredible ? new Date(ms) : receivedAt;
  return { phoneTimeMs: ms, messageAt, isDateReplaced: !isCredible };
}

function conversationOf(subject: ReadSubject | null): SourceItem["conversation"] {
  if (subject === null) return null;
  const { conversationType: type, to } = subject;
  const isNamed = type === "GROUP" && !/^group$/i.test(to);
  return { id: null, type, name: isNamed ? storable(to) : null };
}

/** The subject of a message between two names their numbers, which a header may leave out. */
function withNumbers({ from, to }: Mail, subject: ReadSubject | null) {
  const sender = numberIn(subject?.from ?? "");
  const other = subject?.conversationType === "DIRECT" ? numberIn(subject.to) : null;
  return {
    from: from.length === 0 ? added(sender) : from.map((each) => numbered(each, sender)),
    to:
      to.length === 0
        ? added(other)
        : to.length === 1
          ? to.map((each) => numbered(each, other))
          : to,
  };
}

function added(number: string | null): HeaderPerson[] {
  return number === null ? [] : [{ name: number, address: "" }];
}

function numbered({ name, address }: HeaderPerson, number: string | null): HeaderPerson {
  const hasDigits = /\d{5}/.test(`${name} ${address}`);
  return number === null || hasDigits ? { name, address } : { name: `${name} ${number}`, address };
}
