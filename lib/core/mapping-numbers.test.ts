import fc from "fast-check";
import { expect, test } from "vitest";
import { numberTable } from "./mapping-numbers";

test("a number is found again at the place it was first given", () => {
  const table = numberTable();
  expect(table.placeOf(445204334324, 7)).toBeUndefined();
  expect(table.placeOf(445204334324, 8)).toBe(7);
  expect(table.placeOf(445204334325, 0)).toBeUndefined();
});

test("the table answers like a Map, whatever the numbers", () => {
  const number = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1_000_000, max: 999_999_999_999_999 }),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 3000 }), (numbers) => {
      const table = numberTable();
      const map = new Map<number, number>();
      for (const [place, each] of numbers.entries()) {
        const known = map.get(each);
        if (known === undefined) map.set(each, place);
        if (table.placeOf(each, place) !== known) throw new Error(`${each} at ${place}`);
      }
    }),
    { numRuns: 50 },
  );
});

test("a hundred thousand numbers in a row are found again, also those 2^32 apart", () => {
  const table = numberTable();
  for (const base of [447_700_000_000, 447_700_000_000 + 2 ** 32]) {
    for (let index = 0; index < 50_000; index += 1) table.placeOf(base + index, index);
    for (let index = 0; index < 50_000; index += 1) {
      if (table.placeOf(base + index, -1) !== index) throw new Error(String(base + index));
    }
  }
});
