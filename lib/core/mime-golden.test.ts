/**
 * Messages as they were composed once, byte by byte. Whoever changes one changes the evidence of every
 * archive: what stands in the ledger can then no longer be computed again. `GOLDEN=write` writes them.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sha256Hex } from "./keys";
import type { Message } from "./message";
import { mimeStream } from "./mime";
import { mimeTree } from "./mime-tree";

const chat: Message = {
  messageId: `<${"1f".repeat(32)}@contoso.com>`,
  inReplyTo: null,
  references: [`<${"2e".repeat(32)}@contoso.com>`],
  threadTopic: "conversation-1",
  conversationIndex: null,
  date: new Date("2026-03-01T09:59:00.000Z"),
  from: { name: "Bob Jones 445204334324", address: "445204334324@whatsapp.invalid" },
  to: [{ name: "Ann Smith 16175550123", address: "Ann.Smith@Contoso.com" }],
  subject: "WhatsApp Message From 445204334324 to 16175550123",
  text: "Good morning\n\nFrom: Bob Jones\n",
  html: "<!DOCTYPE html><html><body>Good morning</body></html>",
  headers: [
    { name: "X-WhatsApp-Item-Id", value: "item-1" },
    { name: "X-WhatsApp-Conversation", value: `a "b" =?x?= c` },
    { name: "X-Archive-Connector", value: "019a0000-0000-7000-8000-000000000001" },
    { name: "X-Archive-Source", value: "PHONE_ARCHIVER" },
    { name: "X-Archive-SHA256", value: "ab".repeat(32) },
  ],
  attachments: [],
};

const staged = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
const file = (name: string, contentType: string, bytes: Uint8Array) => ({
  name,
  contentType,
  sizeBytes: bytes.byteLength,
  sha256: sha256Hex(bytes),
});
const made = (name: string, contentType: string, text: string) => {
  const bytes = Buffer.from(text);
  return { ...file(name, contentType, bytes), content: { kind: "bytes", bytes } as const };
};

const messages: Readonly<Record<string, Message>> = {
  chat,
  "group-reply": {
    ...chat,
    inReplyTo: `<${"3d".repeat(32)}@contoso.com>`,
    references: [`<${"2e".repeat(32)}@contoso.com>`, `<${"3d".repeat(32)}@contoso.com>`],
    threadTopic: "Familie 👩‍👩‍👧‍👦 – Größe und noch viel mehr Wörter in einem Gespräch",
    subject: "WhatsApp Message From Zoë – مريم to Familie 👩‍👩‍👧‍👦",
    from: { name: `Zoë "Z" \\ مريم 4917000001`, address: "zoe@contoso.com" },
    to: Array.from({ length: 40 }, (_, index) => ({
      name: index % 2 === 0 ? `Ann, "A" ${index}` : `語 ${index}`,
      address: `person-${index}@whatsapp.invalid`,
    })),
    text: "שלום\n\u202eevil\u202c =?utf-8?B?ZXZpbA==?=\n.\nFrom here on\n",
  },
  call: { ...chat, references: [], threadTopic: "", headers: [], to: [] },
  files: {
    ...chat,
    attachments: [
      { ...file("photo.jpg", "image/jpeg", staged), content: { kind: "staged", index: 0 } },
      made("Größe – تقرير 😀 100%'s.pdf", "application/pdf", "%PDF"),
      made("语".repeat(83) + ".txt", "text/plain", "text"),
      made("forwarded.eml", "message/rfc822", "Subject: not this one\n\n."),
      made("voice.ogg", "audio/ogg; codecs=opus", ""),
    ],
  },
  generic: { ...chat, attachments: [made("record.json", "application/json", `{"a":1}`)] },
};

async function bytesOf(message: Message): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of mimeStream(message, () => staged)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const pathOf = (name: string) => new URL(`./golden/${name}.eml`, import.meta.url);

test.each(Object.entries(messages))("%s is composed as it always was", async (name, message) => {
  const bytes = await bytesOf(message);
  if (process.env["GOLDEN"] === "write") writeFileSync(pathOf(name), bytes);

  expect(bytes.toString("latin1")).toBe(readFileSync(pathOf(name)).toString("latin1"));
});

test.each(Object.entries(messages))(
  "%s is, apart from From and To, what the composer writes itself",
  async (_name, message) => {
    const { people, root, staged: places } = mimeTree(message);
    for (const node of places.keys()) node.setContent(staged);
    const composed = `${people}${(await root.build()).toString("latin1")}`;
    const spelled = composed
      .replace("X-Whatsapp-Item-ID:", "X-WhatsApp-Item-Id:")
      .replace("X-Whatsapp-Conversation:", "X-WhatsApp-Conversation:")
      .replace("X-Archive-Sha256:", "X-Archive-SHA256:")
      .replace(/:\r\n (?=<[0-9a-f]{64}@|[0-9a-f]{64}\r|filename)/g, ": ");

    expect((await bytesOf(message)).toString("latin1")).toBe(spelled);
  },
);

test("the same record gives the same bytes in every time zone and language", () => {
  const program = `
    import { itemOf, messageOf } from "./lib/core/item-builder";
    import { mimeStream } from "./lib/core/mime";
    import { sha256Hex } from "./lib/core/keys";
    const chunks = [];
    const call = { type: "VOICE", status: "ANSWERED", duration: 3723000, startTime: 1772359140000 };
    const item = itemOf({ messageType: "CALL", call, messageTime: 1743296400000 });
    for await (const chunk of mimeStream(messageOf(item), () => new Uint8Array())) chunks.push(chunk);
    console.log(sha256Hex(Buffer.concat(chunks)), new Date(0).getHours());`;
  const run = (TZ: string, language: string) =>
    execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      env: { ...process.env, TZ, LANG: language, LC_ALL: language },
      encoding: "utf8",
    })
      .trim()
      .split(" ");
  const seen = [
    run("UTC", "C"),
    run("Pacific/Kiritimati", "tr_TR.UTF-8"),
    run("America/St_Johns", "ar_EG.UTF-8"),
  ];

  expect(new Set(seen.map(([hash]) => hash)).size).toBe(1);
  expect(new Set(seen.map(([, hour]) => hour)).size).toBe(3);
}, 240_000);
