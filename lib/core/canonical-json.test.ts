import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { canonicalJson } from "./canonical-json";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

test.each([
  [
    "keys are sorted by code unit at every depth",
    { b: 1, a: { d: 1, c: 2 }, B: 0 },
    '{"B":0,"a":{"c":2,"d":1},"b":1}',
  ],
  ["a code unit is not a code point: 😀 stands before ﬀ", { ﬀ: 1, "😀": 2 }, '{"😀":2,"ﬀ":1}'],
  ["keys that look like numbers are sorted as text", { 10: 1, 9: 2 }, '{"10":1,"9":2}'],
  ["lists keep their order", [3, 1, 2], "[3,1,2]"],
  ["there is no white space", { a: [1, { b: null }], c: "" }, '{"a":[1,{"b":null}],"c":""}'],
  ["empty objects and lists", [{}, [], [[]]], "[{},[],[[]]]"],
  ["lone surrogates are escaped", ["\ud800"], '["\\ud800"]'],
  [
    "quotes, backslashes and control characters are escaped as JavaScript does",
    ['"\\\n\u0001'],
    '["\\"\\\\\\n\\u0001"]',
  ],
])("%s", (_name, value, expected) => {
  expect(canonicalJson(value)).toBe(expected);
});

test.each([
  ["1e2", "100"],
  ["1.0", "1"],
  ["-0", "0"],
  ["12345678901234567890", "12345678901234567000"],
  ["1e400", "null"],
])("the number %s is written as JavaScript parsed it: %s", (text, expected) => {
  expect(canonicalJson(JSON.parse(text))).toBe(expected);
});

test("__proto__ is a key like any other", () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe(
    '{"__proto__":{"a":1},"b":1}',
  );
});

test("it is the same value again when it is parsed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const wire: unknown = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(canonicalJson(wire))).toEqual(wire);
    }),
  );
});

test("equal values have one spelling, in whatever order their keys came", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(reversed)).toBe(canonicalJson({ ...value }));
    }),
  );
});

test("depth does not overflow the stack", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);

  expect(canonicalJson(deep)).toHaveLength(200_000);
});
