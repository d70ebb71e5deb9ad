/** A worker's signal lives as long as the process: what is done under it must leave nothing there. */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { ClaimedRun } from "@/lib/ports/transfer-records";
import { silentLog } from "@/lib/testing/fakes";
import { doDuty } from "./duties";
import type { SyncParts } from "./parts";
import { transferRun } from "./transfer";

/** Listeners, and what Node itself keeps of signals that were made from this one. */
function leftOn(signal: AbortSignal): number {
  return Object.getOwnPropertySymbols(signal)
    .map((symbol): unknown => Reflect.get(signal, symbol))
    .reduce((sum: number, value) => sum + sizeOf(value), getEventListeners(signal, "abort").length);
}

/** Node's own maps and sets are not instances of ours. */
function sizeOf(value: unknown): number {
  const isSized = typeof value === "object" && value !== null && "size" in value;
  return isSized && typeof value.size === "number" ? value.size : 0;
}

const base = { tenantId: "tenant", workerId: "worker", log: silentLog };

test.each([
  ["done", () => Promise.resolve()],
  ["failed", () => Promise.reject(new Error("away"))],
])("a duty that was %s leaves nothing on the signal of its process", async (_name, work) => {
  const { signal } = new AbortController();
  const store: Partial<SyncParts["store"]> = {
    takeDuty: async () => true,
    endDuty: async () => undefined,
  };
  const parts = { ...base, store: store as SyncParts["store"] };
  await doDuty(parts, { name: "duty", everyMs: 1000, work }, signal);
  expect(leftOn(signal)).toBe(0);
});

test("a transfer that ended leaves nothing on the signal of its process", async () => {
  const { signal } = new AbortController();
  const run: Partial<ClaimedRun> = { id: "run", attempt: 1, failuresInRow: 0 };
  let ended = 0;
  const store: Partial<SyncParts["store"]> = {
    claimRun: async () => ({ ...run, connector: {} }) as ClaimedRun,
    giveBack: async () => void (ended += 1),
  };
  const parts: Partial<SyncParts> = {
    ...base,
    store: store as SyncParts["store"],
    clock: { now: () => new Date(0) },
    random: () => 0,
    limits: { heartbeatMs: 1000 } as SyncParts["limits"],
    passes: () => undefined,
  };
  await transferRun(parts as SyncParts, "run", signal);
  expect(ended).toBe(1);
  expect(leftOn(signal)).toBe(0);
});
