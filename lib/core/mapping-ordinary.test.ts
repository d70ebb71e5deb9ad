import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MappingFinding } from "./mapping-entry";
import { readHeader } from "./mapping-header";
import { ordinaryReader } from "./mapping-ordinary";
import { lineReader } from "./mapping-records";
import { fileTaker } from "./mapping-take";

type Rule = "ordinary lines by their bytes" | "every line by the full rule" | "counts alone";
type Reading = { readonly found: readonly MappingFinding[]; readonly check: object };

function readBy(
  rule: Rule,
  file: Uint8Array,
  delimiter: string,
  country: string | null,
  cuts: readonly number[] = [],
): Reading {
  const taker = fileTaker(country, rule !== "counts alone");
  const taking =
    rule === "every line by the full rule" ? { ...taker, ordinary: () => null } : taker;
  const reader = lineReader(delimiter, 2);
  const borders = [0, ...cuts.map((cut) => cut % (file.length + 1)), file.length];
  borders.sort((one, other) => one - other);
  for (const [index, end] of borders.slice(1).entries()) {
    reader.read(file.subarray(borders[index], end), index === borders.length - 2, taking);
  }
  return { found: taker.found(), check: taker.check() };
}

const ids = fc.oneof(
  fc.constantFrom("445204334324", "+445204334324", "16175550123", "6175550123", "1617555012"),
  fc.constantFrom(
    "+1 (617) 555-0123",
    "0044 5204334324",
    "02071234567",
    "4.45E+11",
    "+",
    "++4",
    "",
  ),
  fc.constantFrom("US.13491208655302741918", "123456789012345", "1234567890123456", "+0123456789"),
  fc.constantFrom(
    "1234567",
    "12345678",
    "+1234567",
    "+123456",
    "=cmd|' /C calc'!A0",
    "\u0661\u0662",
  ),
);
const addresses = fc.oneof(
  fc.constantFrom("susan@contoso.com", "Susan@Contoso.COM", "o'neil+x@a-b.co.uk", "a@b.co"),
  fc.constantFrom("a@b", "a@b.c", "a@b.1c", "a@b.c-", "a@-b.co", "a@b-.co", "a@b..co", "a@.b.co"),
  fc.constantFrom(".a@b.co", "a.@b.co", "a..b@c.de", "@b.co", "a@@b.co", "a@b@c.de", "", "a@b.co."),
  fc.constantFrom(
    "Jo <a@b.co>",
    "mailto:a@b.co",
    "zoë@contoso.com",
    "a@münchen.de",
    "a@b.co\uFFFD",
  ),
  fc.constantFrom(
    `${"x".repeat(312)}@bcd.com`,
    `${"x".repeat(313)}@bcd.com`,
    "a@b.c2-d",
    "a@2b.co",
  ),
  fc.string({ unit: fc.constantFrom("a", "Z", "1", ".", "-", "@", "_"), maxLength: 9 }),
);
const written = (cells: fc.Arbitrary<string>) =>
  fc
    .tuple(cells, fc.constantFrom("$", "$", "$", '"$"', ' "$" ', " $ ", '$"', '"$', '"$""'))
    .map(([cell, form]) => form.replace("$", () => cell));
const extras = fc.constantFrom(
  "",
  "",
  "Zoë",
  '"a\nb"',
  '"Doe, J"',
  'a"b',
  '""',
  '"x""y"',
  "2026-01-01",
  " ",
);
const lineEnds = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r", "\n\n", "");

const lines = fc.array(
  fc.record({
    id: written(ids),
    address: written(addresses),
    extra: extras,
    further: fc.constantFrom("", "", "", "$", "$x", "$ "),
    end: lineEnds,
  }),
  { maxLength: 12 },
);

const layouts = [
  ["the template", ["ExternalUserId", "O365UserMailbox"], "ia"],
  ["the mailbox first", ["Email", "Mobile"], "ai"],
  ["a column between", ["Mobile", "Name", "Email"], "iea"],
  ["a column before", ["Name", "Mobile", "Email"], "eia"],
  ["a validity", ["Mobile", "Email", "ValidFrom"], "iae"],
  ["an end of validity first", ["ValidTo", "Mobile", "Email"], "eia"],
] as const;

describe("an ordinary line says by its bytes what the full rule says", () => {
  test.each(layouts)("in a file with %s", (_name, header, order) => {
    fc.assert(
      fc.property(
        lines,
        fc.constantFrom(",", ";", "\t"),
        fc.constantFrom(null, "US", "GB"),
        fc.array(fc.nat(), { maxLength: 3 }),
        (rows, delimiter, country, cuts) => {
          const body = rows.map(({ id, address, extra, further, end }) => {
            const cells = { i: id, a: address, e: extra };
            const cellOf = (letter: string) =>
              cells[letter === "i" ? "i" : letter === "a" ? "a" : "e"];
            return [...order].map(cellOf).join(delimiter) + further.replace("$", delimiter) + end;
          });
          const file = Buffer.from(`${header.join(delimiter)}\n${body.join("")}`);
          const whole = readBy("every line by the full rule", file, delimiter, country);
          expect(readBy("ordinary lines by their bytes", file, delimiter, country, cuts)).toEqual(
            whole,
          );
          expect(readBy("counts alone", file, delimiter, country, cuts)).toEqual({
            ...whole,
            found: whole.found.filter((finding) => "problem" in finding),
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a line is ordinary", () => {
  const { columns } = readHeader(["Mobile", "Email", "Name"]);
  const isOrdinary = (line: string, country: string | null = null) => {
    const bytes = Buffer.from(line);
    const read = columns === null ? null : ordinaryReader(columns, ",", country)(bytes, 0);
    return read !== null && read.next === bytes.length;
  };
  test.each([
    "445204334324,susan@contoso.com\n",
    "445204334324,susan@contoso.com\r\n",
    "445204334324,susan@contoso.com\r",
    "445204334324,susan@contoso.com",
    "+445204334324,Susan.O'Neil@Contoso.com,Zoë\n",
    '"445204334324","susan@contoso.com","O\'Neil, Susan"\r\n',
  ])("%j", (line) => expect(isOrdinary(line)).toBe(true));

  test.each([
    " 445204334324,susan@contoso.com\n",
    "445204334324 ,susan@contoso.com\n",
    "445204334324,susan@contoso.com,,\n",
    '445204334324,susan@contoso.com,"a""b"\n',
    '445204334324,susan@contoso.com,"a\nb"\n',
    "US.1349120865530,susan@contoso.com\n",
    "445204334324,zoë@contoso.com\n",
    "445204334324\n",
    "\n",
  ])("not when it wants a closer look: %j", (line) => expect(isOrdinary(line)).toBe(false));

  test("not when it could be a national number of the country that was picked", () => {
    expect(isOrdinary("6175550123,a@b.co\n", null)).toBe(true);
    expect(isOrdinary("6175550123,a@b.co\n", "US")).toBe(false);
    expect(isOrdinary("16175550123,a@b.co\n", "US")).toBe(true);
  });
});
