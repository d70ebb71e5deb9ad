import fc from "fast-check";
import { expect, test } from "vitest";
import { eml, recordedMail, stagedMail } from "./eml-builder";
import { readMail } from "./eml-parse";

const known = "WhatsApp Message From 16174354634 to 12124325249";

function nested(levels: number): Buffer {
  let head = "multipart/mixed; boundary=b0";
  let body = "";
  for (let level = 0; level < levels; level += 1) {
    body += `--b${level}\r\nContent-Type: multipart/mixed; boundary=b${level + 1}\r\n\r\n`;
  }
  head = levels === 0 ? "text/plain" : head;
  return eml({ "Content-Type": head }, `${body}--b${levels}\r\n\r\ndeep\r\n`);
}

test.each([
  ["nothing at all", ""],
  ["a line end", "\r\n"],
  ["no headers", "\r\nGood morning"],
  ["no body", "Subject: x"],
  ["a header without end", `Subject: ${"x".repeat(3_000_000)}`],
  ["ten thousand headers", "X-A: b\r\n".repeat(10_000)],
  ["a hundred thousand recipients", `To: ${"a@b.example, ".repeat(100_000)}\r\n\r\n`],
  ["a boundary that is empty", 'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n--\r\n--'],
  ["a boundary that never comes", "Content-Type: multipart/mixed; boundary=x\r\n\r\ntext"],
  ["broken base64", "Content-Transfer-Encoding: base64\r\n\r\n====!!!!"],
  ["an encoding nobody knows", "Content-Type: text/plain; charset=x-none\r\n\r\nä"],
  ["broken encoded words", "Subject: =?utf-8?B?////?= =?x?Q?=ZZ?= =?\r\n\r\n"],
  ["NUL everywhere", "Subject: \0\r\nFrom: \0\0 <\0@\0>\r\nMessage-ID: <\0>\r\n\r\n\0"],
])("%s is an item of its own", async (_what, text) => {
  const item = await stagedMail(Buffer.from(text));
  expect(item.sourceItemId).not.toBe("");
  expect(JSON.stringify(item.participants)).not.toContain(String.raw`\u0000`);
});

test("a message nested deeper than anybody reads keeps its people and the beginning of its text", async () => {
  const item = await stagedMail(nested(400));
  expect(item).toMatchObject({ kind: "CHAT", problems: ["its MIME parts cannot be read"] });
  expect(item.participants).toHaveLength(2);
});

test("a message nested as deep as can be read is read", async () => {
  expect((await stagedMail(nested(100))).mail.text?.trim()).toBe("deep");
});

test("thousands of parts are thousands of files", async () => {
  const part = "--p\r\nContent-Type: image/png; name=a.png\r\n\r\nx\r\n";
  const bytes = eml({ "Content-Type": "multipart/mixed; boundary=p" }, `${part.repeat(5000)}--p--`);
  expect((await stagedMail(bytes)).mail.files).toHaveLength(5000);
});

test("journal reports within journal reports end", async () => {
  let bytes = eml();
  for (let depth = 0; depth < 20; depth += 1) {
    const head = {
      "X-MS-Journal-Report": "",
      "Content-Type": `multipart/mixed; boundary=j${depth}`,
    };
    const inner = `--j${depth}\r\nContent-Type: message/rfc822\r\n\r\n${bytes.toString()}\r\n--j${depth}--`;
    bytes = eml({ ...head, Subject: `report ${depth}` }, inner);
  }
  expect((await stagedMail(bytes)).subject).toBe("report 16");
});

test("bytes beyond ASCII in a header do not lose its neighbours", async () => {
  const latin = Buffer.from(eml().toString().replace("Bob Jones", "B\u00f6b Jones"), "latin1");
  const item = await recordedMail(latin);
  expect(item.sender).toMatchObject({ value: "16174354634", email: "bob@partner.example" });
});

test("marks that write from right to left survive in names and cannot hide a number", async () => {
  const From = "\u202eBob\u202c 16174354634 <bob@partner.example>";
  expect((await recordedMail(eml({ From }))).sender?.value).toBe("16174354634");
});

test("a line break in an encoded word is no line break of a header", async () => {
  const words = Buffer.from("Ann\r\nBcc: x@y.example\r\n").toString("base64");
  const item = await recordedMail(eml({ To: `=?utf-8?B?${words}?= <ann@contoso.com>` }));
  expect(item.recipients[0]?.firstName).not.toMatch(/[\r\n]/);
  expect(item.participants).toHaveLength(2);
});

test("half a pair of surrogates cannot reach the ledger", async () => {
  const Subject = known.replace("12124325249", "=?utf-8?B?7aC9?=");
  const item = await recordedMail(eml({ Subject, "Message-ID": "<\u{d83d}@x>" }));
  expect(JSON.stringify([item.sourceItemId, item.conversation])).not.toMatch(/\\ud[89a-f]/i);
});

test("no bytes make the reading stumble", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      ...[
        "From: a <b@c.d>",
        "To: x",
        `Subject: ${known}`,
        "Content-Type: multipart/mixed; boundary=q",
      ],
      ...["--q", "--q--", "", "Content-Type: message/rfc822", "Content-Transfer-Encoding: base64"],
      ...[
        "X-MS-Journal-Report:",
        " folded",
        "Date: x",
        "Content-Disposition: attachment; filename*0=a",
      ],
    ),
    fc.string({ unit: "binary" }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 25 }), fc.uint8Array(), async (lines, tail) => {
      const bytes = Buffer.concat([Buffer.from(lines.join("\r\n")), tail]);
      const { files, problems } = await readMail(bytes);
      expect(Array.isArray(files) && Array.isArray(problems)).toBe(true);
      expect((await stagedMail(bytes)).sourceItemId).toBe((await recordedMail(bytes)).sourceItemId);
    }),
  );
});
