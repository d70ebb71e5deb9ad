import { describe, expect, test } from "vitest";
import { ann, bob, itemOf, messageOf } from "./item-builder";
import { sha256Hex } from "./keys";
import { addressOf, isMailAddress } from "./message-people";
import type { ParticipantType } from "./participant";

const carla = { type: "LOGIN", value: "carla" };
const dave = { type: "MOBILE", value: "4915112345678" };

const addresses = (body: Readonly<Record<string, unknown>>) =>
  messageOf(itemOf(body)).to.map(({ address }) => address);

describe("From and To", () => {
  test('people are written "First Last 16175550123"', () => {
    const message = messageOf(itemOf());

    expect(message.from).toEqual({
      name: "Bob Jones 445204334324",
      address: "445204334324@whatsapp.invalid",
    });
    expect(message.to).toEqual([{ name: "Ann Smith 16175550123", address: "ann@contoso.com" }]);
  });

  test("From is the owner where there is no sender", () => {
    expect(messageOf(itemOf({ sender: undefined })).from.address).toBe("ann@contoso.com");
  });

  test("To is the recipients in the item's order", () => {
    expect(addresses({ recipients: [dave, ann, carla] })).toEqual([
      "4915112345678@whatsapp.invalid",
      "ann@contoso.com",
      "carla@whatsapp.invalid",
    ]);
  });

  test("the owner comes last in To if he is neither sender nor recipient", () => {
    expect(addresses({ recipients: [dave] })).toEqual([
      "4915112345678@whatsapp.invalid",
      "ann@contoso.com",
    ]);
  });

  test("the owner is not added to To if he is the sender", () => {
    expect(addresses({ sender: ann, recipients: [dave] })).toEqual([
      "4915112345678@whatsapp.invalid",
    ]);
  });

  test("nobody left in To: the owner", () => {
    expect(addresses({ sender: ann, recipients: [] })).toEqual(["ann@contoso.com"]);
  });

  test("a recipient named twice stands in To once", () => {
    expect(addresses({ recipients: [dave, ann, dave] })).toHaveLength(2);
  });

  test("the first 500 are in To, all of them in the body", () => {
    const recipients = Array.from({ length: 1024 }, (_, index) => ({
      type: "MOBILE",
      value: `${49_000_000_000 + index}`,
    }));
    const message = messageOf(itemOf({ recipients }));

    expect(message.to).toHaveLength(500);
    expect(message.to.at(-1)?.address).toBe("49000000499@whatsapp.invalid");
    for (const { value } of recipients) {
      expect(message.text).toContain(value);
      expect(message.html).toContain(value);
    }
    expect(message.attachments).toEqual([]);
  });

  test("an item with nobody in it still has an author", () => {
    const message = messageOf(itemOf({ owner: undefined, sender: undefined, recipients: [] }));

    expect(message.from).toEqual({ name: "Unknown sender", address: "unknown@whatsapp.invalid" });
    expect(message.to).toEqual([]);
  });
});

describe("an address", () => {
  const address = (value: string, email: string | null = null, mailbox: string | null = null) =>
    addressOf({
      type: "OTHER" satisfies ParticipantType,
      value,
      email,
      firstName: null,
      lastName: null,
      roles: [],
      mailbox: mailbox === null ? null : { id: "1", address: mailbox },
    });

  test("is the mailbox found, before the item's e-mail property", () => {
    expect(address("1", "ann@home.example", "ann@contoso.com")).toBe("ann@contoso.com");
    expect(messageOf(itemOf(), [], { [bob.value]: "bob@contoso.com" }).from.address).toBe(
      "bob@contoso.com",
    );
  });

  test("is else the e-mail property if it is a valid address", () => {
    expect(address("1", "ann@home.example")).toBe("ann@home.example");
    expect(address("1", "ann at home")).toBe("1@whatsapp.invalid");
  });

  test.each([
    ["16175550123"],
    ["+16175550123"],
    ["US.13491208655302741918"],
    ["a_b-c.d+e"],
    ["x".repeat(64)],
  ])("is else the external id %s at whatsapp.invalid", (value) => {
    expect(address(value)).toBe(`${value}@whatsapp.invalid`);
  });

  test.each([["with space"], ["ünal"], ["a@b"], ["x".repeat(65)], ["a\r\nb"], ["<a>"]])(
    "is else made of the hash of an external id such as %j",
    (value) => {
      expect(address(value)).toBe(`id-${sha256Hex(value).slice(0, 32)}@whatsapp.invalid`);
    },
  );

  test.each([[".a"], ["a."], ["a..b"], ["."]])(
    "is made of the hash where the external id %j would be refused as an address",
    (value) => {
      expect(isMailAddress(address(value))).toBe(true);
      expect(address(value)).toMatch(/^id-[0-9a-f]{32}@/);
    },
  );
});

test.each([
  ["ann@contoso.com", true],
  ["Ann.O'Neil+x@sub.contoso.co.uk", true],
  ["ann_gmail.com#EXT#@contoso.onmicrosoft.com", true],
  ["a@xn--mnchen-3ya.de", true],
  ["ann", false],
  ["ann@", false],
  ["@contoso.com", false],
  ["ann@contoso", false],
  ["ann@@contoso.com", false],
  ["ann@contoso..com", false],
  ["ann@-contoso.com", false],
  ["ann.@contoso.com", false],
  [".ann@contoso.com", false],
  ["a..n@contoso.com", false],
  ["ann smith@contoso.com", false],
  ['"ann smith"@contoso.com', false],
  ["ann@[127.0.0.1]", false],
  ["ann@münchen.de", false],
  ["Ann <ann@contoso.com>", false],
  ["ann@contoso.com\r\nBcc: x@y.com", false],
  [`${"a".repeat(65)}@contoso.com`, false],
  [`a@${"b".repeat(64)}.com`, false],
  [`a@${"b.".repeat(130)}com`, false],
])("%j is a valid address: %s", (text, isValid) => {
  expect(isMailAddress(text)).toBe(isValid);
});

describe("names", () => {
  const nameOf = (sender: Readonly<Record<string, unknown>>) =>
    messageOf(itemOf({ sender })).from.name;

  test.each([
    ["a number alone", { type: "MOBILE", value: "4915" }, "4915"],
    ["a first name alone", { ...dave, firstName: "Dave" }, "Dave 4915112345678"],
    [
      "digits of a number that is written otherwise",
      { type: "MOBILE", value: "+49 (151) 1" },
      "491511",
    ],
    ["an external id that is no number", { ...carla, lastName: "Díaz" }, "Díaz carla"],
  ])("from %s", (_name, sender, expected) => {
    expect(nameOf(sender)).toBe(expected);
  });

  test("cannot inject a header", () => {
    expect(nameOf({ ...dave, firstName: "Dave\r\nBcc: eve@evil.example" })).toBe(
      "Dave Bcc: eve@evil.example 4915112345678",
    );
  });

  test("of 10,000 characters are cut, the number stays", () => {
    const name = nameOf({ ...dave, firstName: "x".repeat(10_000) });

    expect(name).toMatch(/^x+… 4915112345678$/);
    expect(name.length).toBeLessThan(256);
  });

  test("in any script survive", () => {
    expect(nameOf({ ...dave, firstName: "محمد", lastName: "👩‍👩‍👧" })).toBe("محمد 👩‍👩‍👧 4915112345678");
  });
});
