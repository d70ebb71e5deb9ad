import { describe, expect, test } from "vitest";
import { ann, bob, itemOf, messageOf } from "./item-builder";
import { duration } from "./message-subject";

type Fields = Readonly<Record<string, unknown>>;
const subject = (body: Fields = {}) => messageOf(itemOf(body)).subject;
const ofCall = (call: Fields) => subject({ messageType: "CALL", call: { kind: "VOICE", ...call } });
const group = (name?: string) => ({ id: "g", type: "GROUP", name });

test("of a chat names the numbers of sender and first recipient", () => {
  expect(subject()).toBe("WhatsApp Message From 445204334324 to 16175550123");
});

describe("kind", () => {
  test.each([["FILE"], ["IMAGE"], ["VOICE"], ["STICKER"], ["SYSTEM"], ["HOLOGRAM"]])(
    "%s is a Message",
    (messageType) => {
      expect(subject({ messageType })).toMatch(/^WhatsApp Message From /);
    },
  );

  test.each([
    [
      { kind: "VOICE", status: "ANSWERED", durationInMillis: 3_723_999 },
      "Voice Call",
      "1 h 2 min 3 s",
    ],
    [{ kind: "VIDEO", status: "ANSWERED", durationInMillis: 60_000 }, "Video Call", "1 min"],
    [{ kind: "VOICE", status: "MISSED", durationInMillis: 0 }, "Missed Voice Call", "0 s"],
    [{ kind: "VIDEO", status: "REJECTED" }, "Rejected Video Call", "0 s"],
    [{ kind: "VOICE", status: "BUSY" }, "Busy Voice Call", "0 s"],
    [{ kind: "VOICE", status: "FORWARDED" }, "Voice Call", "0 s"],
    [{ kind: "VOICE", status: "toString" }, "Voice Call", "0 s"],
  ])("of the call %j", (call, kind, suffix) => {
    expect(ofCall(call)).toBe(`WhatsApp ${kind} From 445204334324 to 16175550123 (${suffix})`);
  });
});

test.each([
  [0, "0 s"],
  [999, "0 s"],
  [1000, "1 s"],
  [60_000, "1 min"],
  [3_600_000, "1 h"],
  [3_601_000, "1 h 1 s"],
  [90_000_000, "25 h"],
])("a call of %i ms took %s", (ms, expected) => {
  expect(duration(ms)).toBe(expected);
});

describe("prefix", () => {
  const deletion = (readState: string) => ({
    messageType: "DELETED",
    deleted: { originalId: "A", scope: "FOR_ALL", readState },
  });

  test.each([
    ["READ", "DELETED – READ – WhatsApp Message From "],
    ["UNREAD", "DELETED – UNREAD – WhatsApp Message From "],
    ["UNKNOWN", "DELETED – UNKNOWN – WhatsApp Message From "],
    ["MAYBE", "DELETED – UNKNOWN – WhatsApp Message From "],
  ])("of a deletion with read state %s", (readState, expected) => {
    expect(subject(deletion(readState)).startsWith(expected)).toBe(true);
  });

  test("of an edit", () => {
    expect(subject({ messageType: "EDITED", edited: { originalId: "A" } })).toMatch(
      /^EDITED – WhatsApp Message From /,
    );
  });

  test("of a deletion of an edited message names both, the deletion first", () => {
    expect(subject({ ...deletion("READ"), edited: { originalId: "A" } })).toMatch(
      /^DELETED – READ – EDITED – WhatsApp /,
    );
  });
});

describe("sender and target", () => {
  test.each([
    ["the digits of the number", { type: "MOBILE", value: "+44 5204", firstName: "Bob" }, "445204"],
    [
      "else the name",
      { type: "LOGIN", value: "bob", firstName: "Bob", lastName: "Jones" },
      "Bob Jones",
    ],
    ["else the external id", { type: "WHATSAPP_ID", value: "US.1349" }, "US.1349"],
    ["at most 40 characters of it", { type: "WHATSAPP_ID", value: "x".repeat(50) }, "x".repeat(40)],
  ])("%s", (_name, sender, expected) => {
    expect(subject({ sender })).toBe(`WhatsApp Message From ${expected} to 16175550123`);
  });

  test.each([
    ["a group's name", group("Sales Group"), "Sales Group"],
    ["group for one without name", group(), "group"],
    ["group for one with a blank name", group("  "), "group"],
    ["a broadcast's name", { id: "b", type: "BROADCAST", name: "News" }, "News"],
    ["broadcast group for one without name", { id: "b", type: "BROADCAST" }, "broadcast group"],
    [
      "never the name of a direct conversation",
      { id: "d", type: "DIRECT", name: "X" },
      "16175550123",
    ],
  ])("the target is %s", (_name, conversation, target) => {
    expect(subject({ conversation })).toBe(`WhatsApp Message From 445204334324 to ${target}`);
  });

  test("the target of a direct message is the first recipient who is not the sender", () => {
    expect(subject({ recipients: [bob, ann] })).toMatch(/ to 16175550123$/);
  });

  test("a message to oneself goes to oneself", () => {
    expect(subject({ sender: ann, recipients: [ann] })).toBe(
      "WhatsApp Message From 16175550123 to 16175550123",
    );
  });

  test("without anybody both are unknown", () => {
    expect(subject({ owner: null, sender: null, recipients: [], conversation: null })).toBe(
      "WhatsApp Message From unknown to unknown",
    );
  });
});

describe("length", () => {
  test("250 characters stay whole", () => {
    const name = "x".repeat(250 - "WhatsApp Message From 445204334324 to ".length);

    expect(subject({ conversation: group(name) })).toBe(
      `WhatsApp Message From 445204334324 to ${name}`,
    );
  });

  test("more are cut to 250 with …", () => {
    const cut = subject({ conversation: group("x".repeat(10_000)) });

    expect(cut).toHaveLength(250);
    expect(cut).toMatch(/x…$/);
  });

  test("the cut lies between code points", () => {
    for (const pad of ["", "x"]) {
      const cut = subject({ conversation: group(pad + "😀".repeat(200)) });

      expect(cut.length).toBeLessThanOrEqual(250);
      expect(cut).toMatch(/😀…$/u);
      expect(cut).not.toMatch(/\p{Cs}/u);
    }
  });
});

test("cannot inject a header", () => {
  expect(subject({ conversation: group("Sales\r\nBcc: eve@evil.example\u0000") })).toBe(
    "WhatsApp Message From 445204334324 to Sales Bcc: eve@evil.example",
  );
});
