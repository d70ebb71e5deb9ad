import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HoldLost } from "@/lib/ports/transfer-records";
import { keepLease, type Lease } from "./lane-lease";

type Parts = Parameters<typeof keepLease>[0];
type Answer = ReturnType<Parts["store"]["renewLane"]>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const held: Answer = Promise.resolve({ resting: [] });
const never: Answer = new Promise(() => undefined);

/** Ten seconds, renewed every three; a renewal is answered as its number says, counted from 1. */
function lease(answer: (renewal: number) => Answer, askedAt = performance.now()) {
  let renewals = 0;
  const nothing = () => undefined;
  const parts: Partial<Parts> = {
    tenantId: "tenant",
    limits: { laneLeaseMs: 10_000, laneRenewMs: 3_000 } as Parts["limits"],
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    store: { renewLane: () => answer((renewals += 1)) } as unknown as Parts["store"],
  };
  const outer = new AbortController();
  const hold = { laneId: "lane", token: 1n };
  const kept = keepLease(parts as Parts, hold, askedAt, outer.signal, () => []);
  return { ...kept, outer, renewals: () => renewals };
}

const state = ({ holds, signal }: Lease) => [holds(), signal.aborted];

test("a lease counts from before it was asked for, however long the claim took", async () => {
  const askedAt = performance.now();
  await seconds(2);
  const kept = lease(() => never, askedAt);
  await seconds(7.999);
  expect(state(kept)).toEqual([true, false]);
  await seconds(0.001);
  expect(kept.holds()).toBe(false);
});

test("a renewal counts from when it was asked for, not from its answer", async () => {
  const late = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    return held;
  };
  const kept = lease((renewal) => (renewal === 1 ? late() : never));
  await seconds(11.999);
  expect(state(kept)).toEqual([true, false]);
  // Good until 13 seconds after the claim, and the next look at the clock would be at 15.
  await seconds(0.001);
  expect(state(kept)).toEqual([false, true]);
});

test("a renewal that fails takes nothing away, and the next one may come in time", async () => {
  const kept = lease((renewal) => (renewal === 2 ? held : Promise.reject(new Error("Away"))));
  await seconds(14.999);
  expect(state(kept)).toEqual([true, false]);
  await seconds(0.001);
  expect(kept.signal.reason).toBeInstanceOf(HoldLost);
  expect(kept.holds()).toBe(false);
});

test("a lane that is somebody else's is let go of at once", async () => {
  const kept = lease(() => Promise.resolve(null));
  await seconds(3);
  expect(kept.signal.reason).toBeInstanceOf(HoldLost);
  expect(kept.holds()).toBe(false);
});

test("a lease that is renewed is held for as long as anybody wants it, and no longer", async () => {
  const kept = lease(() => held);
  await seconds(3600);
  expect(state(kept)).toEqual([true, false]);
  expect(kept.renewals()).toBe(1200);
  kept.stop();
  await seconds(3600);
  expect(kept.renewals()).toBe(1200);
});

test("nothing is sent by a process that was told to stop", () => {
  const kept = lease(() => held);
  kept.outer.abort();
  expect(state(kept)).toEqual([false, true]);
  kept.stop();
});
