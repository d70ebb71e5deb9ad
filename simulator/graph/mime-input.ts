import {
  decodeWords,
  headerValue,
  parseEntity,
  parseMailboxes,
  textOf,
  type MimeEntity,
} from "../mime/parse";
import type { BlobStore } from "../state/blobs";
import type { MessageParts, StoredAttachment } from "../state/stored-message";
import { GraphError, refuse } from "./errors";
import { assemble } from "./message-input";
import { isSmtpAddress } from "./recipients";
import { isBase64 } from "./schema";

const maxHeaderLine = 998;

/** A draft from base64 of MIME. Whatever the MIME says, it is a draft, and it was received now. */
export async function readMimeDraft(
  text: string,
  blobs: BlobStore,
  now: number,
): Promise<MessageParts> {
  const encoded = text.replace(/\s+/g, "");
  if (encoded === "" || !isBase64(encoded)) {
    throw new GraphError(
      400,
      "ErrorMimeContentInvalidBase64String",
      "Invalid base64 string for MIME content.",
    );
  }
  const bytes = Buffer.from(encoded, "base64");
  checkLines(bytes);
  const mime = parseEntity(bytes);
  if (mime.headers.length === 0) throw refuse.undeserializable();

  const { body, files } = gather(mime);
  const sent = Date.parse(headerValue(mime.headers, "date") ?? "");
  const attachments: StoredAttachment[] = [];
  for (const [index, file] of files.entries()) {
    attachments.push({
      serial: index + 1,
      name:
        file.disposition.parameters.get("filename") ??
        file.type.parameters.get("name") ??
        "attachment",
      contentType: file.type.value,
      isInline: file.disposition.value === "inline",
      contentId: headerValue(file.headers, "content-id")?.replace(/^<|>$/g, "") ?? null,
      contentLocation: null,
      bytes: await blobs.put(file.content),
      modifiedAt: now,
    });
  }
  const parts = assemble(jsonOf(mime, body), [], attachments, now);
  return { ...parts, sentAt: Number.isNaN(sent) ? now : sent };
}

/** Lines that end in a bare LF, and header lines that are too long, are answered like JSON gone wrong. */
function checkLines(bytes: Buffer): void {
  const text = bytes.toString("latin1");
  if (/(?:^|[^\r])\n/.test(text)) throw refuse.undeserializable();
  const head = text.split("\r\n\r\n", 1)[0] ?? "";
  if (head.split("\r\n").some((line) => line.length > maxHeaderLine)) {
    throw refuse.undeserializable();
  }
}

type Gathered = { body: MimeEntity | undefined; files: MimeEntity[] };

/** The text that is shown (HTML before plain), and everything else as files. */
function gather(entity: MimeEntity, into: Gathered = { body: undefined, files: [] }): Gathered {
  if (entity.parts.length > 0) {
    for (const part of entity.parts) gather(part, into);
    return into;
  }
  const isText = entity.type.value === "text/html" || entity.type.value === "text/plain";
  const isFile = entity.disposition.value === "attachment" || !isText;
  if (isFile) into.files.push(entity);
  else if (into.body === undefined || entity.type.value === "text/html") into.body = entity;
  return into;
}

function jsonOf(mime: MimeEntity, body: MimeEntity | undefined): Record<string, unknown> {
  const { headers } = mime;
  const recipients = (name: string) => readRecipients(headerValue(headers, name));
  const [from] = recipients("from");
  const [sender] = recipients("sender");
  return {
    subject: decodeWords(headerValue(headers, "subject") ?? ""),
    body: {
      contentType: body?.type.value === "text/html" ? "html" : "text",
      content: body === undefined ? "" : textOf(body),
    },
    from,
    sender: sender ?? from,
    toRecipients: recipients("to"),
    ccRecipients: recipients("cc"),
    bccRecipients: recipients("bcc"),
    replyTo: recipients("reply-to"),
    internetMessageId: headerValue(headers, "message-id"),
    internetMessageHeaders: headers.map(({ name, value }) => ({ name, value: decodeWords(value) })),
  };
}

function readRecipients(value: string | undefined) {
  return parseMailboxes(value ?? "").map(({ name, address }) => {
    if (isSmtpAddress(address)) return { emailAddress: { name: name || address, address } };
    throw new GraphError(
      400,
      "ErrorInvalidRecipients",
      `At least one recipient is not valid., Recipient '${address}' is not resolved.`,
    );
  });
}
