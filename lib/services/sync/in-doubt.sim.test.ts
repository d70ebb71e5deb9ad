import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { SyncStore } from "@/lib/ports/store";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const six = Array.from({ length: 6 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function finish(records: readonly unknown[] = six, attachments = {}) {
  await open.reset(world([alice, bob], records, attachments));
  return open.finish();
}

function fault(method: string, path: string, effect: object, times = 1, skip = 0) {
  return open.control("POST", "/faults", { service: "graph", method, path, times, skip, effect });
}

async function states(): Promise<unknown[]> {
  return (await open.deliveries()).map(({ state }) => state);
}

function closed(runId: string): () => Promise<boolean> {
  return async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
}

const complete = { state: "SUCCEEDED", imported: 6, open: 0 };

test.each([
  ["an answer that was lost after the message was written", { loseResponse: true }],
  ["an answer that was cut in the middle", { cutBodyAfter: 3 }],
  ["a success nobody can read", { cutBodyAfter: 40 }],
])("%s leads to a look, and never to a second copy", async (_name, effect) => {
  const { runId } = await finish();
  await fault("POST", "/messages$", effect, 2, 1);
  await open.drain();
  // The lane's other deliveries went on meanwhile.
  expect((await states()).filter((state) => state === "IMPORTING")).toHaveLength(2);
  expect((await states()).filter((state) => state === "IMPORTED")).toHaveLength(4);

  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.mail(alice.upn)).toHaveLength(6);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("nobody looks before the server has had its time to finish", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await fault("POST", "/messages$", { loseResponse: true });
  const { destination, limits } = open.parts;
  let looks = 0;
  const watched: typeof destination = {
    ...destination,
    findMessages(...how) {
      looks += 1;
      return destination.findMessages(...how);
    },
  };
  const drained = () => open.drain([{ ...open.parts, destination: watched }]);
  const wasSent = (msAgo: number) =>
    open.sql.query(
      `UPDATE "Delivery" SET "sentAt" = clock_timestamp() - $1 * interval '1 millisecond'`,
      [msAgo],
    );
  await drained();
  await wasSent(limits.inDoubtMs - 60_000);
  await drained();
  expect([looks, await states()]).toEqual([0, ["IMPORTING"]]);

  await wasSent(limits.inDoubtMs);
  await drained();
  expect([looks, await states()]).toEqual([1, ["IMPORTED"]]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("a create the server failed is looked for, not found and written again", async () => {
  const { runId } = await finish();
  await fault("POST", "/messages$", { status: 503 }, 2);
  await open.drain();
  expect((await states()).filter((state) => state === "IMPORTING")).toHaveLength(2);
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("an item the server always fails on ends after five tries with a name, its neighbours unharmed", async () => {
  const poison = chat({ id: "poison", receivedAt: hoursAgo(2), body: { text: "" } });
  const { runId } = await finish([...six, poison]);
  const { destination } = open.parts;
  let tries = 0;
  const poisoned: typeof destination = {
    ...destination,
    async createMessage(mailboxId, folderId, body, signal) {
      if (!body.includes('"poison"')) {
        return destination.createMessage(mailboxId, folderId, body, signal);
      }
      tries += 1;
      return { outcome: "inDoubt", status: 503, sentAt: new Date() };
    },
  };
  await open.drainUntil(closed(runId), { workers: [{ ...open.parts, destination: poisoned }] });
  expect(tries).toBe(5);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 6, failed: 1 });
  const failed = (await open.deliveries()).find(({ state }) => state === "FAILED");
  expect(failed).toMatchObject({ sourceItemId: "poison", failureCode: "ItemRefused" });
});

test("what a killed holder had taken is looked for before it is written again", async () => {
  const { runId } = await finish();
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  await runLane(
    { ...open.parts, store: killedAfterWriting(open.parts.store) },
    laneId,
    open.signal,
  );

  expect(await states()).toEqual(six.map(() => "IMPORTING"));
  expect(await open.mail(alice.upn)).toHaveLength(6);
  // The lane is nobody's until the lease has run out.
  await runLane(open.parts, laneId, open.signal);
  expect(await states()).toEqual(six.map(() => "IMPORTING"));

  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.mail(alice.upn)).toHaveLength(6);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a fault of our own during a create leaves it in doubt from that moment on", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  const { destination, clock } = open.parts;
  // By both clocks it waited for a token and a connection; then it left, and something broke.
  const elapsed = performance.now.bind(performance);
  let waitedMs = 0;
  const watch = vi.spyOn(performance, "now").mockImplementation(() => elapsed() + waitedMs);
  onTestFinished(() => watch.mockRestore());
  const broken: typeof destination = {
    ...destination,
    async createMessage(...how) {
      waitedMs = 6_000;
      await destination.createMessage(...how);
      throw new Error("A fault of our own");
    },
  };
  const before = new Date();
  const late = { now: () => new Date(clock.now().getTime() + waitedMs) };
  await runLane({ ...open.parts, destination: broken, clock: late }, laneId, open.signal);
  const rows = await open.sql.query<{ sentAt: Date | null }>(`SELECT "sentAt" FROM "Delivery"`);
  expect(rows[0]?.sentAt?.getTime()).toBeGreaterThanOrEqual(before.getTime());
});

const lowerTheLimit = () => open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 1`);

test("what is in the mailbox is imported, whatever limit was set while it was in doubt", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await fault("POST", "/messages$", { loseResponse: true });
  await open.drain();
  await lowerTheLimit();
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
  const highest = { limit: 157_286_400 };
  expect(
    await open.sql.query(`SELECT "messageSizeLimitBytes"::int AS "limit" FROM "SyncItem"`),
  ).toEqual([highest]);
});

test("what is not in the mailbox is not written above a limit that was set while it was in doubt", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await fault("POST", "/messages$", { status: 503 });
  await open.drain();
  await lowerTheLimit();
  await open.drainUntil(closed(runId));
  expect(await open.deliveries()).toMatchObject([
    { state: "FAILED", failureCode: "ItemSizeExceeded" },
  ]);
  expect(await open.mail(alice.upn)).toEqual([]);
});

test("what can no longer be opened while it is in doubt is looked for before a retry writes it", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  const killed = { ...open.parts, store: killedAfterWriting(open.parts.store) };
  await runLane(killed, laneId, open.signal);
  const [item] = await open.sql.query<{ digest: string }>(
    `SELECT "recordSha256" AS "digest" FROM "SyncItem"`,
  );
  await open.sql.query(`UPDATE "SyncItem" SET "recordSha256" = 'another'`);
  await open.drainUntil(closed(runId));
  expect(await open.deliveries()).toMatchObject([
    { state: "FAILED", failureCode: "StagingCorrupt" },
  ]);

  await open.sql.query(`UPDATE "SyncItem" SET "recordSha256" = $1`, [item?.digest]);
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL`,
  );
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL`);
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
});

test("a look that the mailbox refuses every time ends with a name after five, and a retry looks again", async () => {
  const { runId } = await finish(six.slice(0, 1));
  await fault("POST", "/messages$", { loseResponse: true });
  const body = { error: { code: "ErrorNobodyForesaw", message: "" } };
  await fault("GET", "/messages(\\?|$)", { status: 400, body }, 5);
  await open.drainUntil(closed(runId));
  expect(await open.deliveries()).toMatchObject([
    { state: "FAILED", failureCode: "ItemRefused", refusals: 5, writes: 1 },
  ]);

  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL`,
  );
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL`);
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
});

test("a holder that lost its lane unnoticed records nothing any more", async () => {
  const { runId } = await finish();
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  const { tenantId, store } = open.parts;
  const first = await store.claimLane(tenantId, laneId, "first", 1);
  const old = { laneId, token: first?.token ?? 0n };
  const batch = await store.takeBatch(tenantId, old, 2);
  expect(batch).toHaveLength(2);
  await open.drainUntil(closed(runId));

  await expect(store.takeBatch(tenantId, old, 2)).rejects.toThrow("");
  await expect(store.recordOutcomes(tenantId, old, [])).rejects.toThrow("");
  expect(await store.renewLane(tenantId, old, 1000)).toBeNull();
  expect(await open.run(runId)).toMatchObject(complete);
});

/** Everything until the mailbox has it, nothing after: as after SIGKILL. */
function killedAfterWriting(store: SyncStore): SyncStore {
  return {
    ...store,
    recordOutcomes: () => Promise.reject(new Error("Killed")),
    releaseLane: () => Promise.resolve(),
  };
}
