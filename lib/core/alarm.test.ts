import { expect, test } from "vitest";
import { type Alarm, alarmAdvice, type AlarmFacts, changedAlarms, type OpenAlarm } from "./alarm";
import { failures } from "./errors";

const now = new Date("2026-05-05T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

/** Finished the day before, transferred up to this morning's import at 02:00 UTC, worker alive. */
const well: AlarmFacts = {
  state: "active",
  attentionCode: null,
  schedule: { timeOfDay: "02:00", zone: "UTC" },
  finishedAt: new Date("2026-05-04T10:00:00Z"),
  watermark: new Date("2026-05-05T01:55:00Z"),
  openRuns: [],
  newestClosed: { state: "succeeded", closedAt: ago(600) },
  workerBeatAt: ago(0),
};
const failed = { newestClosed: { state: "failed", closedAt: ago(5) } } as const;
const stalled = { openRuns: ["importing"], workerBeatAt: ago(2) } as const;
const late = { watermark: new Date("2026-05-04T01:55:00Z") } as const;
const attention = { state: "needsAttention", attentionCode: "SourceAuthFailed" } as const;

const raised = (more: Partial<AlarmFacts>, open: readonly OpenAlarm[] = []) =>
  changedAlarms({ ...well, ...more }, open, now).raise;
const mended = (more: Partial<AlarmFacts>, open: readonly OpenAlarm[]) =>
  changedAlarms({ ...well, ...more }, open, now).mend;
const open = (cause: Alarm["cause"], code = "", raisedAt = ago(30)): OpenAlarm => ({
  ...{ id: `${cause} ${code}`.trim(), cause, code, raisedAt },
});

test("a connector that is well raises nothing", () => {
  expect(raised({})).toEqual([]);
});

test.each<[string, Partial<AlarmFacts>, Alarm]>([
  ["waits for an administrator", attention, { cause: "needsAttention", code: "SourceAuthFailed" }],
  ["has a last run that failed", failed, { cause: "failed", code: "" }],
  ["is more than two hours behind its schedule", late, { cause: "late", code: "" }],
  ["has work and no worker for a minute", stalled, { cause: "stalled", code: "" }],
])("a connector that %s raises an alarm, and raises it once", (_name, facts, alarm) => {
  expect(raised(facts)).toEqual([alarm]);
  expect(raised(facts, [open(alarm.cause, alarm.code)])).toEqual([]);
});

test("what is hidden behind another status still raises its alarm, and is not told as mended", () => {
  const both = { ...failed, ...stalled };
  expect(raised(both).map(({ cause }) => cause)).toEqual(["failed", "stalled"]);
  expect(mended(both, [open("failed")])).toEqual([]);
});

test("each alarm is mended when its own cause is gone", () => {
  const all = [open("late"), open("stalled"), open("needsAttention", "ConsentRevoked")];
  expect(mended({}, all)).toEqual(["late", "stalled", "needsAttention ConsentRevoked"]);
  expect(mended(late, all)).toEqual(["stalled", "needsAttention ConsentRevoked"]);
});

test("another reason for attention is another alarm", () => {
  const before = [open("needsAttention", "ConsentRevoked")];
  expect(raised(attention, before)).toEqual([
    { cause: "needsAttention", code: "SourceAuthFailed" },
  ]);
  expect(mended(attention, before)).toEqual(["needsAttention ConsentRevoked"]);
});

test("a failed run that is tried again is mended by its end, not by the trying", () => {
  const trying = {
    openRuns: ["importing"],
    newestClosed: { state: "succeeded", closedAt: ago(600) },
  } as const;
  expect(mended(trying, [open("failed")])).toEqual([]);
  expect(raised(trying, [open("failed")])).toEqual([]);
  const through = { newestClosed: { state: "partial", closedAt: ago(1) } } as const;
  expect(mended(through, [open("failed")])).toEqual(["failed"]);
});

test("a paused connector raises nothing, and what was wrong with it stays wrong", () => {
  const paused = { ...failed, ...stalled, ...late, state: "paused" } as const;
  expect(raised(paused)).toEqual([]);
  expect(mended(paused, [open("failed"), open("stalled"), open("late")])).toEqual([]);
});

test("with a deleted connector all its alarms are over", () => {
  const deleted = { ...failed, ...late, state: "deleted" } as const;
  expect(raised(deleted)).toEqual([]);
  expect(mended(deleted, [open("failed"), open("late")])).toEqual(["failed", "late"]);
});

test("an alarm says what to do in the words of its code, or of its cause", () => {
  const { advice } = failures.ConsentRevoked;
  expect(alarmAdvice({ cause: "needsAttention", code: "ConsentRevoked" })).toBe(advice);
  expect(alarmAdvice({ cause: "needsAttention", code: "NoSuchCode" })).toBe(
    failures.Unexpected.advice,
  );
  expect(alarmAdvice({ cause: "stalled", code: "" })).toContain("Start the worker");
});
