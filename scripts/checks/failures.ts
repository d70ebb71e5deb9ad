/** What failed, in a few lines each: whoever sees only the end of the output knows where to begin. */
import { existsSync, readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

export type Failure = { readonly title: string; readonly lines: readonly string[] };

const linesOfEach = 14;

const vitestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

const playwrightSpec = z.object({
  title: z.string(),
  file: z.string(),
  line: z.number(),
  tests: z.array(
    z.object({
      results: z.array(
        z.object({ errors: z.array(z.object({ message: z.string().default("") })) }),
      ),
    }),
  ),
});

type PlaywrightSuite = {
  readonly specs: readonly z.infer<typeof playwrightSpec>[];
  readonly suites: readonly PlaywrightSuite[];
};

const playwrightSuite: z.ZodType<PlaywrightSuite> = z.object({
  specs: z.array(playwrightSpec).default([]),
  suites: z.lazy(() => z.array(playwrightSuite).default([])),
});

/**
 * @param reportFile as the runner left it; where there is none, or nothing in it failed, the end of
 * the log has to do
 */
export function failuresOf(
  kind: "vitest" | "playwright" | null,
  reportFile: string,
  log: string,
): readonly Failure[] {
  const told = kind === null || !existsSync(reportFile) ? [] : read[kind](reportFile);
  if (told.length > 0) return told.map(({ title, lines }) => ({ title, lines: begun(lines) }));
  return [{ title: "", lines: linesOf(log).slice(-linesOfEach) }];
}

const read = { vitest: ofVitest, playwright: ofPlaywright } as const;

function ofVitest(path: string): Failure[] {
  const { testResults } = vitestReport.parse(JSON.parse(readFileSync(path, "utf8")));
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0)
      return message === "" ? [] : [{ title: name, lines: linesOf(message) }];
    return failed.map(({ fullName, failureMessages }) => ({
      title: `${name} > ${fullName}`,
      lines: linesOf((failureMessages ?? []).join("\n")),
    }));
  });
}

function ofPlaywright(path: string): Failure[] {
  return specsOf(playwrightSuite.parse(JSON.parse(readFileSync(path, "utf8")))).flatMap(
    ({ title, file, line, tests }) => {
      const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors));
      if (errors.length === 0) return [];
      const lines = errors.flatMap(({ message }) => linesOf(message));
      return [{ title: `${file}:${line} ${title}`, lines }];
    },
  );
}

function specsOf({ specs, suites }: PlaywrightSuite): PlaywrightSuite["specs"] {
  return [...specs, ...suites.flatMap(specsOf)];
}

function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split("\n")
    .filter((line) => line.trim() !== "");
}

function begun(lines: readonly string[]): readonly string[] {
  return lines.slice(0, linesOfEach);
}
