import { expect, test } from "vitest";
import { boundText, overlapping, readTypedLine } from "./mapping-edit";

const typed = { externalId: "+44 5204 334324", mailbox: "Susan@contoso.com" };

function read(more: Partial<Parameters<typeof readTypedLine>[0]> = {}) {
  return readTypedLine({ ...typed, validFrom: "", validTo: "", ...more }, null);
}

function line(number: number, validFrom: string | null, validTo: string | null) {
  const bound = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...{ line: number, externalId: "445204334324", writtenAs: "", mailboxAddress: "a@b.com" },
    ...{ validFrom: bound(validFrom), validTo: bound(validTo) },
  };
}

test("a typed line is read by the rules of the file", () => {
  expect(read()).toMatchObject({
    ok: true,
    entry: { externalId: "445204334324", mailboxAddress: "susan@contoso.com", validFrom: null },
  });
});

test.each([
  ["externalId", { externalId: "" }],
  ["externalId", { externalId: "4.45E+11" }],
  ["mailbox", { mailbox: "Susan <susan@contoso.com>" }],
  ["validFrom", { validFrom: "1.3.2026" }],
  ["validTo", { validTo: "2026-02-30" }],
  ["validTo", { validFrom: "2026-03-02", validTo: "2026-03-02" }],
])("what is wrong is said at %s", (field, more) => {
  const result = read(more);
  expect(result).toMatchObject({ ok: false, fields: { [field]: expect.any(String) } });
});

test("a time with its zone is the instant it names", () => {
  const result = read({ validFrom: "2026-03-01T01:00:00+02:00" });
  expect(result.ok && result.entry.validFrom).toEqual(new Date("2026-02-28T23:00:00Z"));
});

type Validity = readonly [from: string | null, to: string | null];

test.each<[name: string, one: Validity, other: Validity, isOverlapping: boolean]>([
  ["always and always", [null, null], [null, null], true],
  ["to a day and from that day on", [null, "2026-03-01"], ["2026-03-01", null], false],
  ["to a day and from the day before on", [null, "2026-03-01"], ["2026-02-28", null], true],
  ["one within the other", ["2026-01-01", "2026-12-31"], ["2026-03-01", "2026-04-01"], true],
  ["one after the other", ["2026-01-01", "2026-02-01"], ["2026-03-01", "2026-04-01"], false],
])("%s: whether they hold at the same time", (_name, one, other, isOverlapping) => {
  expect(overlapping(line(2, ...one), [line(3, ...other)]) !== undefined).toBe(isOverlapping);
});

test("another id holds whenever it likes", () => {
  const other = { ...line(3, null, null), externalId: "16175550123" };
  expect(overlapping(line(2, null, null), [other])).toBeUndefined();
});

test("a day is written as a day, an instant as an instant", () => {
  expect(boundText(new Date("2026-03-01T00:00:00Z"))).toBe("2026-03-01");
  expect(boundText(new Date("2026-03-01T09:00:00Z"))).toBe("2026-03-01T09:00:00.000Z");
  expect(boundText(null)).toBe("");
});
