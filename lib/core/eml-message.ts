/**
 * The message of an item that was delivered as a mail. Its canonical form is these bytes with our headers
 * in front; what a mailbox gets is told by the same parse (decision 27).
 */
import type { HeaderPerson, Mail, MailFile } from "./eml-mail";
import { readPerson } from "./eml-people";
import type { FailureCode } from "./errors";
import type { SourceItem } from "./item";
import { messageKey, sha256Hex } from "./keys";
import {
  type DeliveredSource,
  type Message,
  type MessageAttachment,
  type MessageContext,
  type MessagePlan,
  mostInTo,
} from "./message";
import {
  keptApart,
  type LeftOutAttachment,
  madeAttachment,
  safeContentType,
  safeFileName,
} from "./message-attachments";
import { leftOutLine } from "./message-facts";
import { headersOf, type MessageHeader } from "./message-headers";
import { addressOf, fullLabel, isMailAddress, type MailPerson } from "./message-people";
import { escapeHtml, firstUnits, htmlLines, oneLine, shortened, shown } from "./text";

export type DeliveredBytes = Pick<MessageAttachment, "sizeBytes" | "content"> & {
  /** true where the bytes begin with a space or a tab, which would go on with our last header line */
  readonly beginsFolded: boolean;
};

/** @param notWritten places of the files a mailbox will not have; the canonical message has all */
export function planDelivered(
  item: SourceItem & { readonly mail: Mail },
  bytes: DeliveredBytes,
  notWritten: ReadonlySet<number>,
  context: MessageContext,
): MessagePlan {
  const { mail } = item;
  const { carried, leftOut } = filesOf(mail, notWritten, context.sizeLimitBytes);
  const carriedBytes = carried.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const sizeBytes = Buffer.byteLength(mail.text ?? mail.html ?? "") + carriedBytes;
  if (sizeBytes > context.sizeLimitBytes) return { outcome: "failed", code: "ItemSizeExceeded" };

  const ownId = `<${messageKey(context.sourceAccountId, item)}@${context.messageDomain}>`;
  const headers = headersOf(item, context);
  const body = bodyOf(mail, notesOf(item, leftOut));
  const [author] = mail.from;
  const message: Message = {
    messageId: mail.messageId ?? ownId,
    inReplyTo: mail.inReplyTo,
    references: mail.references,
    threadTopic: shortened(oneLine(firstUnits(mail.threadTopic, 1000)), 250),
    conversationIndex: null,
    date: item.messageAt,
    from: author === undefined ? nobody : mailPerson(author),
    to: mail.to.slice(0, mostInTo).map(mailPerson),
    subject: shortened(mail.subject, longestSubject),
    text: body.text,
    html: body.html,
    headers,
    attachments: keptApart([...carried, ...body.attachments]),
    delivered: deliveredSource(mail, ownId, headers, bytes, leftOut, context),
  };
  const told = leftOut.map(({ index, code }) => ({ index, code }));
  return { outcome: "message", message, leftOut: told };
}

/** Exchange keeps 255 UTF-16 units of a subject. */
const longestSubject = 250;

const nobody: MailPerson = { name: "Unknown sender", address: "unknown@whatsapp.invalid" };

function deliveredSource(
  { messageId }: Mail,
  ownId: string,
  headers: readonly MessageHeader[],
  { sizeBytes, content, beginsFolded }: DeliveredBytes,
  leftOut: readonly LeftOutAttachment[],
  { recordSha256 }: MessageContext,
): DeliveredSource {
  const own = messageId === null ? [{ name: "Message-ID", value: ownId }] : [];
  const end = beginsFolded ? [{ name: "X-Archive-Record", value: "follows" }] : [];
  const contentType = "message/rfc822";
  return {
    front: [...own, ...headers, ...end].map(headerLine).join(""),
    mail: { name: "message.eml", contentType, sizeBytes, sha256: recordSha256, content },
    leftOutSha256s: leftOut.flatMap(({ code, sha256 }) =>
      code === "AttachmentsNotWritten" && sha256 !== null ? [sha256] : [],
    ),
  };
}

const longestLine = 998;

function headerLine({ name, value }: MessageHeader): string {
  const isLong = name.length + ": ".length + value.length > longestLine;
  return `${name}:${isLong ? "\r\n" : ""} ${value}\r\n`;
}

/** First every file over the limit is left out; over means more than (message-format, "Size"). */
function filesOf({ files }: Mail, notWritten: ReadonlySet<number>, sizeLimitBytes: number) {
  const carried: MessageAttachment[] = [];
  const leftOut: LeftOutAttachment[] = [];
  files.forEach((file, index) => {
    const sizeBytes = file.bytes.byteLength;
    const code: FailureCode | null =
      sizeBytes > sizeLimitBytes
        ? "AttachmentSizeExceeded"
        : notWritten.has(index)
          ? "AttachmentsNotWritten"
          : null;
    const attachment = attachmentOf(file, index);
    if (code === null) carried.push(attachment);
    else leftOut.push({ index, code, name: attachment.name, sizeBytes, sha256: attachment.sha256 });
  });
  return { carried, leftOut };
}

function attachmentOf(file: MailFile, index: number): MessageAttachment {
  const { name, contentType, bytes, contentId } = file;
  return {
    name: safeFileName(name),
    contentType: safeContentType(contentType),
    sizeBytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
    ...(contentId !== null && /^[!-~]{1,250}$/.test(contentId) ? { contentId } : {}),
    content: { kind: "bytes", bytes, index },
  };
}

function notesOf(item: SourceItem, leftOut: readonly LeftOutAttachment[]): string[] {
  const notes = leftOut.map((each) => `Left out here: ${leftOutLine(each)}`);
  if (item.isDateReplaced) {
    notes.push("The message gave no credible time. It is dated with the time of its delivery.");
  }
  if (item.isChangedWithoutRevision) notes.push("Another message was delivered under the same id.");
  return notes;
}

const longestHtmlBytes = 1024 * 1024;
const longestShownText = 100_000;

/** As delivered. What would leave no room for anything else is shown in part and attached whole. */
function bodyOf(mail: Mail, notes: readonly string[]) {
  const whole = mail.html === null ? page(shown(mail.text ?? "")) : shown(mail.html);
  const text = shown(mail.text ?? "");
  if (Buffer.byteLength(whole) <= longestHtmlBytes) {
    return { text, html: withNotes(whole, notes), attachments: [] };
  }
  const attachments = [
    ...(mail.html === null
      ? []
      : [madeAttachment("message.html", "text/html", Buffer.from(whole))]),
    ...(text === "" ? [] : [madeAttachment("message.txt", "text/plain", Buffer.from(text))]),
  ];
  const told = ["The whole text is attached.", ...notes];
  return { text, html: withNotes(page(firstUnits(text, longestShownText)), told), attachments };
}

const head =
  '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>';
const textStyle = "white-space:pre-wrap;unicode-bidi:plaintext;word-break:break-word";

function page(text: string): string {
  return `${head}<body><div dir="auto" style="${textStyle}">${htmlLines(text)}</div></body></html>`;
}

function withNotes(html: string, notes: readonly string[]): string {
  if (notes.length === 0) return html;
  const told = `<p><i>${notes.map(escapeHtml).join("<br>")}</i></p>`;
  const end = html.toLowerCase().lastIndexOf("</body>");
  return end < 0 ? html + told : html.slice(0, end) + told + html.slice(end);
}

/** As the header has it, where Graph takes it; else by what can be read of the person. */
function mailPerson({ name, address }: HeaderPerson): MailPerson {
  const called = shortened(oneLine(firstUnits(name, 1000)), 250);
  if (isMailAddress(address)) return { name: called || address, address };
  const person = readPerson({ name, address });
  if (person === null) return { ...nobody, name: called || nobody.name };
  const resolved = { ...person, roles: [], mailbox: null };
  return { name: called || fullLabel(resolved), address: addressOf(resolved) };
}
