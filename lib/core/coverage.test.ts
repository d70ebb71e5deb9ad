import { expect, test } from "vitest";
import { coverageTally } from "./coverage";
import { eachOnce, type Participant } from "./participant";
import type { EntryInForce, ResolutionRules } from "./resolution";

const at = new Date("2026-11-20T10:00:00Z");

function person(value: string, email: string | null = null, firstName = "Pat"): Participant {
  return { type: "MOBILE", value, email, firstName, lastName: null };
}

function rules(more: Partial<ResolutionRules> = {}): ResolutionRules {
  const entries: Record<string, EntryInForce[]> = {
    "447700900001": [{ mailboxAddress: "sue@contoso.com", validFrom: null, validTo: null }],
    "447700900002": [{ mailboxAddress: "gone@contoso.com", validFrom: null, validTo: null }],
    "447700900003": [
      { mailboxAddress: "sue@contoso.com", validFrom: new Date("2027-01-01"), validTo: null },
    ],
  };
  const mailboxes = new Map(
    ["sue@contoso.com", "ben@contoso.com"].map((address) => [address, { id: address, address }]),
  );
  return {
    automaticMapping: true,
    entriesOf: (externalId) => entries[externalId] ?? [],
    mailboxOf: (address) => mailboxes.get(address),
    ...more,
  };
}

const item = (owner: Participant | null, others: readonly Participant[] = []) => ({
  participants: eachOnce(owner, null, others),
  messageAt: at,
});

test("people and items are counted by the way their mailbox is found", () => {
  const tally = coverageTally();
  tally.person(person("447700900001"), rules(), at);
  tally.person(person("447700900009", "Ben@contoso.com"), rules(), at);
  tally.person(person("447700900008"), rules(), at);
  tally.item(item(person("+44 7700 900001")), rules());
  tally.item(item(person("447700900009", "ben@contoso.com")), rules());
  tally.item(item(person("447700900008")), rules());
  tally.item(item(person("447700900008")), rules());
  expect(tally.result()).toMatchObject({
    people: { customMapping: 1, emailProperty: 1, leftOut: 1 },
    items: { customMapping: 1, emailProperty: 1, leftOut: 2 },
    leftOut: [{ externalId: "447700900008", name: "Pat", items: 2 }],
  });
});

test("an item that reaches others is left out of its owner's mailbox all the same, and said to reach them", () => {
  const tally = coverageTally();
  tally.item(item(person("447700900008"), [person("447700900001")]), rules());
  expect(tally.result()).toMatchObject({ items: { leftOut: 1 }, reachingOthers: 1 });
});

test.each([
  ["no line and no address", person("447700900008"), {}, /no line .* no e-mail address/],
  [
    "an address nobody has",
    person("447700900008", "x@y.z"),
    {},
    /x@y\.z is no mailbox of the directory/,
  ],
  ["a line that leads nowhere", person("447700900002"), {}, /names gone@contoso\.com, which is no/],
  ["a line of another time", person("447700900003"), {}, /does not hold at that time/],
  [
    "an address that may not be used",
    person("447700900009", "ben@contoso.com"),
    { automaticMapping: false },
    /Automatic user mapping is off/,
  ],
])("who is left out is told why: %s", (_name, who, more, reason) => {
  const tally = coverageTally();
  tally.person(who, rules(more), at);
  expect(tally.result().leftOut[0]?.reason).toMatch(reason);
});

test.each([
  [
    "the directory's own address, where it has one",
    "447700900009",
    "447700900009,ben@contoso.com\r\n",
  ],
  ["nothing, where nobody knows the mailbox", "447700900008", "447700900008,\r\n"],
  ["an id that a spreadsheet would run, made harmless", "=cmd", "'=cmd,\r\n"],
])("the prepared line names %s", (_name, value, line) => {
  const tally = coverageTally();
  const email = value === "447700900009" ? "ben@contoso.com" : null;
  tally.person(person(value, email), rules({ automaticMapping: false }), at);
  expect(tally.result().leftOut[0]?.csvLine).toBe(line);
});

test("an item without an owner is left out, and no line is proposed for nobody", () => {
  const tally = coverageTally();
  tally.item(item(null, [person("447700900001")]), rules());
  tally.unreadable();
  expect(tally.result()).toMatchObject({
    people: { leftOut: 0 },
    items: { leftOut: 1 },
    unreadable: 1,
    leftOut: [{ externalId: "", csvLine: null }],
  });
});

test("whoever has most items stands first, and a thousand are enough", () => {
  const tally = coverageTally();
  for (let index = 0; index < 1100; index += 1) {
    tally.person(person(`4477${String(index).padStart(8, "0")}`), rules(), at);
  }
  tally.item(item(person("447700000500")), rules());
  const { leftOut, hasMoreLeftOut, people } = tally.result();
  expect(leftOut[0]).toMatchObject({ externalId: "447700000500", items: 1 });
  expect([leftOut.length, hasMoreLeftOut, people.leftOut]).toEqual([1000, true, 1100]);
});
