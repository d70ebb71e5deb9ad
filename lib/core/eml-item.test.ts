import { expect, test } from "vitest";
import { changedWithoutRevision } from "./item";
import { decodeMail, decodeStagedMail } from "./eml-item";
import { delivered, deliveredAt, eml, emlWithFiles, recordedMail, stagedMail } from "./eml-builder";

test("a delivered message becomes an item", async () => {
  expect(await recordedMail(eml())).toMatchObject({
    sourceItemId: "<1234.5678@telemessage.example>",
    ...{ revision: "1", kind: "CHAT", problems: [], isUndated: false, receivedAt: deliveredAt },
    messageAt: new Date("2026-03-01T09:59:00.000Z"),
    sender: { type: "MOBILE", value: "16174354634", email: "bob@partner.example" },
    recipients: [{ type: "MOBILE", value: "12124325249", email: "ann@contoso.com" }],
  });
});

test("what is staged of a message is what was delivered, byte for byte", async () => {
  const bytes = eml();
  const decoded = await decodeMail(delivered(bytes));
  expect(decoded.recordBytes).toBe(bytes);
  expect(decoded.manifestEntry).toBeNull();
});

test.each([
  ["a group", "WhatsApp Message from 16174354634 to Sales Group", "GROUP", "Sales Group"],
  ["a broadcast", "WhatsApp Message from 16174354634 to broadcast group", "BROADCAST", null],
  ["one person", "WhatsApp Message From 16174354634 to 12124325249", "DIRECT", null],
])("a message to %s says so", async (_what, Subject, type, name) => {
  expect((await recordedMail(eml({ Subject }))).conversation).toEqual({ id: null, type, name });
});

test("a deletion keeps what it says of who had read it", async () => {
  const Subject = "DELETED For All - READ - WhatsApp Message From 16174354634 to 12124325249";
  const item = await recordedMail(eml({ Subject }));
  expect(item).toMatchObject({
    ...{ kind: "DELETED", deleted: { scope: "FOR_ALL", readState: "READ" } },
  });
});

test("an encoded subject is read decoded", async () => {
  const words = Buffer.from("WhatsApp Message From 16174354634 to Grüße").toString("base64");
  const item = await recordedMail(eml({ Subject: `=?utf-8?B?${words}?=` }));
  expect(item.conversation?.name).toBe("Grüße");
});

test("a message of no known form is a generic item with its people", async () => {
  const item = await recordedMail(eml({ Subject: "Weekly report" }));
  expect(item).toMatchObject({ kind: "GENERIC", problems: ["its subject has no known form"] });
  expect(item.participants).toHaveLength(2);
});

test("numbers that stand in the subject alone are those of sender and recipient", async () => {
  const headers = { From: "Bob <bob@partner.example>", To: "ann@contoso.com" };
  const item = await recordedMail(eml(headers));
  expect(item.sender).toMatchObject({ value: "16174354634", email: "bob@partner.example" });
  expect(item.recipients).toMatchObject([{ value: "12124325249", email: "ann@contoso.com" }]);
});

test("a message without people is known by the numbers of its subject", async () => {
  const item = await recordedMail(eml({ From: null, To: null }));
  expect(item.participants.map(({ value }) => value)).toEqual(["16174354634", "12124325249"]);
});

test("a message without an id has that of its bytes, and always the same", async () => {
  const bytes = eml({ "Message-ID": null });
  const { sourceItemId } = await recordedMail(bytes);
  expect(sourceItemId).toMatch(/^eml-[0-9a-f]{64}$/);
  expect((await stagedMail(bytes)).sourceItemId).toBe(sourceItemId);
});

test("another message under the id of one is an item of its own", async () => {
  const bytes = eml({}, "Another");
  const decoded = changedWithoutRevision(await decodeMail(delivered(bytes)));
  if (decoded.outcome !== "item") throw new Error("A mail is always an item");
  const staged = await decodeStagedMail(bytes, deliveredAt, decoded.item.revision);
  expect(staged).toMatchObject({ isChangedWithoutRevision: true, revision: decoded.item.revision });
});

test.each(["Thu, 1 Jan 1970 00:00:00 +0000", "Sun, 1 Mar 2037 00:00:00 +0000", "never"])(
  "the absurd date %s is replaced by when the message was delivered",
  async (Date) => {
    expect(await recordedMail(eml({ Date }))).toMatchObject({
      ...{ messageAt: deliveredAt, isDateReplaced: true },
    });
  },
);

const report = {
  Subject: "Journal",
  From: "journal@vendor.example",
  To: "archive@contoso.com",
  "Message-ID": "<report@vendor.example>",
  "Content-Type": "multipart/mixed; boundary=report",
};

function journal(inner: Buffer, headers = {}): Buffer {
  const envelope = "--report\r\nContent-Type: text/plain\r\n\r\nSender: bob@partner.example\r\n";
  const wrapped = `--report\r\nContent-Type: message/rfc822\r\n\r\n${inner.toString()}\r\n--report--`;
  return eml({ ...report, ...headers }, envelope + wrapped);
}

test("a message wrapped in a journal report is unwrapped", async () => {
  const item = await stagedMail(journal(eml()));
  expect(item).toMatchObject({ kind: "CHAT", sourceItemId: "<1234.5678@telemessage.example>" });
  expect(item.mail.text?.trim()).toBe("Good morning");
});

test("a journal report that says that it is one is unwrapped, whatever is in it", async () => {
  const wrapped = journal(eml({ Subject: "Hello" }), { "X-MS-Journal-Report": "" });
  expect((await stagedMail(wrapped)).subject).toBe("Hello");
});

test("a mail that somebody forwarded stays a file of the message", async () => {
  const head = "Content-Type: message/rfc822";
  const Subject = "WhatsApp Message From 16174354634 to 12124325249";
  const body = `--out\r\n${head}\r\n\r\n${eml({ Subject: "Other" }).toString()}\r\n--out--`;
  const item = await stagedMail(
    eml({ Subject, "Content-Type": "multipart/mixed; boundary=out" }, body),
  );
  expect(item.mail.files).toMatchObject([{ name: "message.eml", contentType: "message/rfc822" }]);
});

test("what is recorded of a message is what its staged bytes tell", async () => {
  for (const bytes of [eml(), emlWithFiles([]), journal(eml()), eml({ Subject: "Hello" })]) {
    const { text: _one, mail: _none, ...recorded } = await recordedMail(bytes);
    const { text: _other, mail: _mail, ...staged } = await stagedMail(bytes);
    expect(staged).toEqual(recorded);
  }
});

test("of a large message the beginning is enough to know it, and its file is fetched", async () => {
  const whole = emlWithFiles([{ head: "Content-Type: video/mp4", bytes: Buffer.alloc(9_000, 7) }]);
  const beginning = { ...delivered(whole), bytes: whole.subarray(0, 900), fileId: "the file" };
  const decoded = await decodeMail(beginning);
  expect(decoded).toMatchObject({
    outcome: "item",
    recordSha256: delivered(whole).sha256,
    item: { kind: "CHAT", attachments: [{ id: "the file", sizeBytes: whole.byteLength }] },
  });
});
