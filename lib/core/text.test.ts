import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { escapeHtml, firstUnits, oneLine, shortened, shown, storable } from "./text";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

test.each([
  ["NUL is shown as U+FFFD", "a\u0000b", "a\ufffdb"],
  [
    "control characters are shown as U+FFFD",
    "\u0001\u001b\u007f\u0085",
    "\ufffd\ufffd\ufffd\ufffd",
  ],
  ["lone surrogates are replaced", "a\ud800b\udc00", "a\ufffdb\ufffd"],
  ["line ends become line feeds", "a\r\nb\rc\nd", "a\nb\nc\nd"],
  ["tabs survive", "a\tb", "a\tb"],
  [
    "right-to-left text and its marks survive",
    "\u202bשלום\u202c \u200fمرحبا",
    "\u202bשלום\u202c \u200fمرحبا",
  ],
  ["emoji sequences survive", "👩‍👩‍👧‍👦👍🏽🏳️‍🌈", "👩‍👩‍👧‍👦👍🏽🏳️‍🌈"],
])("in running text %s", (_name, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test.each([
  ["line breaks become spaces", "a\r\nBcc: b", "a Bcc: b"],
  ["white space is collapsed and trimmed", " a \t\u2028 b ", "a b"],
  ["control characters become U+FFFD", "a\u0000\u001bb", "a\ufffd\ufffdb"],
  ["lone surrogates become U+FFFD", "a\ud83d", "a\ufffd"],
])("on one line %s", (_name, text, expected) => {
  expect(oneLine(text)).toBe(expected);
});

test("what is stored loses U+0000 and lone surrogates and nothing else", () => {
  expect(storable("a\u0000\ud83d😀\u0001\n")).toBe("a😀\u0001\n");
});

test("a cut never splits a surrogate pair", () => {
  expect(firstUnits("ab😀", 3)).toBe("ab");
  expect(shortened("ab😀cd", 4)).toBe("ab…");
  expect(shortened("ab😀", 4)).toBe("ab😀");
});

test("a shortened text is never longer than asked, nor broken", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (text, units) => {
      const short = shortened(text, units);
      expect(short.length).toBeLessThanOrEqual(units);
      expect(short).not.toMatch(/\p{Cs}/u);
    }),
  );
});

test("HTML's special characters are escaped", () => {
  expect(escapeHtml(`<a href="x" o='y'>&amp;`)).toBe(
    "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;amp;",
  );
});
