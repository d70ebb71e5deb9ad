import { expect, test } from "vitest";
import { readMailDate } from "./eml-date";

test.each([
  ["Mon, 2 Mar 2026 10:00:00 +0100", "2026-03-02T09:00:00.000Z"],
  ["2 Mar 26 10:00 EST", "2026-03-02T15:00:00.000Z"],
  ["Mon, 2 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00.000Z"],
  ["Mon, 2 Mar 2026 10:00:00 -0330 (NST)", "2026-03-02T13:30:00.000Z"],
  ["Mon, 2 Mar 2026 10:00:00", "2026-03-02T10:00:00.000Z"],
  ["2026-03-02T10:00:00Z", "2026-03-02T10:00:00.000Z"],
  ["31 Feb 2026 10:00:00 +0000", undefined],
  ["2 Mar 2026 25:00:00 +0000", undefined],
  ["2 Foo 2026 10:00:00 +0000", undefined],
  ["yesterday", undefined],
  ["", undefined],
])("the date %j is read alike on every machine", (value, at) => {
  expect(readMailDate(value)?.toISOString()).toBe(at);
});
