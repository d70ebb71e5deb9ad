import { expect, test } from "vitest";
import type { ItemParticipant, ParticipantRole } from "./participant";
import { type DirectoryMailbox, type Resolution, resolveParticipants } from "./resolution";
import { isEmptyPlan, planAnew, type StandingDelivery, type StandingItem } from "./resolve-anew";

type Mapping = Readonly<Record<string, string>>;

const at = new Date("2026-03-01T10:00:00Z");

function box(name: string): DirectoryMailbox {
  return { id: name, address: `${name}@contoso.com` };
}

function by(people: readonly ItemParticipant[], mapping: Mapping): Resolution {
  return resolveParticipants({
    ...{ participants: people, at, automaticMapping: false },
    entriesOf: (id) =>
      mapping[id] === undefined
        ? []
        : [{ mailboxAddress: `${mapping[id]}@contoso.com`, validFrom: null, validTo: null }],
    mailboxOf: (address) => box(address.split("@")[0] ?? ""),
  });
}

function person(value: string, ...roles: ParticipantRole[]): ItemParticipant {
  return { type: "MOBILE", value, email: null, firstName: null, lastName: null, roles };
}

const owner = person("44700000001", "owner", "sender");
const friend = person("44700000002", "recipient");

function delivery(mailboxId: string | null, more: Partial<StandingDelivery> = {}) {
  const told = mailboxId === null ? ({ state: "failed", code: "UserMapping" } as const) : {};
  return {
    ...{ id: `to ${mailboxId}`, mailboxId, state: "pending", code: null },
    ...{ isDismissed: false, isUnwanted: false, ...told, ...more },
  } satisfies StandingDelivery;
}

/** Recorded by the first of the mappings, changed through the others to the last. */
function item(
  mappings: readonly [Mapping, ...Mapping[]],
  deliveries: readonly StandingDelivery[],
  people: readonly ItemParticipant[] = [owner, friend],
): StandingItem {
  const all = mappings.map((mapping) => by(people, mapping));
  const [recorded] = all;
  const now = all.at(-1);
  if (recorded === undefined || now === undefined) throw new Error("No mapping");
  return { participants: recorded.participants, before: all.slice(0, -1), now, deliveries };
}

const ann = { [owner.value]: "ann" };
const ben = { [owner.value]: "ben" };
const withEve = (mapping: Mapping) => ({ ...mapping, [friend.value]: "eve" });

test("what waits for somebody who is mapped elsewhere is skipped, and a new delivery takes its place", () => {
  const plan = planAnew(item([ann, ben], [delivery("ann")]));
  expect(plan).toMatchObject({
    skip: ["to ann"],
    insert: [{ to: { mailbox: box("ben"), via: "customMapping" }, isCancelled: false }],
    ownerLost: "no",
  });
});

test("what failed for its own reason is tried in the new mailbox", () => {
  const plan = planAnew(
    item([ann, ben], [delivery("ann", { state: "failed", code: "MailboxFull" })]),
  );
  expect(plan).toMatchObject({ skip: ["to ann"], insert: [{ isCancelled: false }] });
});

test("what somebody cancelled stays cancelled in the new mailbox", () => {
  const plan = planAnew(
    item([ann, ben], [delivery("ann", { state: "failed", code: "Cancelled" })]),
  );
  expect(plan).toMatchObject({ skip: ["to ann"], insert: [{ isCancelled: true }] });
});

test.each([
  ["imported", { state: "imported" }],
  ["imported in part", { state: "partiallyImported", code: "AttachmentGone" }],
  ["there as another copy", { state: "skipped", code: "Duplicate" }],
  ["given up by somebody", { state: "failed", code: "MailboxFull", isDismissed: true }],
] as const)("what is %s stays, and the new mailbox gets no second one", (_name, more) => {
  expect(isEmptyPlan(planAnew(item([ann, ben], [delivery("ann", more)])))).toBe(true);
});

test("an owner who is found no more is told by a delivery without mailbox", () => {
  expect(planAnew(item([ann, {}], [delivery("ann")]))).toMatchObject({
    ...{ skip: ["to ann"], insert: [], ownerLost: "insert" },
  });
});

test("an owner who is lost again is told by the delivery that told it before", () => {
  const told = delivery(null, { state: "skipped", code: "Duplicate" });
  expect(planAnew(item([ann, {}], [delivery("ann"), told]))).toMatchObject({
    ownerLost: { id: "to null" },
  });
});

test("a recipient who is found no more leaves nothing behind", () => {
  const plan = planAnew(item([withEve(ann), ann], [delivery("ann"), delivery("eve")]));
  expect(plan).toMatchObject({ skip: ["to eve"], insert: [], ownerLost: "no" });
});

test("an owner who is found takes the delivery that told he was not", () => {
  const plan = planAnew(item([{}, ann], [delivery(null)]));
  expect(plan).toMatchObject({
    assign: [{ id: "to null", to: { mailbox: box("ann") } }],
    insert: [],
  });
});

test("an item that nobody had is resolved as a whole", () => {
  const plan = planAnew(item([{}, withEve(ann)], [delivery(null)]));
  expect(plan).toMatchObject({
    assign: [{ id: "to null" }],
    insert: [{ to: { mailbox: box("eve") } }],
  });
});

test("a recipient who had no mailbox gets none of what others have, or wait for", () => {
  expect(isEmptyPlan(planAnew(item([ann, withEve(ann)], [delivery("ann")])))).toBe(true);
});

test("who is found where the item is already ends as its copy", () => {
  const plan = planAnew(
    item(
      [withEve({}), withEve({ [owner.value]: "eve" })],
      [delivery(null), delivery("eve", { state: "imported" })],
    ),
  );
  expect(plan).toMatchObject({
    skipAsCopy: [{ id: "to null", ofId: "to eve" }],
    assign: [],
    insert: [],
  });
});

test("a mailbox that somebody unchanged shares keeps its delivery", () => {
  const both = { ...ann, [friend.value]: "ann" };
  const plan = planAnew(item([both, { ...ben, [friend.value]: "ann" }], [delivery("ann")]));
  expect(plan).toMatchObject({ skip: [], insert: [{ to: { mailbox: box("ben") } }] });
});

test("what is in doubt first ends: it is only marked", () => {
  const plan = planAnew(item([ann, ben], [delivery("ann", { state: "importing" })]));
  expect(plan).toMatchObject({ mark: ["to ann"], skip: [], insert: [], ownerLost: "no" });
});

test("what was in doubt and came to nothing is resolved anew afterwards", () => {
  const ended = delivery("ann", { state: "skipped", code: "MappingChanged", isUnwanted: true });
  expect(planAnew(item([ann, ben], [ended]))).toMatchObject({
    insert: [{ to: { mailbox: box("ben") } }],
  });
});

test("what is in doubt and wanted again is no longer marked", () => {
  const doubtful = delivery("ann", { state: "importing", isUnwanted: true });
  expect(planAnew(item([ann, ben, ann], [doubtful]))).toMatchObject({
    unmark: ["to ann"],
    mark: [],
  });
});

test("a mapping that comes back wakes what was skipped for it", () => {
  const skipped = delivery("ann", { state: "skipped", code: "MappingChanged" });
  expect(planAnew(item([ann, ben, ann], [skipped, delivery("ben")]))).toMatchObject({
    ...{ wake: ["to ann"], skip: ["to ben"], insert: [] },
  });
});

test("who got the item in the mailbox of a version between gets no second one", () => {
  const deliveries = [
    delivery("ann", { state: "skipped", code: "MappingChanged" }),
    delivery("ben", { state: "imported" }),
  ];
  const plan = planAnew(item([ann, ben, { [owner.value]: "cid" }], deliveries));
  expect(isEmptyPlan(plan)).toBe(true);
});

test("nobody changed, nothing changes", () => {
  const failed = delivery("ann", { state: "failed", code: "MailboxFull" });
  expect(isEmptyPlan(planAnew(item([ann, ann], [failed, delivery(null)])))).toBe(true);
});

test("an item without an owner stays what it is", () => {
  expect(isEmptyPlan(planAnew(item([{}, ann], [delivery(null)], [])))).toBe(true);
});
