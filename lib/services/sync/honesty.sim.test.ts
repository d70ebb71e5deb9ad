import { afterAll, beforeAll, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());

const records = (count: number, to = [bob]) =>
  Array.from({ length: count }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index), to }),
  );

async function finish(items = records(3)) {
  await open.reset(world([alice, bob], items));
  return open.finish();
}

function fault(service: string, path: string, effect: object, times = 1) {
  return open.control("POST", "/faults", { service, path, times, effect });
}

function closed(runId: string): () => Promise<boolean> {
  return async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
}

/** What no build of ours wrote: converting this item throws every time. */
async function poison(sourceItemId: string) {
  const rows = await open.sql.query(
    `UPDATE "SyncItem" SET "participants" = '{}' WHERE "sourceItemId" = $1 RETURNING 1`,
    [sourceItemId],
  );
  expect(rows).toHaveLength(1);
}

async function ends(sourceItemId: string) {
  const all = await open.deliveries();
  return all
    .filter((each) => each["sourceItemId"] === sourceItemId)
    .map(({ state, failureCode, refusals }) => ({ state, failureCode, refusals }));
}

test("an item that cannot be converted ends failed after five tries, and its neighbours pass", async () => {
  const { runId } = await finish();
  await transferRun(open.parts, runId, open.signal);
  await poison("m1");
  await open.drainUntil(closed(runId));

  const failed = { state: "FAILED", failureCode: "ConversionError", refusals: 5 };
  expect(await ends("m1")).toEqual([failed, failed]);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 4, failed: 2 });
});

test("an item that cannot be converted any more while it is in doubt ends failed, not in doubt for ever", async () => {
  const { runId } = await finish(records(2, []));
  await fault("graph", "/messages$", { loseResponse: true });
  await open.drain();
  const doubtful = (await open.deliveries()).find(({ state }) => state === "IMPORTING");
  await poison(String(doubtful?.["sourceItemId"]));
  await open.drainUntil(closed(runId));

  expect(await ends(String(doubtful?.["sourceItemId"]))).toEqual([
    { state: "FAILED", failureCode: "ConversionError", refusals: 5 },
  ]);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });
});

const json = { "content-type": "application/json" };
const strange: [string, object][] = [
  ["a proxy's page with status 201", { status: 201, body: "<html>Sign in</html>" }],
  ["a byte order mark", { status: 201, headers: json, body: '\ufeff{"id":"a"}' }],
  [
    "another character set",
    { status: 201, headers: { "content-type": "application/json; charset=utf-16" }, body: "{}" },
  ],
  ["half of its JSON", { status: 201, headers: json, body: '{"id":"a' }],
  ["nothing", { status: 201, body: "" }],
];

test.each(strange)(
  "a create that is answered with %s is looked for, and written once",
  async (_name, effect) => {
    const { runId } = await finish();
    await fault("graph", "/messages$", effect);
    await open.drainUntil(closed(runId));

    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 6 });
    expect(await open.duplicates()).toEqual(noDuplicates);
    expect(await open.mail(alice.upn)).toHaveLength(3);
  },
);

test("a mailbox whose creates are always answered by a proxy ends refused; the other one is whole", async () => {
  const { runId } = await finish();
  await transferRun(open.parts, runId, open.signal);
  const [found] = await open.sql.query<{ id: string }>(
    `SELECT "mailboxId" AS "id" FROM "DirectoryAddress" WHERE "address" = $1`,
    [bob.upn],
  );
  const page = { status: 200, body: "<html>Sign in</html>" };
  await fault("graph", `/users/${found?.id}/mailFolders/.*/messages$`, page, 1000);
  await open.drainUntil(closed(runId));

  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 3, failed: 3 });
  expect(new Set((await ends("m0")).map(({ failureCode }) => failureCode))).toEqual(
    new Set([null, "ItemRefused"]),
  );
  expect(await open.mail(alice.upn)).toHaveLength(3);
});

test.each([
  ["the directory", "graph", "/users(/delta)?\\?", "DirectoryUnavailable"],
  ["the archive's sign-in", "telemessage", "/v1/session", "SourceUnavailable"],
  ["the archive's manifest", "telemessage", "/v1/archive/manifest", "SourceUnavailable"],
])(
  "a page of HTML instead of %s: the run waits, says why, and goes on",
  async (_name, service, path, code) => {
    const { runId } = await finish();
    await fault(service, path, { status: 200, body: "<html>Sign in</html>" });
    await open.drain();
    const run = await open.run(runId);
    expect(run).toMatchObject({ state: "QUEUED", failureCode: code });
    expect(run["notBefore"]).not.toBeNull();
    await open.drainUntil(closed(runId));
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 6 });
  },
);

test("a run that nobody can claim says so, and is claimed when it can be", async () => {
  const { runId } = await finish();
  const store = {
    ...open.parts.store,
    claimRun: () => Promise.reject(new TypeError("A fault of our own")),
  };
  await transferRun({ ...open.parts, store }, runId, open.signal);

  expect(await open.run(runId)).toMatchObject({ state: "QUEUED", failureCode: "Unexpected" });
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", failureCode: null });
});

test("a lane whose turn fails before it begins is not held by nobody", async () => {
  const { runId } = await finish();
  await transferRun(open.parts, runId, open.signal);
  await open.sql.query(`UPDATE "Lane" SET "recent" = '{}'`);
  const [laneId = ""] = open.poked.lanes;
  const limits = { ...open.parts.limits, laneLeaseMs: 400, laneRenewMs: 100 };
  await expect(runLane({ ...open.parts, limits }, laneId, open.signal)).rejects.toThrow();

  const leases = async () => {
    const rows = await open.sql.query(
      `SELECT 1 FROM "Lane" WHERE "id" = $1 AND "leaseUntil" > clock_timestamp()`,
      [laneId],
    );
    return rows.length;
  };
  await expect.poll(leases, { timeout: 20_000, interval: 50 }).toBe(0);
});
