import { createHash } from "node:crypto";
import type { MimeFile, RenderedMessage } from "../mime/rendered-message";
import { addressList } from "../mime/write-headers";
import type { Archive, ArchivedRecord } from "../state/archive";
import { fromMemory } from "../state/blobs";
import { listIn, property, wordsIn } from "../state/property";
import { headerPerson, mailPeople } from "./mail-people";
import { mailSubject } from "./mail-subject";
import { mailText } from "./mail-text";

/** A record of the archive as the vendor mails it: one record, one message. Whatever the record is. */
export function deliveredMail(record: ArchivedRecord, files: readonly MimeFile[]): RenderedMessage {
  try {
    return composed(record, files);
  } catch {
    // Nested without end, for example: nothing can be said of it but what it is.
    return { ...plain(record, []), files };
  }
}

/** What it brings along; what the archive has lost is not there. */
export function deliveredFiles({ json }: ArchivedRecord, archive: Archive): MimeFile[] {
  const body = property(JSON.parse(json.toString()), "body");
  const files = listIn(body, "attachments").flatMap((each): MimeFile[] => {
    const found = archive.attachment(wordsIn(each, "id"));
    if (found === undefined) return [];
    const name = wordsIn(each, "name").slice(0, 500) || "file";
    return [file(name, found.contentType, found.bytes)];
  });
  const vcard = wordsIn(property(body, "contact"), "vcard");
  return vcard === ""
    ? files
    : [...files, file("contact.vcf", "text/vcard", fromMemory(Buffer.from(vcard)))];
}

function composed(record: ArchivedRecord, files: readonly MimeFile[]): RenderedMessage {
  const value: unknown = JSON.parse(record.json.toString());
  const body = property(value, "body");
  if (body === undefined) return { ...plain(record, []), files };
  const people = mailPeople(body);
  const { sender, recipients } = people;
  const headers = [
    { name: "From", value: addressList(sender === undefined ? [] : [headerPerson(sender)]) },
    { name: "To", value: addressList(recipients.map(headerPerson)) },
    { name: "Subject", value: mailSubject(body, people) },
    { name: "Date", value: dateOf(body, record.receivedAt) },
  ];
  const text = mailText(body);
  const same = copyName(body, [headers, text, files.map(({ name }) => name)]);
  return { ...plain(record, headers, same ?? nameOf(record)), body: text, files };
}

/** What several archived phones hold alike is one mail, however often it is delivered. */
function copyName(body: unknown, content: unknown): string | undefined {
  const network = wordsIn(body, "networkMessageId");
  if (!/^[\w-]{1,80}$/.test(network)) return undefined;
  const digest = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  return `${network}.${digest.slice(0, 12)}`;
}

function plain(
  record: ArchivedRecord,
  headers: readonly { readonly name: string; readonly value: string }[],
  name = nameOf(record),
): RenderedMessage {
  // The same for the same record, in every file and after every start.
  const messageId = `<${name}@telemessage.example>`;
  return {
    messageId,
    headers: [{ name: "Message-ID", value: messageId }, ...headers].filter(
      ({ value }) => value !== "",
    ),
    bodyType: "text",
    body: record.json.toString(),
    files: [],
  };
}

function nameOf({ identity, json }: ArchivedRecord): string {
  const plainName = /^([\w-]{1,80})\t([\w-]{1,20})$/.exec(identity ?? "");
  if (plainName !== null) return `${plainName[1]}.${plainName[2]}`;
  return createHash("sha256")
    .update(identity ?? json)
    .digest("hex");
}

/** When it was said, by the phone's clock; that may be wrong, and is told as it is. */
function dateOf(body: unknown, receivedAt: number): string {
  const said = property(body, "messageTime");
  const at = new Date(typeof said === "number" || typeof said === "string" ? said : receivedAt);
  const date = Number.isNaN(at.getTime()) ? new Date(receivedAt) : at;
  return date.toUTCString().replace("GMT", "+0000");
}

function file(name: string, contentType: string, bytes: MimeFile["bytes"]): MimeFile {
  return { name, contentType, bytes, isInline: false, contentId: null };
}
