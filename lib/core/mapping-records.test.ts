import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineReader, type FileLine } from "./mapping-records";

function readInPieces(text: string, cuts: readonly number[]): FileLine[] {
  const bytes = Buffer.from(text);
  const reader = lineReader(",", 2);
  const borders = [0, ...[...cuts].sort((one, other) => one - other), bytes.length];
  const lines: FileLine[] = [];
  const taker = {
    ordinary: () => null,
    takeOrdinary: () => undefined,
    take: (line: FileLine) => void lines.push(line),
  };
  for (const [index, end] of borders.slice(1).entries()) {
    const isLast = index === borders.length - 2;
    reader.read(bytes.subarray(borders[index], end), isLast, taker);
  }
  return lines;
}

/** As lines are used: cells trimmed, blank lines skipped. */
function asUsed(lines: readonly FileLine[]): FileLine[] {
  return lines
    .map((line) =>
      "cells" in line ? { ...line, cells: line.cells.map((text) => text.trim()) } : line,
    )
    .filter((line) => "fault" in line || line.cells.some((text) => text !== ""));
}

const cell = fc.oneof(
  fc.constantFrom("a", "", "Zoë", "4452"),
  fc.constantFrom('"q,u"', '"a""b"', '"x\ny"', '"x\r\ny"', '""', '"""q"""'),
);
const record = fc.tuple(cell, cell).map((cells) => cells.join(","));
const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const file = fc
  .array(fc.tuple(record, lineEnd), { maxLength: 12 })
  .map((lines) => lines.map(([text, end]) => text + end).join(""));
const hostile = fc.string({
  unit: fc.constantFrom('"', ",", "\n", "\r", "a", " ", '""'),
  maxLength: 60,
});

describe("wherever the blocks are cut, the lines are the same", () => {
  test.each([
    ["of a well-formed file", file],
    ["of anything at all", hostile],
  ])("%s", (_name, texts) => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const length = Buffer.byteLength(text);
        const whole = asUsed(readInPieces(text, []));
        const inBounds = cuts.map((cut) => cut % (length + 1));
        expect(asUsed(readInPieces(text, inBounds))).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

test("a well-formed file has no faulty line, and each record its own number", () => {
  fc.assert(
    fc.property(file, (text) => {
      const lines = readInPieces(text, []);
      expect(lines.filter((line) => "fault" in line)).toEqual([]);
      const numbers = lines.map(({ line }) => line);
      expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    }),
    { numRuns: 300 },
  );
});

test("every line of a file is accounted for, whatever its quotation marks", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const editorLines =
        text === "" ? [] : text.replace(/(?:\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/);
      const lines = readInPieces(text, []);
      const last = lines.at(-1)?.line ?? 0;
      expect(last).toBeLessThanOrEqual(editorLines.length);
      const seen = new Set(lines.map(({ line }) => line));
      const plain = editorLines.flatMap((line, index) =>
        /^[a ,]*[a,][a ,]*$/.test(line) ? [index + 1] : [],
      );
      const spanned = lines.some(
        (line) => "cells" in line && line.cells.some((part) => /[\r\n]/.test(part)),
      );
      if (!spanned) expect(plain.filter((line) => !seen.has(line))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
