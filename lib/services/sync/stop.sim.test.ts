/** A process that is told to stop puts down what it holds: nothing waits for it, nothing is guessed. */
import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { CreateAnswer } from "@/lib/ports/destination";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import type { SyncParts } from "./parts";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 4 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const twelve = Array.from({ length: 12 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function finish(): Promise<string> {
  await open.reset(world([alice, bob], twelve));
  return (await open.finish()).runId;
}

const complete = { state: "SUCCEEDED", availableFromSource: 12, imported: 12, open: 0 };

test.each<[string, (stop: AbortController) => Partial<SyncParts>]>([
  ["between two pages", (stop) => ({ passes: onPageRecorded(() => stop.abort()) })],
  ["while its archive is silent", (stop) => ({ source: abortedUnderWay(stop) })],
])(
  "a transfer that is told to stop %s is queued again, and waits for nothing",
  async (_name, stopped) => {
    const runId = await finish();
    const silent = {
      service: "telemessage",
      path: "cursor=",
      times: 1,
      effect: { delayMs: 60_000 },
    };
    await open.control("POST", "/faults", silent);
    const stop = new AbortController();
    await transferRun({ ...open.parts, ...stopped(stop) }, runId, stop.signal);
    const run = await open.run(runId);
    const queued = { state: "QUEUED", failureCode: "Interrupted", failuresInRow: 0, pages: 1 };
    expect(run).toMatchObject(queued);
    expect(Number(run["notBefore"])).toBeLessThanOrEqual(Date.now());

    await open.control("DELETE", "/faults");
    await open.drain();
    expect(await open.run(runId)).toMatchObject({ ...complete, pages: 3, failureCode: null });
  },
);

function onPageRecorded(stop: () => void): SyncParts["passes"] {
  return (point) => {
    if (point === "page.recorded") stop();
  };
}

/** The second page is asked for, and then nobody wants it any more. */
function abortedUnderWay(stop: AbortController): SyncParts["source"] {
  const { source } = open.parts;
  return {
    ...source,
    open(credential) {
      const session = source.open(credential);
      return {
        ...session,
        fetchPage(window, cursor, limit, signal) {
          const page = session.fetchPage(window, cursor, limit, signal);
          if (cursor !== null) stop.abort();
          return page;
        },
      };
    },
  };
}

test("a lane that is told to stop is released: what was not sent is pending, what nobody answered in doubt", async () => {
  const runId = await finish();
  await transferRun(open.parts, runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  const stop = new AbortController();
  const { destination } = open.parts;
  let creates = 0;
  const stopping: typeof destination = {
    ...destination,
    async createMessage(...how) {
      creates += 1;
      if (creates === 1) return destination.createMessage(...how);
      if (creates === 4) stop.abort();
      return neverAnswered(how[3]);
    },
  };
  await runLane({ ...open.parts, destination: stopping }, laneId, stop.signal);
  expect(await states()).toEqual({ IMPORTED: 1, IMPORTING: 3, PENDING: 8 });
  // What was ended on purpose says nothing about the mailbox.
  const released = { leaseUntil: null, holder: null, notBefore: null, failuresInRow: 0 };
  expect(await open.sql.query(`SELECT * FROM "Lane"`)).toMatchObject([released]);

  await open.drain();
  expect(await states()).toEqual({ IMPORTED: 9, IMPORTING: 3 });
  await open.drainUntil(async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  });
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

/** As the adapter answers a request that was ended under way. */
async function neverAnswered(signal: AbortSignal): Promise<CreateAnswer> {
  const sentAt = new Date();
  if (!signal.aborted) await once(signal, "abort");
  return { outcome: "inDoubt", status: null, sentAt };
}

async function states(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of await open.deliveries()) {
    counts[String(state)] = (counts[String(state)] ?? 0) + 1;
  }
  return counts;
}
