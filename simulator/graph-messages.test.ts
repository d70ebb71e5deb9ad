/** Messages as Graph keeps them: made, found, moved and changed. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ann, codeOf, GraphMail, inbox, withProperty, type Message } from "./testing/graph-mail";
import { keyProperty, messageBody } from "./testing/harness";

let mail: GraphMail;
beforeAll(async () => {
  mail = await GraphMail.start();
});
afterAll(() => mail.close());
beforeEach(() => mail.renew());

type List = { readonly value: readonly Message[]; readonly "@odata.nextLink"?: string };

const immutable = { prefer: 'IdType="ImmutableId"' };

describe("creating a message", () => {
  it("takes draft, dates and read state from the MAPI properties", async () => {
    const answer = await mail.create(messageBody("k1"));
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
    const without = await mail.create(
      messageBody("k1", { isDraft: false, singleValueExtendedProperties: [] }),
    );
    const unsent = await mail.create(withProperty("Integer 0x0E07", "9"));
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
    expect((await mail.create(body)).json()).toMatchObject({ isRead, isDraft });
  });

  it("ignores dates in the JSON and takes now instead", async () => {
    const body = { receivedDateTime: "2001-01-01T00:00:00Z", sentDateTime: "2001-01-01T00:00:00Z" };
    const { receivedDateTime, sentDateTime } = (await mail.create(body)).json<Message>();
    for (const at of [receivedDateTime, sentDateTime]) {
      expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(60_000);
    }
  });

  it("puts a message without a folder into Drafts", async () => {
    const { parentFolderId } = (
      await mail.create(messageBody("k"), `${ann}/messages`)
    ).json<Message>();
    const drafts = (await mail.get(`${ann}/mailFolders/drafts`)).json<Message>();
    expect(parentFolderId).toBe(drafts.id);
  });

  it("keeps text of every script as it is", async () => {
    const content = "<p>سلام — שלום — 田中 — 👩🏽‍💼 — İ — \u202eabc</p>";
    const id = await mail.createdId(messageBody("k", { body: { contentType: "html", content } }));
    expect((await mail.get(`${ann}/messages/${id}`)).json()).toMatchObject({ body: { content } });
  });
});

describe("finding messages", () => {
  const find = async (filter: string, path = `${ann}/messages`) => {
    const answer = await mail.get(`${path}?$filter=${encodeURIComponent(filter)}&$select=subject`);
    return answer.json<List>().value.map(({ subject }) => subject);
  };

  it("finds by internetMessageId, in one folder or in all", async () => {
    await mail.create(messageBody("k1"));
    await mail.create(messageBody("k+2"));
    await mail.create(messageBody("k+2"), `${ann}/mailFolders/archive/messages`);
    const filter = "internetMessageId eq '<k+2@contoso.com>'";
    expect(await find(filter)).toHaveLength(2);
    expect(await find(filter, inbox)).toEqual(["WhatsApp Message k+2"]);
    expect(await find("internetMessageId eq '<k3@contoso.com>'")).toEqual([]);
  });

  it("finds by the value of a named property without regard to case", async () => {
    await mail.create(messageBody("k1"));
    await mail.create(messageBody("abc"));
    const lower = `singleValueExtendedProperties/Any(ep: ep/id eq '${keyProperty}' and ep/value eq 'ABC')`;
    const otherName = lower.replace("IdempotencyKey", "idempotencykey");
    const otherGuid = lower.replace("5f2b1c52", "5F2B1C52");
    expect(await find(lower)).toEqual(["WhatsApp Message abc"]);
    expect(await find(otherGuid)).toEqual(["WhatsApp Message abc"]);
    expect(await find(otherName)).toEqual([]);
  });

  it("combines filters", async () => {
    await mail.create(messageBody("k1"));
    await mail.create(messageBody("k2", { isRead: false }));
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
    await mail.create(messageBody("k"));
    expect((await mail.get(`${ann}/messages?${query}`)).status).toBe(400);
  });

  it("gives out ten at a time, newest first, with a link to the next", async () => {
    for (let minute = 10; minute < 22; minute += 1) {
      const value = `2026-05-15T12:${minute}:00Z`;
      await mail.create(
        messageBody(`m${minute}`, {
          singleValueExtendedProperties: [{ id: "SystemTime 0x0E06", value }],
        }),
      );
    }
    const first = (await mail.get(`${inbox}?$select=subject&$count=true`)).json<List>();
    expect(first).toMatchObject({ "@odata.count": 12 });
    expect(first.value[0]).toMatchObject({ subject: "WhatsApp Message m21" });
    expect(first.value).toHaveLength(10);
    const link = new URL(first["@odata.nextLink"] ?? "");
    const second = (await mail.get(`${link.pathname}${link.search}`)).json<List>();
    expect(second.value.map(({ subject }) => subject)).toEqual([
      "WhatsApp Message m11",
      "WhatsApp Message m10",
    ]);
    expect(second).not.toHaveProperty("@odata.nextLink");
  });

  it("shows only what is selected, and extended properties that are named", async () => {
    const id = await mail.createdId(messageBody("k1"));
    const expand = `singleValueExtendedProperties($filter=id eq '${keyProperty}')`;
    const answer = await mail.get(
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
    const id = await mail.createdId(messageBody("k1"));
    const lasting = (await mail.get(`${ann}/messages/${id}`, immutable)).json<Message>().id;
    const moved = await mail.create({ DestinationId: "archive" }, `${ann}/messages/${id}/move`);
    expect(moved.status).toBe(201);
    expect(moved.json<Message>().id).not.toBe(id);
    expect(await codeOf(mail.get(`${ann}/messages/${id}`))).toEqual([404, "ErrorItemNotFound"]);
    expect((await mail.get(`${ann}/messages/${lasting}`, immutable)).json<Message>().id).toBe(
      lasting,
    );
  });

  it("copies a message with its attachments and properties", async () => {
    const attachments = [file("a.txt", Buffer.from("hello"))];
    const id = await mail.createdId(messageBody("k1", { attachments }));
    const copy = await mail.create({ destinationId: "archive" }, `${ann}/messages/${id}/copy`);
    expect(copy.json()).toMatchObject({ hasAttachments: true, isDraft: false });
    await mail.ask(`${ann}/messages/${id}/permanentDelete`, { method: "POST" });
    const left = await mail.get(`${ann}/messages/${copy.json<Message>().id}?$expand=attachments`);
    expect(left.json()).toMatchObject({ attachments: [{ contentBytes: "aGVsbG8=" }] });
  });

  it("moves to Deleted Items first and removes from there", async () => {
    const id = await mail.createdId(messageBody("k1"), immutable);
    const remove = () => mail.ask(`${ann}/messages/${id}`, { method: "DELETE" });
    expect((await remove()).status).toBe(204);
    const deleted = await mail.get(`${ann}/mailFolders/deleteditems/messages`);
    expect(deleted.json<List>().value).toHaveLength(1);
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  it("removes for good at once when asked to", async () => {
    const id = await mail.createdId(messageBody("k1"));
    const path = `${ann}/messages/${id}/permanentDelete`;
    expect((await mail.ask(path, { method: "POST" })).status).toBe(204);
    expect((await mail.get(`${ann}/messages`)).json<List>().value).toEqual([]);
  });

  it("does not know ids of another mailbox or another world", async () => {
    const id = await mail.createdId(messageBody("k1"));
    expect((await mail.get(`/users/admin@contoso.com/messages/${id}`)).status).toBe(404);
    await mail.renew();
    expect((await mail.get(`${ann}/messages/${id}`)).status).toBe(404);
  });
});

describe("changing a message", () => {
  const patch = (id: string, body: unknown) =>
    mail.ask(`${ann}/messages/${id}`, { method: "PATCH", body });

  it("accepts new flags and ignores them", async () => {
    const id = await mail.createdId(messageBody("k", { singleValueExtendedProperties: [] }));
    const flags = [{ id: "Integer 0x0E07", value: "1" }];
    const answer = await patch(id, { isDraft: false, singleValueExtendedProperties: flags });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ isDraft: true });
  });

  it("changes read state, categories and the subject", async () => {
    const id = await mail.createdId(messageBody("k"));
    const answer = await patch(id, { isRead: false, categories: ["x"], subject: "New" });
    expect(answer.json()).toMatchObject({
      isRead: false,
      categories: ["x"],
      subject: "New",
      body: { content: "<p>Hello k &amp; all</p>" },
    });
    const folder = (await mail.get(`${ann}/mailFolders/inbox`)).json();
    expect(folder).toMatchObject({ unreadItemCount: 1, totalItemCount: 1 });
  });

  it("refuses new attachments, and a new message id of what is no draft", async () => {
    const id = await mail.createdId(messageBody("k"));
    expect((await patch(id, { attachments: [] })).status).toBe(400);
    expect((await patch(id, { internetMessageId: "<b@c>" })).status).toBe(400);
  });

  it("refuses to change the content of what is no draft from 31 December 2026 on", async () => {
    const id = await mail.createdId(messageBody("k"));
    const seconds = (Date.UTC(2026, 11, 31) - Date.now()) / 1000 + 60;
    mail.harness.pass(Math.max(0, seconds));
    try {
      await mail.renewToken();
      expect(await codeOf(patch(id, { subject: "New" }))).toEqual([403, "ErrorAccessDenied"]);
      expect((await patch(id, { isRead: false })).status).toBe(200);
    } finally {
      mail.harness.pass(-Math.max(0, seconds));
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
