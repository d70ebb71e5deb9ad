/** Archives that keep their records for so many days: what is the oldest moves on while somebody reads. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Source } from "@/lib/ports/source";
import { WindowExpired } from "@/lib/ports/source";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { lookBackDuty } from "./look-back";
import type { SyncParts } from "./parts";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 4, heartbeatMs: 50 });
});
afterAll(() => open.close());

const minute = 60_000;
/** Twelve records, ten minutes apart. */
let first: Date;
const at = (index: number) => new Date(first.getTime() + index * 10 * minute);
const later = (date: Date, ms: number) => new Date(date.getTime() + ms);

beforeEach(async () => {
  first = hoursAgo(5);
  const records = Array.from({ length: 12 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: at(index) }),
  );
  await open.reset(world([alice, bob], records));
});

/** @param horizonAt what the archive's oldest is at its n-th question about the window, from 0 on; null where it forgets nothing */
function forgetting(horizonAt: (question: number) => Date | null): SyncParts {
  const { source } = open.parts;
  let questions = 0;
  const remembers = (start: Date) => {
    const horizon = horizonAt(questions++);
    if (horizon !== null && start < horizon) throw new WindowExpired(horizon);
  };
  const forgetful: Source = {
    ...source,
    open(credential, ledger) {
      const session = source.open(credential, ledger);
      return {
        ...session,
        async fetchPage(window, ...rest) {
          remembers(window.start);
          return session.fetchPage(window, ...rest);
        },
        async fetchManifest(window, signal) {
          remembers(window.start);
          return session.fetchManifest(window, signal);
        },
      };
    },
  };
  return { ...open.parts, source: forgetful };
}

async function finishWith(horizonAt: (question: number) => Date | null) {
  const { runId, id } = await open.finish();
  await open.drain([forgetting(horizonAt)]);
  return { run: await open.run(runId), runId, id };
}

const gaps = () => open.sql.query(`SELECT "gapStart", "gapEnd" FROM "Gap" ORDER BY "gapStart"`);

test("a horizon that moves with every question is caught up with; what was given up is the gap, and no more", async () => {
  const { run } = await finishWith((question) => later(at(2), 1 + question * 100));

  expect(run).toMatchObject({ state: "SUCCEEDED", attempt: 1, imported: 9, isManifestEqual: true });
  // Three times from where it said, then a second beyond where it said the fourth time.
  const gapEnd = later(at(2), 1 + 3 * 100 + 1000);
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd }]);
  const [connector] = await open.sql.query(
    `SELECT "watermark", "sourceFailureCode" FROM "Connector"`,
  );
  expect(connector).toEqual({ watermark: run["windowEnd"], sourceFailureCode: null });
});

test("an archive that says 410 twice, a second later each time, is followed over the wire", async () => {
  const { runId } = await open.finish();
  for (const oldestAvailable of [at(2), later(at(2), 1000)]) {
    await open.control("POST", "/faults", {
      ...{ service: "telemessage", path: "/manifest", times: 1 },
      effect: { status: 410, body: { error: "window_expired", oldestAvailable } },
    });
  }
  await open.drain();

  const run = await open.run(runId);
  expect(run).toMatchObject({ state: "SUCCEEDED", attempt: 1, imported: 9 });
  const gapEnd = later(at(2), 1000);
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd }]);
});

test("a horizon that passes between pages costs nothing that is recorded already", async () => {
  // Manifest, two pages; then the archive has let go of what the first page brought.
  const { run } = await finishWith((question) => (question < 3 ? null : at(3)));

  expect(run).toMatchObject({
    state: "SUCCEEDED",
    attempt: 1,
    imported: 12,
    isManifestEqual: true,
  });
  // Pages may come in any order: that they brought all of what is forgotten now, nobody can say.
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: at(3) }]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a horizon that jumps ahead of the reading leaves a gap up to where it goes on", async () => {
  const { run } = await finishWith((question) => (question < 2 ? null : at(6)));

  expect(run).toMatchObject({ state: "SUCCEEDED", attempt: 1, imported: 10 });
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: at(6) }]);
});

test("a gap goes on growing while the archive runs ahead", async () => {
  const { run } = await finishWith((question) => at(question < 2 ? 2 : 6));

  expect(run).toMatchObject({ state: "SUCCEEDED", attempt: 1, imported: 6 });
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: at(6) }]);
});

test("a window that expires altogether between pages keeps what was recorded and is left behind", async () => {
  const { run } = await finishWith((question) => (question < 2 ? null : new Date()));

  expect(run).toMatchObject({ state: "SUCCEEDED", attempt: 1, imported: 4 });
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: run["windowEnd"] }]);
});

test("a horizon that passes after the last page changes nothing any more", async () => {
  const { run } = await finishWith((question) => (question < 4 ? null : at(6)));

  expect(run).toMatchObject({
    state: "SUCCEEDED",
    attempt: 1,
    imported: 12,
    isManifestEqual: true,
  });
  expect(await gaps()).toEqual([]);
});

test("an archive that runs away is left alone for a while, and nothing is given up", async () => {
  const { run } = await finishWith((question) => later(hoursAgo(20), question * 61 * minute));

  expect(run).toMatchObject({ state: "QUEUED", failureCode: "SourceUnavailable" });
  expect(await gaps()).toEqual([]);
});

test("look-back follows a horizon that moves, and the source is not told to be away", async () => {
  const { runId } = await open.finish();
  await open.drain();
  const parts = forgetting((question) => later(at(2), 1 + question * 100));
  await lookBackDuty.work(parts, open.signal);

  expect((await open.run(runId))["lookedBackAt"]).not.toBeNull();
  const [connector] = await open.sql.query(`SELECT "sourceFailureCode" FROM "Connector"`);
  expect(connector).toEqual({ sourceFailureCode: null });
  expect(await gaps()).toEqual([]);
});

test("look-back drops a window the archive lets go of faster than it can be asked for", async () => {
  const { runId } = await open.finish();
  await open.drain();
  const { windowEnd } = await open.run(runId);
  const parts = forgetting((question) => later(windowEnd as Date, (question - 2) * minute));
  await lookBackDuty.work(parts, open.signal);

  expect((await open.run(runId))["lookedBackAt"]).not.toBeNull();
});

test("a past period whose beginning expires while it is read ends partial and makes no gap", async () => {
  const { id } = await open.finish();
  await open.drain();
  const period = { start: hoursAgo(100), end: hoursAgo(30) };
  const old = Array.from({ length: 8 }, (_, index) =>
    chat({ id: `old${index}`, receivedAt: later(hoursAgo(90), index * 10 * minute) }),
  );
  await open.control("POST", "/records", { records: old });
  const run = { connectorId: id, kind: "backfill", window: period } as const;
  const runId = (await open.parts.store.openRun(tenantId, run)) ?? "";
  await open.drain([forgetting((question) => (question < 2 ? null : hoursAgo(50)))]);

  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: "SourceWindowExpired", imported: 4 },
  });
  expect(await gaps()).toEqual([]);
});

test("a past period whose beginning had expired says so also when its attachments came at a later try", async () => {
  const { id } = await open.finish();
  await open.drain();
  const attachments = [{ id: "a0", name: "a.bin", sizeBytes: 3, contentType: "text/plain" }];
  const body = { messageType: "FILE", attachments };
  await open.control("POST", "/records", {
    records: [chat({ id: "old", receivedAt: hoursAgo(40), body })],
    attachments: { a0: { sizeBytes: 3, seed: 1 } },
  });
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/attachments/", times: 1, effect: { status: 500 } },
  });
  const period = { start: hoursAgo(100), end: hoursAgo(30) };
  const run = { connectorId: id, kind: "backfill", window: period } as const;
  const runId = (await open.parts.store.openRun(tenantId, run)) ?? "";
  const parts = forgetting(() => hoursAgo(50));
  await open.drain([parts]);
  expect(await open.run(runId)).toMatchObject({ state: "QUEUED", arePagesDone: true });
  await open.later();
  await open.drain([parts]);

  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: "SourceWindowExpired", imported: 1 },
  });
});

test("what expired before it was compared is a gap where the rest shows that pages left something out", async () => {
  await open.control("PATCH", "/telemessage", { manifest: "wrong" });
  const { run } = await finishWith((question) => (question < 4 ? null : at(6)));
  await open.control("PATCH", "/telemessage", { manifest: "true" });

  expect(run).toMatchObject({ state: "PARTIAL", failureCode: "ManifestMismatch", imported: 12 });
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: at(6) }]);
});

test("what was cut off before its end and has expired since is a gap", async () => {
  const { source } = open.parts;
  let isCutOff = false;
  const endless: Source = {
    ...source,
    open(credential, ledger) {
      const session = source.open(credential, ledger);
      return {
        ...session,
        async fetchPage(window, cursor, limit, signal) {
          isCutOff ||= cursor !== null;
          return { ...(await session.fetchPage(window, null, limit, signal)), nextCursor: "same" };
        },
        async fetchManifest(window, signal) {
          if (isCutOff) throw new WindowExpired(new Date());
          return session.fetchManifest(window, signal);
        },
      };
    },
  };
  const { runId } = await open.finish();
  await open.drain([{ ...open.parts, source: endless }]);

  const run = await open.run(runId);
  expect(run).toMatchObject({ imported: 4 });
  expect(await gaps()).toEqual([{ gapStart: run["windowStart"], gapEnd: run["windowEnd"] }]);
});
