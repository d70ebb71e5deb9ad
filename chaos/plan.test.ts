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

/** What belongs to the checks. */
const checked = readArguments(["--delivery", "mixed", "--seeds", "1-25"]).seeds.map(
  ({ seed, delivery }) => createPlan(seed, forms.short, { ...conditions, delivery }),
);
const bySftp = Array.from({ length: 30 }, (_, seed) =>
  createPlan(seed, forms.short, { ...conditions, delivery: "sftp" }),
);

test("every deed is done by a seed of what belongs to the checks", () => {
  const done = checked.flatMap(({ storm }) => deedsOf(storm).map(({ kind }) => kind));
  const kinds: readonly Deed["kind"][] = [
    ...(["pause", "revokeConsent", "changePassword", "fillMailbox", "extendMapping"] as const),
    ...(["changeMapping", "removePerson", "backfill", "cancelRun", "retry"] as const),
    ...(["replaceConnector", "forget", "restore", "changeHostKey"] as const),
  ];
  for (const kind of kinds) {
    expect([kind, done.includes(kind)]).toEqual([kind, true]);
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

test("no two mails of a delivery by SFTP are taken for one another", () => {
  for (const { archive } of bySftp) {
    const digests = archive.records.map(({ sha256 }) => sha256);
    expect(new Set(digests).size).toBe(digests.length);
  }
});

test("a file of a delivery is dated by its name as it is planned", () => {
  for (const { name, at } of bySftp.flatMap(({ drop }) => drop?.files ?? [])) {
    const [, time = ""] = /_(\d+)\.zip$/.exec(name) ?? [];
    const digits = at.toISOString().replace(/\D/g, "");
    expect([String(at.getTime()), digits]).toContain(time);
  }
});

test("what belongs to the checks holds files in every state they may first lie in", () => {
  const files = checked.flatMap(({ drop }) => drop?.files ?? []);
  expect(new Set(files.map(({ first }) => first))).toEqual(
    new Set(["whole", "late", "missing", "truncated", "wrongCount", "fewer", "temporary"]),
  );
});

test("every file that is not whole from the beginning is set right by a stroke of its own", () => {
  for (const { drop, storm } of bySftp) {
    const flawed = (drop?.files ?? []).filter(({ first }) => first !== "whole" && first !== "late");
    const struck = storm.flatMap((stroke) => (stroke.kind === "file" ? [stroke.name] : []));
    expect(struck.sort()).toEqual(flawed.map(({ name }) => name).sort());
  }
});

test("a delivery by SFTP holds every end that its mails can have", () => {
  const ends = bySftp.flatMap(({ cast, archive }) =>
    expectationOf(cast, archive.records, mapping).flatMap(({ deliveries }) =>
      deliveries.map(({ end }) => (end.state === "FAILED" ? end.codes.join() : end.state)),
    ),
  );
  expect(new Set(ends)).toEqual(
    new Set([
      ...["IMPORTED", "PARTIALLY_IMPORTED", "UserMapping", "ItemSizeExceeded"],
      ...["MailboxNotFound", "MailboxFull", "MailboxOutOfScope"],
      ...["MailboxNotFound,ItemSizeExceeded", "MailboxFull,ItemSizeExceeded"],
      "MailboxOutOfScope,ItemSizeExceeded",
    ]),
  );
});

test("nothing asked for means five seeds of the long form, and one of a delivery by SFTP", () => {
  const nothing = readArguments([]);
  expect(nothing).toMatchObject({ jobs: 1, form: forms.long });
  expect(nothing.seeds.map(({ seed, delivery }) => `${delivery} ${seed}`)).toEqual([
    ...["api 1", "api 2", "api 3", "api 4", "api 5", "sftp 1"],
  ]);
});

test("seeds are named singly and by spans, and are those of the archive API", () => {
  const read = readArguments(["--seeds", "3,8-10", "--form", "short", "--jobs", "2"]);
  expect(read).toMatchObject({ jobs: 2, form: forms.short });
  const api = (seed: number) => ({ seed, delivery: "api" });
  expect(read.seeds).toEqual([3, 8, 9, 10].map(api));
});

test.each([
  [["--seeds"]],
  [["--seeds", "5-1"]],
  [["--seeds", "x"]],
  [["--form", "huge"]],
  [["--jobs", "0"]],
  [["--delivery", "post"]],
  [["--what", "1"]],
])("%j is refused with the way to use it", (args) => {
  expect(() => readArguments(args)).toThrow(Misuse);
});
