import { expect, test } from "vitest";
import { phoneSpellings } from "./phone-spelling";

test.each([
  ["445204334324", "+445204334324, +44 5204334324"],
  ["4915112345678", "+4915112345678, +49 15112345678"],
  ["79161234567", "+79161234567, +7 9161234567"],
  ["971501234567", "+971501234567, +971 501234567"],
  ["16175550123", "+16175550123, +1 6175550123, +1 617 555 0123"],
  ["1617555012", "+1617555012, +1 617555012"],
])("%s is also spelled %s", (digits, expected) => {
  expect(phoneSpellings(digits)).toBe(expected);
});

test.each([[""], ["0"], ["4915"], ["015112345678"], ["1".repeat(16)], ["US.1349"]])(
  "%j is no number with a country code",
  (digits) => {
    expect(phoneSpellings(digits)).toBe("");
  },
);
