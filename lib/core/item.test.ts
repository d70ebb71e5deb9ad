/** What an item is made of: a record that fits, one that does not, and its time. */
import { describe, expect, test } from "vitest";
import { decodeRecord } from "./item";
import { ann, bob, itemOf, receivedAt, record, sentAt, windowStart } from "./item-builder";

describe("a record that fits", () => {
  test("becomes an item of its own kind, with nothing to complain of", () => {
    const item = itemOf();

    expect(item).toMatchObject({
      sourceItemId: "item-1",
      revision: "1",
      kind: "CHAT",
      networkMessageId: "3EB0F1",
      direction: "INCOMING",
      sourceType: "PHONE_ARCHIVER",
      text: "Good morning",
      receivedAt,
      messageAt: sentAt,
      isDateReplaced: false,
      conversation: { id: "conversation-1", type: "DIRECT", name: null },
      problems: [],
      rawRecord: null,
    });
  });

  test.each([
    ["FILE", {}],
    ["IMAGE", {}],
    ["VIDEO", {}],
    ["AUDIO", {}],
    ["VOICE", {}],
    ["STICKER", {}],
    ["SYSTEM", {}],
    ["CALL", { call: { kind: "VOICE", status: "ANSWERED", durationInMillis: 5 } }],
    ["LOCATION", { location: { latitude: 52.5, longitude: 13.4 } }],
    ["CONTACT", { contact: { vcard: "BEGIN:VCARD" } }],
    ["REACTION", { reaction: { networkMessageId: "A", emoji: "" } }],
    ["POLL", { poll: { question: "Lunch?", options: ["yes", "no"] } }],
    ["EDITED", { edited: { originalId: "A" } }],
    ["DELETED", { deleted: { originalId: "A", scope: "FOR_ALL", readState: "READ" } }],
  ])("of type %s keeps its kind", (messageType, part) => {
    expect(itemOf({ messageType, ...part })).toMatchObject({ kind: messageType, problems: [] });
  });

  test.each([
    ["networkMessageId"],
    ["text"],
    ["subject"],
    ["sender"],
    ["attachments"],
    ["replyTo"],
    ["call"],
  ])("may do without %s, left out or null", (field) => {
    expect(itemOf({ [field]: null }).kind).toBe("CHAT");
    expect(itemOf({ [field]: undefined }).kind).toBe("CHAT");
  });

  test("names its participants once each, in the order owner, sender, recipients", () => {
    const carla = { type: "LOGIN", value: "carla" };
    const item = itemOf({ recipients: [carla, ann, carla, bob] });

    expect(item.participants.map(({ value, roles }) => [value, roles])).toEqual([
      [ann.value, ["owner", "recipient"]],
      [bob.value, ["sender", "recipient"]],
      ["carla", ["recipient"]],
    ]);
  });

  test("keeps people apart whose ids are equal and whose types are not", () => {
    const item = itemOf({ recipients: [{ type: "LOGIN", value: ann.value }] });

    expect(item.participants).toHaveLength(3);
  });

  test("takes an address from a later mention of the same person", () => {
    const item = itemOf({ owner: { type: "MOBILE", value: ann.value }, recipients: [ann] });

    expect(item.participants[0]?.email).toBe("ann@contoso.com");
  });
});

describe("the time of an item", () => {
  test("gatewayReceivedDate is cut to milliseconds, never rounded up", () => {
    const item = itemOf({}, { gatewayReceivedDate: "2026-03-01T23:59:59.999999Z" });

    expect(item.receivedAt.toISOString()).toBe("2026-03-01T23:59:59.999Z");
  });

  test.each([
    ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"],
    ["2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.500Z"],
    ["2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z"],
    ["2026-03-01T05:30:00.25-0430", "2026-03-01T10:00:00.250Z"],
  ])("gatewayReceivedDate may be written as %s", (text, expected) => {
    expect(itemOf({}, { gatewayReceivedDate: text }).receivedAt.toISOString()).toBe(expected);
  });

  test.each([["yesterday"], ["2026-02-30T10:00:00Z"], ["2026-13-01T00:00:00Z"], [""], [1], [null]])(
    "a broken gatewayReceivedDate (%j) belongs to the window that returned it",
    (gatewayReceivedDate) => {
      const item = itemOf({}, { gatewayReceivedDate });

      expect(item).toMatchObject({ kind: "GENERIC", receivedAt: windowStart });
    },
  );

  test.each([
    ["the last instant of 2008", Date.UTC(2009, 0, 1) - 1, true],
    ["the first instant of 2009", Date.UTC(2009, 0, 1), false],
    ["a day after it was archived", receivedAt.getTime() + 86_400_000, false],
    [
      "a millisecond more than a day after it was archived",
      receivedAt.getTime() + 86_400_001,
      true,
    ],
    ["the year 57300", 1_746_000_000_000_000, true],
    ["what no date can hold", 1e300, true],
    ["zero", 0, true],
    ["before 1970", -1, true],
  ])(
    "a messageTime of %s: replaced by the archive's time or not",
    (_name, messageTime, replaced) => {
      const item = itemOf({ messageTime });

      expect(item.isDateReplaced).toBe(replaced);
      expect(item.messageAt).toEqual(replaced ? receivedAt : new Date(messageTime));
      expect(item.kind).toBe("CHAT");
    },
  );

  test.each([["soon"], [null], [true], [{}]])(
    "a broken messageTime (%j) does not fit",
    (messageTime) => {
      expect(itemOf({ messageTime })).toMatchObject({
        kind: "GENERIC",
        messageAt: receivedAt,
        isDateReplaced: true,
      });
    },
  );
});

describe("a record that does not fit", () => {
  test.each([
    ["an unknown messageType", { messageType: "HOLOGRAM" }],
    ["a missing messageType", { messageType: undefined }],
    ["a missing owner", { owner: undefined }],
    ["a missing conversation", { conversation: undefined }],
    ["an unknown conversation type", { conversation: { id: "c", type: "COMMUNITY" } }],
    ["a missing direction", { direction: undefined }],
    ["a text that is a number", { text: 42 }],
    ["recipients that are no list", { recipients: "everybody" }],
    ["missing recipients", { recipients: undefined }],
    ["a recipient that is none", { recipients: [null] }],
    ["attachments that are no list", { attachments: {} }],
    ["an attachment without id", { attachments: [{ name: "a.jpg" }] }],
    ["a participant of an unknown type", { sender: { type: "FAX", value: "1" } }],
    ["a participant that is a string", { sender: "Bob" }],
    ["a number as networkMessageId", { networkMessageId: 7 }],
    ["a call without call", { messageType: "CALL" }],
    ["a reaction without reaction", { messageType: "REACTION" }],
    ["an edit without edited", { messageType: "EDITED" }],
    ["a place beyond the Earth", { location: { latitude: 91, longitude: 0 } }],
  ])("%s makes a generic item that carries its raw record", (_name, body) => {
    const decoded = decodeRecord(record(body), windowStart);

    expect(decoded).toMatchObject({ outcome: "item", item: { kind: "GENERIC" } });
    if (decoded.outcome !== "item") return;
    expect(decoded.item.rawRecord).toBe(decoded.recordBytes);
    expect(decoded.item.problems).not.toEqual([]);
  });

  test("what can be read of it is read", () => {
    const item = itemOf({ messageType: "HOLOGRAM", recipients: [7, ann] });

    expect(item).toMatchObject({
      text: "Good morning",
      messageType: "HOLOGRAM",
      messageAt: sentAt,
    });
    expect(item.owner?.value).toBe(ann.value);
    expect(item.recipients.map(({ value }) => value)).toEqual([ann.value]);
  });

  test("a number written as a number does not fit and is still found", () => {
    const item = itemOf({ owner: { ...ann, value: 16175550123 } });

    expect(item).toMatchObject({
      kind: "GENERIC",
      owner: { type: "MOBILE", value: "16175550123" },
    });
  });

  test("its problems are told in words, without content", () => {
    const item = itemOf({ text: { secret: "canary" }, sender: "canary", messageType: "CANARY" });

    expect(item.problems.join()).not.toMatch(/canary/i);
    expect(item.problems).toContain("text is not a string");
  });

  test.each([
    ["a missing id", { id: undefined }],
    ["a missing revision", { revision: undefined }],
    ["a number as id", { id: 5 }],
    ["an object as revision", { revision: {} }],
    ["null as id", { id: null }],
  ])("%s: named by raw- and the SHA-256 of its canonical JSON, revision 1", (_name, outer) => {
    const decoded = decodeRecord(record({}, outer), windowStart);

    expect(decoded.manifestEntry).toBeNull();
    expect(decoded).toMatchObject({
      outcome: "item",
      item: { kind: "GENERIC", sourceItemId: `raw-${decoded.recordSha256}`, revision: "1" },
    });
  });

  test.each([
    ["null", null],
    ["a number", 42],
    ["a word", "hello"],
    ["a list", [1]],
    ["an empty object", {}],
    ["a body that is a word", { id: "a", revision: "1", body: "x" }],
  ])("%s cannot be read at all", (_name, raw) => {
    expect(decodeRecord(raw, windowStart).outcome).toBe("unreadable");
  });

  test("what cannot be read keeps its own id where it has one", () => {
    expect(decodeRecord({ id: "a", revision: "3" }, windowStart)).toMatchObject({
      outcome: "unreadable",
      sourceItemId: "a",
      revision: "3",
    });
  });
});
