import { expect, test } from "vitest";
import { type Expected, expectationOf } from "../expectation";
import { forms } from "../form";
import type { Delivery, Message, Observation, Run } from "../observation";
import { createPlan } from "../plan";
import { checkItems } from "./items";
import { checkMailboxes } from "./mailboxes";
import { checkRuns } from "./runs";

const now = new Date("2026-11-22T12:00:00Z");
const plan = createPlan(1, forms.short, { now, hasRedis: true });
const expected = expectationOf(plan.cast, plan.archive.records, false);
const from = new Date("2026-11-20T00:00:00Z");
const rules = { from, mayManifestDiffer: false };

/** What a faultless sync of the world would leave behind. */
function faultless(all: readonly Expected[]): Observation {
  const items: Observation["items"][number][] = [];
  const deliveries: Delivery[] = [];
  const messages: Message[] = [];
  const firstCopies = new Map<string, string>();
  for (const [index, { truth, deliveries: ends }] of all.entries()) {
    const item = { id: `item-${index}`, runId: "run", recordSha256: truth.sha256 };
    items.push({ ...item, sourceItemId: truth.label, attachmentsOpen: 0 });
    for (const { mailbox, end } of ends) {
      const id = `${item.id} to ${mailbox?.upn ?? "nobody"}`;
      const place = end.state === "COPY" ? `${mailbox?.upn ?? ""} ${end.group}` : id;
      const first = firstCopies.get(place) ?? id;
      firstCopies.set(place, first);
      const copied = first === id ? "IMPORTED" : "SKIPPED";
      const state = end.state === "COPY" ? copied : end.state;
      deliveries.push({
        ...{ id, itemId: item.id, runId: "run", mailboxId: mailbox?.id ?? null, state },
        failureCode: end.state === "FAILED" ? (end.codes[0] ?? null) : null,
        idempotencyKey: id,
        duplicateOfId: state === "SKIPPED" ? first : null,
      });
      if (mailbox === null || !state.includes("IMPORTED") || truth.item.outcome !== "item")
        continue;
      const { text, files, extras } = truth.item;
      const shown = files.filter(({ fate }) => fate === "whole").map(({ sha256 }) => sha256);
      const more = extras.map((extra) => (extra === "record" ? truth.sha256 : extra));
      messages.push({
        ...{ id: `message ${id}`, mailboxId: mailbox.id, folder: "WhatsApp Archiver" },
        ...{ internetMessageId: place, idempotencyKey: id, recordSha256: truth.sha256 },
        ...{ isDraft: false, body: `<p>${text ?? ""}</p>` },
        attachments: [...shown, ...more].map((sha256) => ({ name: "file", sha256 })),
      });
    }
  }
  const count = (state: string) => deliveries.filter((delivery) => delivery.state === state).length;
  const run: Run = {
    ...{ id: "run", kind: "SCHEDULED", state: "PARTIAL", windowStart: from, windowEnd: now },
    ...{ isManifestEqual: true, open: 0, availableFromSource: items.length },
    ...{ availableForImport: deliveries.length, imported: count("IMPORTED") },
    ...{ partiallyImported: count("PARTIALLY_IMPORTED"), skipped: count("SKIPPED") },
    failed: count("FAILED"),
  };
  const connector = { state: "ACTIVE", watermark: now };
  return { items, deliveries, runs: [run], connector, messages, duplicates: { byKey: 0 } };
}

function verdicts(seen: Observation): string[] {
  const found = [
    ...checkItems(expected, seen),
    ...checkMailboxes(expected, seen),
    ...checkRuns(rules, seen),
  ];
  return found.map(({ invariant, what }) => `${invariant} ${what}`);
}

const whole = faultless(expected);
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

function change<T>(list: readonly T[], at: number, fields: Partial<T>): T[] {
  return list.map((value, index) => (index === at ? { ...value, ...fields } : value));
}

const without = <T>(list: readonly T[], at: number): T[] => list.toSpliced(at, 1);
const twice = <T>(list: readonly T[], at: number): T[] => [...list, ...list.slice(at, at + 1)];
const { items, deliveries, messages } = whole;
const runs = (fields: Partial<Run>) => ({ runs: change(whole.runs, 0, fields) });

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
    runs({ windowStart: new Date(from.getTime() + 1) }),
    "I4 a window does not begin where the one before ends",
  ],
  [
    "a watermark that ran ahead",
    { connector: { state: "ACTIVE", watermark: new Date(now.getTime() + 1) } },
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
