import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lastLines, rotateLogs, watchWarnings } from "./logs";

let logs: string;
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), "logs-"));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(logs, { recursive: true });
});

const line = (level: string, event: string) => `${JSON.stringify({ level, event })}\n`;

function said(write: () => void): string[] {
  const lines: string[] = [];
  const end = watchWarnings(logs, (each) => void lines.push(each));
  write();
  vi.advanceTimersByTime(1_100);
  end();
  return lines;
}

test("warnings and errors of a part are shown, the rest stays in its file", () => {
  const lines = said(() => {
    appendFileSync(
      join(logs, "worker-1.log"),
      line("info", "run.started") + line("error", "run.failed") + "plain text\n",
    );
  });
  expect(lines).toEqual(["worker-1: run.failed"]);
});

test("a flood of warnings is cut short", () => {
  const lines = said(() => {
    appendFileSync(join(logs, "portal.log"), line("warn", "slow").repeat(10));
  });
  expect(lines).toHaveLength(4);
  expect(lines.at(-1)).toContain("7 more in");
});

test("half a line waits for its other half", () => {
  const whole = line("warn", "slow");
  const lines = said(() => {
    const path = join(logs, "portal.log");
    writeFileSync(path, whole.slice(0, 10));
    vi.advanceTimersByTime(1_100);
    appendFileSync(path, whole.slice(10));
  });
  expect(lines).toEqual(["portal: slow"]);
});

test("the last start's logs are kept beside the new ones", () => {
  writeFileSync(join(logs, "portal.log"), "old");
  rotateLogs(logs);
  expect(readdirSync(logs)).toEqual(["portal.log.1"]);
});

test("the last lines of a file are found, and of none there are none", () => {
  writeFileSync(join(logs, "portal.log"), "one\ntwo\nthree\n");
  expect(lastLines(join(logs, "portal.log"), 2)).toBe("two\nthree");
  expect(lastLines(join(logs, "none.log"))).toBe("");
});
