import { expect, test } from "vitest";
import { createConsumerWatch } from "./queue-watch";

const patienceMs = 45_000;
const holding = (transfer: number, lane: number) => ({
  waiting: async (queue: "transfer" | "lane") => (queue === "lane" ? lane : transfer),
});
const done = async () => undefined;

test("a consumer that takes nothing while jobs wait is replaced when patience is over", async () => {
  const watch = createConsumerWatch(patienceMs);
  const looks = [0, 20_000, 40_000, 60_000];
  const stuck = [];
  for (const nowMs of looks) stuck.push(await watch.isStuck(holding(0, 3), nowMs));
  expect(stuck).toEqual([false, false, false, true]);
  expect(await watch.isStuck(holding(0, 3), 61_000)).toBe(false);
});

test("a consumer whose queue does not answer on its own connections is replaced at once", async () => {
  const watch = createConsumerWatch(patienceMs, 20);
  const mute = { waiting: () => new Promise<number>(() => {}) };
  expect(await watch.isStuck(mute, 0)).toBe(true);
  expect(await watch.isStuck(holding(0, 3), 1_000)).toBe(false);
});

test("a queue that is away says nothing about who consumes it", async () => {
  const watch = createConsumerWatch(patienceMs);
  const away = { waiting: () => Promise.reject(new Error("ECONNREFUSED")) };
  for (const nowMs of [0, 50_000, 500_000]) expect(await watch.isStuck(away, nowMs)).toBe(false);
});

test("an empty queue needs no consumer", async () => {
  const watch = createConsumerWatch(patienceMs);
  for (const nowMs of [0, 50_000, 500_000]) {
    expect(await watch.isStuck(holding(0, 0), nowMs)).toBe(false);
  }
});

test("a consumer that takes a job now and then is slow, not stuck", async () => {
  const watch = createConsumerWatch(patienceMs);
  for (const nowMs of [0, 40_000, 80_000, 120_000]) {
    await watch.during("lane", done);
    expect(await watch.isStuck(holding(0, 9), nowMs)).toBe(false);
  }
});

test("a consumer that works on a long job has not stopped taking", async () => {
  const watch = createConsumerWatch(patienceMs);
  let end = () => {};
  const long = watch.during("transfer", () => new Promise<void>((resolve) => (end = resolve)));
  for (const nowMs of [0, 50_000, 500_000]) {
    expect(await watch.isStuck(holding(2, 0), nowMs)).toBe(false);
  }
  end();
  await long;
});

test("a job that failed is over, too", async () => {
  const watch = createConsumerWatch(patienceMs);
  await expect(watch.during("lane", () => Promise.reject(new Error("failed")))).rejects.toThrow();
  const looks = [];
  for (const nowMs of [0, 50_000]) looks.push(await watch.isStuck(holding(0, 1), nowMs));
  expect(looks).toEqual([false, true]);
});
