/** Folders, looks and deletions in simulated mailboxes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  TestExchange,
  ann,
  error,
  failsWith,
  folderName,
  key,
  message,
  messageId,
  never,
} from "@/lib/testing/exchange";

const picture = Buffer.alloc(5_000, 1);
const attachment = {
  "@odata.type": "#microsoft.graph.fileAttachment",
  ...{ name: "Bild – 1.jpg", contentType: "image/jpeg", contentBytes: picture.toString("base64") },
};

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await TestExchange.start();
});
afterAll(() => exchange.close());
beforeEach(() => exchange.renew());

describe("the folder", () => {
  test("is made where it is not, and found where it is", async () => {
    const traffic: number[] = [];
    const count = (bytes: number) => void traffic.push(bytes);
    const made = await exchange.mailboxes.ensureFolder(ann, folderName, never, count);
    expect(traffic).toEqual([0, expect.any(Number)]);
    expect(traffic[1]).toBeGreaterThan(20);
    traffic.length = 0;
    expect(await exchange.mailboxes.ensureFolder(ann, folderName, never, count)).toBe(made);
    expect(traffic).toEqual([0]);
    expect(await exchange.folderNames()).toContain(folderName);
  });

  test("is found when another made it in the meantime", async () => {
    const made = await exchange.ensure();
    await exchange.simulator.fault({
      ...{ service: "graph", method: "GET", path: "/mailFolders" },
      effect: { status: 200, body: { value: [] } },
    });
    let requests = 0;
    const again = await exchange.mailboxes.ensureFolder(
      ann,
      folderName,
      never,
      () => void (requests += 1),
    );
    expect(again).toBe(made);
    expect(requests).toBe(3);
  });

  test("may be called anything", async () => {
    const name = "O'Brien & Söhne + 100 % #1";
    const made = await exchange.mailboxes.ensureFolder(ann, name, never, () => undefined);
    expect(await exchange.mailboxes.ensureFolder(ann, name, never, () => undefined)).toBe(made);
    expect(await exchange.folderNames()).toContain(name);
  });

  test.each([
    ["a person without a mailbox", "none@contoso.com", "MailboxNotFound"],
    ["a person who is not there", "nobody@contoso.com", "MailboxNotFound"],
    ["a mailbox out of our scope", "denied@contoso.com", "MailboxOutOfScope"],
  ] as const)("of %s", async (_name, mailbox, code) => {
    const found = exchange.mailboxes.ensureFolder(mailbox, folderName, never, () => undefined);
    await failsWith(code, found);
  });

  test.each([
    ["an outage", { status: 503 }, "MailboxUnavailable"],
    ["a lost answer", { loseResponse: true }, "MailboxUnavailable"],
    ["a page of HTML", { status: 200, body: "<html>" }, "MailboxUnavailable"],
    ["something else than folders", { status: 200, body: {} }, "MailboxUnavailable"],
    ["a refusal nobody foresaw", { status: 400, body: error("ErrorOdd") }, "ItemRefused"],
    ["a request that took too long", { status: 408 }, "MailboxUnavailable"],
    ["a pause", { status: 429 }, "MailboxThrottled"],
    [
      "withdrawn consent",
      { status: 403, body: error("Authorization_RequestDenied") },
      "ConsentRevoked",
    ],
    [
      "a mailbox that is not there, told by an item's code",
      { status: 404, body: error("ErrorItemNotFound") },
      "MailboxNotFound",
    ],
    [
      "a code within",
      { status: 403, body: error("Forbidden", "MailboxNotEnabledForRESTAPI") },
      "MailboxNotFound",
    ],
  ] as const)("%s", async (_name, effect, code) => {
    await exchange.simulator.fault({ service: "graph", path: "/mailFolders", effect });
    await failsWith(code, exchange.ensure());
  });
});

describe("a look into the mailbox", () => {
  test("finds every copy wherever it lies, with key and attachments", async () => {
    const folder = await exchange.ensure();
    const ids: string[] = [];
    for (const body of [message(), message({ attachments: [attachment] })]) {
      const answer = await exchange.mailboxes.createMessage(ann, folder, body, never);
      if (answer.outcome === "created") ids.push(answer.messageId);
    }
    const other = message({ singleValueExtendedProperties: [] });
    await exchange.mailboxes.createMessage(ann, "inbox", other, never);
    const found = await exchange.mailboxes.findMessages(ann, messageId, never);
    const copies = found.toSorted((a, b) => ids.indexOf(a.messageId) - ids.indexOf(b.messageId));
    expect(copies).toEqual([
      { messageId: expect.any(String), idempotencyKey: null, body: "hello", attachments: [] },
      { messageId: ids[0], idempotencyKey: key, body: "hello", attachments: [] },
      {
        ...{ messageId: ids[1], idempotencyKey: key, body: "hello" },
        attachments: [{ name: "Bild – 1.jpg", sizeBytes: picture.length }],
      },
    ]);
  });

  test("finds nothing where nothing is", async () => {
    expect(await exchange.mailboxes.findMessages(ann, "<other@contoso.com>", never)).toEqual([]);
  });

  test.each([
    ["an outage", { status: 500 }, "MailboxUnavailable"],
    ["a lost answer", { loseResponse: true }, "MailboxUnavailable"],
    ["a cut answer", { cutBodyAfter: 10 }, "MailboxUnavailable"],
    ["an answer of another shape", { status: 200, body: { value: [{}] } }, "MailboxUnavailable"],
    ["a pause", { status: 429 }, "MailboxThrottled"],
  ] as const)("during %s finds out nothing", async (_name, effect, code) => {
    await exchange.simulator.fault({ service: "graph", path: "/messages", effect });
    await failsWith(code, exchange.mailboxes.findMessages(ann, messageId, never));
  });

  test("that is stopped is interrupted", async () => {
    await exchange.simulator.fault({
      service: "graph",
      path: "/messages",
      effect: { delayMs: 500 },
    });
    const asked = exchange.mailboxes.findMessages(ann, messageId, AbortSignal.timeout(50));
    await failsWith("Interrupted", asked);
  });
});

describe("a deletion", () => {
  test("leaves nothing, not even in Deleted Items, and may be repeated", async () => {
    const created = await exchange.create();
    if (created.outcome !== "created") throw new Error(created.outcome);
    await exchange.mailboxes.deletePermanently(ann, created.messageId, never);
    await exchange.mailboxes.deletePermanently(ann, created.messageId, never);
    expect(await exchange.mailboxes.findMessages(ann, messageId, never)).toEqual([]);
    expect(await exchange.messages("Deleted Items")).toEqual([]);
  });

  test.each([
    ["none@contoso.com", "MailboxNotFound"],
    ["denied@contoso.com", "MailboxOutOfScope"],
  ] as const)("in %s is refused", async (mailbox, code) => {
    await failsWith(code, exchange.mailboxes.deletePermanently(mailbox, "AAMk", never));
  });
});
