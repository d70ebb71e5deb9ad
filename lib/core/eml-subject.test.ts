import fc from "fast-check";
import { expect, test } from "vitest";
import { numberIn, readSubject } from "./eml-subject";

const between = "From 16174354634 to 12124325249";

test.each([
  [`WhatsApp Message ${between}`, "CHAT", "DIRECT", null],
  ["WhatsApp Message from 16174354634 to Sales Group", "CHAT", "GROUP", null],
  ["WhatsApp message from 16174354634 to broadcast group", "CHAT", "BROADCAST", null],
  [`DELETED – READ – WhatsApp Message ${between}`, "DELETED", "DIRECT", [null, "READ"]],
  [`DELETED – UNREAD – WhatsApp Message ${between}`, "DELETED", "DIRECT", [null, "UNREAD"]],
  [`DELETED - UNKNOWN - WhatsApp Message ${between}`, "DELETED", "DIRECT", [null, "UNKNOWN"]],
  [
    "DELETED For Me - UNKNOWN WhatsApp message from 16174354634 to broadcast group",
    ...(["DELETED", "BROADCAST", ["FOR_ME", "UNKNOWN"]] as const),
  ],
  [`DELETED For All - WhatsApp Message ${between}`, "DELETED", "DIRECT", ["FOR_ALL", "UNKNOWN"]],
  [
    `DELETED For All - READ - WhatsApp Message ${between}`,
    "DELETED",
    "DIRECT",
    ["FOR_ALL", "READ"],
  ],
  [`WhatsApp Voice Call ${between} (1 h 2 min 3 s)`, "CALL", "DIRECT", null],
  [`WhatsApp Call ${between}`, "CALL", "DIRECT", null],
])("the subject %s is read", (subject, kind, conversationType, deleted) => {
  const read = readSubject(subject);
  expect(read).toMatchObject({ kind, conversationType, from: "16174354634" });
  const change = read?.deleted ?? null;
  expect(change === null ? null : [change.scope, change.readState]).toEqual(deleted);
});

test("a call says whether it was missed and what kind it was", () => {
  expect(readSubject(`WhatsApp Missed Video Call ${between}`)?.call).toMatchObject({
    ...{ kind: "VIDEO", status: "MISSED" },
  });
});

test("the length of a call is no part of whom it was to", () => {
  expect(readSubject(`WhatsApp Voice Call ${between} (12 s)`)?.to).toBe("12124325249");
});

test.each([
  "",
  "Hello",
  "Re: WhatsApp Message From 1 to 2",
  "WhatsApp Message",
  "DELETED – READ – ",
])("the subject %j has no known form", (subject) => {
  expect(readSubject(subject)).toBeNull();
});

test("no subject makes the reading stumble", () => {
  const piece = fc.oneof(
    fc.constantFrom("DELETED", " – ", "For Me", "WhatsApp ", "Message", " From ", " to ", "Call"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const read = readSubject(pieces.join(""));
      if (read !== null) expect(`${read.from}${read.to}`).not.toMatch(/[\r\n\0]/);
    }),
  );
});

test.each([
  ["16174354634", "16174354634"],
  ["+1 (617) 435-4634", "16174354634"],
  ["Sales Group", null],
  ["12345", null],
  ["1234567890123456", null],
])("%s is a phone number or is not", (text, digits) => {
  expect(numberIn(text)).toBe(digits);
});
