import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countsOf, sumOf } from "./counts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "counts-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function reportOf(content: unknown): string {
  const path = join(dir, "report.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const vitest = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1 };

test("a check without tests counts as one", () => {
  expect(countsOf(null, "", true)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countsOf(null, "", false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("Vitest's tests are counted each", () => {
  expect(countsOf("vitest", reportOf(vitest), true)).toEqual({ passed: 7, failed: 0, skipped: 3 });
});

test("Playwright's tests are counted each", () => {
  const stats = { expected: 5, unexpected: 2, flaky: 1, skipped: 4 };
  const counts = countsOf("playwright", reportOf({ stats }), false);
  expect(counts).toEqual({ passed: 6, failed: 2, skipped: 4 });
});

test("a runner that failed without a failed test counts as a failure", () => {
  expect(countsOf("vitest", reportOf(vitest), false).failed).toBe(1);
});

test("a runner that left no report counts as a failure", () => {
  expect(countsOf("vitest", join(dir, "none.json"), false)).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

test("the sum is over all steps", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(sumOf([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
