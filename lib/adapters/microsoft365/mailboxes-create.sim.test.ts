/** The create that writes a message into a simulated mailbox: how it may end, and what is known then. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  TestExchange,
  ann,
  clock,
  error,
  failsWith,
  message,
  messageId,
  never,
} from "@/lib/testing/exchange";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await TestExchange.start();
});
afterAll(() => exchange.close());
beforeEach(() => exchange.renew());

describe("a create", () => {
  test("that is answered brings the message's id", async () => {
    const created = await exchange.create();
    expect(created).toEqual({ outcome: "created", messageId: expect.any(String) });
    const [message] = await exchange.messages();
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
    const answer = await exchange.mailboxes.createMessage(mailbox, "inbox", message(), never);
    expect(answer).toEqual({ outcome: "refused", ...refusal });
  });

  test("into a folder that is gone says so", async () => {
    const folder = await exchange.ensure();
    await exchange.renew();
    const answer = await exchange.mailboxes.createMessage(ann, folder, message(), never);
    expect(answer).toEqual({ outcome: "folderGone" });
  });

  test("of more than Graph takes is refused", async () => {
    const large = JSON.stringify({ subject: "x".repeat(4 * 1024 * 1024) });
    const answer = await exchange.mailboxes.createMessage(
      ann,
      await exchange.ensure(),
      large,
      never,
    );
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
    expect(await exchange.createWith({ status, body: error(code) })).toEqual(expected);
    expect(await exchange.messages()).toEqual([]);
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
    expect(await exchange.createWith(effect)).toEqual(expected);
    expect(await exchange.messages()).toHaveLength(1);
  });

  test.each([
    ["a page of HTML", { status: 200, body: "<html></html>" }, 200],
    ["an answer without id", { status: 201, body: { subject: "x" } }, 201],
    ["nothing", { status: 202 }, 202],
    ["a redirect", { status: 302, headers: { location: "https://example.com" } }, 302],
    ["an error page", { status: 502, body: "<html></html>" }, 502],
  ] as const)("answered with %s is in doubt", async (_name, effect, status) => {
    expect(await exchange.createWith(effect)).toEqual({
      outcome: "inDoubt",
      status,
      sentAt: clock.now(),
    });
  });

  test("that is throttled tells how long to wait", async () => {
    const header = (value: string) => ({ status: 429, headers: { "retry-after": value } });
    expect(await exchange.createWith(header("7"))).toEqual({
      outcome: "throttled",
      retryAfterMs: 7_000,
    });
    const date = "Sun, 22 Nov 2026 08:01:00 GMT";
    expect(await exchange.createWith(header(date))).toEqual({
      outcome: "throttled",
      retryAfterMs: 60_000,
    });
    expect(await exchange.createWith({ status: 429 })).toEqual({
      outcome: "throttled",
      retryAfterMs: null,
    });
  });

  test("is repeated with a new token when the first was refused", async () => {
    expect(await exchange.createWith({ status: 401 })).toMatchObject({ outcome: "created" });
    expect(await exchange.messages()).toHaveLength(1);
  });

  test("whose new token is refused too ends with the consent", async () => {
    const folder = await exchange.ensure();
    await exchange.simulator.fault({
      service: "graph",
      path: "/messages",
      times: 2,
      effect: { status: 401 },
    });
    await failsWith(
      "ConsentRevoked",
      exchange.mailboxes.createMessage(ann, folder, message(), never),
    );
  });

  test("in doubt after a new token is in doubt since it was sent again", async () => {
    let now = Date.parse("2026-11-22T08:00:00Z");
    exchange.mailboxes = exchange.mailboxesAt(exchange.simulator.urls.graph, {
      now: () => new Date((now += 1_000)),
    });
    const folder = await exchange.ensure();
    await exchange.simulator.fault({
      service: "graph",
      path: "/messages",
      effect: { status: 401 },
    });
    await exchange.simulator.fault({
      service: "graph",
      path: "/messages",
      effect: { loseResponse: true },
    });
    const calledAt = now;
    const answer = await exchange.mailboxes.createMessage(ann, folder, message(), never);
    // The clock ticks a second at every look: at the call, at the first request and at the second.
    const sentAt = new Date(calledAt + 3_000);
    expect(answer).toEqual({ outcome: "inDoubt", status: null, sentAt });
  });

  test("after consent was withdrawn ends with the consent", async () => {
    const folder = await exchange.ensure();
    await exchange.simulator.control("DELETE", "/consent");
    await failsWith(
      "ConsentRevoked",
      exchange.mailboxes.createMessage(ann, folder, message(), never),
    );
  });

  test("stopped before it was sent is interrupted, not in doubt", async () => {
    const folder = await exchange.ensure();
    const stopped = exchange.mailboxes.createMessage(ann, folder, message(), AbortSignal.abort());
    await failsWith("Interrupted", stopped);
  });

  test("stopped after it was sent is in doubt", async () => {
    const folder = await exchange.ensure();
    await exchange.simulator.fault({
      service: "graph",
      path: "/messages",
      effect: { delayMs: 300 },
    });
    const stop = AbortSignal.timeout(80);
    const answer = await exchange.mailboxes.createMessage(ann, folder, message(), stop);
    expect(answer).toEqual({ outcome: "inDoubt", status: null, sentAt: clock.now() });
    await expect.poll(() => exchange.messages()).toHaveLength(1);
  });

  test("that reaches nobody was certainly not carried out", async () => {
    const away = exchange.mailboxesAt("http://127.0.0.1:1");
    await failsWith("MailboxUnavailable", away.createMessage(ann, "f", message(), never));
  });

  test("without a token was certainly not sent", async () => {
    await exchange.simulator.fault({ service: "entra", path: "/token", effect: { status: 503 } });
    await failsWith("TokenThrottled", exchange.mailboxes.createMessage(ann, "f", message(), never));
  });
});
