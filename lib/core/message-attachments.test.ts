import { describe, expect, test } from "vitest";
import { context, itemOf, messageOf, record, resolved } from "./item-builder";
import { decodeRecord } from "./item";
import { planMessage } from "./message";
import { safeContentType, safeFileName } from "./message-attachments";

type Fields = Readonly<Record<string, unknown>>;
const photo = (name = "photo.jpg") => ({ id: name, name, contentType: "image/jpeg" });
const staged = (index: number) =>
  ({ index, outcome: "staged", sizeBytes: 3, sha256: "ef".repeat(32) }) as const;
const withFiles = (files: readonly Fields[], body: Fields = {}) =>
  messageOf(
    itemOf({ attachments: files, ...body }),
    files.map((_, index) => staged(index)),
  );
const names = (files: readonly Fields[], body: Fields = {}) =>
  withFiles(files, body).attachments.map(({ name }) => name);
const bytesOf = (message: ReturnType<typeof messageOf>, name: string) => {
  const content = message.attachments.find((attachment) => attachment.name === name)?.content;
  return content?.kind === "bytes" ? Buffer.from(content.bytes).toString() : undefined;
};

test("an attachment keeps its name, its type, its real size and its bytes where they are staged", () => {
  expect(withFiles([photo()]).attachments).toEqual([
    {
      name: "photo.jpg",
      contentType: "image/jpeg",
      sizeBytes: 3,
      sha256: "ef".repeat(32),
      content: { kind: "staged", index: 0 },
    },
  ]);
});

test("equal names are kept apart", () => {
  expect(
    names([photo(), photo(), photo(), photo("photo (2).jpg"), photo("x"), photo("x")]),
  ).toEqual(["photo.jpg", "photo (2).jpg", "photo (3).jpg", "photo (2) (2).jpg", "x", "x (2)"]);
});

test("ten thousand equal names are kept apart in no time", () => {
  const apart = names(Array.from({ length: 10_000 }, () => photo()));

  // So many do not fit into the table of facts, which is then attached as a whole.
  expect(new Set(apart.filter((name) => name !== "facts.txt")).size).toBe(10_000);
});

describe("what the message itself attaches", () => {
  test("a contact as .vcf", () => {
    const vcard = "BEGIN:VCARD\r\nFN:Zoë\r\nEND:VCARD";
    const message = messageOf(itemOf({ messageType: "CONTACT", contact: { vcard } }));

    expect(message.attachments).toMatchObject([{ name: "contact.vcf", contentType: "text/vcard" }]);
    expect(bytesOf(message, "contact.vcf")).toBe(vcard);
    expect(message.text).toContain("Contact: Zoë");
  });

  test("a generic item's raw record as record.json", () => {
    const decoded = decodeRecord(record({ messageType: "HOLOGRAM" }), new Date(0));
    if (decoded.outcome !== "item") throw new Error("unreadable");
    const message = messageOf(decoded.item);

    expect(message.attachments).toMatchObject([
      { name: "record.json", contentType: "application/json", sha256: decoded.recordSha256 },
    ]);
    expect(bytesOf(message, "record.json")).toBe(Buffer.from(decoded.recordBytes).toString());
  });

  test("none of them takes the name of an original", () => {
    expect(names([photo("record.json")], { messageType: "HOLOGRAM" })).toEqual([
      "record.json",
      "record (2).json",
    ]);
  });

  test("nothing for an ordinary chat, nor a location", () => {
    expect(messageOf(itemOf()).attachments).toEqual([]);
    const location = { latitude: 1, longitude: 2 };
    expect(messageOf(itemOf({ messageType: "LOCATION", location })).attachments).toEqual([]);
  });
});

describe("an attachment that could not be fetched", () => {
  const item = itemOf({
    attachments: [{ ...photo(), sizeBytes: 77, sha256: "12".repeat(32) }, photo("b.jpg")],
  });

  test.each([
    ["AttachmentGone", "the archive no longer holds it"],
    ["AttachmentCorrupt", "arrived damaged three times"],
    ["AttachmentUnavailable", "refused by the archive"],
  ] as const)("is left out with its code %s and named in the body", (code, reason) => {
    const facts = [{ index: 0, outcome: "failed", code } as const, staged(1)];
    const plan = planMessage(item, resolved(item), facts, context);

    expect(plan).toMatchObject({ outcome: "message", leftOut: [{ index: 0, code }] });
    if (plan.outcome !== "message") return;
    expect(plan.message.attachments.map(({ name }) => name)).toEqual(["b.jpg"]);
    expect(plan.message.text).toContain(
      `photo.jpg, 77 bytes, SHA-256 ${"12".repeat(32)}: ${reason}`,
    );
  });

  test("an attachment nobody tells of is left out, not forgotten", () => {
    expect(planMessage(item, resolved(item), [staged(1)], context)).toMatchObject({
      leftOut: [{ index: 0, code: "AttachmentUnavailable" }],
    });
  });
});

describe("file names", () => {
  test.each([
    ["Größe 10 – übersicht 😀.pdf", "Größe 10 – übersicht 😀.pdf"],
    ["تقرير.docx", "تقرير.docx"],
    [".gitignore", ".gitignore"],
    ["a.b.c", "a.b.c"],
    ['it\'s "quoted"; filename=x.exe', 'it\'s "quoted"; filename=x.exe'],
    ["\u200fتقرير (\u2066v2\u2069).docx", "\u200fتقرير (\u2066v2\u2069).docx"],
    ["console.log", "console.log"],
    ["com10.txt", "com10.txt"],
    ["what=?.txt", "what=?.txt"],
    ["C:drive: a|b<c>?*.txt", "C:drive: a|b<c>?*.txt"],
  ])("%j stays as it was", (name, expected) => {
    expect(safeFileName(name)).toBe(expected);
  });

  test.each([
    ["../../etc/passwd", "etc_passwd"],
    ["..\\..\\windows\\system.ini", "windows_system.ini"],
    ["/etc/passwd", "etc_passwd"],
    ["a/../b", "a_b"],
    ["..", "attachment"],
    [".", "attachment"],
    ["", "attachment"],
    ["   ", "attachment"],
    ["a\u0000b\r\nc\u001b.txt", "a_b__c_.txt"],
    ["a\ud800.txt", "a_.txt"],
    ["a\u2028b", "a_b"],
    ["photo\u202egnp.exe", "photo_gnp.exe"],
    ["\u202dabc\u202e.exe", "_abc_.exe"],
    ["setup.exe.", "setup.exe"],
    ["setup.exe . .", "setup.exe"],
    ["...", "attachment"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["com1.tar.gz", "_com1.tar.gz"],
    ["Lpt\u00b9 .pdf", "_Lpt\u00b9 .pdf"],
    ["=?utf-8?B?ZXZpbA==?=.pdf", "=_utf-8?B?ZXZpbA==?=.pdf"],
    ["=?utf-8?q?a=0D=0A?= =?UTF-8?Q?b?=", "=_utf-8?q?a=0D=0A?= =_UTF-8?Q?b?="],
  ])("%j loses what is dangerous", (name, expected) => {
    expect(safeFileName(name)).toBe(expected);
  });

  test.each([["x"], ["ü"], ["😀"]])(
    "of %s are at most 255 bytes, with their extension",
    (letter) => {
      const name = safeFileName(`${letter.repeat(300)}.jpeg`);

      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      expect(Buffer.byteLength(name)).toBeGreaterThan(251);
      expect(name.endsWith(`${letter}.jpeg`)).toBe(true);
    },
  );

  test("that are cut do not end with a dot", () => {
    expect(safeFileName(`${"x".repeat(254)}.${"y".repeat(20)}`)).toBe("x".repeat(254));
  });

  test("long equal names are kept apart within 255 bytes", () => {
    const long = photo(`${"x".repeat(300)}.jpeg`);
    const [first = "", second = ""] = names([long, long]);

    expect(second).toMatch(/x \(2\)\.jpeg$/);
    expect(second).not.toBe(first);
    expect(second).toHaveLength(255);
  });

  test("of a million characters cost nothing", () => {
    expect(safeFileName(" ".repeat(1_000_000) + "x")).toBe("attachment");
  });
});

describe("the name as it was", () => {
  const text = (name: string) =>
    messageOf(itemOf({ attachments: [photo(name)] }), [staged(0)]).text;

  test("is told in the body where it had to be changed, with what could deceive spelt out", () => {
    expect(text("../photo\u202egnp.exe")).toContain(
      `photo_gnp.exe (originally "../photo\\u{202e}gnp.exe"), 3 bytes`,
    );
    expect(text("a\r\nb")).toContain(`a__b (originally "a\\u{d}\\u{a}b")`);
  });

  test("is told of a file that is left out, too", () => {
    const message = messageOf(itemOf({ attachments: [photo("a/b.jpg")] }));

    expect(message.text).toContain(`a_b.jpg (originally "a/b.jpg"), size unknown`);
  });

  test("is told once where it stays", () => {
    expect(text("Größe 👩‍👩‍👧.jpg")).not.toContain("originally");
    expect(text("")).not.toContain("originally");
  });
});

test.each([
  ["image/jpeg", "image/jpeg"],
  ["audio/ogg; codecs=opus", "audio/ogg; codecs=opus"],
  [' Text/Plain;charset="utf-8" ', 'Text/Plain;charset="utf-8"'],
  [
    "application/vnd.ms-excel.sheet.macroEnabled.12",
    "application/vnd.ms-excel.sheet.macroEnabled.12",
  ],
  ["", "application/octet-stream"],
  ["jpeg", "application/octet-stream"],
  ["image/jpeg\r\nX-Evil: 1", "application/octet-stream"],
  ['image/jpeg; name="a\r\nb"', "application/octet-stream"],
  ["image/ü", "application/octet-stream"],
  [`image/${"x".repeat(300)}`, "application/octet-stream"],
])("the type %j becomes %j", (contentType, expected) => {
  expect(safeContentType(contentType)).toBe(expected);
});
