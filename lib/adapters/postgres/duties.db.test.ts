import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const day = 24 * 60 * 60_000;
const take = (name: string, holder: string, { everyMs = day, leaseMs = 60_000 } = {}) =>
  ledger.store.takeDuty(ledger.tenantId, { name, everyMs, leaseMs, aheadMs: day }, holder);
const end = (name: string, holder: string, isDone: boolean, waitMs = 0) =>
  ledger.store.endDuty(ledger.tenantId, name, holder, isDone ? { isDone } : { isDone, waitMs });

test("of eight that ask for a duty at the same time one gets it", async () => {
  const holders = Array.from({ length: 8 }, (_, index) => `w${index}`);
  const taken = await Promise.all(holders.map((holder) => take("sweep", holder)));

  expect(taken.filter(Boolean)).toHaveLength(1);
});

test("a duty that was done is due again after its time, one that failed after its wait", async () => {
  expect(await take("failed", "a")).toBe(true);
  await end("failed", "a", false);
  expect(await take("failed", "b")).toBe(true);
  await end("failed", "b", true);
  expect(await take("failed", "c")).toBe(false);
  expect(await take("failed", "c", { everyMs: 0 })).toBe(true);
  await end("failed", "c", false, 60_000);
  expect(await take("failed", "d", { everyMs: 0 })).toBe(false);
});

test("whoever dies with a duty loses it when the lease is over, and cannot end it for the next one", async () => {
  expect(await take("lookBack", "dead", { leaseMs: 0 })).toBe(true);
  expect(await ledger.store.renewDuty(ledger.tenantId, "lookBack", "dead", 1000)).toBe(false);
  expect(await take("lookBack", "next")).toBe(true);
  await end("lookBack", "dead", true);
  expect(await take("lookBack", "third")).toBe(false);
  expect(await ledger.store.renewDuty(ledger.tenantId, "lookBack", "next", 1000)).toBe(true);
});
