import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { v7 as uuid } from "uuid";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

/** A fifth of what a worker takes: what has to be over within ten seconds is over within two. */
const renewMs = 600;
const soonMs = 2_000;

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), {
    ...{ inDoubtMs: 300, laneLeaseMs: 2_000, laneRenewMs: renewMs },
  });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

/** A batch that would take Graph a minute: three at a time, each for seconds. */
const batch = Array.from({ length: 40 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function transferred(records: readonly unknown[] = batch, attachments = {}) {
  await open.reset(world([alice, bob], records, attachments));
  const connector = await open.finish();
  await transferRun(open.parts, connector.runId, open.signal);
  const [laneId = ""] = open.poked.lanes;
  return { ...connector, laneId };
}

const set = (assignments: string, connectorId: string) =>
  open.sql.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [connectorId]);

async function states(connectorId?: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of await open.deliveries()) {
    if (connectorId !== undefined && row["connectorId"] !== connectorId) continue;
    counts[String(row["state"])] = (counts[String(row["state"])] ?? 0) + 1;
  }
  return counts;
}

/** Runs the lane until it ends by itself, and does something when the first message is there. */
async function whileWriting(laneId: string, meddle: () => Promise<unknown>): Promise<number> {
  const turn = runLane(open.parts, laneId, open.signal);
  await expect.poll(() => open.mail(alice.upn), { timeout: 10_000 }).not.toEqual([]);
  await meddle();
  const askedAt = performance.now();
  await turn;
  return performance.now() - askedAt;
}

test("a pause stops a batch under way: nothing more is sent, and what was in flight too long is in doubt", async () => {
  const { id, laneId, runId } = await transferred();
  await open.control("PATCH", "/latency", { graph: 150 });
  const tookMs = await whileWriting(laneId, async () => {
    await open.control("PATCH", "/latency", { graph: 5_000 });
    await set(`"state" = 'PAUSED'`, id);
  });
  expect(tookMs).toBeLessThan(soonMs);
  const { PENDING = 0, IMPORTING = 0, IMPORTED = 0 } = await states();
  expect(PENDING + IMPORTING + IMPORTED).toBe(40);
  expect(PENDING).toBeGreaterThan(20);

  await open.control("PATCH", "/latency", { graph: 0 });
  await open.drain();
  expect((await states())["PENDING"]).toBeGreaterThanOrEqual(PENDING);
  await set(`"state" = 'ACTIVE'`, id);
  await open.drainUntil(async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 40, open: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(40);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("what is in flight when the pause comes and ends soon is waited for, not doubted", async () => {
  const { id, laneId } = await transferred();
  await open.control("PATCH", "/latency", { graph: 150 });
  await whileWriting(laneId, () => set(`"state" = 'PAUSED'`, id));
  await open.control("PATCH", "/latency", { graph: 0 });
  expect(await states()).not.toHaveProperty("IMPORTING");
  expect((await states())["PENDING"]).toBeGreaterThan(10);
});

test.each([
  ["paused", `"state" = 'PAUSED'`, "PENDING"],
  ["deleted", `"state" = 'DELETED', "deletedAt" = now()`, "FAILED"],
  [
    "waiting for consent",
    `"state" = 'NEEDS_ATTENTION', "attentionCode" = 'ConsentRevoked'`,
    "PENDING",
  ],
])(
  "of two connectors that write into one mailbox the one that is %s stops, the other goes on",
  async (_name, change, rest) => {
    const { id, laneId } = await transferred();
    const other = await secondConnector(id);
    await open.control("PATCH", "/latency", { graph: 100 });
    await whileWriting(laneId, () => set(change, id));
    await open.control("PATCH", "/latency", { graph: 0 });
    expect(await states(other)).toEqual({ IMPORTED: 20 });
    expect((await states(id))[rest]).toBeGreaterThan(5);
  },
);

test("a pause in the middle of an upload stops it; the half message is removed, and written whole when the pause is over", async () => {
  const sizeBytes = 9_000_000;
  const file = { id: "a", name: "a.mp4", contentType: "video/mp4", sizeBytes };
  const body = { messageType: "FILE", attachments: [file] };
  const record = chat({ id: "large", receivedAt: hoursAgo(2), body });
  const { id, laneId, runId } = await transferred([record], { a: { sizeBytes, seed: 1 } });
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "PUT", path: "attachment-sessions", times: 1, skip: 1 },
    effect: { delayMs: 8_000 },
  });
  const tookMs = await whileWriting(laneId, () => set(`"state" = 'PAUSED'`, id));
  expect(tookMs).toBeLessThan(soonMs);
  expect(await states()).toEqual({ IMPORTING: 1 });

  await open.drainUntil(async () => (await states())["PENDING"] === 1);
  expect(await open.mail(alice.upn)).toEqual([]);
  await set(`"state" = 'ACTIVE'`, id);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect((await open.mail(alice.upn)).map(({ attachments }) => attachments.length)).toEqual([1]);
});

/** Half of what the first one transferred belongs to another one. */
async function secondConnector(firstId: string): Promise<string> {
  const id = uuid();
  await open.sql.query(
    `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
       "sourceUsername", "timeOfDay", "zone", "automaticMapping", "messageDomain", "finishedAt", "createdById", "updatedAt")
     SELECT "tenantId", $2, 'Second', 'ACTIVE', 'second', 'Second', "sourceUsername", "timeOfDay", "zone",
       "automaticMapping", "messageDomain", "finishedAt", "createdById", now()
     FROM "Connector" WHERE "id" = $1`,
    [firstId, id],
  );
  const half = `(SELECT "id" FROM "SyncItem" ORDER BY "id" OFFSET 20)`;
  await open.sql.query(`UPDATE "Delivery" SET "connectorId" = $1 WHERE "itemId" IN ${half}`, [id]);
  await open.sql.query(`UPDATE "SyncItem" SET "connectorId" = $1 WHERE "id" IN ${half}`, [id]);
  return id;
}
