import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvLine } from "./csv-export";

test.each([
  ["plain cells stand as they are", ["a", "b c", 3], "a,b c,3\r\n"],
  ["nothing is an empty cell", [null, "", "x"], ",,x\r\n"],
  ["a comma wants quotes", ["Doe, Jane"], '"Doe, Jane"\r\n'],
  ["a semicolon too, which some spreadsheets take for the comma", ["a;b"], '"a;b"\r\n'],
  ["a quotation mark is written twice", ['5" tablet'], '"5"" tablet"\r\n'],
  ["a line end stays inside its cell", ["a\r\nb"], '"a\r\nb"\r\n'],
  ["spaces at the edge are kept", [" a "], '" a "\r\n'],
  ["numbers are written as numbers", [-5, 1.5, 0], "-5,1.5,0\r\n"],
] as const)("%s", (_name, cells, expected) => {
  expect(csvLine([...cells])).toBe(expected);
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＠x"])(
  "%j would run as a formula and is made harmless",
  (cell) => {
    const [row] = parse(csvLine([cell, "next"]), { record_delimiter: "\r\n" });
    expect(row).toEqual([`'${cell}`, "next"]);
  },
);

test("a formula inside quotes is made harmless as well", () => {
  expect(csvLine(['=HYPERLINK("http://x","y")'])).toBe(`"'=HYPERLINK(""http://x"",""y"")"\r\n`);
});

test("whatever the cells hold, a reader gets them back, and none begins like a formula", () => {
  const cell = fc.string({ unit: "grapheme", maxLength: 20 });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 6 }), (cells) => {
      const [row = []] = parse(csvLine(cells), { record_delimiter: "\r\n" });
      expect(row.map((text, index) => (text === cells[index] ? text : text.slice(1)))).toEqual(
        cells,
      );
      expect(row.filter((text) => /^[=+\-@\t\r]/.test(text))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
