import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAlarmStore } from "@/lib/adapters/postgres/alarms";
import type { AlarmAnswer, AlarmNotice } from "@/lib/ports/alarm-sink";
import type { LogFields } from "@/lib/ports/runtime";
import { fakeClock, silentLog } from "@/lib/testing/fakes";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { type AlarmDeps, watchAlarms } from "./alarms";

let ledger: Ledger;
let connectorId: string;
let deps: AlarmDeps;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const told: AlarmNotice[] = [];
const logged: string[] = [];
let answer: AlarmAnswer = { isTold: true };
const away: AlarmAnswer = { isTold: false, reason: "broken", retryAfterMs: null };
const note = (event: string, fields: LogFields = {}) => {
  logged.push([event, fields["cause"], fields["code"]].filter(Boolean).join(" "));
};

/** A connector of its own for each test: finished a moment ago, with nothing behind it. */
beforeEach(async () => {
  await ledger.database.query(`UPDATE "Connector" SET "state" = 'DELETED'`);
  connectorId = await ledger.addConnector();
  await ledger.database.query(`DELETE FROM "Alarm"`);
  told.length = 0;
  logged.length = 0;
  answer = { isTold: true };
  const clock = fakeClock(new Date().toISOString());
  const sink = {
    async tell(notice: AlarmNotice) {
      if (answer.isTold) told.push(notice);
      return answer;
    },
  };
  const log = { ...silentLog, error: note, info: note, warn: note };
  const store = createAlarmStore(ledger.database);
  deps = { store, sink, clock, log, random: () => 0.5, tenantId: ledger.tenantId };
});

const look = () => watchAlarms(deps, new AbortController().signal);
const set = (assignments: string) =>
  ledger.database.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [connectorId]);
const refuseSignIn = () => set(`"state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAuthFailed'`);
const mend = () => set(`"state" = 'ACTIVE', "attentionCode" = NULL`);
const waitsAreOver = () => ledger.database.query(`UPDATE "Alarm" SET "notBefore" = now()`);
const events = () => told.map(({ event, cause, code }) => `${event} ${cause} ${code}`.trim());
const addRun = (row: Record<string, unknown>) => ledger.addRun({ connectorId, ...row });

test("an alarm is told once however often somebody looks, and again when it is mended", async () => {
  await refuseSignIn();
  for (let looks = 0; looks < 3; looks += 1) await look();
  expect(events()).toEqual(["raised needsAttention SourceAuthFailed"]);
  expect(told[0]).toMatchObject({ connectorId, mendedAt: null });
  await mend();
  for (let looks = 0; looks < 3; looks += 1) await look();
  expect(events().slice(1)).toEqual(["mended needsAttention SourceAuthFailed"]);
  expect(told[1]?.id).toBe(told[0]?.id);
  expect(told[1]?.mendedAt).toBeInstanceOf(Date);
  expect(logged).toEqual([
    "alarm.raised needsAttention SourceAuthFailed",
    "alarm.mended needsAttention SourceAuthFailed",
  ]);
});

test("the same cause after it was mended is a new alarm", async () => {
  for (const change of [refuseSignIn, mend, refuseSignIn]) {
    await change();
    await look();
  }
  expect(events().map((event) => event.split(" ")[0])).toEqual(["raised", "mended", "raised"]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(2);
});

test("work without a worker for a minute is told as stalled, and mended when one answers", async () => {
  await addRun({ state: "QUEUED", kind: "SCHEDULED" });
  await look();
  expect(events()).toEqual(["raised stalled"]);
  await ledger.store.beat("worker", new Date());
  await look();
  expect(events().slice(1)).toEqual(["mended stalled"]);
  await ledger.database.query(`UPDATE "WorkerBeat" SET "beatAt" = now() - interval '61 seconds'`);
  await look();
  expect(events().slice(2)).toEqual(["raised stalled"]);
});

test("a failed run is told, and mended by the next one that comes through", async () => {
  await ledger.store.beat("worker", new Date());
  const counts = { availableForImport: 1, isTransferDone: true };
  const closed = (row: object) => ({ ...counts, closedAt: new Date(), ...row });
  await addRun(closed({ state: "FAILED", failed: 1 }));
  await look();
  await addRun({ state: "IMPORTING" });
  await look();
  expect(events()).toEqual(["raised failed"]);
  await addRun(closed({ state: "PARTIAL", imported: 1, closedAt: new Date(Date.now() + 1000) }));
  await look();
  expect(events()).toEqual(["raised failed", "mended failed"]);
});

test("a receiver that is away misses nothing: what was raised and mended meanwhile comes in order", async () => {
  answer = away;
  await refuseSignIn();
  await look();
  await mend();
  await look();
  expect(told).toEqual([]);
  answer = { isTold: true };
  await waitsAreOver();
  await look();
  await look();
  expect(events().map((event) => event.split(" ")[0])).toEqual(["raised", "mended"]);
  expect(told[0]?.mendedAt).toBeNull();
});

test("a receiver that is away is asked again later and later, not at every look", async () => {
  answer = away;
  await refuseSignIn();
  await look();
  await look();
  expect(logged.filter((line) => line.startsWith("alarm.notTold"))).toHaveLength(1);
  const [row] = await ledger.database.query<{ tries: number; waitMs: string }>(
    `SELECT "tries", extract(epoch FROM "notBefore" - now()) * 1000 AS "waitMs" FROM "Alarm"`,
  );
  expect(row?.tries).toBe(1);
  expect(Number(row?.waitMs)).toBeGreaterThan(50_000);
});

test("without a receiver the log is told, and nothing waits for one that comes later", async () => {
  await refuseSignIn();
  await watchAlarms({ ...deps, sink: null }, new AbortController().signal);
  expect(logged).toEqual(["alarm.raised needsAttention SourceAuthFailed"]);
  await look();
  expect(told).toEqual([]);
});

test("two that look at the same moment raise one alarm", async () => {
  await refuseSignIn();
  await Promise.all([look(), look(), look()]);
  expect(logged.filter((line) => line.startsWith("alarm.raised"))).toHaveLength(1);
});

test("with a deleted connector its alarms are over and told as over", async () => {
  await refuseSignIn();
  await look();
  await set(`"state" = 'DELETED'`);
  await look();
  expect(events().map((event) => event.split(" ")[0])).toEqual(["raised", "mended"]);
});
