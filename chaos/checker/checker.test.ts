import { expect, test } from "vitest";
import { expectationOf } from "../expectation";
import { forms } from "../form";
import type { Delivery, Observation, Run } from "../observation";
import { createPlan } from "../plan";
import { faultless } from "./faultless";
import { checkGaps, type Forgetting } from "./gaps";
import { checkItems } from "./items";
import { checkMailboxes } from "./mailboxes";
import { checkRuns } from "./runs";

const now = new Date("2026-11-22T12:00:00Z");
const plan = createPlan(1, forms.short, { now, hasRedis: true });
const mapping = { isMappedLater: false, isMappedAnew: true };
const expected = expectationOf(plan.cast, plan.archive.records, mapping);
const rules = { mayManifestDiffer: false, mayExpire: true, flawedAt: [] };

function verdicts(seen: Observation, forgetting: Forgetting = null): string[] {
  const found = [
    ...checkItems(expected, seen, forgetting),
    ...checkGaps(forgetting, seen),
    ...checkMailboxes(expected, seen),
    ...checkRuns(rules, seen),
  ];
  return found.map(({ invariant, what }) => `${invariant} ${what}`);
}

const whole = faultless(expected, now);
const finishedAt = whole.connectors[0]?.finishedAt ?? now;
const withFile = whole.messages.findIndex(({ attachments }) => attachments.length > 0);
const skipped = whole.deliveries.findIndex(({ state }) => state === "SKIPPED");
const imported = whole.deliveries.findIndex(({ state }) => state === "IMPORTED");
const failed = whole.deliveries.findIndex(({ failureCode }) => failureCode === "UserMapping");

test("the world of a seed has everything that is to be checked", () => {
  expect([withFile, skipped, imported, failed].every((index) => index >= 0)).toBe(true);
});

test("what a faultless sync leaves behind breaks no promise", () => {
  expect(verdicts(whole)).toEqual([]);
});

test("what passed from a deleted connector's run to another breaks none", () => {
  const passed = {
    connectors: change(whole.connectors, 0, { state: "DELETED" }),
    runs: change(whole.runs, 0, { failed: 99, availableForImport: 999 }),
  };
  expect(verdicts({ ...whole, ...passed })).toEqual([]);
});

test("whoever changed mailboxes gets an item in one of the two", () => {
  const elsewhere = (one: Delivery) =>
    one.itemId === `item-${moved}` ? { ...one, mailboxId: instead } : one;
  const seen = {
    ...whole,
    deliveries: deliveries.map(elsewhere),
    messages: messages.map((message) =>
      toBoth.some(({ idempotencyKey }) => idempotencyKey === message.idempotencyKey)
        ? { ...message, mailboxId: instead }
        : message,
    ),
  };
  expect(verdicts(seen)).toEqual([]);
});

test("what a changed mapping made obsolete does not count", () => {
  const skipped = { state: "SKIPPED", failureCode: "MappingChanged", mailboxId: instead };
  const obsolete = toBoth.map((one) => ({ ...one, ...skipped, id: `${one.id} before` }));
  const more = { skipped: (whole.runs[0]?.skipped ?? 0) + obsolete.length };
  const all = { availableForImport: deliveries.length + obsolete.length };
  const seen = { ...whole, deliveries: [...deliveries, ...obsolete], ...runs({ ...more, ...all }) };
  expect(verdicts(seen)).toEqual([]);
});

function change<T>(list: readonly T[], at: number, fields: Partial<T>): T[] {
  return list.map((value, index) => (index === at ? { ...value, ...fields } : value));
}

const without = <T>(list: readonly T[], at: number): T[] => list.toSpliced(at, 1);
const twice = <T>(list: readonly T[], at: number): T[] => [...list, ...list.slice(at, at + 1)];
const { items, deliveries, messages } = whole;
const runs = (fields: Partial<Run>) => ({ runs: change(whole.runs, 0, fields) });
const moved = expected.findIndex(({ deliveries: ends }) => ends.some(({ instead }) => instead));
const toBoth = deliveries.filter(({ itemId }) => itemId === `item-${moved}`);
const instead = expected[moved]?.deliveries[0]?.instead?.id ?? "";

const sabotage: readonly (readonly [string, Partial<Observation>, string])[] = [
  ["a message that was deleted", { messages: without(messages, 0) }, "I1 imported, yet not there"],
  ["a message that is there twice", { messages: twice(messages, 0) }, "I2 2 copies"],
  [
    "a file with a byte turned",
    { messages: change(messages, withFile, { attachments: [{ name: "file", sha256: "0" }] }) },
    "I3 the files are not those of the record",
  ],
  [
    "a text that was changed",
    { messages: change(messages, 0, { body: "<p>something else</p>" }) },
    "I3 the text is not as it was written",
  ],
  [
    "a message in another folder",
    { messages: change(messages, 0, { folder: "Inbox" }) },
    `I3 lies in "Inbox"`,
  ],
  [
    "a message nobody wrote",
    { messages: [...messages, ...change(messages, 0, { idempotencyKey: "x" }).slice(0, 1)] },
    "I2 a message nobody accounts for",
  ],
  ["an item that is gone", { items: without(items, 0) }, "I1 0 items of one record"],
  [
    "an item nobody sent",
    { items: [...items, { ...items.slice(0, 1)[0], recordSha256: "x" } as (typeof items)[number]] },
    "I1 an item the source never had",
  ],
  [
    "a delivery that is gone",
    { deliveries: without(deliveries, failed) },
    "I1 0 deliveries to nobody",
  ],
  [
    "a delivery somebody gave up in silence",
    { deliveries: change(deliveries, imported, { state: "FAILED", failureCode: "Unexpected" }) },
    "I1 there, though the books say FAILED",
  ],
  [
    "a copy that is skipped for nothing",
    { deliveries: change(deliveries, skipped, { duplicateOfId: null }) },
    "I1 a copy is neither imported nor skipped for it",
  ],
  ["a counter that is off by one", runs({ imported: 1 }), "I1 a run counts 1 imported"],
  ["a run that is left under way", runs({ state: "IMPORTING" }), "I5 a run is left under way"],
  ["a run that is green too soon", runs({ state: "SUCCEEDED" }), "I5 should have ended PARTIAL"],
  [
    "a manifest that was not reached",
    runs({ isManifestEqual: false }),
    "I1 the manifest of a window was not reached",
  ],
  [
    "a window that begins too late",
    runs({ windowStart: new Date(now.getTime() - 1) }),
    "I4 a window does not begin where the one before ends",
  ],
  [
    "a watermark that ran ahead",
    { connectors: change(whole.connectors, 0, { watermark: new Date(now.getTime() + 1) }) },
    "I4 the watermark is not the end of the last window",
  ],
  [
    "an item that came to the mailbox of before and of now",
    { deliveries: [...deliveries, ...toBoth.map((one) => ({ ...one, mailboxId: instead }))] },
    "I1 2 deliveries to",
  ],
  [
    "a run that was cancelled, yet calls itself whole",
    runs({ isTransferCancelled: true, state: "SUCCEEDED" }),
    "I5 should have ended CANCELLED",
  ],
  [
    "a run that ended as cancelled though nobody gave it up",
    runs({ state: "CANCELLED" }),
    "I5 should have ended PARTIAL",
  ],
  [
    "a past period that was not read, and nobody says why",
    runs({ kind: "BACKFILL", isManifestEqual: false, failureCode: null }),
    "I1 the manifest of a window was not reached",
  ],
  [
    "an import that a deleted connector's run no longer counts",
    {
      connectors: change(whole.connectors, 0, { state: "DELETED" }),
      ...runs({ imported: 1 }),
    },
    "I1 a run counts 1 imported",
  ],
  [
    "a row that a deleted connector's run never counted",
    {
      connectors: change(whole.connectors, 0, { state: "DELETED" }),
      ...runs({ failed: 0 }),
    },
    "I1 a run counts 0 failed",
  ],
  [
    "a window of the successor that hangs on its predecessor's",
    {
      connectors: [
        ...change(whole.connectors, 0, { state: "DELETED" }),
        { id: "two", state: "ACTIVE", finishedAt, watermark: now },
      ],
    },
    "I4 the watermark is not the end of the last window",
  ],
  [
    "a duplicate only the simulator saw",
    { duplicates: { byKey: 1 } },
    "I2 the simulator counts 1 duplicates",
  ],
];

test.each(sabotage)("%s is found", (_name, changed, what) => {
  const found = verdicts({ ...whole, ...changed });
  expect(found.filter((verdict) => verdict.startsWith(what))).not.toEqual([]);
});
