/** Programs nobody here wrote, made to tell in one form what they read in a message. */
import { simpleParser } from "mailparser";
import PostalMime, { decodeWords } from "postal-mime";
import { sha256Hex } from "@/lib/core/keys";

export type ReadPerson = { readonly name: string; readonly address: string };

export type ReadAttachment = {
  readonly name: string;
  /** lower case, without parameters */
  readonly type: string;
  readonly sizeBytes: number;
  readonly sha256: string;
};

export type ReadMail = {
  readonly subject: string;
  readonly from: readonly ReadPerson[];
  readonly to: readonly ReadPerson[];
  /** ISO 8601, to the second */
  readonly date: string;
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: readonly string[];
  readonly threadTopic: string;
  /** without the line ends behind it */
  readonly text: string;
  readonly html: string;
  /** those that begin with X-, by their names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly ReadAttachment[];
};

export type MailReader = {
  readonly name: string;
  read(mime: Buffer): Promise<ReadMail>;
};

export const postalMime: MailReader = {
  name: "postal-mime",
  async read(mime) {
    const mail = await PostalMime.parse(mime);
    const people = (list: typeof mail.to = []) =>
      list.map(({ name, address }) => ({ name, address: address ?? "" }));
    return {
      subject: mail.subject ?? "",
      from: people(mail.from === undefined ? [] : [mail.from]),
      to: people(mail.to),
      date: toTheSecond(new Date(mail.date ?? "")),
      messageId: mail.messageId ?? "",
      inReplyTo: mail.inReplyTo ?? "",
      references: words(mail.references ?? ""),
      threadTopic: decodedWords(
        mail.headers.find(({ key }) => key === "thread-topic")?.value ?? "",
      ),
      text: readText(mail.text ?? ""),
      html: readHtml(mail.html ?? ""),
      headers: ownHeaders(mail.headers.map(({ key, value }) => [key, value])),
      attachments: mail.attachments.map(({ filename, mimeType, content }) =>
        readFile(filename ?? "", mimeType, Buffer.from(content as ArrayBuffer)),
      ),
    };
  },
};

export const mailparser: MailReader = {
  name: "mailparser",
  async read(mime) {
    const mail = await simpleParser(mime, { skipTextToHtml: true, skipHtmlToText: true });
    const people = (list: readonly ReadPerson[] = []) =>
      list.map(({ name, address }) => ({ name, address }));
    const { references = [] } = mail;
    const topic = mail.headers.get("thread-topic");
    return {
      subject: mail.subject,
      from: people(mail.from.value),
      to: people(mail.to?.value),
      date: toTheSecond(mail.date),
      messageId: mail.messageId ?? "",
      inReplyTo: mail.inReplyTo ?? "",
      references: typeof references === "string" ? [references] : references,
      threadTopic: decodedWords(typeof topic === "string" ? topic : ""),
      text: readText(mail.text ?? ""),
      html: readHtml(mail.html || ""),
      headers: ownHeaders(mail.headers),
      attachments: mail.attachments.map(({ filename = "", contentType, content }) =>
        readFile(filename, contentType, content),
      ),
    };
  },
};

/** Of headers they do not know, programs tell the words as they were encoded. */
function decodedWords(value: string): string {
  return decodeWords(value.replace(/\s+/g, " "));
}

export function words(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== "");
}

export function toTheSecond(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Lines of a mail end with CRLF, and whether the last one ends is nobody's concern. */
export function readText(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

export function readHtml(html: string): string {
  return html.replaceAll("\r\n", "\n").trimEnd();
}

export function ownHeaders(headers: Iterable<readonly [string, unknown]>): Record<string, string> {
  return Object.fromEntries(
    [...headers]
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => name.startsWith("x-")),
  );
}

function readFile(name: string, type: string, bytes: Uint8Array): ReadAttachment {
  return {
    name,
    type: type.toLowerCase(),
    sizeBytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
  };
}
