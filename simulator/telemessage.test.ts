/** The archive interface: who may read, attachments and registered users. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Archive, record } from "./testing/archive";
import { ask } from "./testing/harness";

let archive: Archive;
beforeAll(async () => {
  archive = await Archive.start();
});
afterAll(() => archive.close());

describe("a session", () => {
  beforeEach(() => archive.fill([]));

  it("is opened with name and password", async () => {
    const answer = await archive.harness.signInToTelemessage("archive@contoso.com", "secret");
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
      await archive.harness.control("PATCH", "/telemessage", change);
      const refused = await archive.harness.signInToTelemessage("archive@contoso.com", "secret");
      expect([refused.status, refused.json()]).toEqual([status, { error }]);
      const later = await archive.items({});
      expect([later.status, later.json()]).toEqual([401, { error: "token_expired" }]);
    },
  );

  it("ends after its time, and at once when the time is shortened", async () => {
    archive.harness.pass(3599);
    expect((await archive.items({})).status).toBe(200);
    archive.harness.pass(2);
    expect((await archive.items({})).status).toBe(401);
    archive.token = await archive.signIn();
    await archive.harness.control("PATCH", "/telemessage", { tokenTtlSeconds: 0 });
    expect((await archive.items({})).json()).toEqual({ error: "token_expired" });
  });

  it("is needed for everything else", async () => {
    for (const path of [
      "/v1/archive/items",
      "/v1/archive/manifest",
      "/v1/archive/attachments/a",
      "/v1/account/users",
    ]) {
      expect((await archive.harness.telemessage(path, "wrong")).status).toBe(401);
      expect((await ask(`${archive.harness.simulator.urls.telemessage}${path}`, {})).status).toBe(
        401,
      );
    }
  });

  it("locks the account after ten wrong passwords within fifteen minutes", async () => {
    const wrong = () => archive.harness.signInToTelemessage("archive@contoso.com", "wrong");
    for (let n = 0; n < 9; n += 1) expect((await wrong()).status).toBe(401);
    archive.harness.pass(901);
    for (let n = 0; n < 10; n += 1) expect((await wrong()).status).toBe(401);
    expect((await wrong()).status).toBe(423);
    const right = await archive.harness.signInToTelemessage("archive@contoso.com", "secret");
    expect(right.status).toBe(423);
    await archive.harness.control("PATCH", "/telemessage", { locked: false });
    expect(
      (await archive.harness.signInToTelemessage("archive@contoso.com", "secret")).status,
    ).toBe(200);
  });

  it("refuses a body that is none", async () => {
    const url = `${archive.harness.simulator.urls.telemessage}/v1/session`;
    for (const body of ["{", "[]", '{"username":"a"}', '{"username":1,"password":"a"}']) {
      expect((await ask(url, { method: "POST", body })).status).toBe(400);
    }
  });
});

describe("attachments", () => {
  const hello = Buffer.from("hello");
  const digest = (bytes: Buffer) =>
    `sha-256=${createHash("sha256").update(bytes).digest("base64")}`;
  const get = (id: string, headers: Record<string, string> = {}) =>
    archive.get(`/v1/archive/attachments/${id}`, headers);

  beforeEach(() =>
    archive.fill(
      [record("a", 1, { body: { attachments: [{ id: "h 1", contentType: "text/plain" }] } })],
      {
        "h 1": { base64: hello.toString("base64") },
        big: { sizeBytes: 10 * 1024 * 1024 + 1, seed: "big" },
        large: { base64: Buffer.alloc(300_000, "ab").toString("base64") },
      },
    ),
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
    const url = `${archive.harness.simulator.urls.telemessage}/v1/archive/attachments/big`;
    const authorization = `Bearer ${archive.token}`;
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
    await archive.hold({ users });
    type Users = { users: unknown[]; nextCursor: string | null };
    const first = (await archive.get("/v1/account/users")).json<Users>();
    expect(first.users).toHaveLength(200);
    const path = `/v1/account/users?cursor=${first.nextCursor ?? ""}`;
    const second = (await archive.get(path)).json<Users>();
    expect(second).toEqual({ users: [{ id: "u200" }], nextCursor: null });
  });
});
