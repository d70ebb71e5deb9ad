import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, Harness, keyProperty, messageBody, world, type Answer } from "./testing/harness";

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

const ann = "/users/ann@contoso.com";
const mailbox = "/mailboxes/ann%40contoso.com";

type Json = Record<string, unknown>;

function create(key: string, changes: Json = {}, folder = "inbox"): Promise<Answer> {
  const path = `${ann}/mailFolders/${folder}/messages`;
  return harness.graph(path, token, { method: "POST", body: messageBody(key, changes) });
}

async function createArchive(): Promise<string> {
  const body = { displayName: "WhatsApp Archiver" };
  const answer = await harness.graph(`${ann}/mailFolders`, token, { method: "POST", body });
  return answer.json<{ id: string }>().id;
}

async function messages(query = ""): Promise<{ total: number; messages: Json[] }> {
  const answer = await harness.control("GET", `${mailbox}/messages${query}`);
  expect(answer.status).toBe(200);
  return answer.json();
}

describe("the control itself", () => {
  it("says that it is there", async () => {
    expect((await harness.control("GET", "/health")).status).toBe(200);
  });

  it("answers 404 to what it does not know, and 400 to what it cannot read", async () => {
    expect((await harness.control("GET", "/nothing")).status).toBe(404);
    expect((await harness.control("DELETE", "/world")).status).toBe(405);
    expect((await harness.control("PATCH", "/people/nobody%40contoso.com", {})).status).toBe(404);
    expect((await harness.control("GET", "/mailboxes/nobody%40contoso.com")).status).toBe(404);
    const broken = { method: "PUT", body: "{" };
    expect((await ask(`${harness.simulator.urls.control}/world`, broken)).status).toBe(400);
    const misfit = await harness.control("PUT", "/world", { ...world(), people: [{ upn: 1 }] });
    expect([misfit.status, misfit.json()]).toEqual([
      400,
      { error: "people[0].upn must be a string." },
    ]);
  });

  it("does not serve pages of other sites", async () => {
    const url = `${harness.simulator.urls.control}/stats`;
    const foreign = { method: "DELETE", headers: { origin: "https://evil.example" } };
    expect((await ask(url, foreign)).status).toBe(403);
  });

  it("takes bodies far larger than the services do", async () => {
    const records = Array.from({ length: 20 }, (_, id) => ({ id, text: "x".repeat(1024 * 1024) }));
    expect((await harness.control("POST", "/records", { records })).json()).toMatchObject({
      added: 20,
    });
  });
});

describe("a new world", () => {
  it("empties mailboxes, consent, faults, stats and latency", async () => {
    await create("k");
    const effect = { status: 503 };
    await harness.control("POST", "/faults", { service: "graph", path: ".", times: 9, effect });
    await harness.control("PATCH", "/latency", { graph: 5, telemessage: 7 });
    await harness.putWorld();
    expect(await messages()).toMatchObject({ total: 0 });
    expect((await harness.control("GET", "/faults")).json()).toEqual({ faults: [] });
    expect((await harness.control("GET", "/stats")).json()).toEqual({
      requests: [],
      concurrency: {},
      throttled: {},
      duplicates: { byKey: 0, byInternetMessageId: 0 },
    });
    expect((await harness.control("PATCH", "/latency", {})).json()).toEqual({
      graph: 0,
      telemessage: 0,
    });
    expect((await harness.graph("/users", token)).status).toBe(403);
  });

  it("has the usual tenant id if it names none", async () => {
    const { id: _, ...tenant } = world().tenant;
    await harness.control("PUT", "/world", { ...world(), tenant });
    token = await harness.consentedToken();
    expect((await harness.graph("/users", token)).status).toBe(200);
  });
});

describe("people", () => {
  it("change at once", async () => {
    await harness.control("PATCH", "/people/ann%40contoso.com", { mailbox: "full" });
    expect((await create("k")).status).toBe(507);
    const changed = await harness.control("PATCH", "/people/ANN%40contoso.com", {
      mailbox: "ok",
      mail: "a@contoso.com",
      proxyAddresses: ["SMTP:a@contoso.com", "smtp:b@contoso.com"],
      roles: ["Connector.Auditor"],
      wids: [],
    });
    expect(changed.json()).toMatchObject({ upn: "ann@contoso.com", mail: "a@contoso.com" });
    expect((await create("k")).status).toBe(201);
    const filter = encodeURIComponent("proxyAddresses/any(p:p eq 'smtp:b@contoso.com')");
    const found = await harness.graph(`/users?$filter=${filter}`, token);
    expect(found.json<{ value: unknown[] }>().value).toHaveLength(1);
  });

  it("refuses a state that a mailbox cannot have", async () => {
    const answer = await harness.control("PATCH", "/people/ann%40contoso.com", { mailbox: "odd" });
    expect(answer.status).toBe(400);
  });
});

describe("mailboxes", () => {
  it("show their folders with counts", async () => {
    const folder = await createArchive();
    await create("k", { isRead: false }, folder);
    const { folders } = (await harness.control("GET", mailbox)).json<{ folders: Json[] }>();
    const found = folders.find(({ displayName }) => displayName === "WhatsApp Archiver");
    expect(found).toEqual({
      id: folder,
      displayName: "WhatsApp Archiver",
      parentFolderId: expect.any(String),
      totalItemCount: 1,
      unreadItemCount: 1,
    });
    expect((await harness.control("GET", "/mailboxes/none%40contoso.com")).json()).toEqual({
      folders: [],
    });
  });

  it("show whole messages with properties, headers and sums of attachments", async () => {
    const bytes = Buffer.alloc(400_000, "abc");
    const file = {
      "@odata.type": "#microsoft.graph.fileAttachment",
      name: "a.bin",
      contentType: "application/octet-stream",
      contentBytes: bytes.toString("base64"),
    };
    await create("k1", { attachments: [file] }, await createArchive());
    const shown = await messages("?folder=WhatsApp%20Archiver");
    expect(shown).toMatchObject({
      total: 1,
      messages: [
        {
          subject: "WhatsApp Message k1",
          isDraft: false,
          receivedDateTime: "2026-05-15T12:00:00Z",
          internetMessageHeaders: [{ name: "X-WhatsApp-Item-Id", value: "k1" }],
          attachments: [
            {
              name: "a.bin",
              contentType: "application/octet-stream",
              size: 400_000,
              sha256: createHash("sha256").update(bytes).digest("hex"),
            },
          ],
        },
      ],
    });
    expect(shown.messages[0]?.["singleValueExtendedProperties"]).toContainEqual({
      id: keyProperty,
      value: "k1",
    });
  });

  it("show all messages, or a slice of them, in the order in which they came", async () => {
    for (const key of ["a", "b", "c", "d"]) await create(key);
    const subjects = async (query: string) => {
      const shown = await messages(query);
      expect(shown.total).toBe(4);
      return shown.messages.map(({ internetMessageId }) => String(internetMessageId)[1]).join("");
    };
    expect(await subjects("")).toBe("abcd");
    expect(await subjects("?skip=1")).toBe("bcd");
    expect(await subjects("?skip=1&top=2&folder=Inbox")).toBe("bc");
    expect(await subjects("?top=0")).toBe("");
  });

  it("have nothing in a folder that does not exist, or was deleted", async () => {
    expect(await messages("?folder=Nothing")).toEqual({ total: 0, messages: [] });
    const folder = await createArchive();
    await create("k", {}, folder);
    await harness.graph(`${ann}/mailFolders/${folder}`, token, { method: "DELETE" });
    expect(await messages("?folder=WhatsApp%20Archiver")).toMatchObject({ total: 0 });
    expect(await messages()).toMatchObject({ total: 1 });
  });
});

describe("faults", () => {
  const post = (fault: Json) => harness.control("POST", "/faults", { service: "graph", ...fault });
  const get = () => harness.graph(ann, token);

  it("answer instead of the service, as often as they are told to", async () => {
    const effect = { status: 503, headers: { "Retry-After": 2 }, body: { error: "later" } };
    await post({ path: "/users/ann@", times: 2, effect });
    const first = await ask(`${harness.simulator.urls.graph}/v1.0${ann}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([first.status, first.headers.get("retry-after"), first.json()]).toEqual([
      503,
      "2",
      { error: "later" },
    ]);
    expect((await harness.control("GET", "/faults")).json()).toMatchObject({
      faults: [{ path: "/users/ann@", left: 1 }],
    });
    await ask(`${harness.simulator.urls.graph}/v1.0${ann}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect((await get()).status).toBe(200);
  });

  it("match method and the query as it was received, and pass over the first ones", async () => {
    const effect = { status: 500 };
    await post({ method: "post", path: "/messages$", skip: 1, times: 1, effect });
    await post({ path: "%24select=id|\\$select=id", times: 1, effect: { status: 502 } });
    expect((await harness.graph(`${ann}/messages`, token)).status).toBe(200);
    expect((await create("a")).status).toBe(201);
    expect((await create("b")).status).toBe(500);
    expect((await create("c")).status).toBe(201);
    expect((await harness.graph(`${ann}?$select=id`, token)).status).toBe(502);
    expect(await messages()).toMatchObject({ total: 2 });
  });

  it("are tried in the order in which they were posted", async () => {
    await post({ path: ".", times: 1, effect: { status: 501 } });
    await post({ path: ".", times: 1, effect: { status: 502 } });
    expect((await get()).status).toBe(501);
    expect((await get()).status).toBe(502);
    expect((await get()).status).toBe(200);
  });

  it("only delay when they name neither status nor body", async () => {
    await post({ path: ".", times: 1, effect: { delayMs: 120, headers: { "X-Late": "1" } } });
    const began = performance.now();
    const answer = await get();
    expect(performance.now() - began).toBeGreaterThan(100);
    expect([answer.status, answer.headers.get("x-late")]).toEqual([200, "1"]);
  });

  it("can perform a request and lose the answer", async () => {
    await post({ method: "POST", path: "/messages$", times: 1, effect: { loseResponse: true } });
    await expect(create("k")).rejects.toThrow("fetch failed");
    expect(await messages()).toMatchObject({ total: 1 });
  });

  it("can cut an answer in the middle", async () => {
    await post({ path: "/messages$", times: 1, effect: { cutBodyAfter: 10 } });
    await expect(create("k")).rejects.toThrow();
    expect(await messages()).toMatchObject({ total: 1 });
  });

  it("reach TeleMessage and Entra too", async () => {
    const effect = { status: 429, headers: { "retry-after": "1" } };
    await post({ service: "telemessage", path: "/v1/session", times: 1, effect });
    await post({ service: "entra", path: "/token$", times: 1, effect });
    const sign = () => harness.signInToTelemessage("archive@contoso.com", "secret");
    expect((await sign()).status).toBe(429);
    expect((await sign()).status).toBe(200);
    expect((await harness.tokenRequest({})).status).toBe(429);
    expect((await harness.tokenRequest({})).status).toBe(400);
  });

  it("can be taken back", async () => {
    await post({ path: ".", times: 5, effect: { status: 500 } });
    expect((await harness.control("DELETE", "/faults")).status).toBe(204);
    expect((await get()).status).toBe(200);
  });

  it.each([
    ["an unknown service", { service: "exchange", path: ".", effect: {} }],
    ["a pattern that is none", { path: "(", effect: {} }],
    ["a status that is none", { path: ".", effect: { status: 42 } }],
    ["no effect", { path: "." }],
  ])("are refused with %s", async (_, fault) => {
    expect((await post(fault)).status).toBe(400);
  });
});

describe("stats", () => {
  it("count requests by service, method, route and status", async () => {
    await harness.control("DELETE", "/stats");
    await create("a");
    await create("b");
    await harness.graph("/users/nobody@contoso.com", token);
    await harness.signInToTelemessage("archive@contoso.com", "wrong");
    const { requests } = (await harness.control("GET", "/stats")).json<{ requests: Json[] }>();
    expect(requests).toEqual([
      {
        service: "graph",
        method: "POST",
        route: "/v1.0/users/{user}/mailFolders/{folder}/messages",
        status: 201,
        count: 2,
      },
      { service: "graph", method: "GET", route: "/v1.0/users/{user}", status: 404, count: 1 },
      { service: "telemessage", method: "POST", route: "/v1/session", status: 401, count: 1 },
    ]);
  });

  it("know the most requests that were open at a time in a mailbox", async () => {
    await harness.control("PATCH", "/latency", { graph: 300 });
    await Promise.all([create("a"), create("b"), create("c")]);
    const stats = (await harness.control("GET", "/stats")).json();
    expect(stats).toMatchObject({ concurrency: { "ann@contoso.com": 3 } });
  });

  it("count what is in one mailbox more than once, over all its folders", async () => {
    const duplicates = async () =>
      (await harness.control("GET", "/stats")).json<{ duplicates: Json }>().duplicates;
    const archive = await createArchive();
    await create("a", {}, archive);
    await create("b", {}, archive);
    const other = "/users/admin@contoso.com/mailFolders/inbox/messages";
    await harness.graph(other, token, { method: "POST", body: messageBody("a") });
    expect(await duplicates()).toEqual({ byKey: 0, byInternetMessageId: 0 });
    const again = (await create("a")).json<{ id: string }>();
    await create("A", { internetMessageId: "<other@contoso.com>" });
    expect(await duplicates()).toEqual({ byKey: 2, byInternetMessageId: 1 });
    const gone = `${ann}/messages/${again.id}/permanentDelete`;
    await harness.graph(gone, token, { method: "POST" });
    expect(await duplicates()).toEqual({ byKey: 1, byInternetMessageId: 0 });
  });
});

describe("the page", () => {
  const open = async (path: string) => {
    const answer = await harness.control("GET", path);
    expect(answer.status).toBe(200);
    return answer.text;
  };

  it("leads from the people to their mailboxes, messages and attachments", async () => {
    const file = {
      "@odata.type": "#microsoft.graph.fileAttachment",
      name: "a & b.txt",
      contentBytes: Buffer.from("hello").toString("base64"),
    };
    const subject = "<script>alert(1)</script>";
    await create("k", { attachments: [file], subject }, await createArchive());
    const home = await open("/");
    expect(home).toContain("Ann Ok");
    const box = await open(/href="(\/view\/ann[^"]+)"/.exec(home)?.[1] ?? "");
    expect(box).not.toContain("<script>");
    expect(box).toContain("WhatsApp Archiver");
    const message = await open(/href="(\/view\/[^"?]+\/AAk[^"?]+)"/.exec(box)?.[1] ?? "");
    expect(message).toContain("<iframe sandbox");
    expect(message).toContain(keyProperty);
    const body = await harness.control("GET", /src="([^"]+)"/.exec(message)?.[1] ?? "");
    expect(body.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect(body.text).toBe("<p>Hello k &amp; all</p>");
    const saved = await harness.control("GET", /href="([^"]+files[^"]+)"/.exec(message)?.[1] ?? "");
    expect(saved.text).toBe("hello");
    expect(saved.headers.get("content-disposition")).toMatch(/^attachment/);
    expect(await open(/href="([^"]+eml)"/.exec(message)?.[1] ?? "")).toContain("Message-ID: <k@");
  });

  it("shows one message of every kind the archive has, and says which did not arrive", async () => {
    const body = { conversation: { type: "DIRECT" } };
    const records = [
      { id: "a", revision: "1", body: { ...body, messageType: "POLL" } },
      { id: "b", revision: "1", body: { ...body, messageType: "SYSTEM" } },
    ];
    await harness.control("POST", "/records", { records });
    const headers = [{ name: "X-WhatsApp-Item-Id", value: "a" }];
    await create("k", { internetMessageHeaders: headers, subject: "<b>Lunch?" });
    const gallery = await open("/gallery");
    expect(gallery).toContain("poll, direct");
    expect(gallery).toContain("&lt;b&gt;Lunch?");
    expect(gallery).toMatch(/<iframe sandbox [^>]*src="\/view\/ann/);
    expect(gallery).toMatch(/system, direct<\/a> <span class="quiet">not arrived/);
  });

  it("says that something is not there", async () => {
    expect((await harness.control("GET", "/view/nobody%40contoso.com")).status).toBe(404);
    expect((await harness.control("GET", "/view/ann%40contoso.com/abc")).status).toBe(404);
  });
});
