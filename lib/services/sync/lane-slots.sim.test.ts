/** GRAPH_MAX_IN_FLIGHT: requests that are under way at the same time, over all lanes of a process. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Destination } from "@/lib/ports/destination";
import { alice, bob, carol, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";
import { createSlots } from "./concurrency";

const people = [alice, bob, carol];

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world(people, []), { inDoubtMs: 300 });
});
afterAll(() => open.close());

/** How many requests are under way, at most, of each kind that a lane without large files sends. */
function counted(destination: Destination) {
  const seen = { underWay: 0, most: 0, requests: 0 };
  async function during<T>(request: Promise<T>): Promise<T> {
    seen.requests += 1;
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    return request.finally(() => {
      seen.underWay -= 1;
    });
  }
  const counting: Destination = {
    ...destination,
    ensureFolder: (...how) => during(destination.ensureFolder(...how)),
    createMessage: (...how) => during(destination.createMessage(...how)),
    findMessages: (...how) => during(destination.findMessages(...how)),
  };
  return { seen, destination: counting };
}

test.each([
  ["creates", {}],
  ["looks after creates nobody answered", { loseResponse: true }],
])(
  "lanes together have no more requests under way than the process may: %s",
  async (_name, effect) => {
    const records = people.flatMap((owner) =>
      Array.from({ length: 6 }, (_, index) =>
        chat({ id: `${owner.name}${index}`, receivedAt: hoursAgo(2), owner }),
      ),
    );
    await open.reset(world(people, records));
    const { runId } = await open.finish();
    // Each takes so long that whoever may, begins meanwhile.
    const slow = { delayMs: 30 };
    for (const [method, path, times, more] of [
      ["POST", "/messages$", 9, effect],
      ["POST", "/messages$", 1000, {}],
      ["GET", "/messages\\?", 1000, {}],
    ] as const) {
      const fault = { service: "graph", method, path, times, effect: { ...slow, ...more } };
      await open.control("POST", "/faults", fault);
    }
    const { seen, destination } = counted(open.parts.destination);
    const narrow = { ...open.parts, destination, graphSlots: createSlots(2) };
    await open.drainUntil(
      async () => {
        await open.later();
        return (await open.run(runId))["closedAt"] !== null;
      },
      { workers: [narrow], deadlineMs: 60_000 },
    );
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 18 });
    expect(seen.requests).toBeGreaterThanOrEqual(18 + people.length);
    expect(seen.most).toBe(2);
  },
);
