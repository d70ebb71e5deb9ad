import { afterAll, beforeAll, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 4, heartbeatMs: 50 });
});
afterAll(() => open.close());

const twelve = Array.from({ length: 12 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function finish(records: readonly unknown[] = twelve) {
  await open.reset(world([alice, bob], records));
  return open.finish();
}

function fault(path: string, effect: object, times = 1, skip = 0) {
  return open.control("POST", "/faults", { service: "telemessage", path, times, skip, effect });
}

async function connector(): Promise<Record<string, unknown>> {
  return (await open.sql.query<Record<string, unknown>>(`SELECT * FROM "Connector"`))[0] ?? {};
}

const complete = {
  state: "SUCCEEDED",
  availableFromSource: 12,
  imported: 12,
  isManifestEqual: true,
};

test("a cursor the archive forgot begins the window anew and repeats nothing", async () => {
  const { runId } = await finish();
  await fault("cursor=", { status: 410, body: { error: "cursor_expired" } }, 1, 1);
  await open.drain();

  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test.each([
  ["lets go of a part of the window", { before: null, after: hoursAgo(6) }],
  ["takes a part of the window back", { before: hoursAgo(6), after: null }],
])("a run that was interrupted goes on when the archive %s meanwhile", async (_name, moved) => {
  const { runId } = await finish();
  await open.control("PATCH", "/telemessage", { oldestAvailable: moved.before });
  await fault("cursor=", { status: 503, body: { error: "busy" } });
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "QUEUED" });

  await open.control("PATCH", "/telemessage", { oldestAvailable: moved.after });
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 12 });
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("an archive that forgets every cursor at once is left alone for a while", async () => {
  const { runId } = await finish();
  await fault("cursor=", { status: 410, body: { error: "cursor_expired" } }, 1000);
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    state: "QUEUED",
    failureCode: "SourceUnavailable",
  });
  await open.control("DELETE", "/faults");
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
});

test("a token that expires on the way is renewed and nobody notices", async () => {
  const { runId } = await finish();
  await fault("/v1/archive/items", { status: 401, body: { error: "token_expired" } }, 1, 1);
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
});

test("a password changed in the middle stops the connector; mended, the run goes on where it was", async () => {
  const { runId, id } = await finish();
  await fault("cursor=", { status: 401, body: { error: "token_expired" } }, 1, 1);
  await fault("/v1/session", { status: 401, body: { error: "invalid_credentials" } }, 1, 1);
  await open.drain();

  expect(await connector()).toMatchObject({
    state: "NEEDS_ATTENTION",
    attentionCode: "SourceAuthFailed",
  });
  const waiting = await open.run(runId);
  expect(waiting).toMatchObject({ state: "QUEUED", failureCode: "SourceAuthFailed", pages: 2 });
  // What was transferred is imported meanwhile.
  expect(await open.mail(alice.upn)).toHaveLength(8);

  await open.sql.query(`UPDATE "Connector" SET "state" = 'ACTIVE', "attentionCode" = NULL`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ ...complete, pages: 3, connectorId: id });
});

test("an archive that asks for a pause gets it, and the run continues", async () => {
  const { runId } = await finish();
  await fault("cursor=", { status: 429, headers: { "Retry-After": "120" } });
  await open.drain();

  const waiting = await open.run(runId);
  expect(waiting).toMatchObject({ state: "QUEUED", failureCode: "SourceThrottled" });
  const waitMs = Number(waiting["notBefore"]) - Date.now();
  expect(waitMs).toBeGreaterThan(100_000);
  expect(waitMs).toBeLessThan(140_000);
  expect(await connector()).toMatchObject({ sourceFailureCode: "SourceThrottled" });
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await connector()).toMatchObject({ sourceFailureCode: null });
});

test.each([
  ["a page of HTML instead of JSON", { status: 200, body: "<html>Sign in</html>" }],
  ["a page that is cut in the middle", { cutBodyAfter: 100 }],
  [
    "a page behind a byte order mark",
    { status: 200, body: '\ufeff{"items":[],"nextCursor":null}' },
  ],
  [
    "a page that claims another character set",
    {
      ...{ status: 200, body: '{"items":[],"nextCursor":null}' },
      headers: { "content-type": "application/json; charset=utf-16" },
    },
  ],
  ["an empty body", { status: 200, body: "" }],
  ["an answer of another shape", { status: 200, body: { items: {}, nextCursor: 7 } }],
  ["a failing server", { status: 503 }],
  ["no answer at all", { loseResponse: true }],
])("%s is tried again later and costs nothing", async (_name, effect) => {
  const { runId } = await finish();
  await fault("/v1/archive/items", effect, 1, 1);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({
    state: "QUEUED",
    failureCode: "SourceUnavailable",
  });
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
});

test("a cursor without an end is cut off, and the manifest decides", async () => {
  const { runId } = await finish(twelve.slice(0, 4));
  const records = twelve.slice(0, 4);
  await fault("/v1/archive/items", { status: 200, body: { items: records, nextCursor: "x" } }, 9);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
});

test("a cursor that is new each time and brings nothing new is cut off after a hundred more", async () => {
  const { runId } = await finish(twelve.slice(0, 1));
  const { source } = open.parts;
  let pages = 0;
  const endless: typeof source = {
    ...source,
    open: (credential) => ({
      ...source.open(credential),
      fetchPage: async () => ({ records: twelve.slice(0, 1), nextCursor: `c${(pages += 1)}` }),
    }),
  };
  await transferRun({ ...open.parts, source: endless }, runId, open.signal);
  expect(pages).toBe(102);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("a manifest that goes on differing is asked for two more readings, then the run is partial", async () => {
  const { runId } = await finish();
  await open.control("PATCH", "/telemessage", { manifest: "wrong" });
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    failureCode: "ManifestMismatch",
    imported: 12,
    isManifestEqual: false,
    manifestTries: 2,
    pages: 9,
  });
  expect(await connector()).toMatchObject({ watermark: (await open.run(runId))["windowEnd"] });
});

test("what the archive no longer holds is written down as a gap; the rest of the window is read", async () => {
  const { runId } = await finish([chat({ id: "m1", receivedAt: hoursAgo(2) })]);
  const oldestAvailable = hoursAgo(6);
  await open.control("PATCH", "/telemessage", { oldestAvailable });
  await open.drain();

  const run = await open.run(runId);
  expect(run).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.sql.query(`SELECT "gapStart", "gapEnd" FROM "Gap"`)).toEqual([
    { gapStart: run["windowStart"], gapEnd: oldestAvailable },
  ]);
  expect(await connector()).toMatchObject({ watermark: run["windowEnd"] });
});

test("a window the archive holds nothing of any more is one gap, and the watermark passes it", async () => {
  const { runId } = await finish([]);
  await open.control("PATCH", "/telemessage", { oldestAvailable: new Date() });
  await open.drain();

  const run = await open.run(runId);
  expect(run).toMatchObject({ state: "SUCCEEDED", availableFromSource: 0 });
  expect(await open.sql.query(`SELECT "gapStart", "gapEnd" FROM "Gap"`)).toEqual([
    { gapStart: run["windowStart"], gapEnd: run["windowEnd"] },
  ]);
});

test.each([
  ["is paused", "PAUSED"],
  ["needs its administrator", "NEEDS_ATTENTION"],
])(
  "a connector that %s in the middle gives its run back and continues it later",
  async (_name, stopped) => {
    const { runId } = await finish();
    await open.control("PATCH", "/latency", { telemessage: 150 });
    const transfer = transferRun(open.parts, runId, open.signal);
    await expect.poll(async () => (await open.run(runId))["state"]).toBe("TRANSFERRING");
    await open.sql.query(`UPDATE "Connector" SET "state" = $1::"ConnectorState"`, [stopped]);
    await transfer;
    await open.control("PATCH", "/latency", { telemessage: 0 });
    await open.drain();
    expect(await open.run(runId)).toMatchObject({ state: "QUEUED", failureCode: "Interrupted" });

    await open.sql.query(`UPDATE "Connector" SET "state" = 'ACTIVE'`);
    await open.drain();
    expect(await open.run(runId)).toMatchObject(complete);
  },
);

test("a holder that was given up for dead hears so when it wakes, and gives nothing back", async () => {
  const { runId } = await finish();
  const claimed = await open.parts.store.claimRun(tenantId, runId);
  expect(await open.parts.store.requeueSilent(tenantId, -1000)).toEqual([runId]);
  await open.drain();
  const stale = { runId, attempt: claimed?.attempt ?? 0 };
  expect(await open.parts.store.heartbeat(tenantId, stale)).toBe("lost");
  await open.parts.store.giveBack(tenantId, stale, {
    ...{ code: "Unexpected", waitMs: 0 },
    countsAsFailure: true,
  });
  expect(await open.run(runId)).toMatchObject(complete);
});
