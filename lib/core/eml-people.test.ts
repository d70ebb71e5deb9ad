import fc from "fast-check";
import { expect, test } from "vitest";
import { mailPeople, readPerson } from "./eml-people";

test.each([
  [
    "First Last Mobile <email>",
    "Ann Smith 16175550123",
    "ann@contoso.com",
    "16175550123",
    "MOBILE",
  ],
  ["three names", "Ann Mary Smith 16175550123", "ann@contoso.com", "16175550123", "MOBILE"],
  [
    "a number with signs",
    "Ann Smith +1 (617) 555-0123",
    "ann@contoso.com",
    "16175550123",
    "MOBILE",
  ],
  ["a number in brackets", "Ann Smith (16175550123)", "ann@contoso.com", "16175550123", "MOBILE"],
  ["an address only", "", "ann@contoso.com", "ann@contoso.com", "LOGIN"],
  ["a number only", "16175550123", "", "16175550123", "MOBILE"],
  ["a number as the address", "", "16175550123@sms.example", "16175550123", "MOBILE"],
  ["a number that is no address", "Ann Smith", "16175550123", "16175550123", "MOBILE"],
  ["an id of another kind", "BR.77120944186352", "", "BR.77120944186352", "OTHER"],
  ["a name only", "Ann Smith", "", "Ann Smith", "OTHER"],
])("a person is read from %s", (_what, name, address, value, type) => {
  expect(readPerson({ name, address })).toMatchObject({ type, value });
});

test("a person has the e-mail address and the names of the header", () => {
  expect(readPerson({ name: "Ann Mary Smith 16175550123", address: "ann@contoso.com" })).toEqual({
    ...{ type: "MOBILE", value: "16175550123", email: "ann@contoso.com" },
    ...{ firstName: "Ann", lastName: "Mary Smith" },
  });
});

test("what names nobody is nobody", () => {
  expect(readPerson({ name: " ", address: "" })).toBeNull();
});

const bob = { name: "Bob 16174354634", address: "" };
const ann = { name: "Ann 12124325249", address: "ann@contoso.com" };

test("whoever the vendor knows an e-mail address of may be the archived person", () => {
  const { owner, participants } = mailPeople([bob], [ann]);
  expect(owner?.value).toBe("12124325249");
  expect(participants.map(({ value, roles }) => [value, roles])).toEqual([
    ["16174354634", ["sender"]],
    ["12124325249", ["owner", "recipient"]],
  ]);
});

test("where nobody has an e-mail address everybody may be the archived person", () => {
  const { owner, participants } = mailPeople([bob], [{ name: "", address: "12124325249" }]);
  expect(owner?.value).toBe("16174354634");
  expect(participants.every(({ roles }) => roles.includes("owner"))).toBe(true);
});

test("somebody named twice is one participant", () => {
  expect(mailPeople([ann], [ann, ann]).participants).toEqual([
    expect.objectContaining({ value: "12124325249", roles: ["owner", "sender", "recipient"] }),
  ]);
});

test("no header makes the reading stumble, and nothing of it is unfit for the ledger", () => {
  const person = fc.record({
    name: fc.string({ unit: "binary" }),
    address: fc.string({ unit: "binary" }),
  });
  fc.assert(
    fc.property(fc.array(person), fc.array(person), (from, to) => {
      const { participants } = mailPeople(from, to);
      for (const { value } of participants) expect(value).not.toMatch(/[\0\r\n]|\p{Cs}/u);
    }),
  );
});
