import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createHttp, type Http } from "@/lib/adapters/http";
import { SyncError, type FailureCode } from "@/lib/core/errors";
import type { Clock } from "@/lib/ports/runtime";
import { CursorExpired, WindowExpired, type Source } from "@/lib/ports/source";
import { startTestSimulator, type TestSimulator } from "@/lib/testing/simulator";
import { createTelemessage } from "./api";

const account = { username: "archive@contoso.com", password: "secret" };
const credential = { delivery: "API" as const, ...account };
const never = new AbortController().signal;
const window = { start: new Date("2026-03-01T00:00:00Z"), end: new Date("2026-03-02T00:00:00Z") };
const picture = randomBytes(300_000);
const users = [
  { id: "1", mobile: "16175550101", status: "ACTIVATED", lastActivityAt: "2026-02-28T10:00:00Z" },
  { id: "2", mobile: 5, email: "b@contoso.com", status: "LOCKED", lastActivityAt: "yesterday" },
  { mobile: "nobody" },
];

let simulator: TestSimulator;
let http: Http;
let source: Source;

beforeAll(async () => {
  simulator = await startTestSimulator();
  http = createHttp({ allow: [simulator.urls.telemessage] });
});

afterAll(async () => {
  http.close();
  await simulator.close();
});

beforeEach(async () => {
  await simulator.control("PUT", "/world", {
    tenant: { domain: "contoso.com", name: "Contoso" },
    people: [],
    telemessage: {
      ...{ ...account, accountId: "acc-1", users },
      records: Array.from({ length: 7 }, (_, index) => record(index)),
      attachments: { "pic/1 ä": { base64: picture.toString("base64") } },
    },
  });
  source = sourceAt(new Date());
});

describe("signing in", () => {
  test("says whose archive it is", async () => {
    expect(await source.signIn(credential, never)).toEqual({ id: "acc-1", name: "Contoso" });
  });

  test.each([
    ["a wrong password", { password: "other" }, "SourceAuthFailed"],
    ["a locked account", { locked: true }, "SourceAccountLocked"],
    [
      "an account that is not for administration",
      { archiveAccess: false },
      "SourceNoArchiveAccess",
    ],
  ] as const)("fails with %s", async (_name, change, code) => {
    await simulator.control("PATCH", "/telemessage", change);
    await failsWith(code, source.signIn(credential, never));
  });

  test("happens once for everything that one session asks", async () => {
    const session = source.open(credential);
    await Promise.all([
      session.account(never),
      session.fetchPage(window, null, 3, never),
      session.fetchManifest(window, never),
    ]);
    await session.listUsers(never);
    expect(await signIns()).toBe(1);
  });

  test("happens once more when the token has expired, whoever notices", async () => {
    const session = source.open(credential);
    await session.account(never);
    await simulator.control("PATCH", "/telemessage", { tokenTtlSeconds: 0 });
    await simulator.control("PATCH", "/telemessage", { password: "turn" });
    await simulator.control("PATCH", "/telemessage", { password: "secret", tokenTtlSeconds: 3600 });
    const pages = Array.from({ length: 4 }, () => session.fetchPage(window, null, 3, never));
    expect((await Promise.all(pages)).map(({ records }) => records.length)).toEqual([3, 3, 3, 3]);
    expect(await signIns()).toBe(2);
  });

  test("that does not help is a refused credential", async () => {
    const session = source.open(credential);
    await simulator.fault({
      ...{ service: "telemessage", path: "/archive/items", times: 5 },
      effect: { status: 401, body: { error: "token_expired" } },
    });
    await failsWith("SourceAuthFailed", session.fetchPage(window, null, 3, never));
    expect(await signIns()).toBe(2);
  });

  test("that ended by its age before it was used says nothing about the password", async () => {
    await simulator.control("PATCH", "/telemessage", { tokenTtlSeconds: 1 });
    const session = sourceWith({ now: () => new Date() }).open(credential);
    await simulator.fault({
      ...{ service: "telemessage", path: "/archive/items", times: 2 },
      effect: { delayMs: 1_100 },
    });
    await failsWith("SourceUnavailable", session.fetchPage(window, null, 3, never));
    expect(await signIns()).toBe(2);
    expect((await session.fetchPage(window, null, 3, never)).records).toHaveLength(3);
  });

  test("is not tried again by a session whose password was refused", async () => {
    const session = source.open({ ...credential, password: "other" });
    const asked = Array.from({ length: 5 }, () => session.fetchPage(window, null, 3, never));
    await Promise.allSettled(asked);
    await failsWith("SourceAuthFailed", session.fetchManifest(window, never));
    expect(await signIns()).toBe(1);
  });

  test("is tried again after an outage", async () => {
    const session = source.open(credential);
    await simulator.fault({ service: "telemessage", path: "/session", effect: { status: 503 } });
    await failsWith("SourceUnavailable", session.account(never));
    expect(await session.account(never)).toEqual({ id: "acc-1", name: "Contoso" });
  });

  test("goes on for those who wait when the one who began is stopped", async () => {
    const session = source.open(credential);
    await simulator.fault({ service: "telemessage", path: "/session", effect: { delayMs: 100 } });
    const stop = new AbortController();
    const stopped = session.account(stop.signal);
    const waiting = session.account(never);
    setTimeout(() => stop.abort(), 30);
    await failsWith("Interrupted", stopped);
    expect(await waiting).toMatchObject({ id: "acc-1" });
  });
});

describe("a window", () => {
  test("is read page by page to its end, with nothing judged", async () => {
    const session = source.open(credential);
    const records: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = await session.fetchPage(window, cursor, 3, never);
      records.push(...page.records);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(records).toEqual(Array.from({ length: 7 }, (_, index) => record(index)));
  });

  test("is measured by its manifest", async () => {
    const lines = Array.from({ length: 7 }, (_, index) => `r-${index}\t1\n`).join("");
    expect(await source.open(credential).fetchManifest(window, never)).toEqual({
      count: 7,
      sha256: createHash("sha256").update(lines).digest("hex"),
    });
  });

  test("begins again when its cursor is forgotten", async () => {
    const session = source.open(credential);
    const { nextCursor } = await session.fetchPage(window, null, 3, never);
    await simulator.control("PATCH", "/telemessage", { cursorTtlSeconds: 0 });
    const next = session.fetchPage(window, nextCursor, 3, never);
    await expect(next).rejects.toBeInstanceOf(CursorExpired);
  });

  test.each(["fetchPage", "fetchManifest"] as const)(
    "that has expired says what is still there (%s)",
    async (call) => {
      const oldestAvailable = "2026-03-01T12:00:00.000Z";
      await simulator.control("PATCH", "/telemessage", { oldestAvailable });
      const session = source.open(credential);
      const asked =
        call === "fetchPage"
          ? session.fetchPage(window, null, 3, never)
          : session.fetchManifest(window, never);
      await expect(asked).rejects.toEqual(new WindowExpired(new Date(oldestAvailable)));
    },
  );

  test("with megabytes of text on a page is read whole", async () => {
    const large = Array.from({ length: 40 }, (_, index) => ({
      ...record(index),
      body: { text: "grün ".repeat(200_000) },
    }));
    await simulator.control("POST", "/records", { records: large });
    const { records } = await source.open(credential).fetchPage(window, null, 200, never);
    expect(records).toHaveLength(47);
  });
});

describe("an answer that is none", () => {
  const status = (code: number, body?: unknown, headers = {}) => ({ status: code, body, headers });

  test.each([
    ["a service that is away", status(503), "SourceUnavailable"],
    ["a time-out at the server", status(408), "SourceUnavailable"],
    ["a refusal nobody foresaw", status(418, { error: "teapot" }), "SourceUnavailable"],
    [
      "a redirect",
      status(302, undefined, { location: "https://example.com" }),
      "SourceUnavailable",
    ],
    ["a page of HTML with status 200", status(200, "<html></html>"), "SourceUnavailable"],
    ["JSON of another shape", status(200, { records: [] }), "SourceUnavailable"],
    ["a page without a cursor, not even null", status(200, { items: [] }), "SourceUnavailable"],
    ["an expiry without its date", status(410, { error: "window_expired" }), "SourceUnavailable"],
    ["an expiry of something else", status(410, { error: "coupon" }), "SourceUnavailable"],
    ["a lost answer", { loseResponse: true }, "SourceUnavailable"],
    ["a cut answer", { cutBodyAfter: 20 }, "SourceUnavailable"],
    ["a pause that was asked for", status(429), "SourceThrottled"],
    ["a locked account", status(423), "SourceAccountLocked"],
    ["a withdrawn right", status(403), "SourceNoArchiveAccess"],
  ] as const)("%s", async (_name, effect, code) => {
    const session = source.open(credential);
    await session.account(never);
    await simulator.fault({
      service: "telemessage",
      path: "/archive/items",
      effect,
    });
    await failsWith(code, session.fetchPage(window, null, 3, never));
  });

  test.each([
    ["7", 7_000],
    ["Sun, 22 Nov 2026 08:01:00 GMT", 60_000],
    ["soon", undefined],
  ])("tells how long to wait (Retry-After: %s)", async (header, retryAfterMs) => {
    const session = sourceAt(new Date("2026-11-22T08:00:00Z")).open(credential);
    await session.account(never);
    await simulator.fault({
      ...{ service: "telemessage", path: "/archive/items" },
      effect: { status: 429, headers: { "retry-after": header } },
    });
    const asked = session.fetchPage(window, null, 3, never);
    await expect(asked).rejects.toMatchObject({ code: "SourceThrottled", retryAfterMs });
  });

  test("is an interruption when we stopped it", async () => {
    const session = source.open(credential);
    await session.account(never);
    await simulator.fault({ service: "telemessage", path: "/items", effect: { delayMs: 5_000 } });
    const asked = session.fetchPage(window, null, 3, AbortSignal.timeout(50));
    await failsWith("Interrupted", asked);
  });

  test("says nothing of the password, the token or the records", async () => {
    await simulator.fault({
      ...{ service: "telemessage", path: "/session" },
      effect: { status: 500, body: { error: "the password is secret" } },
    });
    const error = await source.signIn(credential, never).catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, errorFields)).not.toContain("secret");
  });
});

describe("an attachment", () => {
  test("comes with what the source says of it, whatever its id", async () => {
    const session = source.open(credential);
    const download = await session.fetchAttachment("pic/1 ä", never);
    expect(download).toMatchObject({
      contentType: expect.stringContaining("/"),
      sizeBytes: picture.length,
      sha256: createHash("sha256").update(picture).digest("hex"),
    });
    expect((await collect(download.bytes)).equals(picture)).toBe(true);
  });

  test("that the source no longer holds is gone", async () => {
    await failsWith("AttachmentGone", source.open(credential).fetchAttachment("other", never));
  });

  test.each([".", "..", ""])("whose id is a step in a path (%j) is not asked for", async (id) => {
    await failsWith("SourceUnavailable", source.open(credential).fetchAttachment(id, never));
  });

  test.each([
    ["a gateway's 404 proves nothing", { status: 404, body: "<html>" }, "SourceUnavailable"],
    ["one refusal stops no connector", { status: 403 }, "SourceUnavailable"],
    [
      "the archive's refusal does",
      { status: 403, body: { error: "no_archive_access" } },
      "SourceNoArchiveAccess",
    ],
    ["a pause is a pause", { status: 429 }, "SourceThrottled"],
    ["an outage is one", { status: 500 }, "SourceUnavailable"],
  ] as const)("%s", async (_name, effect, code) => {
    const session = source.open(credential);
    await session.account(never);
    await simulator.fault({ service: "telemessage", path: "/attachments/", effect });
    await failsWith(code, session.fetchAttachment("pic/1 ä", never));
  });

  test("that is cut on its way fails while it is read", async () => {
    const session = source.open(credential);
    await simulator.fault({
      ...{ service: "telemessage", path: "/attachments/" },
      effect: { cutBodyAfter: 1_000 },
    });
    const { bytes, sizeBytes } = await session.fetchAttachment("pic/1 ä", never);
    expect(sizeBytes).toBe(picture.length);
    await failsWith("SourceUnavailable", collect(bytes));
  });

  test("is fetched again with a new token when the old one has expired", async () => {
    const session = source.open(credential);
    await session.account(never);
    await simulator.fault({
      service: "telemessage",
      path: "/attachments/",
      effect: { status: 401 },
    });
    const { bytes } = await session.fetchAttachment("pic/1 ä", never);
    expect((await collect(bytes)).equals(picture)).toBe(true);
    expect(await signIns()).toBe(2);
  });

  test("ends when it is stopped while it is read", async () => {
    await simulator.control("POST", "/records", {
      records: [],
      attachments: { large: { sizeBytes: 60_000_000, seed: "a" } },
    });
    const stop = new AbortController();
    const { bytes } = await source.open(credential).fetchAttachment("large", stop.signal);
    const reading = (async () => {
      for await (const chunk of bytes) if (chunk.byteLength > 0) stop.abort();
    })();
    await failsWith("Interrupted", reading);
  });
});

test("the registered users are listed, odd fields left empty and nameless ones left out", async () => {
  expect(await source.open(credential).listUsers(never)).toEqual([
    {
      ...{ id: "1", mobile: "16175550101", email: null, firstName: null, lastName: null },
      ...{ status: "ACTIVATED", lastActivityAt: new Date("2026-02-28T10:00:00Z") },
    },
    {
      ...{ id: "2", mobile: null, email: "b@contoso.com", firstName: null, lastName: null },
      ...{ status: "LOCKED", lastActivityAt: null },
    },
  ]);
});

function sourceAt(now: Date): Source {
  return sourceWith({ now: () => now });
}

function sourceWith(clock: Clock): Source {
  return createTelemessage({ baseUrl: simulator.urls.telemessage, http, clock });
}

function record(index: number) {
  const at = new Date(window.start.getTime() + index * 60_000).toISOString();
  return { id: `r-${index}`, revision: "1", gatewayReceivedDate: at, odd: { ключ: [index, null] } };
}

async function signIns(): Promise<number> {
  const requests = await simulator.requests("telemessage");
  const own = Object.entries(requests).filter(([name]) => name.startsWith("POST /v1/session"));
  return own.reduce((sum, [, count]) => sum + count, 0);
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function failsWith(code: FailureCode, work: Promise<unknown>) {
  const error = await work.then(
    () => "nothing failed",
    (thrown: unknown) => (thrown instanceof SyncError ? thrown.code : thrown),
  );
  expect(error).toBe(code);
}

function errorFields(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, cause: value.cause } : value;
}
