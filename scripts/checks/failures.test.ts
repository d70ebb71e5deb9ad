import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { failuresOf } from "./failures";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "failures-"));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function reportOf(content: unknown): string {
  const path = join(dir, "report.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const passed = { status: "passed", fullName: "works", failureMessages: [] };

test("a failed test of Vitest is told with its file and what was expected", () => {
  const failed = {
    ...passed,
    status: "failed",
    fullName: "adds",
    failureMessages: ["Error: 3\n at x"],
  };
  const report = { testResults: [{ name: "sum.test.ts", assertionResults: [passed, failed] }] };
  expect(failuresOf("vitest", reportOf(report), "")).toEqual([
    { title: "sum.test.ts > adds", lines: ["Error: 3", " at x"] },
  ]);
});

test("a file that does not load is told by its message", () => {
  const report = { testResults: [{ name: "a.test.ts", message: "no such", assertionResults: [] }] };
  expect(failuresOf("vitest", reportOf(report), "")).toEqual([
    { title: "a.test.ts", lines: ["no such"] },
  ]);
});

test("a failed test of Playwright is told without colours, however deep it lies", () => {
  const errors = [{ message: "\u001B[31mError\u001B[39m: not visible\n\nLocator: x" }];
  const spec = (title: string, found: unknown[]) => ({
    ...{ title, file: "a.spec.ts", line: 7, tests: [{ results: [{ errors: found }] }] },
  });
  const suites = [{ suites: [{ specs: [spec("fails", errors), spec("passes", [])] }] }];
  expect(failuresOf("playwright", reportOf({ suites }), "")).toEqual([
    { title: "a.spec.ts:7 fails", lines: ["Error: not visible", "Locator: x"] },
  ]);
});

test("only the beginning of a long message is told", () => {
  const failureMessages = [Array.from({ length: 100 }, (_, line) => `line ${line}`).join("\n")];
  const failed = { status: "failed", fullName: "long", failureMessages };
  const report = { testResults: [{ name: "a", assertionResults: [failed] }] };
  expect(failuresOf("vitest", reportOf(report), "")[0]?.lines).toHaveLength(14);
});

test.each([
  ["a step without a report", null, "none"],
  ["a runner that left none", "vitest" as const, "none"],
])("of %s the end of its log is told", (_name, kind, file) => {
  const log = Array.from({ length: 50 }, (_, line) => `line ${line}`).join("\n");
  const [failure] = failuresOf(kind, join(dir, file), log);
  expect(failure?.lines.at(-1)).toBe("line 49");
  expect(failure?.lines).toHaveLength(14);
});
