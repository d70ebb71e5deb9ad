import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttp, type Http } from "@/lib/adapters/http";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import type { Clock } from "@/lib/ports/runtime";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { simulatedClient, startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import type { FaultEffect } from "@/lib/testing/simulator";
import { createGraph } from "./graph";
import { createMailboxes } from "./mailboxes";
import { createAppTokens } from "./token";

const never = new AbortController().signal;
const clock = { now: () => new Date("2026-11-22T08:00:00Z") };
const folderName = "WhatsApp Archiver";
const key = "ab".repeat(32);
const ann = "ann@contoso.com";
const messageId = "<a+b'c&d#1@contoso.com>";
const picture = Buffer.alloc(5_000, 1);

let simulator: TestSimulator;
let http: Http;
let mailboxes: ReturnType<typeof createMailboxes>;

beforeAll(async () => {
  simulator = await startTestSimulator();
  http = createHttp({ allow: [simulator.urls.entra, simulator.urls.graph] });
});

afterAll(async () => {
  http.close();
  await simulator.close();
});

beforeEach(async () => {
  const person = (name: string, mailbox: string) => ({
    ...{ upn: `${name}@contoso.com`, displayName: name, mailbox },
    wids: name === "ann" ? ["62e90394-69f5-4237-9190-012177145e10"] : [],
  });
  await simulator.control("PUT", "/world", {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: ["ok", "none", "full", "denied"].map((state) =>
      person(state === "ok" ? "ann" : state, state),
    ),
    telemessage: { username: "a", password: "b", records: [] },
  });
  await grantConsent(simulator.urls.entra, { ...simulatedClient, upn: ann });
  mailboxes = mailboxesAt(simulator.urls.graph);
});

describe("the folder", () => {
  test("is made where it is not, and found where it is", async () => {
    const traffic: number[] = [];
    const count = (bytes: number) => void traffic.push(bytes);
    const made = await mailboxes.ensureFolder(ann, folderName, never, count);
    expect(traffic).toEqual([0, expect.any(Number)]);
    expect(traffic[1]).toBeGreaterThan(20);
    traffic.length = 0;
    expect(await mailboxes.ensureFolder(ann, folderName, never, count)).toBe(made);
    expect(traffic).toEqual([0]);
    expect(await folderNames()).toContain(folderName);
  });

  test("is found when another made it in the meantime", async () => {
    const made = await ensure();
    await simulator.fault({
      ...{ service: "graph", method: "GET", path: "/mailFolders" },
      effect: { status: 200, body: { value: [] } },
    });
    let requests = 0;
    const again = await mailboxes.ensureFolder(ann, folderName, never, () => void (requests += 1));
    expect(again).toBe(made);
    expect(requests).toBe(3);
  });

  test("may be called anything", async () => {
    const name = "O'Brien & Söhne + 100 % #1";
    const made = await mailboxes.ensureFolder(ann, name, never, () => undefined);
    expect(await mailboxes.ensureFolder(ann, name, never, () => undefined)).toBe(made);
    expect(await folderNames()).toContain(name);
  });

  test.each([
    ["a person without a mailbox", "none@contoso.com", "MailboxNotFound"],
    ["a person who is not there", "nobody@contoso.com", "MailboxNotFound"],
    ["a mailbox out of our scope", "denied@contoso.com", "MailboxOutOfScope"],
  ] as const)("of %s", async (_name, mailbox, code) => {
    const found = mailboxes.ensureFolder(mailbox, folderName, never, () => undefined);
    await failsWith(code, found);
  });

  test.each([
    ["an outage", { status: 503 }, "MailboxUnavailable"],
    ["a lost answer", { loseResponse: true }, "MailboxUnavailable"],
    ["a page of HTML", { status: 200, body: "<html>" }, "MailboxUnavailable"],
    ["something else than folders", { status: 200, body: {} }, "MailboxUnavailable"],
    ["a refusal nobody foresaw", { status: 400, body: error("ErrorOdd") }, "MailboxUnavailable"],
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
    await simulator.fault({ service: "graph", path: "/mailFolders", effect });
    await failsWith(code, ensure());
  });
});

describe("a create", () => {
  test("that is answered brings the message's id", async () => {
    const created = await create();
    expect(created).toEqual({ outcome: "created", messageId: expect.any(String) });
    const [message] = await messages();
    expect(message).toMatchObject({ isDraft: false, internetMessageId: messageId, isRead: true });
  });

  test.each([
    ["without a mailbox", "none@contoso.com", { code: "MailboxNotFound", status: 404 }],
    [
      "of a person who is not there",
      "nobody@contoso.com",
      { code: "MailboxNotFound", status: 404 },
    ],
    ["in a full mailbox", "full@contoso.com", { code: "MailboxFull", status: 507 }],
    ["out of our scope", "denied@contoso.com", { code: "MailboxOutOfScope", status: 403 }],
  ])("%s is refused", async (_name, mailbox, refusal) => {
    const answer = await mailboxes.createMessage(mailbox, "inbox", message(), never);
    expect(answer).toEqual({ outcome: "refused", ...refusal });
  });

  test("into a folder that is gone says so", async () => {
    const folder = await ensure();
    await simulator.control("PUT", "/world", {
      tenant: { domain: "contoso.com", name: "Contoso" },
      people: [{ upn: ann, displayName: "Ann", wids: ["62e90394-69f5-4237-9190-012177145e10"] }],
      telemessage: { username: "a", password: "b", records: [] },
    });
    await grantConsent(simulator.urls.entra, { ...simulatedClient, upn: ann });
    const answer = await mailboxes.createMessage(ann, folder, message(), never);
    expect(answer).toEqual({ outcome: "folderGone" });
  });

  test("of more than Graph takes is refused", async () => {
    const large = JSON.stringify({ subject: "x".repeat(4 * 1024 * 1024) });
    const answer = await mailboxes.createMessage(ann, await ensure(), large, never);
    expect(answer).toEqual({ outcome: "refused", code: "ItemRefused", status: 413 });
  });

  test.each([
    [
      "a bad request",
      400,
      "ErrorInvalidRecipients",
      { outcome: "refused", code: "ItemRefused", status: 400 },
    ],
    [
      "a 404 without a known code",
      404,
      "UnknownError",
      { outcome: "refused", code: "ItemRefused", status: 404 },
    ],
    [
      "a conflict",
      409,
      "ErrorIrresolvableConflict",
      { outcome: "refused", code: "ItemRefused", status: 409 },
    ],
    [
      "a full mailbox with 403",
      403,
      "ErrorQuotaExceeded",
      { outcome: "refused", code: "MailboxFull", status: 403 },
    ],
    [
      "a full mailbox with 500",
      500,
      "ErrorQuotaExceeded",
      { outcome: "refused", code: "MailboxFull", status: 500 },
    ],
    ["a folder that is gone", 404, "ErrorFolderNotFound", { outcome: "folderGone" }],
    [
      "507 without that code",
      507,
      "InsufficientStorage",
      { outcome: "inDoubt", status: 507, sentAt: clock.now() },
    ],
    [
      "a time-out of the server",
      408,
      "Timeout",
      { outcome: "inDoubt", status: 408, sentAt: clock.now() },
    ],
    [
      "an error of the server",
      500,
      "ErrorInternalServerError",
      { outcome: "inDoubt", status: 500, sentAt: clock.now() },
    ],
    [
      "a gateway's time-out",
      504,
      "GatewayTimeout",
      { outcome: "inDoubt", status: 504, sentAt: clock.now() },
    ],
  ])("that meets %s", async (_name, status, code, expected) => {
    expect(await createWith({ status, body: error(code) })).toEqual(expected);
    expect(await messages()).toEqual([]);
  });

  test.each([
    [
      "whose answer is lost",
      { loseResponse: true },
      { outcome: "inDoubt", status: null, sentAt: clock.now() },
    ],
    [
      "whose answer is cut",
      { cutBodyAfter: 30 },
      { outcome: "inDoubt", status: 201, sentAt: clock.now() },
    ],
  ] as const)("%s is in doubt, and was carried out", async (_name, effect, expected) => {
    expect(await createWith(effect)).toEqual(expected);
    expect(await messages()).toHaveLength(1);
  });

  test.each([
    ["a page of HTML", { status: 200, body: "<html></html>" }, 200],
    ["an answer without id", { status: 201, body: { subject: "x" } }, 201],
    ["nothing", { status: 202 }, 202],
    ["a redirect", { status: 302, headers: { location: "https://example.com" } }, 302],
    ["an error page", { status: 502, body: "<html></html>" }, 502],
  ] as const)("answered with %s is in doubt", async (_name, effect, status) => {
    expect(await createWith(effect)).toEqual({ outcome: "inDoubt", status, sentAt: clock.now() });
  });

  test("that is throttled tells how long to wait", async () => {
    const header = (value: string) => ({ status: 429, headers: { "retry-after": value } });
    expect(await createWith(header("7"))).toEqual({ outcome: "throttled", retryAfterMs: 7_000 });
    const date = "Sun, 22 Nov 2026 08:01:00 GMT";
    expect(await createWith(header(date))).toEqual({ outcome: "throttled", retryAfterMs: 60_000 });
    expect(await createWith({ status: 429 })).toEqual({ outcome: "throttled", retryAfterMs: null });
  });

  test("is repeated with a new token when the first was refused", async () => {
    expect(await createWith({ status: 401 })).toMatchObject({ outcome: "created" });
    expect(await messages()).toHaveLength(1);
  });

  test("whose new token is refused too ends with the consent", async () => {
    const folder = await ensure();
    await simulator.fault({
      service: "graph",
      path: "/messages",
      times: 2,
      effect: { status: 401 },
    });
    await failsWith("ConsentRevoked", mailboxes.createMessage(ann, folder, message(), never));
  });

  test("in doubt after a new token is in doubt since it was sent again", async () => {
    let now = Date.parse("2026-11-22T08:00:00Z");
    mailboxes = mailboxesAt(simulator.urls.graph, { now: () => new Date((now += 1_000)) });
    const folder = await ensure();
    await simulator.fault({ service: "graph", path: "/messages", effect: { status: 401 } });
    await simulator.fault({ service: "graph", path: "/messages", effect: { loseResponse: true } });
    const calledAt = now;
    const answer = await mailboxes.createMessage(ann, folder, message(), never);
    // The clock ticks a second at every look: at the call, at the first request and at the second.
    const sentAt = new Date(calledAt + 3_000);
    expect(answer).toEqual({ outcome: "inDoubt", status: null, sentAt });
  });

  test("after consent was withdrawn ends with the consent", async () => {
    const folder = await ensure();
    await simulator.control("DELETE", "/consent");
    await failsWith("ConsentRevoked", mailboxes.createMessage(ann, folder, message(), never));
  });

  test("stopped before it was sent is interrupted, not in doubt", async () => {
    const folder = await ensure();
    const stopped = mailboxes.createMessage(ann, folder, message(), AbortSignal.abort());
    await failsWith("Interrupted", stopped);
  });

  test("stopped after it was sent is in doubt", async () => {
    const folder = await ensure();
    await simulator.fault({ service: "graph", path: "/messages", effect: { delayMs: 300 } });
    const stop = AbortSignal.timeout(80);
    const answer = await mailboxes.createMessage(ann, folder, message(), stop);
    expect(answer).toEqual({ outcome: "inDoubt", status: null, sentAt: clock.now() });
    await expect.poll(messages).toHaveLength(1);
  });

  test("that reaches nobody was certainly not carried out", async () => {
    const away = mailboxesAt("http://127.0.0.1:1");
    await failsWith("MailboxUnavailable", away.createMessage(ann, "f", message(), never));
  });

  test("without a token was certainly not sent", async () => {
    await simulator.fault({ service: "entra", path: "/token", effect: { status: 503 } });
    await failsWith("TokenThrottled", mailboxes.createMessage(ann, "f", message(), never));
  });
});

describe("a look into the mailbox", () => {
  test("finds every copy wherever it lies, with key and attachments", async () => {
    const folder = await ensure();
    const ids: string[] = [];
    for (const body of [message(), message({ attachments: [attachment] })]) {
      const answer = await mailboxes.createMessage(ann, folder, body, never);
      if (answer.outcome === "created") ids.push(answer.messageId);
    }
    const other = message({ singleValueExtendedProperties: [] });
    await mailboxes.createMessage(ann, "inbox", other, never);
    const found = await mailboxes.findMessages(ann, messageId, never);
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
    expect(await mailboxes.findMessages(ann, "<other@contoso.com>", never)).toEqual([]);
  });

  test.each([
    ["an outage", { status: 500 }, "MailboxUnavailable"],
    ["a lost answer", { loseResponse: true }, "MailboxUnavailable"],
    ["a cut answer", { cutBodyAfter: 10 }, "MailboxUnavailable"],
    ["an answer of another shape", { status: 200, body: { value: [{}] } }, "MailboxUnavailable"],
    ["a pause", { status: 429 }, "MailboxThrottled"],
  ] as const)("during %s finds out nothing", async (_name, effect, code) => {
    await simulator.fault({ service: "graph", path: "/messages", effect });
    await failsWith(code, mailboxes.findMessages(ann, messageId, never));
  });

  test("that is stopped is interrupted", async () => {
    await simulator.fault({ service: "graph", path: "/messages", effect: { delayMs: 500 } });
    const asked = mailboxes.findMessages(ann, messageId, AbortSignal.timeout(50));
    await failsWith("Interrupted", asked);
  });
});

describe("a deletion", () => {
  test("leaves nothing, not even in Deleted Items, and may be repeated", async () => {
    const created = await create();
    if (created.outcome !== "created") throw new Error(created.outcome);
    await mailboxes.deletePermanently(ann, created.messageId, never);
    await mailboxes.deletePermanently(ann, created.messageId, never);
    expect(await mailboxes.findMessages(ann, messageId, never)).toEqual([]);
    expect(await messages("Deleted Items")).toEqual([]);
  });

  test.each([
    ["none@contoso.com", "MailboxNotFound"],
    ["denied@contoso.com", "MailboxOutOfScope"],
  ] as const)("in %s is refused", async (mailbox, code) => {
    await failsWith(code, mailboxes.deletePermanently(mailbox, "AAMk", never));
  });
});

const attachment = {
  "@odata.type": "#microsoft.graph.fileAttachment",
  ...{ name: "Bild – 1.jpg", contentType: "image/jpeg", contentBytes: picture.toString("base64") },
};

function message(more: object = {}): string {
  return JSON.stringify({
    ...{ subject: "WhatsApp Message", internetMessageId: messageId, isRead: true },
    body: { contentType: "text", content: "hello" },
    singleValueExtendedProperties: [
      { id: "Integer 0x0E07", value: "1" },
      { id: "String {5f2b1c52-8d0e-4a57-9a3b-6d6f0c0e7a11} Name IdempotencyKey", value: key },
    ],
    ...more,
  });
}

function error(code: string, inner?: string) {
  const innerError = inner === undefined ? {} : { innerError: { code: inner } };
  return { error: { code, message: "The details are nobody's business.", ...innerError } };
}

function mailboxesAt(graphBaseUrl: string, watch: Clock = clock) {
  const client = createHttp({ allow: [graphBaseUrl, simulator.urls.entra] });
  const { entra: entraBaseUrl } = simulator.urls;
  const tokens = createAppTokens({
    ...{ ...simulatedClient, certificatePath: null, entraBaseUrl, http: client },
    clock: { now: () => new Date() },
  });
  const graph = createGraph({ graphBaseUrl, tokens, http: client });
  return createMailboxes({ graph, clock: watch });
}

function ensure(): Promise<string> {
  return mailboxes.ensureFolder(ann, folderName, never, () => undefined);
}

async function create() {
  return mailboxes.createMessage(ann, await ensure(), message(), never);
}

async function createWith(effect: FaultEffect) {
  const folder = await ensure();
  await simulator.fault({ service: "graph", method: "POST", path: "/messages", effect });
  return mailboxes.createMessage(ann, folder, message(), never);
}

async function folderNames(): Promise<string[]> {
  type Folders = { folders: { displayName: string }[] };
  const { folders } = await simulator.control<Folders>("GET", `/mailboxes/${ann}`);
  return folders.map(({ displayName }) => displayName);
}

async function messages(folder = folderName): Promise<unknown[]> {
  const path = `/mailboxes/${ann}/messages?folder=${encodeURIComponent(folder)}`;
  return (await simulator.control<{ messages: unknown[] }>("GET", path)).messages;
}

async function codeOf(work: Promise<unknown>): Promise<FailureCode | null> {
  try {
    await work;
    return null;
  } catch (thrown) {
    if (thrown instanceof SyncError) return thrown.code;
    throw thrown;
  }
}

async function failsWith(code: FailureCode, work: Promise<unknown>) {
  expect(await codeOf(work)).toBe(code);
}
