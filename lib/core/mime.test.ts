import fc from "fast-check";
import { type ParsedMail, simpleParser } from "mailparser";
import { describe, expect, test, vi } from "vitest";
import { SyncError } from "./errors";
import { graphMessage } from "./graph-message";
import { itemOf, messageOf } from "./item-builder";
import { sha256Hex } from "./keys";
import type { Message } from "./message";
import { mimeStream } from "./mime";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

type Addressed = { readonly name: string; readonly address: string };

const nothing = () => new Uint8Array();

async function bytesOf(
  message: Message,
  open: Parameters<typeof mimeStream>[1] = nothing,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of mimeStream(message, open)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function parsed(message: Message, open = nothing): Promise<ParsedMail> {
  return simpleParser(await bytesOf(message, open), { skipTextToHtml: true });
}

/** The parser decodes encoded words only in the headers it knows. */
function withoutEncodedWords(value: unknown): string {
  return String(value)
    .replace(/\?= =\?UTF-8\?B\?/g, "?==?UTF-8?B?")
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_word, base64: string) =>
      Buffer.from(base64, "base64").toString(),
    );
}

/** What RFC 5322 asks of every line: CRLF at its end and nowhere else, ASCII, at most 998 bytes. */
function expectLines(mime: Buffer): void {
  const text = mime.toString("latin1");
  expect(text.endsWith("\r\n")).toBe(true);
  expect(text.replaceAll("\r\n", "")).not.toMatch(/[^ -~\t]/);
  expect(Math.max(...text.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(998);
}

describe("a parser reads", () => {
  test("people, subject, date, text and HTML", async () => {
    const message = messageOf(itemOf());
    const mail = await parsed(message);

    expect(mail.from.value).toMatchObject([message.from]);
    expect(mail.to?.value).toMatchObject(message.to);
    expect(mail.subject).toBe(message.subject);
    expect(mail.date).toEqual(message.date);
    expect(mail.text?.trimEnd()).toBe(message.text.trimEnd());
    expect(mail.html).toBe(message.html);
  });

  test("Message-ID, In-Reply-To, References and Thread-Topic", async () => {
    const name = "Größe – " + "Familie 👩‍👩‍👧‍👦 ".repeat(8);
    const message = messageOf(
      itemOf({
        replyTo: { networkMessageId: "A" },
        conversation: { id: "g", type: "GROUP", name },
      }),
    );
    const mail = await parsed(message);

    expect(mail.messageId).toBe(message.messageId);
    expect(mail.inReplyTo).toBe(message.inReplyTo);
    expect(mail.references).toEqual(message.references);
    expect(withoutEncodedWords(mail.headers.get("thread-topic"))).toBe(message.threadTopic);
  });

  test("the five headers, also where a value is 995 characters long", async () => {
    const message = messageOf(itemOf({}, { id: "x".repeat(995) }));
    const mail = await parsed(message);

    for (const { name, value } of message.headers) {
      expect(mail.headers.get(name.toLowerCase())).toBe(value);
    }
    expectLines(await bytesOf(message));
  });

  test("500 people in To", async () => {
    const recipients = Array.from({ length: 600 }, (_, index) => ({
      type: "LOGIN",
      value: `person-${index}`,
      firstName: index % 2 === 0 ? `Zoë "${index}"` : `Ann, \\${index}`,
    }));
    const message = messageOf(itemOf({ recipients }));
    const mail = await parsed(message);

    expect(mail.to?.value).toHaveLength(500);
    expect(mail.to?.value).toMatchObject(message.to);
  });

  test.each([
    ["plain.pdf"],
    ["with space.pdf"],
    ["Größe – übersicht 😀.pdf"],
    ["تقرير نهائي.docx"],
    [`"quoted"; x=y.txt`],
    ["100% 'sure' (final)*.txt"],
    ["语".repeat(83) + ".txt"],
    ["x".repeat(251) + ".txt"],
  ])("the file name %s", async (name) => {
    const item = itemOf({ attachments: [{ id: "a", name, contentType: "application/pdf" }] });
    const message = messageOf(item, [
      { index: 0, outcome: "staged", sizeBytes: 0, sha256: "00".repeat(32) },
    ]);

    expect((await parsed(message)).attachments).toMatchObject([
      { filename: name, contentType: "application/pdf" },
    ]);
    expectLines(await bytesOf(message));
  });

  test.each([["message/rfc822"], ["multipart/mixed"], ["text/html"], ["text/plain"]])(
    "an attachment of type %s as an attachment, byte by byte",
    async (contentType) => {
      const content = Buffer.from("Subject: not this one\n\n<b>\r\x00 bare line feeds\n");
      const item = itemOf({ attachments: [{ id: "a", name: "a.eml", contentType }] });
      const message = messageOf(item, [
        { index: 0, outcome: "staged", sizeBytes: content.length, sha256: sha256Hex(content) },
      ]);
      const mail = await parsed(message, () => content);

      expect(mail.subject).toBe(message.subject);
      expect(mail.attachments).toHaveLength(1);
      expect(mail.attachments[0]?.content.equals(content)).toBe(true);
    },
  );
});

describe("attachments", () => {
  const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
  const item = itemOf({
    attachments: [{ id: "a", name: "a.bin", contentType: "application/zip" }],
    messageType: "HOLOGRAM",
  });
  const message = messageOf(item, [
    { index: 0, outcome: "staged", sizeBytes: content.length, sha256: sha256Hex(content) },
  ]);
  const chunked = (size: number) =>
    async function* () {
      for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
    };

  test("are streamed: the bytes do not depend on how they come", async () => {
    const whole = await bytesOf(message, () => content);

    for (const size of [1, 56, 57, 58, 1024]) {
      expect((await bytesOf(message, chunked(size))).equals(whole)).toBe(true);
    }
  });

  test("what is staged is asked for, what the message carries itself is not", async () => {
    const asked: string[] = [];
    const mime = await bytesOf(message, ({ name }) => {
      asked.push(name);
      return content;
    });
    const mail = await simpleParser(mime);

    expect(asked).toEqual(["a.bin"]);
    expect(mail.attachments.map(({ filename }) => filename)).toEqual(["a.bin", "record.json"]);
    expect(mail.attachments[0]?.content.equals(content)).toBe(true);
    expect(JSON.parse(mail.attachments[1]?.content.toString() ?? "")).toHaveProperty(
      "id",
      "item-1",
    );
  });

  test("with another number of bytes than recorded are no evidence", async () => {
    await expect(bytesOf(message, () => content.subarray(1))).rejects.toThrow(SyncError);
    await expect(bytesOf(message, nothing)).rejects.toMatchObject({ code: "StagingCorrupt" });
  });
});

test("the same item gives the same bytes", async () => {
  const mime = await bytesOf(messageOf(itemOf()));

  expect((await bytesOf(messageOf(itemOf()))).equals(mime)).toBe(true);
});

test("an address is written as it was found, also where its domain looks like something else", async () => {
  const at = async (address: string) => {
    const mail = await parsed({ ...messageOf(itemOf()), from: { name: "Ann", address } });
    return mail.from.value[0]?.address;
  };

  expect(await at("Ann.Smith@Contoso.COM")).toBe("Ann.Smith@Contoso.COM");
  expect(await at("ann@1.2")).toBe("ann@1.2");
});

test("no value begins on the line behind its name, where older Pythons read a space", async () => {
  const body = { networkMessageId: "x", replyTo: { networkMessageId: "y" } };
  const mime = await bytesOf(messageOf(itemOf(body, { id: "i".repeat(900) })));

  expect(mime.toString()).not.toMatch(/^[A-Za-z0-9-]+:\s*\r\n/m);
  expectLines(mime);
});

test("no header can be injected", async () => {
  const evil = "x\r\nBcc: eve@evil.example\r\n\r\n<script>";
  const message = messageOf(
    itemOf(
      {
        sender: { type: "LOGIN", value: evil, email: evil, firstName: evil, lastName: evil },
        conversation: { id: evil, type: "GROUP", name: evil },
        networkMessageId: evil,
        attachments: [{ id: "a", name: evil, contentType: evil }],
      },
      { id: evil },
    ),
    [{ index: 0, outcome: "staged", sizeBytes: 0, sha256: "" }],
  );
  const mime = await bytesOf(message);
  const mail = await simpleParser(mime);

  expectLines(mime);
  expect(mime.toString()).not.toMatch(/^Bcc:/im);
  expect(mail.headers.has("bcc")).toBe(false);
});

test("a text that looks like an encoded word is not decoded", async () => {
  const name = "=?utf-8?B?ZXZpbA==?=";
  const message = messageOf(itemOf({ conversation: { id: "g", type: "GROUP", name } }));

  expect((await parsed(message)).subject).toBe(message.subject);
});

test("MIME and Graph JSON hold the same content, whatever it is", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 120 });
  const person = fc.record({
    type: fc.constantFrom("MOBILE", "LOGIN"),
    value: fc.string({ minLength: 1, maxLength: 60 }),
    email: fc.emailAddress(),
    firstName: text,
  });
  const body = fc.record({
    text: fc.string({ unit: "binary", maxLength: 300 }),
    sender: person,
    recipients: fc.array(person, { minLength: 1, maxLength: 3 }),
    conversation: fc.record({ id: text, type: fc.constantFrom("DIRECT", "GROUP"), name: text }),
  });
  await fc.assert(
    fc.asyncProperty(body, async (fields) => {
      const message = messageOf(itemOf(fields));
      const mime = await bytesOf(message);
      const mail = await simpleParser(mime, { skipTextToHtml: true });
      const create = JSON.parse(graphMessage(message, "", [])) as {
        subject: string;
        body: { content: string };
        from: { emailAddress: Addressed };
        toRecipients: { emailAddress: Addressed }[];
        internetMessageId: string;
      };

      expectLines(mime);
      expect(mail.subject).toBe(create.subject);
      expect(mail.html).toBe(create.body.content);
      expect(mail.messageId).toBe(create.internetMessageId);
      const people = [create.from, ...create.toRecipients].map(({ emailAddress }) => emailAddress);
      const told = [...mail.from.value, ...(mail.to?.value ?? [])];
      expect(told.map(({ name, address }) => ({ name, address }))).toEqual(people);
    }),
    { numRuns: 60 },
  );
});
