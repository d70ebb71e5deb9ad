/** A window of the archive, page by page, and the manifest that counts it. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Archive, hour, iso, many, record, start } from "./testing/archive";

let archive: Archive;
beforeAll(async () => {
  archive = await Archive.start();
});
afterAll(() => archive.close());

describe("items", () => {
  it("lie in a window that includes its start and not its end, oldest first", async () => {
    await archive.fill([record("c", 60), record("b", 30), record("a", 0), record("x", -1)]);
    expect(await archive.pages({})).toEqual([["a", "b"]]);
  });

  it("come whole, whatever they are", async () => {
    const odd = record("odd", 1, { body: { text: "\u0000 👩🏽 \ud800", n: 1e21 }, extra: [null] });
    await archive.fill([odd]);
    expect((await archive.page({})).items).toEqual([odd]);
  });

  it("come two hundred at a time, or as many as the limit says", async () => {
    await archive.fill(many(250).map((each) => ({ ...each, gatewayReceivedDate: iso(start) })));
    expect((await archive.pages({})).map((ids) => ids.length)).toEqual([200, 50]);
    const ids = (await archive.pages({ limit: "7" })).flat();
    expect(ids).toEqual(many(250).map(({ id }) => id));
    expect((await archive.pages({ limit: "250" })).map((page) => page.length)).toEqual([250]);
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
    await archive.fill([]);
    const answer = await archive.items(query);
    expect([answer.status, answer.json()]).toEqual([400, { error }]);
  });

  it("understands an offset", async () => {
    await archive.fill([record("a", 0)]);
    expect(await archive.pages({ from: "2026-05-15T02:00:00.000+02:00" })).toEqual([["a"]]);
  });

  it("binds a cursor to the window and the limit it came with", async () => {
    await archive.fill(many(10));
    const { nextCursor } = await archive.page({ limit: "3" });
    const cursor = nextCursor ?? "";
    expect((await archive.page({ limit: "3", cursor })).items.map(({ id }) => id)).toEqual([
      "r3",
      "r4",
      "r5",
    ]);
    for (const other of [{ limit: "4" }, { to: iso(start + 2 * hour) }, { from: iso(start + 1) }]) {
      expect((await archive.items({ limit: "3", ...other, cursor })).status).toBe(400);
    }
  });

  it("forgets a cursor after its time, and does not know one that was made up", async () => {
    await archive.fill(many(10));
    const { nextCursor } = await archive.page({ limit: "3" });
    const cursor = nextCursor ?? "";
    await archive.harness.control("PATCH", "/telemessage", { cursorTtlSeconds: 60 });
    archive.harness.pass(61);
    const late = await archive.items({ limit: "3", cursor });
    expect([late.status, late.json()]).toEqual([410, { error: "cursor_expired" }]);
    expect((await archive.items({ limit: "3", cursor: "abc" })).status).toBe(410);
    expect((await archive.items({ limit: "3", cursor: `x${cursor}` })).status).toBe(410);
  });

  it("says from when on it holds records", async () => {
    await archive.fill(many(10));
    const oldestAvailable = iso(start + 60_000);
    await archive.harness.control("PATCH", "/telemessage", { oldestAvailable });
    const answer = await archive.items({});
    expect([answer.status, answer.json()]).toEqual([
      410,
      { error: "window_expired", oldestAvailable },
    ]);
    expect((await archive.pages({ from: oldestAvailable }))[0]?.[0]).toBe("r1");
  });

  it("finds a page in a hundred thousand records without reading them all", async () => {
    const records = Array.from({ length: 100_000 }, (_, index) =>
      record(`r${index}`, index / 1000),
    );
    await archive.fill(records);
    const began = performance.now();
    for (let n = 0; n < 20; n += 1) {
      await archive.page({
        from: iso(start + 90 * 60_000),
        to: iso(start + 91 * 60_000),
        limit: "50",
      });
    }
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("the habits of pages", () => {
  beforeEach(() => archive.fill(many(10)));
  const habit = (pages: Record<string, unknown>) =>
    archive.harness.control("PATCH", "/telemessage", { pages });
  const all = many(10).map(({ id }) => id);

  it("hold at most so many items", async () => {
    await habit({ max: 4 });
    expect((await archive.pages({ limit: "100" })).map((ids) => ids.length)).toEqual([4, 4, 2]);
  });

  it("repeat the last item of a page as the first of the next", async () => {
    await habit({ max: 4, repeatEdge: true });
    const [first, second] = await archive.pages({});
    expect(second?.[0]).toBe(first?.at(-1));
    expect([...new Set((await archive.pages({ limit: "4" })).flat())]).toEqual(all);
    expect(Math.max(...(await archive.pages({ limit: "4" })).map((ids) => ids.length))).toBe(4);
  });

  it("are empty and have a cursor all the same", async () => {
    await habit({ empty: true });
    expect((await archive.pages({ limit: "5" })).map((ids) => ids.length)).toEqual([0, 5, 0, 5]);
  });

  it("come in another order", async () => {
    await habit({ unsorted: true });
    expect(await archive.pages({ limit: "5" })).toEqual([
      ["r4", "r3", "r2", "r1", "r0"],
      ["r9", "r8", "r7", "r6", "r5"],
    ]);
  });

  it("are cut elsewhere every time", async () => {
    await habit({ drift: true });
    const cuts = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      const read = await archive.pages({ limit: "5" });
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
    const answer = await archive.get(`/v1/archive/manifest?${query}`);
    return [answer.status, answer.json()];
  };
  const sum = (lines: string[]) => createHash("sha256").update(lines.join("")).digest("hex");

  it("counts what has id and revision once, in the order of its bytes", async () => {
    await archive.fill([
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
    await archive.fill([record("a", 1)]);
    expect(await read()).toMatchObject([200, { count: 1 }]);
    await archive.harness.control("POST", "/records", { records: [record("b", 2)] });
    expect(await read()).toEqual([200, { count: 2, sha256: sum(["a\t1\n", "b\t1\n"]) }]);
  });

  it("is wrong when it is told to be", async () => {
    await archive.fill([record("a", 1)]);
    await archive.harness.control("PATCH", "/telemessage", { manifest: "wrong" });
    const [, wrong] = await read();
    expect(wrong).not.toMatchObject({ count: 1 });
    await archive.harness.control("PATCH", "/telemessage", { manifest: "true" });
    expect(await read()).toMatchObject([200, { count: 1 }]);
  });
});

describe("records without a readable date", () => {
  it.each([["yesterday"], [17], [null], ["2026-99-99T00:00:00Z"]])(
    "lie beside the record before them: %j",
    async (gatewayReceivedDate) => {
      await archive.fill([
        record("a", 5),
        record("odd", 0, { gatewayReceivedDate }),
        record("b", 9),
      ]);
      expect(await archive.pages({})).toEqual([["a", "odd", "b"]]);
    },
  );

  it("lie beside the record after them if there is none before", async () => {
    await archive.fill([{ id: "odd" }, "not even an object", record("b", 9)]);
    expect((await archive.page({})).items).toEqual([
      { id: "odd" },
      "not even an object",
      record("b", 9),
    ]);
  });

  it("are twenty minutes old when nothing near them has a date", async () => {
    await archive.fill([{ id: "odd" }]);
    const now = Date.now() + archive.harness.time.aheadMs;
    const window = { from: iso(now - 25 * 60_000), to: iso(now - 15 * 60_000) };
    expect((await archive.page(window)).items).toEqual([{ id: "odd" }]);
  });
});
