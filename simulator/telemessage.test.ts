import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ask, Harness, world, type Answer } from "./testing/harness";

let harness: Harness;
let token: string;

beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());

const hour = 3_600_000;
const start = Date.UTC(2026, 4, 15);
const iso = (at: number) => new Date(at).toISOString();
const record = (id: string, minute: number, more: Record<string, unknown> = {}) => ({
  id,
  revision: "1",
  gatewayReceivedDate: iso(start + minute * 60_000),
  networkType: "WhatsApp",
  ...more,
});

async function fill(records: unknown[], attachments = {}): Promise<void> {
  await harness.putWorld({
    telemessage: { ...world().telemessage, records, attachments } as never,
  });
  token = await signIn();
}

async function signIn(): Promise<string> {
  const answer = await harness.signInToTelemessage("archive@contoso.com", "secret");
  expect(answer.status).toBe(200);
  return answer.json<{ token: string }>().token;
}

type Page = {
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
};

function items(query: Record<string, string>): Promise<Answer> {
  const parameters = new URLSearchParams({
    service: "whatsapp",
    from: iso(start),
    to: iso(start + hour),
    ...query,
  });
  return harness.telemessage(`/v1/archive/items?${parameters}`, token);
}

async function page(query: Record<string, string>): Promise<Page> {
  const answer = await items(query);
  expect(answer.status).toBe(200);
  return answer.json<Page>();
}

/** All pages of the window, as lists of ids. */
async function pages(query: Record<string, string>): Promise<string[][]> {
  const all: string[][] = [];
  let cursor: string | null = null;
  do {
    const next: Page = await page(cursor === null ? query : { ...query, cursor });
    all.push(next.items.map(({ id }) => id));
    cursor = next.nextCursor;
  } while (cursor !== null);
  return all;
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => record(`r${index}`, index));

describe("a session", () => {
  beforeEach(() => fill([]));

  it("is opened with name and password", async () => {
    const answer = await harness.signInToTelemessage("archive@contoso.com", "secret");
    expect(answer.json()).toEqual({
      token: expect.any(String),
      expiresInSeconds: 3600,
      account: { id: "acc-1", name: "Contoso" },
    });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    [401, "invalid_credentials", { password: "new" }],
    [401, "invalid_credentials", { username: "other" }],
    [423, "account_locked", { locked: true }],
    [403, "no_archive_access", { archiveAccess: false }],
  ])(
    "is refused with %i %s, and what was open is closed at once",
    async (status, error, change) => {
      await harness.control("PATCH", "/telemessage", change);
      const refused = await harness.signInToTelemessage("archive@contoso.com", "secret");
      expect([refused.status, refused.json()]).toEqual([status, { error }]);
      const later = await items({});
      expect([later.status, later.json()]).toEqual([401, { error: "token_expired" }]);
    },
  );

  it("ends after its time, and at once when the time is shortened", async () => {
    harness.pass(3599);
    expect((await items({})).status).toBe(200);
    harness.pass(2);
    expect((await items({})).status).toBe(401);
    token = await signIn();
    await harness.control("PATCH", "/telemessage", { tokenTtlSeconds: 0 });
    expect((await items({})).json()).toEqual({ error: "token_expired" });
  });

  it("is needed for everything else", async () => {
    for (const path of [
      "/v1/archive/items",
      "/v1/archive/manifest",
      "/v1/archive/attachments/a",
      "/v1/account/users",
    ]) {
      expect((await harness.telemessage(path, "wrong")).status).toBe(401);
      expect((await ask(`${harness.simulator.urls.telemessage}${path}`, {})).status).toBe(401);
    }
  });

  it("locks the account after ten wrong passwords within fifteen minutes", async () => {
    const wrong = () => harness.signInToTelemessage("archive@contoso.com", "wrong");
    for (let n = 0; n < 9; n += 1) expect((await wrong()).status).toBe(401);
    harness.pass(901);
    for (let n = 0; n < 10; n += 1) expect((await wrong()).status).toBe(401);
    expect((await wrong()).status).toBe(423);
    const right = await harness.signInToTelemessage("archive@contoso.com", "secret");
    expect(right.status).toBe(423);
    await harness.control("PATCH", "/telemessage", { locked: false });
    expect((await harness.signInToTelemessage("archive@contoso.com", "secret")).status).toBe(200);
  });

  it("refuses a body that is none", async () => {
    const url = `${harness.simulator.urls.telemessage}/v1/session`;
    for (const body of ["{", "[]", '{"username":"a"}', '{"username":1,"password":"a"}']) {
      expect((await ask(url, { method: "POST", body })).status).toBe(400);
    }
  });
});

describe("items", () => {
  it("lie in a window that includes its start and not its end, oldest first", async () => {
    await fill([record("c", 60), record("b", 30), record("a", 0), record("x", -1)]);
    expect(await pages({})).toEqual([["a", "b"]]);
  });

  it("come whole, whatever they are", async () => {
    const odd = record("odd", 1, { body: { text: "\u0000 👩🏽 \ud800", n: 1e21 }, extra: [null] });
    await fill([odd]);
    expect((await page({})).items).toEqual([odd]);
  });

  it("come two hundred at a time, or as many as the limit says", async () => {
    await fill(many(250).map((each) => ({ ...each, gatewayReceivedDate: iso(start) })));
    expect((await pages({})).map((ids) => ids.length)).toEqual([200, 50]);
    const ids = (await pages({ limit: "7" })).flat();
    expect(ids).toEqual(many(250).map(({ id }) => id));
    expect((await pages({ limit: "250" })).map((page) => page.length)).toEqual([250]);
  });

  it.each([
    ["a limit of nothing", { limit: "0" }, "invalid_request"],
    ["a limit over 1000", { limit: "1001" }, "invalid_request"],
    ["another service", { service: "signal" }, "invalid_request"],
    ["an unknown parameter", { offset: "3" }, "invalid_request"],
    ["a window that ends before it begins", { to: iso(start - 1) }, "invalid_window"],
    ["an empty window", { to: iso(start) }, "invalid_window"],
    ["a date without a time", { from: "2026-05-15" }, "invalid_window"],
    ["a date without a zone", { from: "2026-05-15T00:00:00" }, "invalid_window"],
    ["a date that does not exist", { from: "2026-13-15T00:00:00Z" }, "invalid_window"],
  ])("refuses %s", async (_, query, error) => {
    await fill([]);
    const answer = await items(query);
    expect([answer.status, answer.json()]).toEqual([400, { error }]);
  });

  it("understands an offset", async () => {
    await fill([record("a", 0)]);
    expect(await pages({ from: "2026-05-15T02:00:00.000+02:00" })).toEqual([["a"]]);
  });

  it("binds a cursor to the window and the limit it came with", async () => {
    await fill(many(10));
    const { nextCursor } = await page({ limit: "3" });
    const cursor = nextCursor ?? "";
    expect((await page({ limit: "3", cursor })).items.map(({ id }) => id)).toEqual([
      "r3",
      "r4",
      "r5",
    ]);
    for (const other of [{ limit: "4" }, { to: iso(start + 2 * hour) }, { from: iso(start + 1) }]) {
      expect((await items({ limit: "3", ...other, cursor })).status).toBe(400);
    }
  });

  it("forgets a cursor after its time, and does not know one that was made up", async () => {
    await fill(many(10));
    const { nextCursor } = await page({ limit: "3" });
    const cursor = nextCursor ?? "";
    await harness.control("PATCH", "/telemessage", { cursorTtlSeconds: 60 });
    harness.pass(61);
    const late = await items({ limit: "3", cursor });
    expect([late.status, late.json()]).toEqual([410, { error: "cursor_expired" }]);
    expect((await items({ limit: "3", cursor: "abc" })).status).toBe(410);
    expect((await items({ limit: "3", cursor: `x${cursor}` })).status).toBe(410);
  });

  it("says from when on it holds records", async () => {
    await fill(many(10));
    const oldestAvailable = iso(start + 60_000);
    await harness.control("PATCH", "/telemessage", { oldestAvailable });
    const answer = await items({});
    expect([answer.status, answer.json()]).toEqual([
      410,
      { error: "window_expired", oldestAvailable },
    ]);
    expect((await pages({ from: oldestAvailable }))[0]?.[0]).toBe("r1");
  });

  it("finds a page in a hundred thousand records without reading them all", async () => {
    const records = Array.from({ length: 100_000 }, (_, index) =>
      record(`r${index}`, index / 1000),
    );
    await fill(records);
    const began = performance.now();
    for (let n = 0; n < 20; n += 1) {
      await page({ from: iso(start + 90 * 60_000), to: iso(start + 91 * 60_000), limit: "50" });
    }
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("the habits of pages", () => {
  beforeEach(() => fill(many(10)));
  const habit = (pages: Record<string, unknown>) =>
    harness.control("PATCH", "/telemessage", { pages });
  const all = many(10).map(({ id }) => id);

  it("hold at most so many items", async () => {
    await habit({ max: 4 });
    expect((await pages({ limit: "100" })).map((ids) => ids.length)).toEqual([4, 4, 2]);
  });

  it("repeat the last item of a page as the first of the next", async () => {
    await habit({ max: 4, repeatEdge: true });
    const [first, second] = await pages({});
    expect(second?.[0]).toBe(first?.at(-1));
    expect([...new Set((await pages({ limit: "4" })).flat())]).toEqual(all);
    expect(Math.max(...(await pages({ limit: "4" })).map((ids) => ids.length))).toBe(4);
  });

  it("are empty and have a cursor all the same", async () => {
    await habit({ empty: true });
    expect((await pages({ limit: "5" })).map((ids) => ids.length)).toEqual([0, 5, 0, 5]);
  });

  it("come in another order", async () => {
    await habit({ unsorted: true });
    expect(await pages({ limit: "5" })).toEqual([
      ["r4", "r3", "r2", "r1", "r0"],
      ["r9", "r8", "r7", "r6", "r5"],
    ]);
  });

  it("are cut elsewhere every time", async () => {
    await habit({ drift: true });
    const cuts = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      const read = await pages({ limit: "5" });
      expect(read.flat()).toEqual(all);
      cuts.add(read.map((ids) => ids.length).join());
    }
    expect(cuts.size).toBeGreaterThan(1);
  });
});

describe("the manifest", () => {
  const read = async () => {
    const query = new URLSearchParams({
      service: "whatsapp",
      from: iso(start),
      to: iso(start + hour),
    });
    const answer = await harness.telemessage(`/v1/archive/manifest?${query}`, token);
    return [answer.status, answer.json()];
  };
  const sum = (lines: string[]) => createHash("sha256").update(lines.join("")).digest("hex");

  it("counts what has id and revision once, in the order of its bytes", async () => {
    await fill([
      record("b", 1),
      record("a", 2),
      record("a", 3, { revision: "2" }),
      record("b", 4),
      record("é", 5),
      record("Z", 6),
      record("odd", 7, { revision: 1 }),
      record("outside", 61),
      { gatewayReceivedDate: iso(start + 60_000) },
    ]);
    const sha256 = sum(["Z\t1\n", "a\t1\n", "a\t2\n", "b\t1\n", "é\t1\n"]);
    expect(await read()).toEqual([200, { count: 5, sha256 }]);
  });

  it("changes when records are restored into the window", async () => {
    await fill([record("a", 1)]);
    expect(await read()).toMatchObject([200, { count: 1 }]);
    await harness.control("POST", "/records", { records: [record("b", 2)] });
    expect(await read()).toEqual([200, { count: 2, sha256: sum(["a\t1\n", "b\t1\n"]) }]);
  });

  it("is wrong when it is told to be", async () => {
    await fill([record("a", 1)]);
    await harness.control("PATCH", "/telemessage", { manifest: "wrong" });
    const [, wrong] = await read();
    expect(wrong).not.toMatchObject({ count: 1 });
    await harness.control("PATCH", "/telemessage", { manifest: "true" });
    expect(await read()).toMatchObject([200, { count: 1 }]);
  });
});

describe("records without a readable date", () => {
  it.each([["yesterday"], [17], [null], ["2026-99-99T00:00:00Z"]])(
    "lie beside the record before them: %j",
    async (gatewayReceivedDate) => {
      await fill([record("a", 5), record("odd", 0, { gatewayReceivedDate }), record("b", 9)]);
      expect(await pages({})).toEqual([["a", "odd", "b"]]);
    },
  );

  it("lie beside the record after them if there is none before", async () => {
    await fill([{ id: "odd" }, "not even an object", record("b", 9)]);
    expect((await page({})).items).toEqual([{ id: "odd" }, "not even an object", record("b", 9)]);
  });

  it("are twenty minutes old when nothing near them has a date", async () => {
    await fill([{ id: "odd" }]);
    const now = Date.now() + harness.time.aheadMs;
    const window = { from: iso(now - 25 * 60_000), to: iso(now - 15 * 60_000) };
    expect((await page(window)).items).toEqual([{ id: "odd" }]);
  });
});

describe("attachments", () => {
  const hello = Buffer.from("hello");
  const digest = (bytes: Buffer) =>
    `sha-256=${createHash("sha256").update(bytes).digest("base64")}`;
  const get = (id: string, headers: Record<string, string> = {}) =>
    harness.telemessage(`/v1/archive/attachments/${id}`, token, headers);

  beforeEach(() =>
    fill([record("a", 1, { body: { attachments: [{ id: "h 1", contentType: "text/plain" }] } })], {
      "h 1": { base64: hello.toString("base64") },
      big: { sizeBytes: 10 * 1024 * 1024 + 1, seed: "big" },
      large: { base64: Buffer.alloc(300_000, "ab").toString("base64") },
    }),
  );

  it("come with type, length and digest", async () => {
    const answer = await get("h%201");
    expect(answer.text).toBe("hello");
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect(answer.headers.get("content-length")).toBe("5");
    expect(answer.headers.get("digest")).toBe(digest(hello));
  });

  it("come in ranges", async () => {
    const some = await get("h%201", { range: "bytes=1-3" });
    expect([some.status, some.text]).toEqual([206, "ell"]);
    expect(some.headers.get("content-range")).toBe("bytes 1-3/5");
    expect(some.headers.get("digest")).toBe(digest(hello));
    expect((await get("h%201", { range: "bytes=-2" })).text).toBe("lo");
    expect((await get("h%201", { range: "bytes=3-" })).text).toBe("lo");
    expect((await get("h%201", { range: "bytes=9-" })).status).toBe(416);
    expect((await get("h%201", { range: "lines=1-2" })).status).toBe(200);
  });

  it("are computed from size and seed, the same from any offset", async () => {
    const url = `${harness.simulator.urls.telemessage}/v1/archive/attachments/big`;
    const authorization = `Bearer ${token}`;
    const answer = await fetch(url, { headers: { authorization } });
    const whole = Buffer.from(await answer.arrayBuffer());
    expect(whole.length).toBe(10 * 1024 * 1024 + 1);
    expect(answer.headers.get("digest")).toBe(digest(whole));
    const part = await fetch(url, { headers: { authorization, range: "bytes=1000001-1000101" } });
    const bytes = Buffer.from(await part.arrayBuffer());
    expect(bytes.equals(whole.subarray(1_000_001, 1_000_102))).toBe(true);
  });

  it("come from disk when they are large", async () => {
    expect((await get("large")).text).toBe("ab".repeat(150_000));
  });

  it("are gone when nobody has them", async () => {
    const answer = await get("nothing");
    expect([answer.status, answer.json()]).toEqual([404, { error: "attachment_gone" }]);
  });
});

describe("registered users", () => {
  it("come two hundred at a time", async () => {
    const users = Array.from({ length: 201 }, (_, index) => ({ id: `u${index}` }));
    await harness.putWorld({
      telemessage: { ...world().telemessage, users } as never,
    });
    token = await signIn();
    type Users = { users: unknown[]; nextCursor: string | null };
    const first = (await harness.telemessage("/v1/account/users", token)).json<Users>();
    expect(first.users).toHaveLength(200);
    const path = `/v1/account/users?cursor=${first.nextCursor ?? ""}`;
    const second = (await harness.telemessage(path, token)).json<Users>();
    expect(second).toEqual({ users: [{ id: "u200" }], nextCursor: null });
  });
});
