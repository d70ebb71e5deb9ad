/** What Graph refuses of a message, and with which code. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ann, codeOf, GraphMail, inbox, withProperty, type Message } from "./testing/graph-mail";
import { messageBody } from "./testing/harness";

let mail: GraphMail;
beforeAll(async () => {
  mail = await GraphMail.start();
});
afterAll(() => mail.close());
beforeEach(() => mail.renew());

describe("refusing a message", () => {
  it("refuses a property that a message does not have", async () => {
    expect(await codeOf(mail.create(messageBody("k", { colour: "red" })))).toEqual([
      400,
      "RequestBodyRead",
    ]);
  });

  it.each([
    ["a subject that is a number", { subject: 7 }],
    ["a body of another type", { body: { contentType: "markdown", content: "" } }],
    ["recipients that are no list", { toRecipients: {} }],
    ["a truth that is a string", { isRead: "true" }],
    ["a type that is not a message's", { "@odata.type": "#microsoft.graph.user" }],
    ["an unknown property of a recipient", { from: { emailAddress: { mail: "a@b.c" } } }],
  ])("refuses %s", async (_, changes) => {
    expect(await codeOf(mail.create(messageBody("k", changes)))).toEqual([400, "RequestBodyRead"]);
  });

  it("refuses what is no JSON, and JSON that is sent as something else", async () => {
    const headers = { "content-type": "application/json" };
    expect(await codeOf(mail.create('{"subject": "a\u0001b"}', inbox, headers))).toEqual([
      400,
      "BadRequest",
    ]);
    const wrongType = { "content-type": "application/xml" };
    expect((await mail.create(JSON.stringify(messageBody("k")), inbox, wrongType)).status).toBe(
      400,
    );
  });

  it.each(["a\u0000b", "a\u001fb", "bell \u0007", "half \ud83d of an emoji"])(
    "refuses the text %j",
    async (content) => {
      const body = messageBody("k", { body: { contentType: "text", content } });
      expect(await codeOf(mail.create(body))).toEqual([400, "UnableToDeserializePostBody"]);
    },
  );

  it("takes a backslash followed by u0000, which is text", async () => {
    const body = messageBody("k", { subject: "C:\\u0000 \\f" });
    expect((await mail.create(body)).status).toBe(201);
  });

  it.each([
    "491234",
    "a b@contoso.com",
    "a@",
    "@b",
    ".a@b.c",
    "a..b@b.c",
    "ä@b.c",
    "a@b_c.d",
    `${"a".repeat(65)}@b.c`,
  ])("refuses the recipient %j", async (address) => {
    const toRecipients = [{ emailAddress: { name: "x", address } }];
    expect(await codeOf(mail.create(messageBody("k", { toRecipients })))).toEqual([
      400,
      "ErrorInvalidRecipients",
    ]);
    const from = { emailAddress: { address } };
    expect(await codeOf(mail.create(messageBody("k", { from })))).toEqual([
      400,
      "ErrorInvalidRecipients",
    ]);
  });

  it("refuses a recipient without an address", async () => {
    const toRecipients = [{ emailAddress: { name: "only a name" } }];
    expect(await codeOf(mail.create(messageBody("k", { toRecipients })))).toEqual([
      400,
      "ErrorInvalidRecipients",
    ]);
  });

  it.each([
    ["a header that is not an x- header", [{ name: "Received", value: "a" }]],
    ["a header name with a space", [{ name: "x- a", value: "a" }]],
    ["a header value over 995 characters", [{ name: "x-a", value: "a".repeat(996) }]],
    ["a header value with a line break", [{ name: "x-a", value: "a\r\nx-b: c" }]],
    ["a header value that is not ASCII", [{ name: "x-a", value: "ä" }]],
    [
      "the same header twice",
      [
        { name: "x-a", value: "1" },
        { name: "X-A", value: "2" },
      ],
    ],
  ])("refuses %s", async (_, internetMessageHeaders) => {
    expect(await codeOf(mail.create(messageBody("k", { internetMessageHeaders })))).toEqual([
      400,
      "InvalidInternetMessageHeader",
    ]);
  });

  it("takes five headers of 995 characters and refuses a sixth", async () => {
    const headers = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `x-${index}`, value: "a".repeat(995) }));
    expect(
      (await mail.create(messageBody("k", { internetMessageHeaders: headers(5) }))).status,
    ).toBe(201);
    expect(
      await codeOf(mail.create(messageBody("k", { internetMessageHeaders: headers(6) }))),
    ).toEqual([400, "InvalidInternetMessageHeaderCollection"]);
  });

  it.each([
    "0x0E07",
    "Integer 0E07",
    "Integer 0x8000",
    "Integer 0x0000",
    "Int 0x0E07",
    "String {5f2b1c52} Name Key",
    "String 5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11 Name Key",
    "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Key",
  ])("refuses the extended property id %j", async (id) => {
    expect(await codeOf(mail.create(withProperty(id, "1")))).toEqual([
      400,
      "ErrorInvalidExtendedProperty",
    ]);
  });

  it("knows a conversation by its index where that is tracked, else by its topic", async () => {
    const index = (guid: string) => Buffer.from(`0101c96ba3e3${guid}`, "hex").toString("base64");
    const conversation = async (topic: string, guid?: string) => {
      const properties = [
        { id: "String 0x0070", value: topic },
        ...(guid === undefined
          ? []
          : [
              { id: "Binary 0x0071", value: index(guid) },
              { id: "Boolean 0x3016", value: "true" },
            ]),
      ];
      const body = messageBody(`${topic}${guid}`, { singleValueExtendedProperties: properties });
      return (await mail.create(body)).json<Message>()["conversationId"];
    };
    const [one, other] = ["ab".repeat(16), "cd".repeat(16)];

    expect(await conversation("Sales", one)).toBe(await conversation("Traders", one));
    expect(await conversation("Sales", one)).not.toBe(await conversation("Sales", other));
    expect(await conversation("Family")).toBe(await conversation("family"));
  });

  it.each([
    ["Integer 0x0E07", "one"],
    ["SystemTime 0x0E06", "15 May 2026"],
    ["SystemTime 0x0E06", "2026-05-15"],
    ["Boolean 0x0E1B", "yes"],
    ["Binary 0x0071", "not base64"],
  ])("refuses the value of %s %j", async (id, value) => {
    expect(await codeOf(mail.create(withProperty(id, value)))).toEqual([
      400,
      "ErrorInvalidExtendedPropertyValue",
    ]);
  });

  it.each([
    "String 0x001A",
    "String {5F2B1C52-8d0e-4a57-9a3b-6d6f0c0e7a11} Id 0x8001",
    "SystemTime 0x39",
  ])("takes the extended property id %j", async (id) => {
    const value = id.startsWith("System") ? "2026-01-01T00:00:00.123Z" : "IPM.Note";
    expect((await mail.create(withProperty(id, value))).status).toBe(201);
  });

  it("takes a request of 4 MiB and refuses one of a byte more", async () => {
    const shell = JSON.stringify({ subject: "" });
    const limit = 4 * 1024 * 1024;
    const fitting = { subject: "a".repeat(limit - shell.length) };
    const tooLarge = { subject: "a".repeat(limit - shell.length + 1) };
    expect((await mail.create(fitting)).status).toBe(201);
    expect(await codeOf(mail.create(tooLarge))).toEqual([413, "RequestEntityTooLarge"]);
  });

  it("refuses mailboxes that cannot be written to, each with its code", async () => {
    const into = (user: string) =>
      codeOf(mail.create(messageBody("k"), `/users/${user}/mailFolders/inbox/messages`));
    expect(await into("none@contoso.com")).toEqual([404, "MailboxNotEnabledForRESTAPI"]);
    expect(await into("denied@contoso.com")).toEqual([403, "ErrorAccessDenied"]);
    expect(await into("full@contoso.com")).toEqual([507, "ErrorQuotaExceeded"]);
    expect(await into("nobody@contoso.com")).toEqual([404, "Request_ResourceNotFound"]);
    await mail.harness.control("PATCH", "/people/ann%40contoso.com", { removed: true });
    expect(await into("ann@contoso.com")).toEqual([404, "Request_ResourceNotFound"]);
  });

  it("lets a full mailbox be read, and emptied", async () => {
    await mail.harness.control("PATCH", "/people/full%40contoso.com", { mailbox: "ok" });
    const path = "/users/full@contoso.com/mailFolders/inbox/messages";
    const { id } = (await mail.create(messageBody("k"), path)).json<Message>();
    await mail.harness.control("PATCH", "/people/full%40contoso.com", { mailbox: "full" });
    expect((await mail.get(path)).status).toBe(200);
    const target = `/users/full@contoso.com/messages/${id}`;
    expect((await mail.ask(target, { method: "DELETE" })).status).toBe(204);
  });

  it("tells a folder that is gone from an id that is none", async () => {
    const made = await mail.create({ displayName: "Gone" }, `${ann}/mailFolders`);
    const { id } = made.json<Message>();
    const remove = () => mail.ask(`${ann}/mailFolders/${id}`, { method: "DELETE" });
    await remove();
    expect((await mail.create(messageBody("k"), `${ann}/mailFolders/${id}/messages`)).status).toBe(
      201,
    );
    await remove();
    const gone = mail.create(messageBody("k"), `${ann}/mailFolders/${id}/messages`);
    expect(await codeOf(gone)).toEqual([404, "ErrorItemNotFound"]);
    const malformed = mail.create(messageBody("k"), `${ann}/mailFolders/whatever/messages`);
    expect(await codeOf(malformed)).toEqual([400, "ErrorInvalidIdMalformed"]);
  });
});
