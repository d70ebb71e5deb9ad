import { appendFileSync, closeSync, mkdtempSync, openSync, readdirSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lastLines, rotateLogs, watchLogs } from "./logs";

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

function said(write: () => void, limitBytes?: number): string[] {
  const lines: string[] = [];
  const end = watchLogs(logs, (each) => void lines.push(each), limitBytes);
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

test("a log that has grown large begins anew while its part goes on writing, and nothing is lost", () => {
  const path = join(logs, "worker-1.log");
  const kept = openSync(path, "a");
  const lines = said(() => {
    for (const event of ["one", "two", "three", "four", "five", "six"]) {
      writeSync(kept, line("warn", event));
      vi.advanceTimersByTime(1_000);
    }
    writeSync(kept, "small\n");
  }, 10);
  closeSync(kept);
  expect(lines.map((each) => each.split(": ")[1])).toEqual([
    ...["one", "two", "three", "four", "five", "six"],
  ]);
  expect(readdirSync(logs).sort()).toEqual([
    ...["worker-1.log", "worker-1.log.1", "worker-1.log.2", "worker-1.log.3", "worker-1.log.4"],
  ]);
  expect(readFileSync(`${path}.4`, "utf8")).toContain("three");
  expect(readFileSync(path, "utf8")).toBe("small\n");
});

test("a log that somebody else has emptied is read from its beginning", () => {
  const path = join(logs, "portal.log");
  const lines = said(() => {
    writeFileSync(path, line("info", "a long one").repeat(5));
    vi.advanceTimersByTime(1_000);
    writeFileSync(path, line("warn", "slow"));
  });
  expect(lines).toEqual(["portal: slow"]);
});

test("the last lines of a file are found, and of none there are none", () => {
  writeFileSync(join(logs, "portal.log"), "one\ntwo\nthree\n");
  expect(lastLines(join(logs, "portal.log"), 2)).toBe("two\nthree");
  expect(lastLines(join(logs, "none.log"))).toBe("");
});
