import { afterAll, beforeAll, expect, test } from "vitest";
import { createSlots } from "@/lib/services/sync/concurrency";
import { beat } from "@/lib/services/sync/beat";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const startedAt = new Date();
const never = new AbortController().signal;

/** How many requests a process may have in flight after its beat. */
async function share(workerId: string, graphMaxInFlight: number): Promise<number> {
  const graphSlots = createSlots(1);
  await beat({ store: ledger.store, workerId, graphSlots, graphMaxInFlight }, startedAt);
  let places = 0;
  for (let index = 0; index < 100; index += 1) void graphSlots.take(never).then(() => places++);
  await new Promise((resolve) => setImmediate(resolve));
  return places;
}

test("the processes that beat share the requests in flight, and whoever falls silent leaves its part", async () => {
  expect(await share("a", 64)).toBe(64);
  expect(await share("b", 64)).toBe(32);
  expect(await share("c", 64)).toBe(21);
  expect(await share("a", 64)).toBe(21);
  await ledger.database.query(
    `UPDATE "WorkerBeat" SET "beatAt" = now() - interval '21 seconds' WHERE "id" = 'b'`,
  );
  expect(await share("a", 64)).toBe(32);
});

test("every process may send at least one request, however many there are", async () => {
  expect(await share("a", 1)).toBe(1);
});
