/** What a mailbox is given of a message, told as readers tell of a mail. */
import { expect } from "vitest";
import { graphMessage } from "@/lib/core/graph-message";
import { sha256Hex } from "@/lib/core/keys";
import type { Message } from "@/lib/core/message";
import { essence } from "./composed";
import {
  ownHeaders,
  readHtml,
  type ReadMail,
  type ReadPerson,
  toTheSecond,
  words,
} from "./readers";

type Recipient = { readonly emailAddress: ReadPerson };
type Create = {
  readonly subject: string;
  readonly body: { readonly content: string };
  readonly from: Recipient;
  readonly sender: Recipient;
  readonly toRecipients: readonly Recipient[];
  readonly internetMessageId: string;
  readonly internetMessageHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly singleValueExtendedProperties: readonly {
    readonly id: string;
    readonly value: string;
  }[];
  readonly attachments?: readonly {
    readonly name: string;
    readonly contentType: string;
    readonly contentBytes: string;
  }[];
};

export function readGraph(message: Message, files: readonly Buffer[]): Omit<ReadMail, "text"> {
  const inline = message.attachments.map((attachment) => {
    const { content } = attachment;
    const bytes =
      content.kind === "bytes" ? content.bytes : (files[content.index] ?? Buffer.alloc(0));
    return { attachment, bytes };
  });
  const create = JSON.parse(graphMessage(message, "0f".repeat(32), inline)) as Create;
  const property = (id: string) =>
    create.singleValueExtendedProperties.find((each) => each.id === id)?.value ?? "";
  // Sent and received at one time, by one person.
  expect(property("SystemTime 0x0E06")).toBe(property("SystemTime 0x0039"));
  expect(create.sender).toEqual(create.from);
  return {
    subject: create.subject,
    from: [create.from.emailAddress],
    to: create.toRecipients.map(({ emailAddress }) => emailAddress),
    date: toTheSecond(new Date(property("SystemTime 0x0039"))),
    messageId: create.internetMessageId,
    inReplyTo: property("String 0x1042"),
    references: words(property("String 0x1039")),
    threadTopic: property("String 0x0070"),
    html: readHtml(create.body.content),
    headers: ownHeaders(create.internetMessageHeaders.map(({ name, value }) => [name, value])),
    attachments: (create.attachments ?? []).map(({ name, contentType, contentBytes }) => {
      const bytes = Buffer.from(contentBytes, "base64");
      const sha256 = sha256Hex(bytes);
      return { name, type: essence(contentType), sizeBytes: bytes.byteLength, sha256 };
    }),
  };
}
