import { describe, expect, test } from "vitest";
import { conversationIndex } from "./conversation-index";
import { itemOf, messageOf } from "./item-builder";

const indexOf = (body: Readonly<Record<string, unknown>>) =>
  messageOf(itemOf(body)).conversationIndex;
const group = (id: string) => ({ id, type: "GROUP", name: "Family" });

test("is a header block: reserved byte, a time that never changes, the key's first half", () => {
  expect(Buffer.from(conversationIndex("ab".repeat(32)), "base64").toString("hex")).toBe(
    `0101c96ba3e3${"ab".repeat(16)}`,
  );
});

describe("of a message", () => {
  test("is that of its conversation, whatever else the message is", () => {
    const first = indexOf({ conversation: group("g") });
    const reply = { replyTo: { networkMessageId: "A" }, messageTime: 1_400_000_000_000 };

    expect(first).not.toBeNull();
    expect(indexOf({ conversation: group("g"), ...reply })).toBe(first);
  });

  test("differs between two groups of one name", () => {
    expect(indexOf({ conversation: group("g") })).not.toBe(indexOf({ conversation: group("h") }));
  });

  test("is missing where the record names no conversation", () => {
    expect(indexOf({ conversation: null })).toBeNull();
  });
});
