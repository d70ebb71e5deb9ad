/** How many tests passed and failed, read from what the runners leave. */
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
});

const playwrightReport = z.object({
  stats: z.object({
    expected: z.number(),
    unexpected: z.number(),
    flaky: z.number(),
    skipped: z.number(),
  }),
});

/** A step that failed without a failed test (a file that does not load, a runner that crashed) counts as one failure. */
export function countsOf(
  kind: "vitest" | "playwright" | null,
  reportFile: string,
  hasSucceeded: boolean,
): Counts {
  const counted = kind === null ? null : reported(kind, reportFile);
  if (counted === null)
    return { passed: hasSucceeded ? 1 : 0, failed: hasSucceeded ? 0 : 1, skipped: 0 };
  return hasSucceeded || counted.failed > 0 ? counted : { ...counted, failed: 1 };
}

function reported(kind: "vitest" | "playwright", path: string): Counts | null {
  if (!existsSync(path)) return null;
  const report: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (kind === "vitest") {
    const counts = vitestReport.parse(report);
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests,
      skipped: counts.numPendingTests + counts.numTodoTests,
    };
  }
  const { stats } = playwrightReport.parse(report);
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
}

export function sumOf(all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, each) => ({
      passed: sum.passed + each.passed,
      failed: sum.failed + each.failed,
      skipped: sum.skipped + each.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}
