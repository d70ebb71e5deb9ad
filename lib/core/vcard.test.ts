import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readVcard } from "./vcard";

const card = (...lines: readonly string[]) =>
  ["BEGIN:VCARD", "VERSION:3.0", ...lines, "END:VCARD", ""].join("\r\n");

describe("of a contact", () => {
  test("name, numbers and addresses are read", () => {
    const vcard = card(
      "N:Hughes;Oliver",
      "FN:Oliver Hughes",
      "TEL;type=CELL;waid=447911123456:+44 7911 123456",
      "item1.EMAIL;type=INTERNET:oliver@fabrikam.com",
    );

    expect(readVcard(vcard)).toEqual({
      names: ["Oliver Hughes"],
      ways: ["+44 7911 123456", "oliver@fabrikam.com"],
    });
  });

  test.each([
    ["folded over lines", "FN:Oliver\r\n  Hughes", "Oliver Hughes"],
    ["escaped", String.raw`FN:Hughes\, Oliver\; Dr.`, "Hughes, Oliver; Dr."],
    [
      "quoted-printable",
      "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=9E=D0=BB=D1=8C=\r\n=D0=B3=D0=B0",
      "Ольга",
    ],
    ["with bare line feeds", "X-A:b\nFN:Zoë\nX-C:d", "Zoë"],
    ["in lower case", "fn:Zoë", "Zoë"],
  ])("a name %s is read", (_name, line, expected) => {
    expect(readVcard(card(line)).names).toEqual([expected]);
  });

  test("a number may be a link", () => {
    expect(readVcard(card("TEL;VALUE=uri:tel:+44-7911-123456")).ways).toEqual(["+44-7911-123456"]);
  });
});

test("several cards name several people", () => {
  expect(readVcard(card("FN:Ann") + card("FN:Bob")).names).toEqual(["Ann", "Bob"]);
});

test("a card with ten thousand numbers tells a hundred", () => {
  expect(readVcard(card(...Array.from({ length: 10_000 }, () => "TEL:1"))).ways).toHaveLength(100);
});

test("whatever stands in it, nothing is thrown and nothing takes long", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
      readVcard(text);
      readVcard(`FN;ENCODING=QUOTED-PRINTABLE:${text}`);
    }),
    { numRuns: 200 },
  );
  readVcard("FN;".repeat(1_000_000));
  readVcard("=\n".repeat(1_000_000));
});
