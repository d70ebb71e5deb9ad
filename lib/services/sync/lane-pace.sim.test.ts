import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SyncParts } from "@/lib/services/sync/parts";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { endHolds } from "@/lib/testing/sync-ledger";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), {
    ...{ laneLeaseMs: 900, laneRenewMs: 300, uploadRetryMs: 5 },
  });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/stats"));

const off = { concurrent: 4, requests: null, bytes: null };

function withTraffic(traffic: SyncParts["limits"]["traffic"]): SyncParts {
  return { ...open.parts, limits: { ...open.parts.limits, traffic } };
}

async function throttled(): Promise<unknown> {
  return ((await open.control("GET", "/stats")) as { throttled: unknown }).throttled;
}

test("holders that follow each other stay below Exchange's limits together, and nobody is ever told to wait", async () => {
  const records = Array.from({ length: 15 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: hoursAgo(2) }),
  );
  await open.reset(world([alice, bob], records));
  const { runId } = await open.finish();
  await open.control("PUT", "/limits", { ...off, requests: { count: 10, seconds: 2 } });
  // Exchange counts a request when it arrives, we when it leaves: on a busy machine a while earlier.
  const traffic = {
    requests: { count: 9, seconds: 3 },
    bytes: { count: 140_000_000, seconds: 300 },
  };
  const first = { ...withTraffic(traffic), workerId: "first" };
  const second = { ...withTraffic(traffic), workerId: "second" };
  await open.drainUntil(async () => (await open.run(runId))["closedAt"] !== null, {
    workers: [first, second],
  });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 15 });
  expect(await throttled()).toEqual({});
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a holder that died leaves the next one its requests up to the last renewal", async () => {
  const records = Array.from({ length: 8 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: hoursAgo(2) }),
  );
  await open.reset(world([alice, bob], records));
  const { runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  // Two for the folder, and four creates.
  const requests = { count: 6, seconds: 600 };
  const { limits, ...parts } = withTraffic({
    requests,
    bytes: { count: 140_000_000, seconds: 300 },
  });
  const paced: SyncParts = { ...parts, limits: { ...limits, batchSize: 4 } };
  const { destination, store } = paced;
  let creates = 0;
  const counted: SyncParts["destination"] = {
    ...destination,
    createMessage: (...how) => {
      creates += 1;
      return destination.createMessage(...how);
    },
  };
  let tell: () => void = () => undefined;
  const renewed = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const dying: SyncParts["store"] = {
    ...store,
    async renewLane(...how) {
      const isLast = creates === 4;
      const answer = await store.renewLane(...how);
      if (isLast) tell();
      return answer;
    },
    async recordOutcomes() {
      await renewed;
      throw new Error("Killed");
    },
    releaseLane: () => Promise.resolve(),
  };
  await runLane({ ...paced, destination: counted, store: dying }, laneId, open.signal);
  expect(creates).toBe(4);

  await endHolds(open.sql);
  await runLane({ ...paced, destination: counted }, laneId, open.signal);
  expect(creates).toBe(4);
});

test("an upload larger than what a mailbox takes in one window waits between its pieces and goes through", async () => {
  const sizeBytes = 20_000_000;
  const file = { id: "a", name: "a.mp4", contentType: "video/mp4", sizeBytes };
  const body = { messageType: "FILE", attachments: [file] };
  const record = chat({ id: "large", receivedAt: hoursAgo(2), body });
  await open.reset(world([alice, bob], [record], { a: { sizeBytes, seed: 1 } }));
  const { runId } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 157286400`);
  await open.control("PUT", "/limits", { ...off, bytes: { count: 8_400_000, seconds: 1 } });
  const paced = withTraffic({
    requests: { count: 9_600, seconds: 600 },
    bytes: { count: 8_000_000, seconds: 2 },
  });
  await open.drain([paced]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect((await open.mail(alice.upn))[0]?.attachments).toMatchObject([{ size: sizeBytes }]);
  expect(await throttled()).toEqual({});
});

test("a lane that has to wait for seconds asks for its next turn itself, when they are over", async () => {
  const records = Array.from({ length: 8 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: hoursAgo(2) }),
  );
  await open.reset(world([alice, bob], records));
  const { runId } = await open.finish();
  const paced = withTraffic({
    requests: { count: 5, seconds: 1 },
    bytes: { count: 140_000_000, seconds: 300 },
  });
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  open.poked.lanes.clear();
  await runLane(paced, laneId, open.signal);
  expect((await open.mail(alice.upn)).length).toBeLessThan(8);
  expect([...open.poked.lanes]).toEqual([]);
  await expect.poll(() => [...open.poked.lanes], { timeout: 3_000 }).toEqual([laneId]);
  await runLane(open.parts, laneId, open.signal);
  expect(await open.mail(alice.upn)).toHaveLength(8);
});
