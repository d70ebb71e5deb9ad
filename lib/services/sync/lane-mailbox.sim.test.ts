import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { SyncError } from "@/lib/core/errors";
import { v7 as uuid } from "uuid";
import { createSlots } from "./concurrency";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { inDoubtMs: 100, pageSize: 4 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const five = Array.from({ length: 5 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000), to: [bob] }),
);

async function finish(records: readonly unknown[] = five) {
  await open.reset(world([alice, bob], records));
  return open.finish();
}

function fault(method: string, path: string, effect: object, times = 1, skip = 0) {
  return open.control("POST", "/faults", { service: "graph", method, path, times, skip, effect });
}

async function creates(): Promise<number> {
  type Row = { service: string; method: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  return requests
    .filter(({ method, route }) => method === "POST" && route.endsWith("/messages"))
    .reduce((sum, { count }) => sum + count, 0);
}

async function lane(): Promise<Record<string, unknown> | undefined> {
  const rows = await open.sql.query<Record<string, unknown>>(
    `SELECT l.*, m."upn" FROM "Lane" l JOIN "DirectoryMailbox" m ON m."id" = l."mailboxId"`,
  );
  return rows.find(({ upn }) => upn === bob.upn);
}

test.each([
  ["full", "MailboxFull"],
  ["denied", "MailboxOutOfScope"],
  ["none", "MailboxNotFound"],
])(
  "a mailbox that is %s fails its own deliveries with %s and nobody else's",
  async (mailbox, code) => {
    const { runId } = await finish();
    await open.control("PATCH", `/people/${bob.upn}`, { mailbox });
    await open.drain();

    expect(await open.run(runId)).toMatchObject({
      state: "PARTIAL",
      imported: 5,
      failed: 5,
      open: 0,
    });
    const failed = (await open.deliveries()).filter(({ state }) => state === "FAILED");
    expect(new Set(failed.map(({ failureCode }) => failureCode))).toEqual(new Set([code]));
    expect(await lane()).toMatchObject({ blockedCode: code });
    expect(await open.sql.query(`SELECT "state" FROM "Connector"`)).toEqual([{ state: "ACTIVE" }]);
  },
);

test("a blocked mailbox is probed once a run; when it takes mail again everything follows", async () => {
  const { runId } = await finish();
  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "full" });
  await open.drain();
  const more = Array.from({ length: 9 }, (_, index) =>
    chat({ id: `n${index}`, receivedAt: hoursAgo(2), to: [bob] }),
  );
  await open.control("POST", "/records", { records: more });
  await open.control("DELETE", "/stats");
  const second = await nextRun(runId);
  await open.drain();

  // Nine for Alice, and one for Bob although his nine came on three pages.
  expect(await creates()).toBe(9 + 1);
  expect(await open.run(second)).toMatchObject({ imported: 9, failed: 9, open: 0 });

  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "ok" });
  await open.control("POST", "/records", {
    records: [chat({ id: "o", receivedAt: hoursAgo(2), to: [bob] })],
  });
  await nextRun(second);
  await open.drain();
  for (const id of [runId, second]) {
    expect(await open.run(id)).toMatchObject({ state: "SUCCEEDED", failed: 0, open: 0 });
  }
  expect(await open.mail(bob.upn)).toHaveLength(15);
  expect(await lane()).toMatchObject({ blockedCode: null });
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test.each([
  ["in seconds", () => "300"],
  ["by a date", () => new Date(Date.now() + 300_000).toUTCString()],
])("a mailbox that asks for a pause %s gets it, and no other lane waits", async (_name, until) => {
  const { runId } = await finish();
  await open.parts.refreshDirectory(open.signal);
  const [row] = await open.sql.query<{ id: string }>(
    `SELECT "id" FROM "DirectoryMailbox" WHERE "upn" = $1`,
    [bob.upn],
  );
  const pause = { status: 429, headers: { "Retry-After": until() } };
  await fault("POST", `${row?.id}/.*messages$`, pause, 1, 1);
  await open.drain();

  expect(await open.mail(alice.upn)).toHaveLength(5);
  expect((await open.mail(bob.upn)).length).toBeLessThan(5);
  const waitMs = Number((await lane())?.["notBefore"]) - Date.now();
  expect(waitMs).toBeGreaterThan(280_000);
  expect(waitMs).toBeLessThan(340_000);
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 10 });
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("one failed connection puts off one delivery; its neighbours are written", async () => {
  const { runId } = await finish();
  const { destination } = open.parts;
  let failures = 0;
  const failing: typeof destination = {
    ...destination,
    async createMessage(...how) {
      if ((failures += 1) === 1) throw new SyncError("MailboxUnavailable");
      return destination.createMessage(...how);
    },
  };
  await open.drain([{ ...open.parts, destination: failing }]);
  const states = (await open.deliveries()).map(({ state }) => state);
  expect(states.filter((state) => state === "PENDING")).toHaveLength(1);
  expect(states.filter((state) => state === "IMPORTED")).toHaveLength(9);
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 10 });
});

test.each([
  ["in the look-up of the folder", "GET", "mailFolders", null],
  ["in a create", "POST", "/messages$", null],
  ["in the look for what is in doubt", "GET", "internetMessageId", { loseResponse: true }],
])(
  "consent withdrawn, noticed %s, stops the connector; granted again, the run goes on",
  async (_name, method, path, before) => {
    const { runId } = await finish();
    if (before !== null) await fault("POST", "/messages$", before, 1);
    const denied = {
      status: 403,
      body: { error: { code: "Authorization_RequestDenied", message: "" } },
    };
    await fault(method, path, denied, 100);
    const stopped = async () => {
      const [row] = await open.sql.query<{ code: string | null }>(
        `SELECT "attentionCode" AS "code" FROM "Connector" WHERE "state" = 'NEEDS_ATTENTION'`,
      );
      return row?.code === "ConsentRevoked";
    };
    await open.drainUntil(stopped);
    expect(await open.run(runId)).toMatchObject({ state: "IMPORTING" });

    await open.control("DELETE", "/faults");
    await open.sql.query(`UPDATE "Connector" SET "state" = 'ACTIVE', "attentionCode" = NULL`);
    await open.drainUntil(async () => (await open.run(runId))["closedAt"] !== null);
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 10 });
    expect(await open.duplicates()).toEqual(noDuplicates);
  },
);

test("a folder that vanishes in the middle is made again", async () => {
  const { runId } = await finish();
  const gone = { status: 404, body: { error: { code: "ErrorItemNotFound", message: "" } } };
  await fault("POST", "/messages$", gone, 2);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 10 });
});

test("a folder that vanishes for ever ends in a named failure, not in a circle", async () => {
  const { runId } = await finish(five.slice(0, 1));
  const gone = { status: 404, body: { error: { code: "ErrorItemNotFound", message: "" } } };
  await fault("POST", "/messages$", gone, 1000);
  for (let turn = 0; turn < 6; turn += 1) {
    await open.drain();
    await open.later();
  }
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 2, open: 0 });
  expect(await creates()).toBe(10);
});

test("two workers that take the same work at the same time write nothing twice", async () => {
  const records = Array.from({ length: 60 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: hoursAgo(2), to: [bob] }),
  );
  const { runId } = await finish(records);
  const second = { ...open.parts, workerId: "second", graphSlots: createSlots(8) };
  await open.drain([open.parts, second, open.parts, second]);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 120, open: 0 });
  expect(await open.duplicates()).toEqual(noDuplicates);
  const { concurrency } = (await open.control("GET", "/stats")) as {
    concurrency: Record<string, number>;
  };
  expect(Math.max(...Object.values(concurrency))).toBeLessThanOrEqual(3);
});

/** The next scheduled window over the same time, with an hour in between for its own key. */
async function nextRun(runId: string): Promise<string> {
  const [row] = await open.sql.query<{ id: string }>(
    `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "windowStart", "windowEnd")
     SELECT "tenantId", $2, "connectorId", 'LOOKBACK', "windowStart", "windowEnd"
     FROM "SyncRun" WHERE "id" = $1 RETURNING "id"`,
    [runId, uuid()],
  );
  return row?.id ?? "";
}
