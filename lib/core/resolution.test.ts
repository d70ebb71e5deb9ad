import { describe, expect, test } from "vitest";
import type { ItemParticipant } from "./participant";
import {
  isInForce,
  keysToLookUp,
  noOwner,
  ownerKeys,
  resolveParticipants,
  type DirectoryMailbox,
  type EntryInForce,
  type ResolutionInput,
} from "./resolution";

const susan: DirectoryMailbox = { id: "m-susan", address: "Susan@contoso.com" };
const alex: DirectoryMailbox = { id: "m-alex", address: "alex@contoso.com" };

const directory = new Map([
  ["susan@contoso.com", susan],
  ["sue@contoso.com", susan],
  ["alex@contoso.com", alex],
]);

function person(some: Partial<ItemParticipant>): ItemParticipant {
  const nobody = { email: null, firstName: null, lastName: null, roles: ["owner"] } as const;
  return { type: "MOBILE", value: "445204334324", ...nobody, ...some };
}

function entry(mailboxAddress: string, some: Partial<EntryInForce> = {}): EntryInForce {
  return { mailboxAddress, validFrom: null, validTo: null, ...some };
}

function resolve(
  participants: ItemParticipant[],
  entries: Record<string, EntryInForce[]> = {},
  some: Partial<ResolutionInput> = {},
) {
  return resolveParticipants({
    participants,
    at: new Date("2026-05-05T10:00:00Z"),
    automaticMapping: true,
    entriesOf: (externalId) => entries[externalId] ?? [],
    mailboxOf: (address) => directory.get(address),
    ...some,
  });
}

describe("the ways to a mailbox", () => {
  test("the custom mapping is asked first", () => {
    const owner = person({ email: "alex@contoso.com" });
    const result = resolve([owner], { "445204334324": [entry("susan@contoso.com")] });
    expect(result.mailboxes).toEqual([{ mailbox: susan, via: "customMapping" }]);
    expect(result.participants[0]?.mailbox).toEqual(susan);
  });

  test("then the item's own e-mail property, whatever its case", () => {
    const result = resolve([person({ email: " Alex@Contoso.COM " })]);
    expect(result.mailboxes).toEqual([{ mailbox: alex, via: "emailProperty" }]);
  });

  test("the e-mail property is not asked when automatic mapping is off", () => {
    const result = resolve(
      [person({ email: "alex@contoso.com" })],
      {},
      { automaticMapping: false },
    );
    expect(result).toMatchObject({ mailboxes: [], isOwnerFound: false, needsUserMapping: true });
  });

  test("an entry whose mailbox is not valid falls through to the e-mail property, with a warning", () => {
    const owner = person({ email: "alex@contoso.com" });
    const result = resolve([owner], { "445204334324": [entry("gone@contoso.com")] });
    expect(result.mailboxes).toEqual([{ mailbox: alex, via: "emailProperty" }]);
    expect(result.warnings).toEqual([
      "The mapping file names gone@contoso.com for 445204334324, which is no mailbox of the directory. The person's e-mail property was used instead.",
    ]);
  });

  test("an entry whose mailbox is not valid does not fall through when automatic mapping is off", () => {
    const owner = person({ email: "alex@contoso.com" });
    const entries = { "445204334324": [entry("gone@contoso.com")] };
    const result = resolve([owner], entries, { automaticMapping: false });
    expect(result.mailboxes).toEqual([]);
    expect(result.warnings).toHaveLength(1);
  });

  test("a number that TeleMessage writes otherwise is still the same number", () => {
    const owner = person({ value: "+44 (0)5204 334324" });
    const result = resolve([owner], { "445204334324": [entry("susan@contoso.com")] });
    expect(result.isOwnerFound).toBe(true);
  });

  test("an id without a number is mapped like a number, with its case", () => {
    const owner = person({ type: "WHATSAPP_ID", value: "US.13491208655302741918" });
    const entries = { "US.13491208655302741918": [entry("susan@contoso.com")] };
    expect(resolve([owner], entries).isOwnerFound).toBe(true);
    expect(resolve([{ ...owner, value: "us.13491208655302741918" }], entries).isOwnerFound).toBe(
      false,
    );
  });

  test("a participant with an empty value is looked for by e-mail only", () => {
    const owner = person({ type: "OTHER", value: " ", email: "alex@contoso.com" });
    const result = resolve([owner], { "": [entry("susan@contoso.com")] });
    expect(result.mailboxes).toEqual([{ mailbox: alex, via: "emailProperty" }]);
  });

  test.each(["__proto__", "constructor", "toString"])(
    "a participant called %s is nobody special",
    (value) => {
      const entries = new Map<string, EntryInForce[]>();
      const result = resolve(
        [person({ value, email: value })],
        {},
        {
          entriesOf: (externalId) => entries.get(externalId) ?? [],
        },
      );
      expect(result.mailboxes).toEqual([]);
    },
  );
});

describe("validity is compared with the item's Date", () => {
  const handover = new Date("2026-03-01T00:00:00Z");
  const entries = {
    "445204334324": [
      entry("susan@contoso.com", { validTo: handover }),
      entry("alex@contoso.com", { validFrom: handover }),
    ],
  };

  test.each([
    ["the day before, the old holder", "2026-02-28T23:59:59.999Z", susan],
    ["from the first instant on, the new one", "2026-03-01T00:00:00.000Z", alex],
  ])("%s", (_name, at, mailbox) => {
    const result = resolve([person({})], entries, { at: new Date(at) });
    expect(result.mailboxes).toEqual([{ mailbox, via: "customMapping" }]);
  });

  test("an entry that does not hold is as if it were not there", () => {
    const owner = person({ email: "alex@contoso.com" });
    const past = { "445204334324": [entry("gone@contoso.com", { validTo: handover })] };
    const result = resolve([owner], past);
    expect(result.mailboxes).toEqual([{ mailbox: alex, via: "emailProperty" }]);
    expect(result.warnings).toEqual([]);
  });

  test("validTo is the first instant an entry no longer holds", () => {
    const period = entry("x", { validFrom: new Date(1000), validTo: new Date(2000) });
    expect([999, 1000, 1999, 2000].map((at) => isInForce(period, new Date(at)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("who gets a copy", () => {
  const owner = person({ email: "susan@contoso.com" });
  const sender = person({ value: "4477000001", email: "alex@contoso.com", roles: ["sender"] });
  const outsider = person({ value: "4477000002", email: "x@elsewhere.org", roles: ["recipient"] });

  test("everybody with a mailbox; outsiders are nothing to report", () => {
    const result = resolve([owner, sender, outsider]);
    expect(result.mailboxes.map(({ mailbox }) => mailbox)).toEqual([susan, alex]);
    expect(result).toMatchObject({ isOwnerFound: true, needsUserMapping: false, warnings: [] });
  });

  test("each mailbox once, whichever ways led there", () => {
    const second = person({ value: "US.1x", email: "sue@contoso.com", roles: ["recipient"] });
    const result = resolve([owner, second], { "445204334324": [entry("susan@contoso.com")] });
    expect(result.mailboxes).toEqual([{ mailbox: susan, via: "customMapping" }]);
    expect(result.participants.map(({ mailbox }) => mailbox)).toEqual([susan, susan]);
  });

  test("an owner without mailbox is told, also when others got the item", () => {
    const result = resolve([person({ email: null }), sender]);
    expect(result.mailboxes).toHaveLength(1);
    expect(result).toMatchObject({ isOwnerFound: false, needsUserMapping: true });
  });

  test("a missing owner is told", () => {
    expect(resolve([sender])).toMatchObject({ isOwnerFound: false, needsUserMapping: true });
  });

  test("an item of nobody is told", () => {
    expect(resolve([])).toMatchObject({ mailboxes: [], needsUserMapping: true });
  });

  test("an owner who also sends is found once, in both roles", () => {
    const result = resolve([{ ...owner, roles: ["owner", "sender"] }]);
    expect(result).toMatchObject({ isOwnerFound: true, needsUserMapping: false });
    expect(result.participants[0]?.roles).toEqual(["owner", "sender"]);
  });
});

test("what is looked up for a page is asked once, in the spelling that is compared", () => {
  const keys = keysToLookUp([
    person({ value: "+44 5204 334324", email: "Susan@Contoso.com" }),
    person({ value: "445204334324", email: " susan@contoso.com" }),
    person({ value: "US.1x", email: "" }),
    person({ value: " " }),
  ]);
  expect(keys).toEqual({
    externalIds: ["445204334324", "US.1x"],
    addresses: ["susan@contoso.com"],
  });
});

test("an owner's names that no mapping and no index can hold are not waited for", () => {
  const named = (value: string, email: string) => ownerKeys([person({ value, email })]);
  const longest = [`a${"1".repeat(511)}`, `${"b".repeat(308)}@contoso.com`] as const;
  expect(named(...longest)).toEqual({ externalId: longest[0], address: longest[1] });
  expect(named(`${longest[0]}1`, `b${longest[1]}`)).toEqual(noOwner);
});
