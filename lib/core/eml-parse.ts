/** Delivered bytes as a mail. A library reads them; what it refuses (nesting without end) is read by its headers. */
import PostalMime, { addressParser, decodeWords, type Email } from "postal-mime";
import { readMailDate } from "./eml-date";
import type { HeaderPerson, Mail, MailFile } from "./eml-mail";
import { readSubject } from "./eml-subject";
import { oneLine } from "./text";

/** A journal report may hold another; deeper ones are nobody's archive. */
const deepestJournal = 3;

/** Whole, with what is wrapped in a journal report. Never throws, whatever the bytes. */
export async function readMail(bytes: Uint8Array, depth = 0): Promise<Mail> {
  const parsed = await parse(bytes);
  if (parsed === null) {
    const head = await parse(headOf(bytes));
    const problems = ["its MIME parts cannot be read"];
    return { ...mailOf(head ?? nothing), text: textOf(bytes), html: null, files: [], problems };
  }
  const mail = mailOf(parsed);
  const wrapped = parsed.attachments.filter(isMail);
  const [only] = wrapped;
  if (only === undefined || wrapped.length > 1 || depth >= deepestJournal) return mail;
  const isJournal = parsed.headers.some(({ key }) => key === "x-ms-journal-report");
  if (!isJournal && readSubject(mail.subject) !== null) return mail;
  const inner = await readMail(bytesOf(only.content), depth + 1);
  return isJournal || readSubject(inner.subject) !== null ? inner : mail;
}

/** What its headers tell, at a fraction of the price; of what may be a journal report, all of it. */
export async function readMailHead(bytes: Uint8Array): Promise<Mail> {
  const parsed = await parse(headOf(bytes));
  if (parsed === null) return readMail(bytes);
  const mail = mailOf(parsed);
  const isReport = parsed.headers.some(({ key }) => key === "x-ms-journal-report");
  const mayWrap = isReport || readSubject(mail.subject) === null;
  return mayWrap ? readMail(bytes) : mail;
}

async function parse(bytes: Uint8Array): Promise<Email | null> {
  try {
    // What is forwarded stays a file: as text of the mail it would be lost among it.
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  } catch {
    return null;
  }
}

const nothing: Email = { headers: [], headerLines: [], attachments: [] };

/** Up to the first empty line, which no header has. */
function headOf(bytes: Uint8Array): Uint8Array {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ends = ["\n\n", "\n\r\n"].flatMap((end) => {
    const at = view.indexOf(end);
    return at < 0 ? [] : [at + 1];
  });
  return bytes.subarray(0, Math.min(mostHeadBytes, ...ends, bytes.byteLength));
}

const mostHeadBytes = 1024 * 1024;
const mostTextBytes = 100_000;

/** Of what cannot be parsed at least the beginning, as it is. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, mostTextBytes));
}

function mailOf({ headers, text, html, attachments }: Email): Mail {
  const first = (name: string) => headers.find(({ key }) => key === name)?.value ?? "";
  const people = (names: readonly string[]) =>
    names.flatMap((name) =>
      headers.flatMap(({ key, value }) => (key === name ? peopleIn(value) : [])),
    );
  const messageIdAsWritten = first("message-id").trim();
  const [messageId = null] = messageIds(messageIdAsWritten);
  return {
    messageId,
    messageIdAsWritten,
    inReplyTo: messageIds(first("in-reply-to"))[0] ?? null,
    references: messageIds(first("references")).slice(-mostReferences),
    threadTopic: decodeWords(first("thread-topic")),
    subject: oneLine(decodeWords(first("subject"))),
    date: readMailDate(first("date")),
    from: people(["from"]),
    to: people(["to", "cc", "bcc"]),
    text: text ?? null,
    html: html ?? null,
    files: attachments.map(fileOf),
    problems: [],
  };
}

const mostReferences = 50;

function peopleIn(value: string): HeaderPerson[] {
  return addressParser(value, { flatten: true }).flatMap(({ name, address }) =>
    address === undefined ? [] : [{ name, address }],
  );
}

/** Only what Graph and every reader take for an id. */
function messageIds(value: string): string[] {
  return value.slice(0, 100_000).match(/<[!-;=?-~]{1,250}>/g) ?? [];
}

function isMail({ mimeType }: Email["attachments"][number]): boolean {
  return mimeType === "message/rfc822";
}

function fileOf({
  filename,
  mimeType,
  content,
  contentId,
}: Email["attachments"][number]): MailFile {
  return {
    name: filename ?? (mimeType === "message/rfc822" ? "message.eml" : ""),
    contentType: mimeType,
    bytes: bytesOf(content),
    contentId: contentId?.replace(/^<|>$/g, "") ?? null,
  };
}

function bytesOf(content: Email["attachments"][number]["content"]): Uint8Array {
  if (typeof content === "string") return Buffer.from(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}
