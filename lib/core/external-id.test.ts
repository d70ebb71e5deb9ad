import { describe, expect, test } from "vitest";
import fc from "fast-check";
import {
  isPhoneNumber,
  maxExternalIdLength,
  participantExternalId,
  readExternalId,
} from "./external-id";

describe("(1) anything with a letter is taken as it is", () => {
  test.each([
    ["US.13491208655302741918", "US.13491208655302741918"],
    ["  jeff.archived  ", "jeff.archived"],
    ["Jeff.Archived", "Jeff.Archived"],
    ["Zoë (London) +44", "Zoë (London) +44"],
    ["משתמש-7", "משתמש-7"],
    ["44\u00A0abc", "44\u00A0abc"],
    ["12e345678901", "12e345678901"],
    ["deadbeef12345678", "deadbeef12345678"],
    ["a@b", "a@b"],
    ["__proto__", "__proto__"],
  ])("%j becomes %j", (text, expected) => {
    expect(readExternalId(text, null)).toEqual({ ok: true, externalId: expected });
  });

  test.each(["+44 7700 900123 ext. 5", "tel:+447700900123", '=HYPERLINK("http://x")'])(
    "%j is taken with a warning, since something else was probably meant",
    (text) => {
      const result = readExternalId(text, null);
      expect(result).toMatchObject({ ok: true, externalId: text });
      expect(result).toHaveProperty("warning");
    },
  );

  test.each([
    "4.45E+11",
    "4,45E+11",
    "4.45204e+11",
    "4E+11",
    "4.45E11",
    "445e9",
    "-4.45E+11",
    "4.45 E+11",
  ])("%j is refused, because a spreadsheet has lost the digits", (text) => {
    expect(readExternalId(text, "GB")).toMatchObject({
      ok: false,
      message: expect.stringContaining("scientific notation"),
    });
  });
});

describe("(2) separators, plus, 00 and the trunk zero", () => {
  test.each([
    ["+1 (617) 555-0123", "16175550123"],
    ["+44 (0)20 7946 0958", "442079460958"],
    ["0044 (0) 20 7946 0958", "442079460958"],
    ["+(44)(0)20.7946/0958", "442079460958"],
    ["44 (0)20 7946 0958", "442079460958"],
    ["(+44) 7700-900123", "447700900123"],
    ["0044 7700 900123", "447700900123"],
    ["+6834002", "6834002"],
    ["+290 22158", "29022158"],
    ["\u202A+1 617 555 0123\u202C", "16175550123"],
    ["+1\u00A0617\u2011555\u20130123", "16175550123"],
    ["+1\n617 555 0123", "16175550123"],
    ["＋４４７７００９００１２３", "447700900123"],
    ["（＋４４）７７００－９００１２３", "447700900123"],
    ["+٤٤٧٧٠٠٩٠٠١٢٣", "447700900123"],
  ])("%j becomes %j", (text, expected) => {
    expect(readExternalId(text, null)).toEqual({ ok: true, externalId: expected });
  });
});

describe("(3) 8 to 15 digits that do not begin with 0 are country code and number", () => {
  test.each(["445204334324", "442323523455", "12345678", "123456789012345", "29022158"])(
    "%s stays, and no library is asked whether it is in use",
    (digits) => {
      expect(readExternalId(digits, null)).toEqual({ ok: true, externalId: digits });
    },
  );

  test("the vendor's sample numbers raise no warning under any country", () => {
    for (const country of ["GB", "US", "DE", "IL"]) {
      expect(readExternalId("445204334324", country)).not.toHaveProperty("warning");
      expect(readExternalId("442323523455", country)).not.toHaveProperty("warning");
    }
  });

  test("ten digits that are a whole number of the chosen country stay as they are, with a warning", () => {
    const result = readExternalId("6175550123", "US");
    expect(result).toMatchObject({ ok: true, externalId: "6175550123" });
    expect(result).toHaveProperty("warning", expect.stringContaining("16175550123"));
  });
});

describe("(4) national numbers are read with the file's default country", () => {
  test.each([
    ["020 7946 0958", "GB", "442079460958"],
    ["(0)20 7946 0958", "GB", "442079460958"],
    ["07700 900123", "GB", "447700900123"],
    ["030 123456", "DE", "4930123456"],
    ["054-123-4567", "IL", "972541234567"],
    ["06 6982", "IT", "39066982"],
  ])("%j in %s is %s", (text, country, expected) => {
    expect(readExternalId(text, country)).toMatchObject({ ok: true, externalId: expected });
  });

  test.each(["07700 900123", "5550123", "0", "(0)20 7946 0958"])(
    "%j without a default country wants its country code",
    (text) => {
      expect(readExternalId(text, null)).toMatchObject({
        ok: false,
        message: expect.stringContaining("Add the country code"),
      });
    },
  );

  test("a number that does not look like one in use is taken with a warning", () => {
    const result = readExternalId("555-0123", "US");
    expect(result).toMatchObject({ ok: true, externalId: "15550123" });
    expect(result).toHaveProperty("warning", expect.stringContaining("15550123"));
  });

  test("a number that is too short with its country code is refused", () => {
    expect(readExternalId("01234", "DE")).toMatchObject({ ok: false });
  });

  test.each(["ZZ", "", "gb", "__proto__"])(
    "a country that is none (%j) counts as none picked",
    (country) => {
      expect(readExternalId("07700 900123", country)).toMatchObject({ ok: false });
    },
  );
});

describe("(5) in the end a number has 7 to 15 digits", () => {
  test.each([
    ["+123456", "7 to 15"],
    ["1234567890123456", "7 to 15"],
    ["+1234567890123456", "7 to 15"],
    ["00 123", "7 to 15"],
    ["13491208655302741918", "7 to 15"],
    ["+0447700900123", "No country code begins with 0"],
    ["", "missing"],
    ["   ", "missing"],
    ["+", "7 to 15"],
    ["---", "not a phone number"],
    ["44+7700900123", "not a phone number"],
    ["4477009001²³", "not a phone number"],
    ["447700900123#", "not a phone number"],
    ["'447700900123", "not a phone number"],
    ['="447700900123"', "not a phone number"],
    ["=1+1", "not a phone number"],
    ["😀😀😀😀😀😀😀😀", "not a phone number"],
    ["\uFFFDhello", "could not be read"],
    ["x".repeat(maxExternalIdLength + 1), "longer than"],
    ["9".repeat(1_000_000), "longer than"],
  ])("%.40j is refused", (text, message) => {
    expect(readExternalId(text, null)).toMatchObject({
      ok: false,
      message: expect.stringContaining(message),
    });
  });
});

describe("a participant's value goes through the same reading", () => {
  test.each([
    ["447700900123", "447700900123"],
    ["+44 7700 900123", "447700900123"],
    ["US.13491208655302741918", "US.13491208655302741918"],
    [" jeff ", "jeff"],
    ["13491208655302741918", "13491208655302741918"],
    ["07700 900123", "07700 900123"],
    ["6834002", "6834002"],
    ["4.45E+11", "4.45E+11"],
    ["  ", ""],
  ])("%j is compared as %j", (value, expected) => {
    expect(participantExternalId(value)).toBe(expected);
  });
});

test("however a number is written with its country code, it is the same person", () => {
  const digits = fc.stringMatching(/^[1-9]\d{7,14}$/);
  const separator = fc.constantFrom("", " ", "-", ".", "/", "(", ")", "\u00A0");
  fc.assert(
    fc.property(
      digits,
      fc.array(separator),
      fc.constantFrom("", "+", "00", " + "),
      (id, marks, prefix) => {
        const written =
          prefix + [...id].map((digit, index) => digit + (marks[index] ?? "")).join("");
        fc.pre(!written.includes("(0)"));
        expect(readExternalId(written, null)).toEqual({ ok: true, externalId: id });
      },
    ),
  );
});

const nasty = [
  ..."0123456789aE+-.()/ ,='\"é٤４\u00A0\u202A\u0000\n\uFFFD😀",
  "\uD800",
  "\uFEFF",
  "(0)",
  "00",
];

test("whatever is read reads as itself again, and nothing is ever thrown", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...nasty), maxLength: 24 }),
      fc.constantFrom(null, "GB", "US", "IT"),
      (text, country) => {
        const result = readExternalId(text, country);
        if (!result.ok) return;
        expect(participantExternalId(result.externalId)).toBe(result.externalId);
        expect(result.externalId).not.toBe("");
      },
    ),
    { numRuns: 300 },
  );
});

test("numbers at the edge of everything: any mix of digits and marks ends in a number or a refusal", () => {
  const unit = fc.constantFrom(..."0123456789+()-./ eE,".split(""));
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 24 }), (text) => {
      const result = readExternalId(text, "GB");
      if (result.ok && !/[eE]/.test(text)) expect(isPhoneNumber(result.externalId)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
