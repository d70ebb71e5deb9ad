import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  context,
  decodedItem,
  itemOf,
  messageOf,
  receivedAt,
  record,
  resolved,
} from "./item-builder";
import { planMessage } from "./message";

const key = (...parts: readonly string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");
const id = (...parts: readonly string[]) => `<${key("account-1", ...parts)}@contoso.com>`;
const root = id("conversation", "conversation-1");

describe("threading", () => {
  test("Message-ID is the message key at the message domain", () => {
    expect(messageOf(itemOf()).messageId).toBe(id("3EB0F1", ""));
  });

  test("a message that answers nothing refers to its conversation", () => {
    expect(messageOf(itemOf())).toMatchObject({ inReplyTo: null, references: [root] });
  });

  test.each([
    ["replied to", { replyTo: { networkMessageId: "ORIGINAL" } }],
    ["edited", { messageType: "EDITED", edited: { originalId: "ORIGINAL" } }],
    ["deleted", { messageType: "DELETED", deleted: { originalId: "ORIGINAL" } }],
    [
      "reacted to",
      { messageType: "REACTION", reaction: { networkMessageId: "ORIGINAL", emoji: "" } },
    ],
    [
      "deleted, though it was itself a reply",
      {
        messageType: "DELETED",
        deleted: { originalId: "ORIGINAL" },
        replyTo: { networkMessageId: "EARLIER" },
      },
    ],
  ])("In-Reply-To and the last reference are the message %s, archived or not", (_name, body) => {
    const original = id("ORIGINAL", "");

    expect(messageOf(itemOf(body))).toMatchObject({
      inReplyTo: original,
      references: [root, original],
    });
  });

  test("an edit refers to the Message-ID of its original", () => {
    const original = messageOf(itemOf());
    const edit = messageOf(
      itemOf({ messageType: "EDITED", edited: { originalId: "3EB0F1" } }, { id: "item-2" }),
    );

    expect(edit.inReplyTo).toBe(original.messageId);
    expect(edit.messageId).not.toBe(original.messageId);
  });

  test("without a conversation there is no root", () => {
    expect(messageOf(itemOf({ conversation: null }))).toMatchObject({
      references: [],
      threadTopic: "",
    });
  });

  test("Thread-Topic is the conversation: its name, else its id", () => {
    const named = { id: "c", type: "GROUP", name: "Sales\r\nGroup" };

    expect(messageOf(itemOf({ conversation: named })).threadTopic).toBe("Sales Group");
    expect(messageOf(itemOf()).threadTopic).toBe("conversation-1");
  });
});

describe("date", () => {
  test("is the messageTime", () => {
    expect(messageOf(itemOf()).date.toISOString()).toBe("2026-03-01T09:59:00.000Z");
  });

  test("is the archive's where the phone's is absurd, and the body says so", () => {
    const message = messageOf(itemOf({ messageTime: 1_746_000_000_000_000 }));

    expect(message.date).toEqual(receivedAt);
    for (const body of [message.text, message.html]) {
      expect(body).toContain(
        "The phone gave no credible time (1746000000000000 ms after 1970-01-01)",
      );
    }
  });
});

describe("headers", () => {
  test("are five", () => {
    expect(messageOf(itemOf()).headers).toEqual([
      { name: "X-WhatsApp-Item-Id", value: "item-1" },
      { name: "X-WhatsApp-Conversation", value: "conversation-1" },
      { name: "X-Archive-Connector", value: context.connectorId },
      { name: "X-Archive-Source", value: "PHONE_ARCHIVER" },
      { name: "X-Archive-SHA256", value: context.recordSha256 },
    ]);
  });

  const itemId = (text: string) => messageOf(itemOf({}, { id: text })).headers[0]?.value;
  const hashed = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

  test.each([
    ["995 characters", "x".repeat(995)],
    ["punctuation", `a "b" <c>; d=e`],
  ])("of %s stay as they are", (_name, text) => {
    expect(itemId(text)).toBe(text);
  });

  test.each([
    ["longer than 995 characters", "x".repeat(996)],
    ["not ASCII", "idé"],
    ["holding a line break", "a\r\nBcc: eve@evil.example"],
    ["holding a control character", "a\u0007"],
    ["beginning with a space, which readers take away", " a"],
    ["ending with a space", "a "],
    ["that readers would decode", "=?utf-8?q?a=0D=0ABcc:_e?="],
  ])("of a value %s become its hash", (_name, text) => {
    expect(itemId(text)).toBe(hashed(text));
  });

  test("that have no value are left out, since Graph refuses empty ones", () => {
    const { headers } = messageOf(itemOf({ conversation: null }, { sourceType: null }));

    expect(headers.map(({ name }) => name)).toEqual([
      "X-WhatsApp-Item-Id",
      "X-Archive-Connector",
      "X-Archive-SHA256",
    ]);
  });
});

describe("size", () => {
  const MiB = 1024 * 1024;
  const file = (id: string) => ({ id, name: `${id}.bin`, contentType: "application/zip" });
  const plan = (text: string, ...sizes: readonly number[]) => {
    const item = itemOf({ text, attachments: sizes.map((_, index) => file(`f${index}`)) });
    const facts = sizes.map((sizeBytes, index) => ({
      index,
      outcome: "staged" as const,
      sizeBytes,
      sha256: "cd".repeat(32),
    }));
    return planMessage(item, resolved(item), facts, context);
  };

  test("12 MiB alone is imported without it, named in the body with size and SHA-256", () => {
    const planned = plan("", 12 * MiB);

    expect(planned).toMatchObject({
      outcome: "message",
      leftOut: [{ index: 0, code: "AttachmentSizeExceeded" }],
      message: { attachments: [] },
    });
    if (planned.outcome !== "message") return;
    for (const body of [planned.message.text, planned.message.html]) {
      expect(body).toContain(`f0.bin, 12582912 bytes, SHA-256 ${"cd".repeat(32)}`);
    }
  });

  test("6 + 6 MiB is not imported", () => {
    expect(plan("", 6 * MiB, 6 * MiB)).toEqual({ outcome: "failed", code: "ItemSizeExceeded" });
  });

  test("an attachment of exactly the limit is not over it", () => {
    expect(plan("", 10 * MiB)).toMatchObject({ outcome: "message", leftOut: [] });
    expect(plan("", 10 * MiB + 1)).toMatchObject({ leftOut: [{ index: 0 }] });
  });

  test("the text counts with its UTF-8 bytes", () => {
    expect(plan("ü", 10 * MiB - 2)).toMatchObject({ outcome: "message", leftOut: [] });
    expect(plan("ü", 10 * MiB - 1)).toMatchObject({ outcome: "failed" });
  });

  test("what is left out no longer counts", () => {
    expect(plan("", 12 * MiB, 10 * MiB)).toMatchObject({ leftOut: [{ index: 0 }] });
  });

  test("a text over the limit is not imported", () => {
    expect(plan("x".repeat(10 * MiB + 1))).toEqual({ outcome: "failed", code: "ItemSizeExceeded" });
  });
});

test("the same item gives the same message, whoever plans it and whenever", () => {
  const raw = record({ attachments: [{ id: "a", name: "a", contentType: "x/y" }] });

  expect(messageOf(decodedItem(raw))).toEqual(
    messageOf(decodedItem(JSON.parse(JSON.stringify(raw)) as unknown)),
  );
});
