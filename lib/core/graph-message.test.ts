import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  attachmentsThatFit,
  createBodyBytes,
  graphMessage,
  idempotencyPropertyId,
} from "./graph-message";
import { itemOf, messageOf } from "./item-builder";
import { isMailAddress } from "./message-people";
import type { Message } from "./message";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

type Create = {
  readonly [field: string]: unknown;
  readonly subject: string;
  readonly body: { readonly contentType: string; readonly content: string };
  readonly from: Recipient;
  readonly toRecipients: readonly Recipient[];
  readonly internetMessageHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly singleValueExtendedProperties: readonly {
    readonly id: string;
    readonly value: string;
  }[];
};
type Recipient = { readonly emailAddress: { readonly name: string; readonly address: string } };

const key = "0f".repeat(32);
const created = (message: Message, options = {}) =>
  JSON.parse(graphMessage(message, key, [], options)) as Create;
const property = (create: Create, id: string) =>
  create.singleValueExtendedProperties.find((entry) => entry.id === id)?.value;

describe("the create", () => {
  const message = messageOf(itemOf({ replyTo: { networkMessageId: "A" } }));
  const create = created(message);

  test("makes a read message, not a draft, sent and received at its Date", () => {
    expect(property(create, "Integer 0x0E07")).toBe("1");
    expect(property(create, "SystemTime 0x0E06")).toBe("2026-03-01T09:59:00.000Z");
    expect(property(create, "SystemTime 0x0039")).toBe("2026-03-01T09:59:00.000Z");
    expect(create["isRead"]).toBe(true);
  });

  test("has the category WhatsApp Archiver", () => {
    expect(create["categories"]).toEqual(["WhatsApp Archiver"]);
  });

  test("holds subject, HTML, people and Message-ID of the message", () => {
    expect(create).toMatchObject({
      subject: message.subject,
      body: { contentType: "html", content: message.html },
      from: { emailAddress: message.from },
      sender: { emailAddress: message.from },
      toRecipients: [{ emailAddress: message.to[0] }],
      internetMessageId: message.messageId,
      internetMessageHeaders: message.headers,
    });
  });

  test("is threaded by its properties", () => {
    expect(property(create, "String 0x1042")).toBe(message.inReplyTo);
    expect(property(create, "String 0x1039")).toBe(message.references.join(" "));
    expect(property(create, "String 0x0070")).toBe("conversation-1");
    expect(property(create, "Binary 0x0071")).toBe(message.conversationIndex);
    expect(property(create, "Boolean 0x3016")).toBe("true");
  });

  test("differs between copies in the idempotency key alone", () => {
    const other = JSON.parse(graphMessage(message, "aa".repeat(32), [])) as Create;

    expect(idempotencyPropertyId).toBe(
      "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey",
    );
    expect(property(create, idempotencyPropertyId)).toBe(key);
    expect(JSON.stringify(other).replace("aa".repeat(32), key)).toBe(JSON.stringify(create));
  });

  test("leaves out empty properties, which Graph refuses", () => {
    const plain = created(messageOf(itemOf({ conversation: null })));

    expect(plain.singleValueExtendedProperties.map(({ id }) => id)).toEqual([
      "Integer 0x0E07",
      "SystemTime 0x0E06",
      "SystemTime 0x0039",
      idempotencyPropertyId,
    ]);
  });

  test("has the message class only where the setting says so", () => {
    const messageClass = "IPM.ExternalData.WhatsAppArchiver";

    expect(property(create, "String 0x001A")).toBeUndefined();
    expect(property(created(message, { messageClass }), "String 0x001A")).toBe(messageClass);
  });
});

describe("attachments inline", () => {
  const item = itemOf({
    attachments: [
      { id: "a", name: 'ü "x".bin', contentType: "application/zip" },
      { id: "b", name: "empty", contentType: "x/y" },
    ],
  });
  const facts = [5, 0].map((sizeBytes, index) => ({
    index,
    outcome: "staged" as const,
    sizeBytes,
    sha256: "00".repeat(32),
  }));
  const message = messageOf(item, facts);
  const inline = message.attachments.map((attachment) => ({
    attachment,
    bytes: Buffer.from("hello").subarray(0, attachment.sizeBytes),
  }));

  test("are file attachments with their bytes in base64", () => {
    const { attachments } = JSON.parse(graphMessage(message, key, inline)) as Create;

    expect(attachments).toEqual([
      {
        "@odata.type": "#microsoft.graph.fileAttachment",
        name: 'ü "x".bin',
        contentType: "application/zip",
        contentBytes: "aGVsbG8=",
      },
      {
        "@odata.type": "#microsoft.graph.fileAttachment",
        name: "empty",
        contentType: "x/y",
        contentBytes: "",
      },
    ]);
  });

  test.each([[0], [1], [2]])(
    "of which there are %i: the size of the create is known beforehand",
    (count) => {
      const some = inline.slice(0, count);
      const sizes = message.attachments.slice(0, count);

      for (const options of [{}, { messageClass: "IPM.Note" }]) {
        const body = graphMessage(message, key, some, options);
        expect(createBodyBytes(message, sizes, options)).toBe(Buffer.byteLength(body));
      }
    },
  );
});

describe("what fits into one create", () => {
  const sizes = [1000, 3_000_000, 500, 0];
  const item = itemOf({
    attachments: sizes.map((_, index) => ({
      id: `${index}`,
      name: `${index}`,
      contentType: "x/y",
    })),
  });
  const facts = sizes.map((sizeBytes, index) => ({
    index,
    outcome: "staged" as const,
    sizeBytes,
    sha256: "00".repeat(32),
  }));
  const message = messageOf(item, facts);
  const all = createBodyBytes(message, message.attachments);
  const names = (attachments: readonly { name: string }[]) => attachments.map(({ name }) => name);

  test("is everything up to the last byte of the limit", () => {
    expect(names(attachmentsThatFit(message, all).tooLarge)).toEqual([]);
    expect(names(attachmentsThatFit(message, all - 1).tooLarge)).toEqual(["3"]);
  });

  test("is what is small, also behind what is too large", () => {
    const { inline, tooLarge } = attachmentsThatFit(message, 4_000_000);

    expect(names(inline)).toEqual(["0", "2", "3"]);
    expect(names(tooLarge)).toEqual(["1"]);
    expect(createBodyBytes(message, inline)).toBeLessThanOrEqual(4_000_000);
  });
});

test("whatever the strings, Graph's rules hold", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  const person = fc.record({
    type: fc.constantFrom("MOBILE", "WHATSAPP_ID", "LOGIN"),
    value: text,
    email: fc.oneof(text, fc.emailAddress()),
    firstName: text,
    lastName: text,
  });
  const body = fc.record({
    text,
    subject: text,
    owner: person,
    sender: person,
    recipients: fc.array(person, { maxLength: 4 }),
    conversation: fc.record({ id: text, type: fc.constantFrom("DIRECT", "GROUP"), name: text }),
    contact: fc.record({ vcard: text }),
  });
  fc.assert(
    fc.property(body, text, (fields, id) => {
      const message = messageOf(itemOf(fields, { id }));
      const json = graphMessage(message, key, []);
      const create = JSON.parse(json) as Create;

      expect(createBodyBytes(message, [])).toBe(Buffer.byteLength(json));
      // No control character but the ends of lines and tabs, escaped or not; nothing that is not UTF-8.
      expect(json).not.toMatch(/\p{Cc}|\\u[0-9a-f]{4}|\\[bf]/u);
      expect(create.subject).not.toMatch(/\p{Cc}/u);
      expect(create.subject.length).toBeLessThanOrEqual(250);
      for (const { emailAddress } of [create.from, ...create.toRecipients]) {
        expect(isMailAddress(emailAddress.address)).toBe(true);
        expect(emailAddress.name).toMatch(/^[^\p{Cc}]{1,256}$/u);
      }
      expect(create.internetMessageHeaders.length).toBeLessThanOrEqual(5);
      for (const { name, value } of create.internetMessageHeaders) {
        expect(name).toMatch(/^X-/);
        expect(value).toMatch(/^[ -~]{1,995}$/);
      }
    }),
    { numRuns: 60 },
  );
});
