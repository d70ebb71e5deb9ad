import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Harness, keyProperty, messageBody, type Answer } from "./testing/harness";

let harness: Harness;
let token: string;

beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());
beforeEach(async () => {
  await harness.putWorld();
  token = await harness.consentedToken();
});

type Message = Record<string, unknown> & { readonly id: string };
type List = { readonly value: readonly Message[]; readonly "@odata.nextLink"?: string };

const ann = "/users/ann@contoso.com";
const inbox = `${ann}/mailFolders/inbox/messages`;
const immutable = { prefer: 'IdType="ImmutableId"' };

function create(
  body: unknown,
  path = inbox,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return harness.graph(path, token, { method: "POST", body, headers });
}

async function createdId(body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const answer = await create(body, inbox, headers);
  expect(answer.status).toBe(201);
  return answer.json<Message>().id;
}

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return harness.graph(path, token, { headers });
}

async function codeOf(answer: Promise<Answer>): Promise<[number, string]> {
  const { status, json } = await answer;
  return [status, json<{ error: { code: string } }>().error.code];
}

function withProperty(id: string, value: unknown): unknown {
  return messageBody("k", { singleValueExtendedProperties: [{ id, value }] });
}

describe("creating a message", () => {
  it("takes draft, dates and read state from the MAPI properties", async () => {
    const answer = await create(messageBody("k1"));
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      isDraft: false,
      isRead: true,
      receivedDateTime: "2026-05-15T12:00:00Z",
      sentDateTime: "2026-05-15T11:59:58Z",
      internetMessageId: "<k1@contoso.com>",
      categories: ["WhatsApp Archiver"],
      hasAttachments: false,
      bodyPreview: "Hello k1 & all",
    });
    expect(answer.json()).not.toHaveProperty("internetMessageHeaders");
    expect(answer.json()).not.toHaveProperty("singleValueExtendedProperties");
  });

  it("makes a draft when the flags are left out or say unsent, whatever the JSON says", async () => {
    const without = await create(
      messageBody("k1", { isDraft: false, singleValueExtendedProperties: [] }),
    );
    const unsent = await create(withProperty("Integer 0x0E07", "9"));
    expect(without.json()).toMatchObject({ isDraft: true });
    expect(unsent.json()).toMatchObject({ isDraft: true, isRead: true });
  });

  it.each([
    ["0", false, false],
    ["1", true, false],
    ["4", false, false],
    ["8", false, true],
  ])("reads the flags %s as read %s, draft %s", async (value, isRead, isDraft) => {
    const body = { singleValueExtendedProperties: [{ id: "Integer 0x0E07", value }] };
    expect((await create(body)).json()).toMatchObject({ isRead, isDraft });
  });

  it("ignores dates in the JSON and takes now instead", async () => {
    const body = { receivedDateTime: "2001-01-01T00:00:00Z", sentDateTime: "2001-01-01T00:00:00Z" };
    const { receivedDateTime, sentDateTime } = (await create(body)).json<Message>();
    for (const at of [receivedDateTime, sentDateTime]) {
      expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(60_000);
    }
  });

  it("puts a message without a folder into Drafts", async () => {
    const { parentFolderId } = (await create(messageBody("k"), `${ann}/messages`)).json<Message>();
    const drafts = (await get(`${ann}/mailFolders/drafts`)).json<Message>();
    expect(parentFolderId).toBe(drafts.id);
  });

  it("keeps text of every script as it is", async () => {
    const content = "<p>سلام — שלום — 田中 — 👩🏽‍💼 — İ — \u202eabc</p>";
    const id = await createdId(messageBody("k", { body: { contentType: "html", content } }));
    expect((await get(`${ann}/messages/${id}`)).json()).toMatchObject({ body: { content } });
  });
});

describe("refusing a message", () => {
  it("refuses a property that a message does not have", async () => {
    expect(await codeOf(create(messageBody("k", { colour: "red" })))).toEqual([
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
    expect(await codeOf(create(messageBody("k", changes)))).toEqual([400, "RequestBodyRead"]);
  });

  it("refuses what is no JSON, and JSON that is sent as something else", async () => {
    const headers = { "content-type": "application/json" };
    expect(await codeOf(create('{"subject": "a\u0001b"}', inbox, headers))).toEqual([
      400,
      "BadRequest",
    ]);
    const wrongType = { "content-type": "application/xml" };
    expect((await create(JSON.stringify(messageBody("k")), inbox, wrongType)).status).toBe(400);
  });

  it.each(["a\u0000b", "a\u001fb", "bell \u0007", "half \ud83d of an emoji"])(
    "refuses the text %j",
    async (content) => {
      const body = messageBody("k", { body: { contentType: "text", content } });
      expect(await codeOf(create(body))).toEqual([400, "UnableToDeserializePostBody"]);
    },
  );

  it("takes a backslash followed by u0000, which is text", async () => {
    const body = messageBody("k", { subject: "C:\\u0000 \\f" });
    expect((await create(body)).status).toBe(201);
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
    expect(await codeOf(create(messageBody("k", { toRecipients })))).toEqual([
      400,
      "ErrorInvalidRecipients",
    ]);
    const from = { emailAddress: { address } };
    expect(await codeOf(create(messageBody("k", { from })))).toEqual([
      400,
      "ErrorInvalidRecipients",
    ]);
  });

  it("refuses a recipient without an address", async () => {
    const toRecipients = [{ emailAddress: { name: "only a name" } }];
    expect(await codeOf(create(messageBody("k", { toRecipients })))).toEqual([
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
    expect(await codeOf(create(messageBody("k", { internetMessageHeaders })))).toEqual([
      400,
      "InvalidInternetMessageHeader",
    ]);
  });

  it("takes five headers of 995 characters and refuses a sixth", async () => {
    const headers = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ name: `x-${index}`, value: "a".repeat(995) }));
    expect((await create(messageBody("k", { internetMessageHeaders: headers(5) }))).status).toBe(
      201,
    );
    expect(await codeOf(create(messageBody("k", { internetMessageHeaders: headers(6) })))).toEqual([
      400,
      "InvalidInternetMessageHeaderCollection",
    ]);
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
    expect(await codeOf(create(withProperty(id, "1")))).toEqual([
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
      return (await create(body)).json<Message>()["conversationId"];
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
    expect(await codeOf(create(withProperty(id, value)))).toEqual([
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
    expect((await create(withProperty(id, value))).status).toBe(201);
  });

  it("takes a request of 4 MiB and refuses one of a byte more", async () => {
    const shell = JSON.stringify({ subject: "" });
    const limit = 4 * 1024 * 1024;
    const fitting = { subject: "a".repeat(limit - shell.length) };
    const tooLarge = { subject: "a".repeat(limit - shell.length + 1) };
    expect((await create(fitting)).status).toBe(201);
    expect(await codeOf(create(tooLarge))).toEqual([413, "RequestEntityTooLarge"]);
  });

  it("refuses mailboxes that cannot be written to, each with its code", async () => {
    const into = (user: string) =>
      codeOf(create(messageBody("k"), `/users/${user}/mailFolders/inbox/messages`));
    expect(await into("none@contoso.com")).toEqual([404, "MailboxNotEnabledForRESTAPI"]);
    expect(await into("denied@contoso.com")).toEqual([403, "ErrorAccessDenied"]);
    expect(await into("full@contoso.com")).toEqual([507, "ErrorQuotaExceeded"]);
    expect(await into("nobody@contoso.com")).toEqual([404, "Request_ResourceNotFound"]);
    await harness.control("PATCH", "/people/ann%40contoso.com", { removed: true });
    expect(await into("ann@contoso.com")).toEqual([404, "Request_ResourceNotFound"]);
  });

  it("lets a full mailbox be read, and emptied", async () => {
    await harness.control("PATCH", "/people/full%40contoso.com", { mailbox: "ok" });
    const path = "/users/full@contoso.com/mailFolders/inbox/messages";
    const { id } = (await create(messageBody("k"), path)).json<Message>();
    await harness.control("PATCH", "/people/full%40contoso.com", { mailbox: "full" });
    expect((await get(path)).status).toBe(200);
    const target = `/users/full@contoso.com/messages/${id}`;
    expect((await harness.graph(target, token, { method: "DELETE" })).status).toBe(204);
  });

  it("tells a folder that is gone from an id that is none", async () => {
    const made = await create({ displayName: "Gone" }, `${ann}/mailFolders`);
    const { id } = made.json<Message>();
    const remove = () => harness.graph(`${ann}/mailFolders/${id}`, token, { method: "DELETE" });
    await remove();
    expect((await create(messageBody("k"), `${ann}/mailFolders/${id}/messages`)).status).toBe(201);
    await remove();
    const gone = create(messageBody("k"), `${ann}/mailFolders/${id}/messages`);
    expect(await codeOf(gone)).toEqual([404, "ErrorItemNotFound"]);
    const malformed = create(messageBody("k"), `${ann}/mailFolders/whatever/messages`);
    expect(await codeOf(malformed)).toEqual([400, "ErrorInvalidIdMalformed"]);
  });
});

describe("finding messages", () => {
  const find = async (filter: string, path = `${ann}/messages`) => {
    const answer = await get(`${path}?$filter=${encodeURIComponent(filter)}&$select=subject`);
    return answer.json<List>().value.map(({ subject }) => subject);
  };

  it("finds by internetMessageId, in one folder or in all", async () => {
    await create(messageBody("k1"));
    await create(messageBody("k+2"));
    await create(messageBody("k+2"), `${ann}/mailFolders/archive/messages`);
    const filter = "internetMessageId eq '<k+2@contoso.com>'";
    expect(await find(filter)).toHaveLength(2);
    expect(await find(filter, inbox)).toEqual(["WhatsApp Message k+2"]);
    expect(await find("internetMessageId eq '<k3@contoso.com>'")).toEqual([]);
  });

  it("finds by the value of a named property without regard to case", async () => {
    await create(messageBody("k1"));
    await create(messageBody("abc"));
    const lower = `singleValueExtendedProperties/Any(ep: ep/id eq '${keyProperty}' and ep/value eq 'ABC')`;
    const otherName = lower.replace("IdempotencyKey", "idempotencykey");
    const otherGuid = lower.replace("5f2b1c52", "5F2B1C52");
    expect(await find(lower)).toEqual(["WhatsApp Message abc"]);
    expect(await find(otherGuid)).toEqual(["WhatsApp Message abc"]);
    expect(await find(otherName)).toEqual([]);
  });

  it("combines filters", async () => {
    await create(messageBody("k1"));
    await create(messageBody("k2", { isRead: false }));
    expect(await find("isRead eq false and receivedDateTime ge 2026-05-15T12:00:00Z")).toEqual([
      "WhatsApp Message k2",
    ]);
    expect(await find("not (isRead eq false) and startswith(subject,'WhatsApp')")).toEqual([
      "WhatsApp Message k1",
    ]);
  });

  it.each([
    "$filter=colour eq 'red'",
    "$filter=subject is 'red'",
    "$filter=internetMessageId eq",
    "$filter=singleValueExtendedProperties/Any(ep: ep/value eq 'x')",
    "$select=colour",
    "$search=hello",
    "$top=0",
    "$top=1001",
    "$foo=1",
    "$top=1&$top=2",
    "$expand=colours",
    "$expand=singleValueExtendedProperties",
    "$orderby=subject",
  ])("refuses the query %s", async (query) => {
    await create(messageBody("k"));
    expect((await get(`${ann}/messages?${query}`)).status).toBe(400);
  });

  it("gives out ten at a time, newest first, with a link to the next", async () => {
    for (let minute = 10; minute < 22; minute += 1) {
      const value = `2026-05-15T12:${minute}:00Z`;
      await create(
        messageBody(`m${minute}`, {
          singleValueExtendedProperties: [{ id: "SystemTime 0x0E06", value }],
        }),
      );
    }
    const first = (await get(`${inbox}?$select=subject&$count=true`)).json<List>();
    expect(first).toMatchObject({ "@odata.count": 12 });
    expect(first.value[0]).toMatchObject({ subject: "WhatsApp Message m21" });
    expect(first.value).toHaveLength(10);
    const link = new URL(first["@odata.nextLink"] ?? "");
    const second = (await get(`${link.pathname}${link.search}`)).json<List>();
    expect(second.value.map(({ subject }) => subject)).toEqual([
      "WhatsApp Message m11",
      "WhatsApp Message m10",
    ]);
    expect(second).not.toHaveProperty("@odata.nextLink");
  });

  it("shows only what is selected, and extended properties that are named", async () => {
    const id = await createdId(messageBody("k1"));
    const expand = `singleValueExtendedProperties($filter=id eq '${keyProperty}')`;
    const answer = await get(
      `${ann}/messages/${id}?$select=subject,internetMessageHeaders&$expand=${encodeURIComponent(expand)}`,
    );
    const { "@odata.context": _, "@odata.etag": __, ...shown } = answer.json<Message>();
    expect(shown).toEqual({
      id,
      subject: "WhatsApp Message k1",
      internetMessageHeaders: [{ name: "X-WhatsApp-Item-Id", value: "k1" }],
      singleValueExtendedProperties: [{ id: keyProperty, value: "k1" }],
    });
  });
});

describe("moving and deleting", () => {
  it("gives a moved message a new id, but not a new immutable one", async () => {
    const id = await createdId(messageBody("k1"));
    const lasting = (await get(`${ann}/messages/${id}`, immutable)).json<Message>().id;
    const moved = await create({ DestinationId: "archive" }, `${ann}/messages/${id}/move`);
    expect(moved.status).toBe(201);
    expect(moved.json<Message>().id).not.toBe(id);
    expect(await codeOf(get(`${ann}/messages/${id}`))).toEqual([404, "ErrorItemNotFound"]);
    expect((await get(`${ann}/messages/${lasting}`, immutable)).json<Message>().id).toBe(lasting);
  });

  it("copies a message with its attachments and properties", async () => {
    const attachments = [file("a.txt", Buffer.from("hello"))];
    const id = await createdId(messageBody("k1", { attachments }));
    const copy = await create({ destinationId: "archive" }, `${ann}/messages/${id}/copy`);
    expect(copy.json()).toMatchObject({ hasAttachments: true, isDraft: false });
    await harness.graph(`${ann}/messages/${id}/permanentDelete`, token, { method: "POST" });
    const left = await get(`${ann}/messages/${copy.json<Message>().id}?$expand=attachments`);
    expect(left.json()).toMatchObject({ attachments: [{ contentBytes: "aGVsbG8=" }] });
  });

  it("moves to Deleted Items first and removes from there", async () => {
    const id = await createdId(messageBody("k1"), immutable);
    const remove = () => harness.graph(`${ann}/messages/${id}`, token, { method: "DELETE" });
    expect((await remove()).status).toBe(204);
    const deleted = await get(`${ann}/mailFolders/deleteditems/messages`);
    expect(deleted.json<List>().value).toHaveLength(1);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  it("removes for good at once when asked to", async () => {
    const id = await createdId(messageBody("k1"));
    const path = `${ann}/messages/${id}/permanentDelete`;
    expect((await harness.graph(path, token, { method: "POST" })).status).toBe(204);
    expect((await get(`${ann}/messages`)).json<List>().value).toEqual([]);
  });

  it("does not know ids of another mailbox or another world", async () => {
    const id = await createdId(messageBody("k1"));
    expect((await get(`/users/admin@contoso.com/messages/${id}`)).status).toBe(404);
    await harness.putWorld();
    token = await harness.consentedToken();
    expect((await get(`${ann}/messages/${id}`)).status).toBe(404);
  });
});

describe("changing a message", () => {
  const patch = (id: string, body: unknown) =>
    harness.graph(`${ann}/messages/${id}`, token, { method: "PATCH", body });

  it("accepts new flags and ignores them", async () => {
    const id = await createdId(messageBody("k", { singleValueExtendedProperties: [] }));
    const flags = [{ id: "Integer 0x0E07", value: "1" }];
    const answer = await patch(id, { isDraft: false, singleValueExtendedProperties: flags });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ isDraft: true });
  });

  it("changes read state, categories and the subject", async () => {
    const id = await createdId(messageBody("k"));
    const answer = await patch(id, { isRead: false, categories: ["x"], subject: "New" });
    expect(answer.json()).toMatchObject({
      isRead: false,
      categories: ["x"],
      subject: "New",
      body: { content: "<p>Hello k &amp; all</p>" },
    });
    const folder = (await get(`${ann}/mailFolders/inbox`)).json();
    expect(folder).toMatchObject({ unreadItemCount: 1, totalItemCount: 1 });
  });

  it("refuses new attachments, and a new message id of what is no draft", async () => {
    const id = await createdId(messageBody("k"));
    expect((await patch(id, { attachments: [] })).status).toBe(400);
    expect((await patch(id, { internetMessageId: "<b@c>" })).status).toBe(400);
  });

  it("refuses to change the content of what is no draft from 31 December 2026 on", async () => {
    const id = await createdId(messageBody("k"));
    const seconds = (Date.UTC(2026, 11, 31) - Date.now()) / 1000 + 60;
    harness.pass(Math.max(0, seconds));
    try {
      token = await harness.token();
      expect(await codeOf(patch(id, { subject: "New" }))).toEqual([403, "ErrorAccessDenied"]);
      expect((await patch(id, { isRead: false })).status).toBe(200);
    } finally {
      harness.pass(-Math.max(0, seconds));
    }
  });
});

function file(name: string, bytes: Buffer, changes: Record<string, unknown> = {}) {
  return {
    "@odata.type": "#microsoft.graph.fileAttachment",
    name,
    contentType: "text/plain",
    contentBytes: bytes.toString("base64"),
    ...changes,
  };
}
