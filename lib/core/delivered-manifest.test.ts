import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeDelivery, readManifest } from "./delivered-manifest";

const entries = [
  { name: "manifest.mf", sizeBytes: 40 },
  { name: "b.eml", sizeBytes: 7 },
  { name: "a.eml", sizeBytes: 5 },
];

test("a file whose manifest holds is ready, with its messages in the file's order", () => {
  expect(judgeDelivery(entries, "Count: 2\na.eml\nb.eml\n")).toEqual({
    ...{ outcome: "ready", count: 2, positions: [1, 2] },
  });
});

test.each([
  ["Windows line ends and a byte order mark", "\uFEFFCount: 2\r\na.eml\r\nb.eml\r\n"],
  ["the count at the end, in capitals", "a.eml\nb.eml\nCOUNT : 2"],
  ["labels before the names", "Count: 2\nFile: a.eml\nName: b.eml"],
  ["numbers before the names", "Count: 2\n1. a.eml\n2. b.eml"],
  ["columns behind the names", "Count: 2\na.eml,5\nb.eml\t7"],
  ["quoted names and words of its own", 'Created by: vendor\nCount=2\n"a.eml"\n"b.eml"\n\nEnd'],
  ["folders before the names", "Count: 2\nmails/a.eml\nmails\\b.eml"],
])("a manifest may have %s", (_what, text) => {
  expect(judgeDelivery(entries, text)).toMatchObject({ outcome: "ready", count: 2 });
});

test.each([
  ["no manifest", entries, null, "noManifest"],
  ["no count", entries, "a.eml\nb.eml", "noCount"],
  ["two counts that differ", entries, "Count: 2\nCount: 3\na.eml\nb.eml", "noCount"],
  ["a count that is no number", entries, "Count: two\na.eml\nb.eml", "noCount"],
  ["a count that is too high", entries, "Count: 3\na.eml\nb.eml", "wrongCount"],
  ["a count that is too low", entries, "Count: 1\na.eml", "wrongCount"],
  ["a name that is not there", entries, "Count: 2\na.eml\nc.eml", "missingName"],
  ["a message it does not name", entries, "Count: 2\na.eml", "unnamed"],
  ["a message it names twice", entries, "Count: 2\na.eml\na.eml", "unnamed"],
  [
    "a message of zero bytes",
    [...entries.slice(0, 2), { name: "a.eml", sizeBytes: 0 }],
    "Count: 2\na.eml\nb.eml",
    "emptyMessage",
  ],
])("a file is refused for %s", (_what, held, text, reason) => {
  expect(judgeDelivery(held, text)).toMatchObject({ outcome: "refused", reason });
});

test("an empty delivery is one", () => {
  expect(judgeDelivery([], "Count: 0")).toEqual({ outcome: "ready", count: 0, positions: [] });
});

test("whatever a manifest says, a file that is ready holds exactly as many messages as it counts", () => {
  const line = fc.oneof(
    fc.constantFrom("Count: 2", "Count: 1", "a.eml", "b.eml", "c.eml", ""),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const judged = judgeDelivery(entries, lines.join("\n"));
      if (judged.outcome === "ready") {
        expect(judged.positions).toHaveLength(judged.count);
        expect(readManifest(lines.join("\n")).names).toHaveLength(judged.count);
      }
    }),
  );
});
