/** Messages as they are composed, and what whoever reads them should read. */
import { itemOf, messageOf } from "@/lib/core/item-builder";
import { sha256Hex } from "@/lib/core/keys";
import type { Message, MessageAttachment } from "@/lib/core/message";
import { mimeStream } from "@/lib/core/mime";
import type { Sample } from "./kinds";
import { type ReadMail, readHtml, readText, toTheSecond } from "./readers";

export type Composed = { readonly message: Message; readonly mime: Buffer };

export async function composed({ body, outer, files = [] }: Sample): Promise<Composed> {
  const facts = files.map((bytes, index) => ({
    ...{ index, outcome: "staged" as const },
    ...{ sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes) },
  }));
  const message = messageOf(itemOf(body, outer), facts);
  return { message, mime: await mimeOf(message, files) };
}

export async function mimeOf(message: Message, files: readonly Buffer[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const open = ({ content }: MessageAttachment) =>
    content.kind === "bytes" ? content.bytes : (files[content.index] ?? Buffer.alloc(0));
  for await (const chunk of mimeStream(message, open)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A mail or a bundle may not be base64 (RFC 2046), so its type would cost its bytes. */
const composite = /^(?:message|multipart)\//;

/** The type that a mail tells, without its parameters. */
export function essence(contentType: string): string {
  const [type = ""] = contentType.toLowerCase().split(";");
  return composite.test(type) ? "application/octet-stream" : type.trim();
}

export function expectedMail(message: Message): ReadMail {
  return {
    subject: message.subject,
    from: [message.from],
    to: message.to,
    date: toTheSecond(message.date),
    messageId: message.messageId,
    inReplyTo: message.inReplyTo ?? "",
    references: message.references,
    threadTopic: message.threadTopic,
    text: readText(message.text),
    html: readHtml(message.html),
    headers: Object.fromEntries(
      message.headers.map(({ name, value }) => [name.toLowerCase(), value]),
    ),
    attachments: message.attachments.map(({ name, contentType, sizeBytes, sha256 }) => {
      return { name, type: essence(contentType), sizeBytes, sha256 };
    }),
  };
}
