import { expect, test } from "vitest";
import { silentLog } from "@/lib/testing/fakes";
import { createLaneJobs } from "./lane-jobs";

const { signal } = new AbortController();

/** Turns that end, fail and wait when they are told to. */
function lanes(most = 10) {
  const failed: unknown[] = [];
  const turns = new Map<string, { wait(): void; end(): void; fail(): void }>();
  const log = { ...silentLog, error: (event: string) => void failed.push(event) };
  const jobs = createLaneJobs(
    (laneId, _signal, onWait) =>
      new Promise<void>((resolve, reject) => {
        const fail = () => reject(new Error("away"));
        turns.set(laneId, { wait: onWait, end: resolve, fail });
      }),
    log,
    most,
  );
  const ended: string[] = [];
  const begin = (laneId: string) =>
    jobs.run(laneId, signal).finally(() => {
      ended.push(laneId);
    });
  return { jobs, begin, ended, failed, turn: (laneId: string) => turns.get(laneId) };
}

test("a job ends with its turn, and fails with it", async () => {
  const { begin, turn } = lanes();
  const [good, bad] = [begin("good"), begin("bad")];
  turn("good")?.end();
  turn("bad")?.fail();
  await good;
  await expect(bad).rejects.toThrow("away");
});

test("the job of a turn that waits is over, and whoever stops waits for the turn", async () => {
  const { begin, turn, jobs } = lanes();
  const job = begin("waits");
  turn("waits")?.wait();
  await job;
  let isOver = false;
  const over = jobs.ended().then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect(isOver).toBe(false);
  turn("waits")?.end();
  await over;
});

test("what befalls a turn after its job is told to the log, and nobody falls with it", async () => {
  const { begin, turn, jobs, failed } = lanes();
  const job = begin("waits");
  turn("waits")?.wait();
  await job;
  turn("waits")?.fail();
  await jobs.ended();
  expect(failed).toEqual(["lane.failed"]);
});

test("when too many go on by themselves, the next keeps its job until its turn ends", async () => {
  const { begin, turn, jobs, ended } = lanes(1);
  const first = begin("first");
  turn("first")?.wait();
  await first;
  const second = begin("second");
  turn("second")?.wait();
  await Promise.resolve();
  expect(ended).toEqual(["first"]);
  turn("second")?.end();
  await second;
  turn("first")?.end();
  await jobs.ended();
});
