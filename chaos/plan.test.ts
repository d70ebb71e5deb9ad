import { expect, test } from "vitest";
import { Misuse, readArguments } from "./arguments";
import { expectationOf } from "./expectation";
import { forms } from "./form";
import type { Deed } from "./deeds";
import { createPlan, deedIn, deedsOf } from "./plan";

const conditions = { now: new Date("2026-11-22T12:00:00Z"), hasRedis: true };
const mapping = { isMappedLater: false, isMappedAnew: false };
const plans = Array.from({ length: 40 }, (_, seed) => createPlan(seed, forms.short, conditions));

test("a seed decides everything, and another seed something else", () => {
  expect(createPlan(7, forms.short, conditions)).toEqual(plans[7]);
  expect(createPlan(8, forms.short, conditions)).not.toEqual(plans[7]);
});

test("no two records of a world are taken for one another", () => {
  for (const { archive } of plans) {
    const digests = archive.records.map(({ sha256 }) => sha256);
    expect(new Set(digests).size).toBe(digests.length);
  }
});

test("the worlds hold every end that an item can have", () => {
  const ends = plans.flatMap(({ cast, archive }) =>
    expectationOf(cast, archive.records, mapping).flatMap(({ deliveries }) =>
      deliveries.map(({ end }) => (end.state === "FAILED" ? end.codes.join() : end.state)),
    ),
  );
  expect(new Set(ends)).toEqual(
    new Set([
      ...["IMPORTED", "PARTIALLY_IMPORTED", "COPY", "SourceDecodeError", "UserMapping"],
      ...["ItemSizeExceeded", "MailboxNotFound", "MailboxFull", "MailboxOutOfScope"],
      ...["MailboxNotFound,ItemSizeExceeded", "MailboxFull,ItemSizeExceeded"],
      "MailboxOutOfScope,ItemSizeExceeded",
    ]),
  );
});

test("an attachment meets fewer faults than it may be given up for", () => {
  for (const { storm } of plans) {
    const faults = storm.flatMap((stroke) => (stroke.kind === "fault" ? [stroke.fault] : []));
    const aimed = faults.filter(({ path }) => path.includes("/archive/attachments"));
    expect(aimed.reduce((sum, { times }) => sum + times, 0)).toBeLessThan(5 + 1);
  }
});

test("every deed is done by two seeds of what belongs to the checks", () => {
  const done = plans.slice(1, 26).flatMap(({ storm }) => deedsOf(storm).map(({ kind }) => kind));
  const kinds: readonly Deed["kind"][] = [
    ...(["pause", "revokeConsent", "changePassword", "fillMailbox", "extendMapping"] as const),
    ...(["changeMapping", "removePerson", "backfill", "cancelRun", "retry"] as const),
    ...(["replaceConnector", "forget", "restore"] as const),
  ];
  for (const kind of kinds) {
    const count = done.filter((each) => each === kind).length;
    expect([kind, count >= (kind === "pause" ? 1 : 2)]).toEqual([kind, true]);
  }
});

test("only where somebody restores it the archive gets something later", () => {
  for (const plan of plans) {
    const restored = plan.archive.records.filter(({ comes }) => comes === "restored");
    if (deedIn(plan, "restore") === undefined) expect(restored).toEqual([]);
  }
  expect(
    plans.some(({ archive }) => archive.records.some(({ comes }) => comes === "restored")),
  ).toBe(true);
});

test("what was let go by hand is not forgotten by the archive for good", () => {
  for (const plan of plans) {
    if (deedIn(plan, "forget")?.isForGood !== true) continue;
    expect(deedIn(plan, "cancelRun")).toBeUndefined();
    expect(deedIn(plan, "replaceConnector")).toBeUndefined();
  }
});

test("nothing asked for means five seeds of the long form", () => {
  const nothing = readArguments([]);
  expect(nothing).toMatchObject({ seeds: [1, 2, 3, 4, 5], jobs: 1, form: forms.long });
});

test("seeds are named singly and by spans", () => {
  expect(readArguments(["--seeds", "3,8-10", "--form", "short", "--jobs", "2"])).toMatchObject({
    ...{ seeds: [3, 8, 9, 10], jobs: 2, form: forms.short },
  });
});

test.each([
  [["--seeds"]],
  [["--seeds", "5-1"]],
  [["--seeds", "x"]],
  [["--form", "huge"]],
  [["--jobs", "0"]],
  [["--what", "1"]],
])("%j is refused with the way to use it", (args) => {
  expect(() => readArguments(args)).toThrow(Misuse);
});
