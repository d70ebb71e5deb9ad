import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ann, GraphMail } from "./testing/graph-mail";
import { ask, messageBody, type Answer } from "./testing/harness";

let mail: GraphMail;
beforeAll(async () => {
  mail = await GraphMail.start();
});
afterAll(() => mail.close());
beforeEach(() => mail.renew());

type Json = Record<string, unknown>;

const mib = 1024 * 1024;

function post(path: string, body: unknown): Promise<Answer> {
  return mail.ask(path, { method: "POST", body });
}

async function createMessage(changes: Json = {}): Promise<string> {
  const answer = await post(`${ann}/mailFolders/inbox/messages`, messageBody("k", changes));
  expect(answer.status).toBe(201);
  return answer.json<{ id: string }>().id;
}

function file(name: string, bytes: Buffer, changes: Json = {}): Json {
  return {
    "@odata.type": "#microsoft.graph.fileAttachment",
    name,
    contentType: "text/plain",
    contentBytes: bytes.toString("base64"),
    ...changes,
  };
}

async function codeOf(answer: Promise<Answer>): Promise<[number, string]> {
  const { status, json } = await answer;
  return [status, json<{ error: { code: string } }>().error.code];
}

describe("attachments inside a create", () => {
  it("keeps names, types, sizes and bytes", async () => {
    const attachments = [
      file("naïve ファイル.txt", Buffer.from("one")),
      file("b.bin", Buffer.alloc(300 * 1024, 7), { contentType: "application/octet-stream" }),
      file("c.png", Buffer.from("x"), { isInline: true, contentId: "c1" }),
    ];
    const id = await createMessage({ attachments });
    const listed = await mail.ask(
      `${ann}/messages/${id}/attachments?$select=name,size,contentType,isInline`,
    );
    const { value } = listed.json<{ value: Json[] }>();
    expect(
      value.map(({ name, size, contentType, isInline }) => [name, size, contentType, isInline]),
    ).toEqual([
      ["naïve ファイル.txt", 3, "text/plain", false],
      ["b.bin", 300 * 1024, "application/octet-stream", false],
      ["c.png", 1, "text/plain", true],
    ]);
    expect(value[0]).not.toHaveProperty("contentBytes");
    const bytes = await mail.ask(
      `${ann}/messages/${id}/attachments/${String(value[0]?.["id"])}/$value`,
    );
    expect(bytes.text).toBe("one");
    const whole = await mail.ask(`${ann}/messages/${id}?$expand=attachments`);
    expect(whole.json()).toMatchObject({ attachments: [{ contentBytes: "b25l" }, {}, {}] });
  });

  it("keeps what is above 256 KB on disk, and nothing of it when the message is gone", async () => {
    const folder = join(mail.harness.dataFolder, "simulator");
    const files = async () => (await readdir(folder, { recursive: true })).length;
    const before = await files();
    await createMessage({ attachments: [file("small", Buffer.alloc(256 * 1024))] });
    expect(await files()).toBe(before);
    const id = await createMessage({ attachments: [file("large", Buffer.alloc(256 * 1024 + 1))] });
    expect(await files()).toBe(before + 1);
    await post(`${ann}/messages/${id}/permanentDelete`, undefined);
    expect(await files()).toBe(before);
  });

  it.each([
    ["no type", { "@odata.type": undefined }],
    ["the abstract type", { "@odata.type": "#microsoft.graph.attachment" }],
    ["an unknown property", { colour: "red" }],
    ["no name", { name: undefined }],
    ["no bytes", { contentBytes: undefined }],
    ["bytes that are no base64", { contentBytes: "a$b=" }],
    ["base64 without padding", { contentBytes: "YQ" }],
  ])("refuses an attachment with %s", async (_, changes) => {
    const attachments = [{ ...file("a", Buffer.from("a")), ...changes }];
    const answer = await post(
      `${ann}/mailFolders/inbox/messages`,
      messageBody("k", { attachments }),
    );
    expect(answer.status).toBe(400);
    const stored = await mail.harness.control("GET", "/mailboxes/ann@contoso.com/messages");
    expect(stored.json()).toMatchObject({ total: 0 });
  });
});

describe("attachments added later", () => {
  it("adds to a message that is no draft, and takes away again", async () => {
    const id = await createMessage();
    const added = await post(`${ann}/messages/${id}/attachments`, file("a", Buffer.from("a")));
    expect(added.status).toBe(201);
    const message = await mail.ask(`${ann}/messages/${id}`);
    expect(message.json()).toMatchObject({ hasAttachments: true });
    const path = `${ann}/messages/${id}/attachments/${added.json<{ id: string }>().id}`;
    expect((await mail.ask(path, { method: "DELETE" })).status).toBe(204);
    expect((await mail.ask(path)).status).toBe(404);
  });

  it("takes just under 3 MB and refuses more with 413", async () => {
    const id = await createMessage();
    const path = `${ann}/messages/${id}/attachments`;
    expect((await post(path, file("a", Buffer.alloc(3 * mib - 1024)))).status).toBe(201);
    expect((await post(path, file("a", Buffer.alloc(3 * mib)))).status).toBe(413);
  });
});

describe("upload sessions", () => {
  const size = 3 * mib + 17;
  const bytes = Buffer.alloc(size, "0123456789abcdef");

  const open = (id: string, item: Json) =>
    post(`${ann}/messages/${id}/attachments/createUploadSession`, { AttachmentItem: item });
  const item = { attachmentType: "file", name: "clip.mp4", size, contentType: "video/mp4" };
  const put = (url: string, start: number, end: number, more: Record<string, string> = {}) =>
    ask(url, {
      method: "PUT",
      body: bytes.subarray(start, end),
      headers: { "content-range": `bytes ${start}-${end - 1}/${size}`, ...more },
    });

  async function openSession(): Promise<{ id: string; url: string }> {
    const id = await createMessage();
    const answer = await open(id, item);
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ nextExpectedRanges: ["0-"] });
    return { id, url: answer.json<{ uploadUrl: string }>().uploadUrl };
  }

  it("takes pieces in order and makes an attachment of the last", async () => {
    const { id, url } = await openSession();
    const first = await put(url, 0, 2 * mib);
    expect(first.status).toBe(200);
    expect(first.json()).toMatchObject({ nextExpectedRanges: [String(2 * mib)] });
    expect(first.json()).toHaveProperty("ExpirationDateTime");
    const last = await put(url, 2 * mib, size);
    expect([last.status, last.text]).toEqual([201, ""]);
    expect(last.headers.get("location")).toMatch(/Attachments\('.+'\)$/);
    const listed = await mail.harness.control("GET", "/mailboxes/ann@contoso.com/messages");
    const { createHash } = await import("node:crypto");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(listed.json()).toMatchObject({
      messages: [{ attachments: [{ name: "clip.mp4", contentType: "video/mp4", size, sha256 }] }],
    });
    expect((await put(url, 0, mib)).status).toBe(404);
    expect(id).not.toBe("");
  });

  it("refuses pieces out of order, of another length, of another total and over 4 MiB", async () => {
    const { url } = await openSession();
    expect((await put(url, mib, 2 * mib)).status).toBe(416);
    const wrongLength = { "content-range": `bytes 0-${mib}/${size}` };
    expect((await put(url, 0, mib, wrongLength)).status).toBe(400);
    const wrongTotal = { "content-range": `bytes 0-${mib - 1}/${size + 1}` };
    expect((await put(url, 0, mib, wrongTotal)).status).toBe(400);
    const tooLarge = await ask(url, {
      method: "PUT",
      body: Buffer.alloc(4 * mib + 1),
      headers: { "content-range": `bytes 0-${4 * mib}/${size}` },
    });
    expect(tooLarge.status).toBe(413);
    expect((await put(url, 0, mib)).status).toBe(200);
    expect((await put(url, 0, mib)).status).toBe(416);
  });

  it("tells where to go on when it is asked", async () => {
    const { url } = await openSession();
    expect((await ask(url, {})).json()).toMatchObject({ nextExpectedRanges: ["0"] });
    await put(url, 0, mib);
    expect((await ask(url, {})).json()).toMatchObject({ nextExpectedRanges: [String(mib)] });
  });

  it("refuses a request with Authorization: the address is the permission", async () => {
    const { url } = await openSession();
    expect((await put(url, 0, mib, { authorization: `Bearer ${mail.token}` })).status).toBe(401);
  });

  it("forgets a session that is deleted or an hour old", async () => {
    const { url } = await openSession();
    expect((await ask(url, { method: "DELETE" })).status).toBe(204);
    expect((await put(url, 0, mib)).status).toBe(404);
    const other = await openSession();
    mail.harness.pass(3601);
    expect((await put(other.url, 0, mib)).status).toBe(404);
  });

  it("refuses sizes below 3 MB and above 150 MB, and what is no file", async () => {
    const id = await createMessage();
    expect(await codeOf(open(id, { ...item, size: 2_900_000 }))).toEqual([
      400,
      "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
    ]);
    expect((await open(id, { ...item, size: 150 * mib + 1 })).status).toBe(400);
    expect((await open(id, { ...item, size: 150 * mib })).status).toBe(201);
    expect((await open(id, { ...item, attachmentType: "item" })).status).toBe(400);
    expect((await open(id, { ...item, name: undefined })).status).toBe(400);
    expect((await open(id, { ...item, colour: "red" })).status).toBe(400);
  });

  it("counts pieces into the mailbox's limits", async () => {
    const { url } = await openSession();
    await mail.harness.control("PUT", "/limits", { bytes: { count: mib, seconds: 300 } });
    expect((await put(url, 0, mib)).status).toBe(200);
    const second = await put(url, mib, 2 * mib);
    expect([second.status, second.json<{ error: Json }>().error["code"]]).toEqual([
      429,
      "ApplicationThrottled",
    ]);
    mail.harness.pass(301);
    expect((await put(url, mib, 2 * mib)).status).toBe(200);
  });
});
