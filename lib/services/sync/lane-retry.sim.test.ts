import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, tenantId, type SyncWorld } from "@/lib/testing/sync-world";
import { v7 as uuid } from "uuid";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { inDoubtMs: 100 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const records = (prefix: string) =>
  Array.from({ length: 3 }, (_, index) =>
    chat({ id: `${prefix}${index}`, receivedAt: hoursAgo(2), to: [bob] }),
  );

type TwoRuns = { readonly connectorId: string; readonly first: string; readonly second: string };

/** Two runs, and a mailbox that was full for both of them. */
async function twoRunsRefused(): Promise<TwoRuns> {
  await open.reset(world([alice, bob], records("a")));
  const { id: connectorId, runId: first } = await open.finish();
  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "full" });
  await open.drain();
  await open.control("POST", "/records", { records: records("b") });
  const second = uuid();
  await open.sql.query(
    `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "windowStart", "windowEnd")
     SELECT "tenantId", $2, "connectorId", 'LOOKBACK', "windowStart", "windowEnd"
     FROM "SyncRun" WHERE "id" = $1`,
    [first, second],
  );
  await open.drain();
  for (const runId of [first, second]) {
    expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 3, failed: 3 });
  }
  return { connectorId, first, second };
}

/** What the button does. */
async function retry({ connectorId }: TwoRuns, choice: object): Promise<number> {
  const { portalStore } = open.outside;
  const { deliveries, laneIds } = await portalStore.transaction((tx) =>
    tx.repairs.reopen(tenantId, connectorId, choice, null, 1000),
  );
  await open.parts.queue.pokeLanes(laneIds);
  return deliveries;
}

async function creates(work: () => Promise<unknown>): Promise<number> {
  await open.control("DELETE", "/stats");
  await work();
  type Row = { method: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  return requests
    .filter(({ method, route }) => method === "POST" && route.endsWith("/messages"))
    .reduce((sum, { count }) => sum + count, 0);
}

test("one run retried, and the mailbox takes mail again: what other runs have for it follows by itself", async () => {
  const runs = await twoRunsRefused();
  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "ok" });
  expect(await retry(runs, { runId: runs.second })).toBe(3);
  await open.drain();
  for (const runId of [runs.first, runs.second]) {
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 6, failed: 0 });
  }
  expect(await open.mail(bob.upn)).toHaveLength(6);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a retry asks a mailbox that refuses everything once, and fails by name", async () => {
  const runs = await twoRunsRefused();
  await retry(runs, { runId: runs.second });
  expect(await creates(() => open.drain())).toBe(1);
  expect(await open.run(runs.second)).toMatchObject({ state: "PARTIAL", failed: 3, open: 0 });
});

test("a single item retried is asked about, although its run was refused before", async () => {
  const runs = await twoRunsRefused();
  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "ok" });
  const failed = (await open.deliveries()).find(({ state }) => state === "FAILED");
  expect(await retry(runs, { deliveryIds: [failed?.["id"]] })).toBe(1);
  await open.drain();
  expect(await open.mail(bob.upn)).toHaveLength(6);
});

test("what was given up, or has no original any more, is not put back when the mailbox takes mail again", async () => {
  const runs = await twoRunsRefused();
  const [dismissed, removed] = (await open.deliveries()).filter(({ state }) => state === "FAILED");
  await open.sql.query(
    `UPDATE "Delivery" SET "dismissedAt" = now(), "dismissReason" = 'left' WHERE "id" = $1`,
    [dismissed?.["id"]],
  );
  await open.sql.query(
    `UPDATE "SyncItem" SET "blobName" = NULL, "frameOffset" = NULL, "frameLength" = NULL,
       "originalRemovedAt" = now() WHERE "id" = $1`,
    [removed?.["itemId"]],
  );
  await open.control("PATCH", `/people/${bob.upn}`, { mailbox: "ok" });
  await retry(runs, { runId: runs.second });
  await open.drain();
  expect(await open.run(runs.first)).toMatchObject({ state: "PARTIAL", failed: 2, open: 0 });
  expect(await open.run(runs.second)).toMatchObject({ state: "SUCCEEDED", failed: 0 });
  expect(await open.mail(bob.upn)).toHaveLength(4);
});
