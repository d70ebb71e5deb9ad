/** `npm test`: gets what it needs, runs the steps a few at a time, tells each one's outcome and the sum. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { BuildError, buildPortal, distDirOf, generateClient } from "../supervisor/build";
import { nextProgram } from "../supervisor/build";
import { takeLock } from "../supervisor/data-dir";
import { Refusal } from "../supervisor/refusal";
import { buildWorker } from "../supervisor/worker-bundle";
import { sumOf } from "./counts";
import { testEnvironment } from "./environment";
import { runInPool } from "./pool";
import { runStep, type Result } from "./run-step";
import { chosenSteps, type Step } from "./steps";
import { ensureTools } from "./tools";

/** Of two cores: some of the steps mostly wait. */
const stepsAtOnce = 3;

export async function checkEverything(root: string, args: readonly string[]): Promise<number> {
  const dir = join(root, ".test-data");
  mkdirSync(join(dir, "logs"), { recursive: true });
  chmodSync(dir, 0o711);
  const env = testEnvironment(process.env, dir);
  try {
    if (args.includes("--make-build")) {
      await buildPortal({ root, env, logFile: join(dir, "logs", "next-build.log") });
      await buildWorker(root, distDirOf(env));
      return 0;
    }
    const release = takeLock(dir, "npm test");
    try {
      return await runSteps(root, dir, env, chosenSteps(args));
    } finally {
      release();
    }
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof BuildError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function runSteps(
  root: string,
  dir: string,
  env: NodeJS.ProcessEnv,
  steps: readonly Step[],
): Promise<number> {
  const began = performance.now();
  const tools = new Set(steps.flatMap(({ needs, uses }) => [...needs, ...uses]));
  const missing = ensureTools([...tools], say);
  missing.forEach(({ sentence }) => {
    say(sentence);
  });
  await generateClient({ root, env, logFile: join(dir, "logs", "generate.log") });
  makeRouteTypes(root, env);

  const stop = stopRequest();
  const results: Result[] = [];
  const isPossible = (step: Step) => !missing.some(({ tool }) => step.needs.includes(tool));
  await runInPool(steps.filter(isPossible), stepsAtOnce, async (step) => {
    if (stop.aborted) return false;
    const result = await runStep(root, dir, env, step, stop);
    results.push(result);
    return result.counts.failed === 0;
  });

  say(tableOf(steps, results));
  const sum = sumOf(results.map(({ counts }) => counts));
  // Where somebody looks, a step that could not run says so; where nobody does, it is a failure.
  const unrun = env["CI"] === "true" ? missing.length + sum.skipped : 0;
  const failed = sum.failed + unrun;
  say(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all\n`);
  results.forEach(tellFailures);
  say(`${sum.passed} passed, ${failed} failed`);
  return failed === 0 && !stop.aborted ? 0 : 1;
}

function stopRequest(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      stop.abort();
    });
  }
  return stop.signal;
}

/** The compiler needs to know the routes before anything was ever built. */
function makeRouteTypes(root: string, env: NodeJS.ProcessEnv): void {
  const made = spawnSync(process.execPath, [nextProgram, "typegen"], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  if (made.status !== 0) say(`The types of the routes could not be made: ${made.stderr}`);
}

function tableOf(steps: readonly Step[], results: readonly Result[]): string {
  const rows = steps.map((step) => {
    const result = results.find((each) => each.step === step);
    if (result === undefined) return [step.name, "", "", "", "not run"];
    const { counts, seconds } = result;
    const numbers = [counts.passed, counts.failed, counts.skipped].map(String);
    return [step.name, ...numbers, `${seconds.toFixed(1)} s`];
  });
  const header = ["step", "passed", "failed", "skipped", "time"];
  const line = ([name = "", ...rest]: string[]) =>
    name.padEnd(14) + rest.map((cell) => cell.padStart(9)).join("");
  return `\n${[header, ...rows].map(line).join("\n")}`;
}

function tellFailures({ step, failures }: Result): void {
  for (const { title, lines } of failures) say(`${step.name}: ${[title, ...lines].join("\n  ")}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
