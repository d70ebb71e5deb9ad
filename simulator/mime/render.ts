import { createHash } from "node:crypto";
import type { StoredBytes } from "../state/blobs";
import type { MimeFile, RenderedMessage } from "./rendered-message";
import { encodeParameter, foldedHeader } from "./write-headers";

/** A stored message as RFC 5322, in pieces: its attachments may be larger than the memory. */
export async function* renderMime(message: RenderedMessage): AsyncIterable<Buffer> {
  for (const piece of piecesOf(message)) {
    if (Buffer.isBuffer(piece)) yield piece;
    else yield* encodeFile(piece);
  }
}

/** How long its rendering is, without a look at the attachments. */
export function mimeSize(message: RenderedMessage): number {
  let sizeBytes = 0;
  for (const piece of piecesOf(message)) {
    sizeBytes += Buffer.isBuffer(piece) ? piece.length : encodedSize(piece.sizeBytes);
  }
  return sizeBytes;
}

/** What is written as it stands, and between it the bytes of the attachments. */
function* piecesOf(message: RenderedMessage): Iterable<Buffer | StoredBytes> {
  const boundary = boundaryFor(message.messageId);
  const head = [
    ...message.headers.map(({ name, value }) => foldedHeader(name, value)),
    "MIME-Version: 1.0\r\n",
  ].join("");
  const body = [
    `Content-Type: text/${message.bodyType === "html" ? "html" : "plain"}; charset=utf-8\r\n`,
    "Content-Transfer-Encoding: base64\r\n\r\n",
    base64Lines(Buffer.from(message.body)),
  ].join("");
  if (message.files.length === 0) {
    yield Buffer.from(head + body);
    return;
  }
  yield Buffer.from(
    `${head}Content-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n--${boundary}\r\n${body}`,
  );
  for (const file of message.files) {
    yield Buffer.from(`--${boundary}\r\n${fileHead(file)}`);
    yield file.bytes;
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

function fileHead(file: MimeFile): string {
  const disposition = file.isInline ? "inline" : "attachment";
  return [
    `Content-Type: ${file.contentType ?? "application/octet-stream"}\r\n`,
    `Content-Disposition: ${disposition}${encodeParameter("filename", file.name)}\r\n`,
    ...(file.contentId === null ? [] : [`Content-ID: <${file.contentId}>\r\n`]),
    "Content-Transfer-Encoding: base64\r\n\r\n",
  ].join("");
}

const lineBytes = 57;

/** Base64 can be cut between lines only, so what does not fill a line waits for the next chunk. */
async function* encodeFile(bytes: StoredBytes): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes.read()) {
    const joined = Buffer.concat([rest, chunk]);
    const whole = joined.length - (joined.length % lineBytes);
    yield Buffer.from(base64Lines(joined.subarray(0, whole)));
    rest = joined.subarray(whole);
  }
  yield Buffer.from(base64Lines(rest));
}

/** Every line of 57 bytes takes 76 letters, and each line ends in two. */
function encodedSize(sizeBytes: number): number {
  return 4 * Math.ceil(sizeBytes / 3) + 2 * Math.ceil(sizeBytes / lineBytes);
}

function base64Lines(bytes: Buffer): string {
  return bytes.toString("base64").replace(/.{1,76}/g, "$&\r\n");
}

function boundaryFor(messageId: string): string {
  return `=_${createHash("sha256").update(messageId).digest("hex").slice(0, 32)}`;
}
