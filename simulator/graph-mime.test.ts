import { simpleParser } from "mailparser";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ann, GraphMail } from "./testing/graph-mail";
import { messageBody, type Answer } from "./testing/harness";

let graph: GraphMail;
beforeAll(async () => {
  graph = await GraphMail.start();
});
afterAll(() => graph.close());
beforeEach(() => graph.renew());

function postMime(mime: string, path = `${ann}/messages`): Promise<Answer> {
  return postText(Buffer.from(mime).toString("base64"), path);
}

function postText(body: string, path = `${ann}/messages`): Promise<Answer> {
  const headers = { "content-type": "text/plain" };
  return graph.ask(path, { method: "POST", body, headers });
}

const lines = [
  "From: =?utf-8?B?QW5uw6k=?= <ann@contoso.com>",
  'To: "Doe, John" <john@contoso.com>,',
  " 49123@whatsapp.invalid",
  "Subject: =?utf-8?Q?Caf=C3=A9?= =?utf-8?Q?_au_lait?=",
  "Date: Fri, 15 May 2026 12:00:00 +0000",
  "Message-ID: <m1@contoso.com>",
  "X-Mine: 1",
  "MIME-Version: 1.0",
  'Content-Type: multipart/mixed; boundary="b1"',
  "",
  "preamble",
  "--b1",
  'Content-Type: multipart/alternative; boundary="b2"',
  "",
  "--b2",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "plain",
  "--b2",
  "Content-Type: text/html; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "<p>caf=E9 =",
  "soft</p>",
  "--b2--",
  "--b1",
  "Content-Type: image/png",
  "Content-Transfer-Encoding: base64",
  "Content-Disposition: attachment; filename*0*=utf-8''na%C3%AF; filename*1*=ve.png",
  "",
  "aGVsbG8=",
  "--b1--",
  "",
];

describe("MIME into /messages", () => {
  it("always makes a draft, sent when its Date says and received now", async () => {
    const answer = await postMime(lines.join("\r\n"));
    expect(answer.status).toBe(201);
    const message = answer.json();
    expect(message).toMatchObject({
      isDraft: true,
      subject: "Café au lait",
      from: { emailAddress: { name: "Anné", address: "ann@contoso.com" } },
      toRecipients: [
        { emailAddress: { name: "Doe, John", address: "john@contoso.com" } },
        { emailAddress: { address: "49123@whatsapp.invalid" } },
      ],
      body: { contentType: "html", content: "<p>café soft</p>" },
      internetMessageId: "<m1@contoso.com>",
      sentDateTime: "2026-05-15T12:00:00Z",
      hasAttachments: true,
    });
    expect(Math.abs(Date.parse(String(message["receivedDateTime"])) - Date.now())).toBeLessThan(
      60_000,
    );
    const expanded = await graph.ask(
      `${ann}/messages/${String(message["id"])}?$expand=attachments`,
    );
    expect(expanded.json()).toMatchObject({
      attachments: [{ name: "naïve.png", contentType: "image/png", contentBytes: "aGVsbG8=" }],
    });
  });

  it("refuses what is no base64", async () => {
    const answer = await postText("From: a@b.c");
    expect([answer.status, answer.json<{ error: { code: string } }>().error.code]).toEqual([
      400,
      "ErrorMimeContentInvalidBase64String",
    ]);
  });

  it.each([
    ["bare line feeds", lines.join("\n")],
    ["a header line over 998 characters", `X-Long: ${"a".repeat(1000)}\r\n${lines.join("\r\n")}`],
  ])("refuses %s", async (_, mime) => {
    const answer = await postMime(mime);
    expect(answer.json()).toMatchObject({ error: { code: "UnableToDeserializePostBody" } });
  });

  it("cannot be read in a folder, with the words that Exchange has for it", async () => {
    const answer = await postMime(lines.join("\r\n"), `${ann}/mailFolders/inbox/messages`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { code: "UnableToDeserializePostBody", message: "were unable to deserialize " },
    });
  });
});

describe("MIME out of a message", () => {
  it("renders what was created, with the headers that only MAPI properties can carry", async () => {
    const attachments = [
      {
        "@odata.type": "#microsoft.graph.fileAttachment",
        name: "Größe – 日本.txt",
        contentType: "text/plain",
        contentBytes: Buffer.alloc(300_000, "abc").toString("base64"),
      },
    ];
    const subject = `Ünïcode ${"日本語".repeat(30)} end`;
    const body = messageBody("k1", { attachments, subject });
    body.singleValueExtendedProperties.push(
      { id: "String 0x1042", value: "<before@contoso.com>" },
      { id: "String 0x1039", value: "<root@contoso.com> <before@contoso.com>" },
    );
    const path = `${ann}/mailFolders/inbox/messages`;
    const created = await graph.ask(path, { method: "POST", body });
    const { id } = created.json<{ id: string }>();
    const value = await graph.ask(`${ann}/messages/${id}/$value`);
    const eml = await graph.harness.control("GET", `/mailboxes/ann@contoso.com/messages/${id}/eml`);
    expect(eml.headers.get("content-type")).toBe("message/rfc822");
    expect(eml.text).toBe(value.text);
    expect(Math.max(...eml.text.split("\r\n").map((line) => line.length))).toBeLessThan(998);
    expect(eml.text).not.toMatch(/[^\r]\n/);

    const mail = await simpleParser(eml.text);
    expect(mail.subject).toBe(subject);
    expect(mail.messageId).toBe("<k1@contoso.com>");
    expect(mail.inReplyTo).toBe("<before@contoso.com>");
    expect(mail.references).toEqual(["<root@contoso.com>", "<before@contoso.com>"]);
    expect(mail.date.toISOString()).toBe("2026-05-15T11:59:58.000Z");
    expect(mail.from.text).toBe('"Ann 4912345" <ann@contoso.com>');
    expect(mail.headers.get("x-whatsapp-item-id")).toBe("k1");
    expect(mail.html).toBe("<p>Hello k1 &amp; all</p>");
    expect(mail.attachments.map(({ filename, size }) => [filename, size])).toEqual([
      ["Größe – 日本.txt", 300_000],
    ]);
  });
});
