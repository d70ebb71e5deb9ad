import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import type { Duty } from "./duties";
import { lookBackDuty } from "./look-back";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 5 });
});
afterAll(() => open.close());

const two = ["m1", "m2"].map((id) => chat({ id, receivedAt: hoursAgo(3) }));

/** One connector whose first window is transferred and imported. */
async function finish(records: readonly unknown[] = two) {
  await open.reset(world([alice, bob], records));
  const connector = await open.finish();
  await open.drain();
  return connector;
}
beforeEach(() => open.control("DELETE", "/faults"));

async function lookBack(at?: Date, duty: Duty = lookBackDuty): Promise<void> {
  const parts = at === undefined ? open.parts : { ...open.parts, clock: { now: () => at } };
  await duty.work(parts, open.signal);
}

const tomorrow = () => new Date(Date.now() + 24 * 3_600_000);

async function lookbackRuns(): Promise<Record<string, unknown>[]> {
  return open.sql.query(`SELECT * FROM "SyncRun" WHERE "kind" = 'LOOKBACK' ORDER BY "id"`);
}

async function connector(): Promise<Record<string, unknown>> {
  return (await open.sql.query<Record<string, unknown>>(`SELECT * FROM "Connector"`))[0] ?? {};
}

async function lookedBackAt(runId: string): Promise<unknown> {
  return (await open.run(runId))["lookedBackAt"];
}

/** How often the archive was asked for a manifest since the last `DELETE /stats`. */
async function asked(): Promise<number> {
  type Row = { service: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  return requests
    .filter(({ service, route }) => service === "telemessage" && route.includes("manifest"))
    .reduce((sum, { count }) => sum + count, 0);
}

async function arrivesLate(id: string, hours = 3): Promise<void> {
  const record = chat({ id, receivedAt: hoursAgo(hours) });
  await open.control("POST", "/records", { records: [record] });
}

test("a window that still is what was transferred is asked for once a UTC day, and not read again", async () => {
  const { runId } = await finish();
  await open.control("DELETE", "/stats");
  await lookBack();
  await lookBack();
  expect(await asked()).toBe(1);
  await lookBack(tomorrow());
  expect(await asked()).toBe(2);
  expect(await lookbackRuns()).toEqual([]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED" });
});

test("a record that arrives late in a transferred window comes with a look-back run, what was there is counted beside", async () => {
  const { id } = await finish();
  const { watermark } = await connector();
  await arrivesLate("late");
  await lookBack();
  await open.drain();

  expect(await lookbackRuns()).toEqual([
    expect.objectContaining({
      ...{ connectorId: id, state: "SUCCEEDED", isManifestEqual: true },
      ...{ availableFromSource: 1, imported: 1, alreadyRecorded: 2 },
    }),
  ]);
  expect(await open.mail(alice.upn)).toHaveLength(3);
  expect(await connector()).toMatchObject({ watermark });
  await lookBack(tomorrow());
  expect(await lookbackRuns()).toHaveLength(1);
});

test("while a run of the connector transfers, its windows are left for the next look", async () => {
  const { id, runId } = await finish();
  await arrivesLate("late");
  const window = { start: hoursAgo(0.05), end: hoursAgo(0.01) };
  await open.parts.store.openRun(tenantId, { connectorId: id, kind: "manual", window });
  await lookBack();
  expect(await lookedBackAt(runId)).toBeNull();
  await open.drain();
  await lookBack();
  expect(await lookbackRuns()).toHaveLength(1);
});

test("a window that never comes right is read again once a day, as long as it is asked for", async () => {
  await open.reset(world([alice, bob], two));
  const { runId } = await open.finish();
  await open.control("PATCH", "/telemessage", { manifest: "wrong" });
  await open.drain();
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: "ManifestMismatch", isManifestEqual: false },
    manifestTries: 2,
  });

  for (let look = 0; look < 3; look += 1) {
    await lookBack();
    await open.drain();
  }
  expect(await lookbackRuns()).toEqual([
    expect.objectContaining({ state: "PARTIAL", failureCode: "ManifestMismatch" }),
  ]);
  await open.control("PATCH", "/telemessage", { manifest: "true" });
  await arrivesLate("late");
  await lookBack(tomorrow());
  await open.drain();
  expect((await lookbackRuns()).at(-1)).toMatchObject({
    ...{ state: "SUCCEEDED", imported: 1, alreadyRecorded: 2 },
  });
  // The archive holds what was recorded: the runs that missed it are whole.
  const healed = { state: "SUCCEEDED", failureCode: null, isManifestEqual: true };
  expect(await open.run(runId)).toMatchObject(healed);
  expect((await lookbackRuns())[0]).toMatchObject(healed);
  const [closed] = await open.sql.query<{ outcomes: string[] }>(
    `SELECT array_agg("details"::jsonb->>'outcome' ORDER BY "sequence") AS "outcomes" FROM "AuditEvent"
     WHERE "action" = 'run.closed' AND "details"::jsonb->>'runId' = $1`,
    [runId],
  );
  expect(closed?.outcomes).toEqual(["partial", "succeeded"]);
});

test("an archive that takes its wrong count back makes the run whole without another reading", async () => {
  await open.reset(world([alice, bob], two));
  const { runId } = await open.finish();
  await open.control("PATCH", "/telemessage", { manifest: "wrong" });
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL" });
  await open.control("PATCH", "/telemessage", { manifest: "true" });
  await lookBack();
  expect(await lookbackRuns()).toEqual([]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", failureCode: null });
});

test("a run that also failed for another reason is no more than partial, though its window is whole", async () => {
  await open.reset(world([alice, bob], two));
  const { runId } = await open.finish();
  await open.control("PATCH", "/telemessage", { manifest: "wrong" });
  await open.drain();
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'MailboxFull', "messageId" = NULL
     WHERE "id" = (SELECT min("id"::text)::uuid FROM "Delivery" WHERE "runId" = $1)`,
    [runId],
  );
  await open.control("PATCH", "/telemessage", { manifest: "true" });
  await lookBack();
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: null, isManifestEqual: true, failed: 1 },
  });
});

test("after fourteen days a window is not asked for any more", async () => {
  const { runId } = await finish();
  const { windowEnd } = await open.run(runId);
  const fortnight = 14 * 24 * 3_600_000;
  await open.control("DELETE", "/stats");
  await lookBack(new Date(Number(windowEnd) + fortnight - 1));
  expect(await asked()).toBe(1);
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL`);
  await lookBack(new Date(Number(windowEnd) + fortnight));
  expect(await asked()).toBe(1);
});

test("what the archive no longer holds is dropped, makes no gap, and the rest is compared", async () => {
  const records = [...two, chat({ id: "old", receivedAt: hoursAgo(20) })];
  const { runId } = await finish(records);
  const oldestAvailable = hoursAgo(10);
  await open.control("PATCH", "/telemessage", { oldestAvailable });
  await lookBack();
  expect(await lookbackRuns()).toEqual([]);
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL`);
  await arrivesLate("late");
  await lookBack();
  await open.drain();

  const { windowEnd } = await open.run(runId);
  expect(await lookbackRuns()).toEqual([
    expect.objectContaining({
      ...{ windowStart: oldestAvailable, windowEnd, state: "SUCCEEDED", imported: 1 },
      alreadyRecorded: 2,
    }),
  ]);
  expect(await open.sql.query(`SELECT 1 FROM "Gap"`)).toEqual([]);
});

test("a window that expired altogether is dropped without a run and without a gap", async () => {
  const { runId } = await finish();
  await open.control("PATCH", "/telemessage", { oldestAvailable: new Date() });
  await lookBack();
  expect(await lookbackRuns()).toEqual([]);
  expect(await lookedBackAt(runId)).not.toBeNull();
  expect(await open.sql.query(`SELECT 1 FROM "Gap"`)).toEqual([]);
});

test("a window that expires between the look and the reading ends without a complaint", async () => {
  await finish();
  await arrivesLate("late");
  await lookBack();
  await open.control("PATCH", "/telemessage", { oldestAvailable: new Date() });
  await open.drain();
  expect(await lookbackRuns()).toEqual([
    expect.objectContaining({ state: "SUCCEEDED", failureCode: null, availableFromSource: 0 }),
  ]);
  expect(await open.sql.query(`SELECT 1 FROM "Gap"`)).toEqual([]);
});

test.each([
  [
    "does not answer",
    { path: "/manifest", effect: { status: 503 } },
    { state: "ACTIVE", sourceFailureCode: "SourceUnavailable" },
  ],
  [
    "asks to be left alone",
    { path: "/manifest", effect: { status: 429, headers: { "Retry-After": "5" } } },
    { state: "ACTIVE", sourceFailureCode: "SourceThrottled" },
  ],
  [
    "refuses the password",
    { path: "/session", effect: { status: 401, body: { error: "invalid_credentials" } } },
    { state: "NEEDS_ATTENTION", attentionCode: "SourceAuthFailed" },
  ],
  [
    "has locked the account",
    { path: "/session", effect: { status: 423, body: { error: "account_locked" } } },
    { state: "NEEDS_ATTENTION", attentionCode: "SourceAccountLocked" },
  ],
])("an archive that %s was not asked: it is asked again", async (_name, fault, expected) => {
  const { runId } = await finish();
  await open.control("POST", "/faults", { service: "telemessage", times: 50, ...fault });
  await lookBack();
  expect(await connector()).toMatchObject(expected);
  expect(await lookedBackAt(runId)).toBeNull();

  await open.control("DELETE", "/faults");
  await open.sql.query(`UPDATE "Connector" SET "state" = 'ACTIVE', "attentionCode" = NULL`);
  await lookBack();
  expect(await lookedBackAt(runId)).not.toBeNull();
  expect(await connector()).toMatchObject({ sourceFailureCode: null });
});

test.each(["PAUSED", "NEEDS_ATTENTION", "DELETED"])(
  "a connector that is %s is not asked for",
  async (state) => {
    await finish();
    await open.sql.query(`UPDATE "Connector" SET "state" = $1::"ConnectorState"`, [state]);
    await open.control("DELETE", "/stats");
    await lookBack();
    expect(await asked()).toBe(0);
  },
);

test("one connector's trouble does not cost the others their look", async () => {
  const { runId } = await finish();
  // Its password opens nothing: it was sealed for another row. Its id comes first.
  await open.sql.query(
    `WITH k AS (
       INSERT INTO "Credential" ("tenantId", "id", "ciphertext")
       SELECT $1, '00000000-0000-7000-8000-000000000001', "ciphertext" FROM "Credential" RETURNING "id"),
     c AS (
       INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
         "sourceUsername", "credentialId", "timeOfDay", "zone", "automaticMapping", "messageDomain",
         "watermark", "finishedAt", "createdById", "updatedAt")
       SELECT "tenantId", '00000000-0000-7000-8000-000000000002', 'Broken', 'ACTIVE', 'other', '', '',
         (SELECT "id" FROM k), "timeOfDay", "zone", true, 'contoso.com', now(), now(), "createdById", now()
       FROM "Connector" RETURNING "id")
     INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "isTransferDone",
       "windowStart", "windowEnd")
     SELECT $1, '00000000-0000-7000-8000-000000000003', (SELECT "id" FROM c), 'SCHEDULED', 'SUCCEEDED',
       true, "windowStart", "windowEnd" FROM "SyncRun"`,
    [tenantId],
  );
  await lookBack();
  expect(await lookedBackAt(runId)).not.toBeNull();
  expect(await lookedBackAt("00000000-0000-7000-8000-000000000003")).toBeNull();
});

test("a window the archive stumbles on does not keep it from being asked about the others", async () => {
  const { id, runId } = await finish();
  const end = (await connector())["watermark"] as Date;
  await arrivesLate("late", 0.05);
  const window = { start: end, end: hoursAgo(0.01) };
  const second = await open.parts.store.openRun(tenantId, {
    connectorId: id,
    kind: "manual",
    window,
  });
  await open.drain();
  const from = (await open.run(runId))["windowStart"] as Date;
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", times: 50, effect: { status: 500 } },
    path: `manifest.*from=${encodeURIComponent(from.toISOString()).replaceAll(".", "\\.")}`,
  });
  await lookBack();

  expect(await lookedBackAt(runId)).toBeNull();
  expect(await lookedBackAt(second ?? "")).toEqual(expect.any(Date));
});
