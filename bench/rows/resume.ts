/** A worker is killed in the middle: what has to be done again, and when the next one writes. */
import { setTimeout as sleep } from "node:timers/promises";
import { signalGroup } from "../../scripts/supervisor/processes";
import { install, type Installation } from "../installation";
import { type Row, scaled } from "../row";
import { countOf, readStats, tenantId } from "../simulator";

const batch = 50;
const patienceMs = 120_000;

export const resume: Row = {
  name: "resume",
  seconds: 45,
  about: "kill -9 of the only worker, with the limits as they are",
  runs: 1,
  async measure({ services, scale }) {
    const world = { items: scaled(4_000, scale), mailboxes: 8, copies: 1 } as const;
    const slow = { ...world, graphLatencyMs: 50 };
    const installation = await install(services, slow, { workers: 1 });
    try {
      const created = async () =>
        countOf(await readStats(services.urls.control), "graph", "POST", "/messages", 201);
      const runId = await installation.finish();
      await until(async () => (await created()) > world.items / 4);
      const [worker] = installation.workers;
      if (worker?.pid === undefined) throw new Error("There is no worker to kill");
      signalGroup(worker.pid, "SIGKILL");
      const killedAt = performance.now();
      // What was on its way when it died is answered to nobody; from now on nothing new arrives.
      await sleep(4 * slow.graphLatencyMs);
      const before = await created();
      const begun = await begunBatches(installation);
      await installation.startWorker();
      await until(async () => (await created()) > before);
      const seconds = (performance.now() - killedAt) / 1000;
      const run = await installation.closed(runId);
      if (run.imported !== world.items) throw new Error(`Only ${run.imported} were imported`);
      const { duplicates } = await readStats(services.urls.control);
      return [
        {
          ...{ name: "resume, first new message after the kill", unit: "s" },
          ...{ ours: seconds, floor: null, goal: { atMost: 35 } },
        },
        {
          ...{ name: "resume, begun and not recorded, per mailbox", unit: "messages" },
          ...{ ours: begun, floor: null, goal: { atMost: batch } },
        },
        {
          ...{ name: "resume, sent a second time, per mailbox", unit: "messages" },
          ...{ ours: ((await created()) - world.items) / world.mailboxes },
          ...{ floor: null, goal: { atMost: batch } },
        },
        {
          ...{ name: "resume, twice in a mailbox", unit: "messages" },
          ...{ ours: duplicates.byKey + duplicates.byInternetMessageId },
          ...{ floor: null, goal: { atMost: 0 } },
        },
      ];
    } finally {
      await installation.close();
    }
  },
};

/** Of the lane that has most of them. */
async function begunBatches({ outside }: Installation): Promise<number> {
  const [row] = await outside.database.query<{ most: number }>(
    `SELECT coalesce(max(n), 0)::int AS "most" FROM (
       SELECT count(*) AS n FROM "Delivery"
       WHERE "tenantId" = $1 AND "state" = 'IMPORTING' GROUP BY "laneId") lanes`,
    [tenantId],
  );
  return row?.most ?? 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const endAt = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > endAt) throw new Error("What was waited for did not come");
    await sleep(20);
  }
}
