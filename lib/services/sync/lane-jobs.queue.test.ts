/** On the real queue, with one place for jobs: it is free for the next lane while one waits. */
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createRunQueue, startQueueWorkers } from "@/lib/adapters/run-queue";
import { createTestSchema, type TestDatabase } from "@/lib/testing/database";
import { silentLog } from "@/lib/testing/fakes";
import { createLaneJobs } from "./lane-jobs";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestSchema();
});
afterAll(() => database.drop());

test("a lane that waits for its mailbox lets the queue go on to the next one", async () => {
  const seen: string[] = [];
  let end: () => void = () => undefined;
  const isOver = new Promise<void>((resolve) => {
    end = resolve;
  });
  const lanes = createLaneJobs(
    async (laneId, _signal, onWait) => {
      seen.push(`begun ${laneId}`);
      if (laneId !== slow) return;
      onWait();
      await isOver;
      seen.push(`ended ${laneId}`);
    },
    silentLog,
    10,
  );
  const [slow, next] = [uuid(), uuid()];
  const address = { redisUrl: null, databaseUrl: database.url, log: silentLog };
  const stop = new AbortController();
  const workers = startQueueWorkers({
    ...{ ...address, signal: stop.signal, concurrency: { transfer: 1, lane: 1 } },
    transfer: async () => undefined,
    lane: (laneId, signal) => lanes.run(laneId, signal),
  });
  onTestFinished(() => workers.close());
  await workers.started;
  const queue = createRunQueue(address);
  onTestFinished(() => queue.close());
  await queue.pokeLanes([slow]);
  await expect.poll(() => seen, { timeout: 20_000 }).toEqual([`begun ${slow}`]);
  await queue.pokeLanes([next]);
  await expect.poll(() => seen, { timeout: 20_000 }).toContain(`begun ${next}`);
  expect(seen).not.toContain(`ended ${slow}`);
  end();
  await lanes.ended();
  expect(seen).toContain(`ended ${slow}`);
});
