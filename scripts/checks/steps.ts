/** What there is to check, in the order in which it is begun. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { browser, python, redis, sshServer, type Tool } from "./tools";

export type Step = {
  readonly name: string;
  readonly args: readonly string[];
  /** Where the step leaves its count of tests; without one it counts as a single check. */
  readonly report: "vitest" | "playwright" | null;
  readonly needs: readonly Tool[];
  /** Without them it skips some of its tests. */
  readonly uses: readonly Tool[];
  /** Must have ended before: they make what this one reads. */
  readonly after: readonly string[];
  /** Minds the clock: only steps that say the same word run beside it. */
  readonly apartAs: string | null;
  readonly env: Readonly<Record<string, string>>;
};

const defaults = { report: null, needs: [], uses: [], after: [], apartAs: null, env: {} } as const;

function check(name: string, args: readonly string[], more: Partial<Step> = {}): Step {
  return { ...defaults, name, args, ...more };
}

function vitest(name: string, project: string, tools: Partial<Step> = {}): Step {
  const program = bin("vitest", "vitest.mjs");
  return check(name, [program, "run", "--project", project], { report: "vitest", ...tools });
}

/** Half of the browser's tests: each half has a product and a world of its own. */
function endToEnd(half: 1 | 2): Step {
  const program = bin("@playwright/test", "cli.js");
  return check(`e2e ${half}`, [program, "test", `--shard=${half}/2`], {
    report: "playwright",
    needs: [browser],
    uses: [sshServer],
    after: ["build"],
    apartAs: "e2e",
    env: { E2E_PLACE: `e2e-${half}` },
  });
}

/** A package's program run by Node itself: npx would cost half a second each. */
function bin(name: string, path: string): string {
  return join("node_modules", name, path);
}

const cruised = [
  ...["app", "bench", "chaos", "components", "lib", "prisma", "scripts", "simulator"],
  ...["workers", "e2e"],
  ...["proxy.ts", "instrumentation.ts", "next.config.js"],
  ...["vitest.config.ts", "playwright.config.ts", "prisma.config.ts"],
];

export function allSteps(): readonly Step[] {
  const self = process.argv[1] ?? "";
  return [
    check("types", [bin("typescript", "bin/tsc"), "--noEmit", "--incremental", "false"]),
    // These wait more than they compute, so the others run in their pauses.
    vitest("wire", "wire", { uses: [sshServer] }),
    vitest("queue", "queue", { needs: [redis] }),
    check("lint", [bin("eslint", "bin/eslint.js"), "."]),
    vitest("unit", "unit", { uses: [python] }),
    vitest("database", "db"),
    check("build", [self, "--make-build"], { after: ["types"] }),
    check("format", [bin("prettier", "bin/prettier.cjs"), "--check", "--log-level", "warn", "."]),
    check("import rules", [
      bin("dependency-cruiser", "bin/dependency-cruise.mjs"),
      ...["--config", ".ci/dependency-cruiser.cjs", "--output-type", "err-long"],
      ...cruised.filter((path) => existsSync(path)),
    ]),
    check("unused code", [bin("knip", "bin/knip.js"), "--no-progress", "--no-config-hints"]),
    check(
      "chaos",
      [
        ...["--import", "tsx", "chaos/main.ts", "--delivery", "mixed"],
        ...["--seeds", "1-25", "--form", "short", "--jobs", "3"],
      ],
      { uses: [sshServer] },
    ),
    endToEnd(1),
    endToEnd(2),
  ];
}

const alsoKnownAs: Readonly<Record<string, readonly string[]>> = {
  db: ["database"],
  rules: ["import rules"],
  unused: ["unused code"],
  e2e: ["e2e 1", "e2e 2"],
};

/** The named ones with what they need before, or all of them. */
export function chosenSteps(names: readonly string[]): readonly Step[] {
  const steps = allSteps();
  if (names.length === 0) return steps;
  const wanted = names.flatMap((name) => alsoKnownAs[name] ?? [name]);
  const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no step "${unknown.join('", "')}"; there are ${listed(steps)}.`);
  }
  const isWanted = (step: Step) => wanted.includes(step.name);
  const makes = wanted.some((name) => name.startsWith("e2e")) ? ["build"] : [];
  return steps.filter((step) => isWanted(step) || makes.includes(step.name));
}

function listed(steps: readonly Step[]): string {
  return steps.map(({ name }) => name).join(", ");
}
