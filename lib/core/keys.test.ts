import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { itemOf } from "./item-builder";
import { duplicateKey, idempotencyKey, itemDigest, messageKey, sha256Hex } from "./keys";

const hashOf = (...parts: readonly unknown[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");

test("a hash is lower-case hex, of text as UTF-8", () => {
  expect(sha256Hex("ü")).toBe(sha256Hex(Buffer.from("ü")));
  expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

test("an idempotency key names account, item, revision and mailbox", () => {
  expect(idempotencyKey("a", "i", "1", "m")).toBe(hashOf("a", "i", "1", "m"));
  expect(idempotencyKey("a", "i", "1", "")).toBe(hashOf("a", "i", "1", ""));
});

test("an item digest cannot be forged by moving a border between its parts", () => {
  expect(itemDigest("a", "b,c", "1")).not.toBe(itemDigest("a,b", "c", "1"));
});

describe("the message key", () => {
  test("is taken from the networkMessageId, so that all archived people share it", () => {
    const mine = itemOf({}, { id: "one" });
    const theirs = itemOf({}, { id: "other" });

    expect(messageKey("a", mine)).toBe(hashOf("a", "3EB0F1", ""));
    expect(messageKey("a", theirs)).toBe(messageKey("a", mine));
  });

  test("is taken from id and revision where there is no networkMessageId", () => {
    expect(messageKey("a", itemOf({ networkMessageId: undefined }))).toBe(
      hashOf("a", "item-1", "1"),
    );
    expect(messageKey("a", itemOf({ networkMessageId: "" }))).toBe(hashOf("a", "item-1", "1"));
  });

  test("is taken from id and revision for a later revision", () => {
    expect(messageKey("a", itemOf({}, { revision: "2" }))).toBe(hashOf("a", "item-1", "2"));
  });

  test.each([
    ["EDITED", { edited: { originalId: "3EB0F1" } }],
    ["DELETED", { deleted: { originalId: "3EB0F1" } }],
    ["REACTION", { reaction: { networkMessageId: "3EB0F1", emoji: "👍" } }],
  ])(
    "is taken from id and revision for %s, which may bear the original's networkMessageId",
    (messageType, part) => {
      expect(messageKey("a", itemOf({ messageType, ...part }))).toBe(hashOf("a", "item-1", "1"));
    },
  );

  test("of a deletion that does not fit is still not the original's", () => {
    const item = itemOf({ messageType: "DELETED", direction: 7 });

    expect(item.kind).toBe("GENERIC");
    expect(messageKey("a", item)).toBe(hashOf("a", "item-1", "1"));
  });
});

describe("the duplicate key", () => {
  const key = (body: Readonly<Record<string, unknown>> = {}, hashes: readonly string[] = []) =>
    duplicateKey("a", itemOf(body), hashes);

  test("is equal for the records two archived people have of one message", () => {
    const theirs = itemOf(
      { owner: { type: "MOBILE", value: "1" }, direction: "OUTGOING" },
      { id: "2" },
    );

    expect(duplicateKey("a", theirs, [])).toBe(key());
  });

  test("does not exist without networkMessageId", () => {
    expect(key({ networkMessageId: undefined })).toBeNull();
  });

  test.each([
    ["text", { text: "Good evening" }],
    ["kind", { messageType: "SYSTEM" }],
    ["networkMessageId", { networkMessageId: "other" }],
    ["original", { edited: { originalId: "A" } }],
    ["reaction", { reaction: { networkMessageId: "A", emoji: "👍" } }],
    ["deletion scope", { deleted: { scope: "FOR_ME" } }],
    ["call", { call: { kind: "VOICE", status: "MISSED" } }],
    ["location", { location: { latitude: 1, longitude: 2 } }],
    ["contact", { contact: { vcard: "x" } }],
    ["poll", { poll: { question: "?", options: [] } }],
  ])("differs when the %s differs", (_name, body) => {
    expect(key(body)).not.toBe(key());
  });

  test("depends on the attachments as received, whatever their order", () => {
    expect(key({}, ["aa", "bb"])).toBe(key({}, ["bb", "aa"]));
    expect(key({}, ["aa"])).not.toBe(key());
    expect(key({}, ["aa", "aa"])).not.toBe(key({}, ["aa"]));
  });

  test("does not depend on the order of keys in the record", () => {
    expect(key({ poll: { options: ["x"], question: "?" } })).toBe(
      key({ poll: { question: "?", options: ["x"] } }),
    );
  });
});
