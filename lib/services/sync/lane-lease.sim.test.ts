import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { laneRenewMs: 600_000 });
});
afterAll(() => open.close());

test("a create that is ready when the lease has run out is not sent, and written by the next holder", async () => {
  await open.reset(world([alice, bob], [chat({ id: "m1", receivedAt: hoursAgo(2) })]));
  const { runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  const { destination, limits } = open.parts;
  const now = performance.now.bind(performance);
  const late: typeof destination = {
    ...destination,
    async ensureFolder(...how) {
      const id = await destination.ensureFolder(...how);
      vi.spyOn(performance, "now").mockImplementation(() => now() + limits.laneLeaseMs);
      return id;
    },
  };
  try {
    await runLane({ ...open.parts, destination: late }, laneId, open.signal);
  } finally {
    vi.restoreAllMocks();
  }
  expect(await open.mail(alice.upn)).toEqual([]);
  expect(await open.deliveries()).toMatchObject([{ state: "PENDING", writes: 0 }]);

  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.duplicates()).toEqual(noDuplicates);
});
