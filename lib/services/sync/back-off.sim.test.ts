/** How long a run and a lane wait while what they need goes on failing, and that a success ends it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SyncError } from "@/lib/core/errors";
import type { CreateAnswer } from "@/lib/ports/destination";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";
import type { SyncParts } from "./parts";

let open: SyncWorld;
let steady: SyncParts;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 4, requestsPerMailbox: 1 });
  // The middle of what chance adds: each wait is as long as its step.
  steady = { ...open.parts, random: () => 0.5 };
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const eight = Array.from({ length: 8 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function finish(records = eight): Promise<string> {
  await open.reset(world([alice, bob], records));
  return (await open.finish()).runId;
}

/** Once every wait is over; then how often it has failed in a row, and for how many minutes it waits. */
async function turn(
  table: "SyncRun" | "Lane" | "Delivery",
  parts: SyncParts = steady,
): Promise<unknown> {
  await open.later();
  await open.drain([parts]);
  const [row] = await open.sql.query<{ failuresInRow: number; notBefore: Date | null }>(
    `SELECT "failuresInRow", "notBefore" FROM "${table}"`,
  );
  const until = row?.notBefore ?? null;
  const minutes = until === null ? null : Math.ceil((until.getTime() - Date.now()) / 60_000);
  return [row?.failuresInRow, minutes];
}

test("a run waits 1, 2, 4 minutes while its archive fails; a page that was recorded begins the count anew", async () => {
  const runId = await finish();
  const busy = { service: "telemessage", effect: { status: 503 } };
  await open.control("POST", "/faults", { ...busy, path: "/v1/archive", times: 1000 });
  expect(await turn("SyncRun")).toEqual([1, 1]);
  expect(await turn("SyncRun")).toEqual([2, 2]);
  expect(await turn("SyncRun")).toEqual([3, 4]);

  await open.control("DELETE", "/faults");
  await open.control("POST", "/faults", { ...busy, path: "cursor=", times: 1 });
  expect(await turn("SyncRun")).toEqual([1, 1]);
  expect(await turn("SyncRun")).toEqual([0, null]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 8 });
});

/** @param fails whether the create of this number, counted from 1, does */
function failing(fails: (create: number) => boolean, fail: () => CreateAnswer): SyncParts {
  const { destination } = steady;
  let creates = 0;
  return {
    ...steady,
    destination: {
      ...destination,
      async createMessage(...how) {
        creates += 1;
        return fails(creates) ? fail() : destination.createMessage(...how);
      },
    },
  };
}

const notSent = (): CreateAnswer => {
  throw new SyncError("MailboxUnavailable");
};
const notAnswered = (): CreateAnswer => ({ outcome: "inDoubt", status: 503, sentAt: new Date() });

test.each([
  ["were not sent", notSent],
  ["nobody answered", notAnswered],
])(
  "five creates in a row that %s make the lane wait; the others are not tried",
  async (_name, fail) => {
    await finish();
    let tried = 0;
    const parts = failing(() => (tried += 1) > 0, fail);
    expect(await turn("Lane", parts)).toEqual([5, 1]);
    expect(tried).toBe(5);
  },
);

test("a lane waits 1, 2, 4 minutes while its mailbox fails, and not at all after a success", async () => {
  const runId = await finish();
  const parts = failing((create) => create <= 7, notSent);
  expect(await turn("Lane", parts)).toEqual([5, 1]);
  expect(await turn("Lane", parts)).toEqual([6, 2]);
  expect(await turn("Lane", parts)).toEqual([7, 4]);
  expect(await turn("Lane", parts)).toEqual([0, null]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 8 });
});

test("a delivery whose create fails alone waits 1, 2, 4 minutes, and its lane does not", async () => {
  const runId = await finish(eight.slice(0, 1));
  const parts = failing((create) => create <= 3, notSent);
  expect(await turn("Delivery", parts)).toEqual([1, 1]);
  expect(await turn("Delivery", parts)).toEqual([2, 2]);
  expect(await turn("Delivery", parts)).toEqual([3, 4]);
  expect(await open.sql.query(`SELECT "notBefore" FROM "Lane"`)).toEqual([{ notBefore: null }]);
  expect(await turn("Delivery", parts)).toEqual([0, null]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("failures with a success between them are each its own delivery's, and no lane waits", async () => {
  const runId = await finish();
  const parts = failing((create) => create !== 4, notSent);
  expect(await turn("Lane", parts)).toEqual([4, null]);
  expect(await open.run(runId)).toMatchObject({ state: "IMPORTING" });
  expect(await open.mail(alice.upn)).toHaveLength(1);
});
