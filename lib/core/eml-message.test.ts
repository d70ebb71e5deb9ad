import fc from "fast-check";
import PostalMime from "postal-mime";
import { expect, test } from "vitest";
import { eml, emlWithFiles, stagedMail } from "./eml-builder";
import { planDelivered } from "./eml-message";
import { graphMessage, type InlineAttachment } from "./graph-message";
import { context } from "./item-builder";
import { sha256Hex } from "./keys";
import type { Message } from "./message";
import { mimeStream } from "./mime";

type Limits = { readonly sizeLimitBytes?: number; readonly notWritten?: readonly number[] };

async function planned(bytes: Uint8Array, { sizeLimitBytes, notWritten = [] }: Limits = {}) {
  const item = await stagedMail(bytes);
  const first = bytes[0];
  const content = { kind: "bytes", bytes } as const;
  const source = {
    sizeBytes: bytes.byteLength,
    content,
    beginsFolded: first === 32 || first === 9,
  };
  return planDelivered(item, source, new Set(notWritten), {
    ...{ ...context, recordSha256: sha256Hex(bytes) },
    ...(sizeLimitBytes === undefined ? {} : { sizeLimitBytes }),
  });
}

async function messageOf(bytes: Uint8Array, limits: Limits = {}): Promise<Message> {
  const plan = await planned(bytes, limits);
  if (plan.outcome !== "message") throw new Error(plan.code);
  return plan.message;
}

async function canonical(message: Message): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const stream = mimeStream(message, ({ content }) =>
    content.kind === "bytes" ? content.bytes : new Uint8Array(),
  );
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

type Created = {
  readonly subject: string;
  readonly body: { readonly content: string };
  readonly from: { readonly emailAddress: { readonly name: string; readonly address: string } };
  readonly toRecipients: readonly Created["from"][];
  readonly internetMessageId: string;
  readonly internetMessageHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly attachments?: readonly Readonly<Record<string, unknown>>[];
};

function created(message: Message): Created {
  const inline = message.attachments.flatMap((attachment): InlineAttachment[] =>
    attachment.content.kind === "bytes" ? [{ attachment, bytes: attachment.content.bytes }] : [],
  );
  return JSON.parse(graphMessage(message, "key", inline)) as Created;
}

const image = {
  head: 'Content-Type: image/png\r\nContent-ID: <logo@x>\r\nContent-Disposition: inline; filename="a.png"',
  bytes: Buffer.alloc(2000, 3),
};
const report = {
  head: 'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="r.pdf"',
  bytes: Buffer.alloc(5000, 4),
};

test("the canonical message is what was delivered with our headers in front", async () => {
  const bytes = emlWithFiles([report]);
  const message = await messageOf(bytes);
  const whole = await canonical(message);
  expect(whole.subarray(-bytes.byteLength).equals(bytes)).toBe(true);
  expect(whole.subarray(0, -bytes.byteLength).toString()).toBe(
    "X-WhatsApp-Item-Id: <1234.5678@telemessage.example>\r\n" +
      `X-Archive-Connector: ${context.connectorId}\r\n` +
      `X-Archive-SHA256: ${sha256Hex(bytes)}\r\n`,
  );
});

test("a message that has no id of its own gets ours, in both forms", async () => {
  const message = await messageOf(eml({ "Message-ID": null }));
  expect(message.messageId).toMatch(/^<[0-9a-f]{64}@contoso\.com>$/);
  const { messageId } = await PostalMime.parse(await canonical(message));
  expect(messageId).toBe(message.messageId);
});

test("the mailbox is given subject, people, text and files as they were delivered", async () => {
  const { subject, body, from, toRecipients, attachments } = created(
    await messageOf(emlWithFiles([image, report])),
  );
  expect(subject).toBe("WhatsApp Message From 16174354634 to 12124325249");
  expect(body.content.trim()).toBe("<p>Good <b>morning</b></p>");
  expect(from.emailAddress).toEqual({
    ...{ name: "Bob Jones 16174354634", address: "bob@partner.example" },
  });
  expect(toRecipients).toHaveLength(1);
  expect(attachments).toMatchObject([
    { name: "a.png", contentType: "image/png", contentId: "logo@x", isInline: true },
    { name: "r.pdf", contentType: "application/pdf" },
  ]);
});

test("a person without an address is given one that can never be mailed to", async () => {
  const { from } = created(await messageOf(eml({ From: "Bob Jones 16174354634" })));
  expect(from.emailAddress).toEqual({
    ...{ name: "Bob Jones 16174354634", address: "16174354634@whatsapp.invalid" },
  });
});

test("a file over the limit is left out of the mailbox and named there", async () => {
  const plan = await planned(emlWithFiles([image, report]), { sizeLimitBytes: 4000 });
  expect(plan).toMatchObject({ leftOut: [{ index: 1, code: "AttachmentSizeExceeded" }] });
  if (plan.outcome !== "message") throw new Error(plan.code);
  expect(plan.message.attachments.map(({ name }) => name)).toEqual(["a.png"]);
  expect(plan.message.html).toContain(sha256Hex(report.bytes));
  expect((await canonical(plan.message)).byteLength).toBeGreaterThan(7000);
});

test("files that are too large together keep the message out", async () => {
  const plan = await planned(emlWithFiles([image, report]), { sizeLimitBytes: 6000 });
  expect(plan).toEqual({ outcome: "failed", code: "ItemSizeExceeded" });
});

test("a file a mailbox does not take is named there, and told by its digest", async () => {
  const { html, attachments, delivered } = await messageOf(emlWithFiles([image, report]), {
    notWritten: [1],
  });
  expect(attachments.map(({ name }) => name)).toEqual(["a.png"]);
  expect(html).toContain(`${sha256Hex(report.bytes)}: not taken by the mailbox`);
  expect(delivered?.leftOutSha256s).toEqual([sha256Hex(report.bytes)]);
});

test("a text of megabytes is shown in part and attached whole", async () => {
  const { html, attachments } = await messageOf(eml({}, "x".repeat(2_000_000)));
  expect(Buffer.byteLength(html)).toBeLessThan(200_000);
  expect(attachments.map(({ name }) => name)).toEqual(["message.txt"]);
});

test("an absurd date is replaced, and the mailbox is told", async () => {
  const { date, html } = await messageOf(eml({ Date: "Thu, 1 Jan 1970 00:00:00 +0000" }));
  expect(date.toISOString()).toBe("2026-03-02T01:05:00.000Z");
  expect(html).toContain("no credible time");
});

test("what is delivered cannot go on with our last header line", async () => {
  const bytes = Buffer.concat([Buffer.from(" forged\r\n"), eml()]);
  const { headers } = await PostalMime.parse(await canonical(await messageOf(bytes)));
  expect(headers.find(({ key }) => key === "x-archive-sha256")?.value).toBe(sha256Hex(bytes));
});

test("an id longer than a line is folded and one beyond ASCII is told by its hash", async () => {
  const long = `<${"a".repeat(985)}@x>`;
  for (const [id, line] of [
    [long, long],
    ["<ä@x>", `sha256:${sha256Hex("<ä@x>")}`],
  ] as const) {
    const whole = await canonical(await messageOf(eml({ "Message-ID": id })));
    const lines = whole.toString("latin1").split("\r\n\r\n")[0]?.split("\r\n").slice(0, 3) ?? [];
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(998);
    const { headers } = await PostalMime.parse(whole);
    expect(headers.find(({ key }) => key === "x-whatsapp-item-id")?.value).toBe(line);
  }
});

const word = fc.stringMatching(/^[A-Za-z]{1,8}$/);
const text = fc.string({ unit: "grapheme" }).map((each) => each.replace(/[\p{Cc}\p{Cs}]/gu, ""));

test("mailbox and canonical message tell the same", async () => {
  const file = fc.record({ name: word, bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) });
  await fc.assert(
    fc.asyncProperty(
      word,
      word,
      text,
      fc.array(file, { maxLength: 4 }),
      async (from, to, said, files) => {
        const encoded = `=?utf-8?B?${Buffer.from(said || "x").toString("base64")}?=`;
        const bytes = emlWithFiles(
          files.map(({ name, bytes: content }) => ({
            head: `Content-Type: application/x-${name}; name=${name}.bin`,
            bytes: content,
          })),
          {
            From: `${from} 16174354634 <${from}@partner.example>`,
            To: `${encoded} 12124325249 <${to}@contoso.com>`,
            Subject: encoded,
          },
        );
        const message = await messageOf(bytes);
        const mailbox = created(message);
        const read = await PostalMime.parse(await canonical(message));
        expect(mailbox.from.emailAddress.address).toBe(read.from?.address);
        expect(mailbox.toRecipients.map(({ emailAddress }) => emailAddress.address)).toEqual(
          read.to?.map(({ address }) => address),
        );
        expect(mailbox.internetMessageId).toBe(read.messageId);
        expect(mailbox.body.content.trim()).toBe(read.html?.trim());
        expect((mailbox.attachments ?? []).map(({ contentBytes }) => contentBytes)).toEqual(
          read.attachments.map(({ content }) =>
            Buffer.from(content as ArrayBuffer).toString("base64"),
          ),
        );
        for (const { name, value } of mailbox.internetMessageHeaders) {
          expect(read.headers.find(({ key }) => key === name.toLowerCase())?.value).toBe(value);
        }
      },
    ),
    { numRuns: 50 },
  );
});
