import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createBell, createSlots, eachOf, linkedTo, pauseFor } from "./concurrency";

const never = new AbortController().signal;

/** A promise and the hand that ends it. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("no more are worked on at once than was said, and all are worked on", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await eachOf([1, 2, 3, 4, 5, 6, 7], 3, async (value) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    done.push(value);
  });
  expect(most).toBe(3);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("an error takes no further values, lets the others end and is thrown", async () => {
  const ended: number[] = [];
  const slow = gate();
  const work = eachOf([1, 2, 3, 4], 2, async (value) => {
    if (value === 1) throw new Error("first");
    await slow.opened;
    ended.push(value);
  });
  slow.open();
  await expect(work).rejects.toThrow("first");
  expect(ended).toEqual([2]);
});

test("who comes first to a slot is served first", async () => {
  const slots = createSlots(1);
  const order: string[] = [];
  const giveBack = await slots.take(never);
  const second = slots.take(never).then((back) => {
    order.push("second");
    back();
  });
  const third = slots.take(never).then((back) => {
    order.push("third");
    back();
  });
  giveBack();
  // Given back twice is given back once.
  giveBack();
  await Promise.all([second, third]);
  expect(order).toEqual(["second", "third"]);
});

test("who stops waiting for a slot leaves his place to the next", async () => {
  const slots = createSlots(1);
  const giveBack = await slots.take(never);
  const controller = new AbortController();
  const left = slots.take(controller.signal);
  const stays = slots.take(never);
  controller.abort();
  await expect(left).rejects.toMatchObject({ code: "Interrupted" });
  giveBack();
  (await stays)();
  await expect(slots.take(controller.signal)).rejects.toMatchObject({ code: "Interrupted" });
});

test("a gate made narrower lets nobody in until enough have left, made wider it lets in who waits", async () => {
  const slots = createSlots(2);
  const first = await slots.take(never);
  const second = await slots.take(never);
  slots.resize(1);
  const entered: string[] = [];
  const enter = (name: string) => slots.take(never).then((back) => (entered.push(name), back));
  const [third, fourth] = [enter("third"), enter("fourth")];
  first();
  await Promise.resolve();
  expect(entered).toEqual([]);
  second();
  await third;
  expect(entered).toEqual(["third"]);
  slots.resize(2);
  await fourth;
  expect(entered).toEqual(["third", "fourth"]);
});

test("who is told to stop does not wait until the end of a pause", async () => {
  const controller = new AbortController();
  const long = pauseFor(60_000, controller.signal);
  controller.abort();
  await expect(long).rejects.toMatchObject({ code: "Interrupted" });
  await expect(pauseFor(60_000, controller.signal)).rejects.toMatchObject({ code: "Interrupted" });
  await expect(pauseFor(1, never)).resolves.toBeUndefined();
});

test("a bell that rang before anybody waited is heard once", async () => {
  const bell = createBell();
  bell.ring();
  bell.ring();
  await bell.wait(never);
  let isHeard = false;
  const wait = bell.wait(never).then(() => {
    isHeard = true;
  });
  await Promise.resolve();
  expect(isHeard).toBe(false);
  bell.ring();
  await wait;
});

test("nobody waits for a bell after he was told to stop", async () => {
  const bell = createBell();
  const controller = new AbortController();
  const wait = bell.wait(controller.signal);
  controller.abort(new Error("Paused"));
  await expect(wait).rejects.toThrow("Paused");
  await expect(bell.wait(controller.signal)).rejects.toThrow("Paused");
});

test("a linked controller is aborted with the other signal, for its reason", () => {
  const outer = new AbortController();
  const before = linkedTo(outer.signal);
  const reason = new Error("told to stop");
  outer.abort(reason);
  const after = linkedTo(outer.signal);
  expect([before, after].map(({ controller }) => controller.signal.reason as unknown)).toEqual([
    reason,
    reason,
  ]);
});

test("a linked controller that was let go leaves nothing behind", () => {
  const outer = new AbortController();
  const { controller, letGo } = linkedTo(outer.signal);
  letGo();
  expect(getEventListeners(outer.signal, "abort")).toEqual([]);
  outer.abort();
  expect(controller.signal.aborted).toBe(false);
});
