/**
 * The canonical bytes of a message (RFC 5322, MIME): what is hashed and kept as evidence. Written by
 * hand, because they must stay the same for years: a library's next version may fold a line elsewhere.
 * Every part is base64, so no content can hold a boundary, a bare line feed or a line that is too long.
 */
import { SyncError } from "./errors";
import { sha256Hex } from "./keys";
import type { Message, MessageAttachment } from "./message";
import {
  fileNameParameter,
  peopleHeader,
  tokenHeader,
  wordsHeader,
} from "./message-header-encoding";

type Bytes = AsyncIterable<Uint8Array> | Uint8Array;

/**
 * @param open gives the bytes of an attachment that is staged; what the message carries itself is not asked for
 * @throws SyncError StagingCorrupt when an attachment has another number of bytes than the message says
 */
export async function* mimeStream(
  message: Message,
  open: (attachment: MessageAttachment) => Bytes,
): AsyncIterable<Uint8Array> {
  const mixed = boundary("mixed", message);
  yield Buffer.from(
    `${headersOf(message)}${multipart("mixed", mixed)}--${mixed}\r\n${bodyOf(message)}`,
  );
  for (const attachment of message.attachments) {
    yield Buffer.from(`--${mixed}\r\n${attachmentHeaders(attachment)}\r\n`);
    const { content } = attachment;
    const bytes = content.kind === "bytes" ? content.bytes : open(attachment);
    yield* base64Lines(bytes, attachment.sizeBytes);
  }
  yield Buffer.from(`--${mixed}--\r\n`);
}

function headersOf(message: Message): string {
  const { references } = message;
  return [
    `Date: ${message.date.toUTCString().replace("GMT", "+0000")}\r\n`,
    peopleHeader("From", [message.from]),
    peopleHeader("To", message.to),
    wordsHeader("Subject", message.subject),
    tokenHeader("Message-ID", message.messageId),
    message.inReplyTo === null ? "" : tokenHeader("In-Reply-To", message.inReplyTo),
    references.length === 0 ? "" : tokenHeader("References", references.join("\r\n ")),
    message.threadTopic === "" ? "" : wordsHeader("Thread-Topic", message.threadTopic),
    ...message.headers.map(({ name, value }) => tokenHeader(name, value)),
    "MIME-Version: 1.0\r\n",
  ].join("");
}

/** From the message key, so that the same item gives the same bytes; "=_" never occurs in base64. */
function boundary(part: "mixed" | "body", { messageId }: Message): string {
  return `=_${part}_${sha256Hex(messageId).slice(0, 32)}`;
}

function multipart(subtype: "mixed" | "alternative", boundaryText: string): string {
  return `Content-Type: multipart/${subtype};\r\n boundary="${boundaryText}"\r\n\r\n`;
}

function bodyOf(message: Message): string {
  const alternative = boundary("body", message);
  return (
    multipart("alternative", alternative) +
    textPart(alternative, "plain", message.text) +
    textPart(alternative, "html", message.html) +
    `--${alternative}--\r\n`
  );
}

function textPart(boundaryText: string, subtype: "plain" | "html", text: string): string {
  const encoded = wrapped(Buffer.from(text.replaceAll("\n", "\r\n")));
  return (
    `--${boundaryText}\r\nContent-Type: text/${subtype}; charset=utf-8\r\n` +
    `Content-Transfer-Encoding: base64\r\n\r\n${encoded.toString("latin1")}`
  );
}

const composite = /^(?:message|multipart)\//i;

/** A mail or a bundle as an attachment is not to be read as a part of this mail, and may not be base64 (RFC 2046). */
function attachmentHeaders({ name, contentType, sizeBytes, content }: MessageAttachment): string {
  const type = composite.test(contentType) ? "application/octet-stream" : contentType;
  const isOurText = content.kind === "bytes" && type.startsWith("text/");
  return (
    tokenHeader("Content-Type", isOurText ? `${type}; charset=utf-8` : type) +
    `Content-Disposition: attachment;\r\n ${fileNameParameter(name)};\r\n size=${sizeBytes}\r\n` +
    "Content-Transfer-Encoding: base64\r\n"
  );
}

/** 57 bytes are the 76 characters of a line. */
const lineBytes = 57;
const lineChars = 76;

async function* base64Lines(bytes: Bytes, sizeBytes: number): AsyncIterable<Uint8Array> {
  let rest = Buffer.alloc(0);
  let received = 0;
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    received += chunk.byteLength;
    const all = Buffer.concat([rest, chunk]);
    const whole = all.byteLength - (all.byteLength % lineBytes);
    if (whole > 0) yield wrapped(all.subarray(0, whole));
    rest = all.subarray(whole);
  }
  if (received !== sizeBytes) throw new SyncError("StagingCorrupt");
  if (rest.byteLength > 0) yield wrapped(rest);
}

/** Base64 in lines, each with its CRLF. */
function wrapped(bytes: Buffer): Buffer {
  const base64 = Buffer.from(bytes.toString("base64"), "latin1");
  const lines = Math.ceil(base64.byteLength / lineChars);
  const out = Buffer.allocUnsafe(base64.byteLength + 2 * lines);
  let at = 0;
  for (let from = 0; from < base64.byteLength; from += lineChars) {
    at += base64.copy(out, at, from, from + lineChars);
    out[at] = 13;
    out[at + 1] = 10;
    at += 2;
  }
  return out;
}
