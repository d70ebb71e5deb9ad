/** One step as a process of its own: its output kept in a file and shown when it failed. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { countsOf, type Counts } from "./counts";
import { failuresOf, type Failure } from "./failures";
import type { Step } from "./steps";

export type Result = {
  readonly step: Step;
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  readonly seconds: number;
};

export async function runStep(
  root: string,
  dir: string,
  env: NodeJS.ProcessEnv,
  step: Step,
  stop: AbortSignal,
): Promise<Result> {
  const began = performance.now();
  const fileName = step.name.replaceAll(" ", "-");
  const report = join(dir, "logs", `${fileName}.json`);
  const log = join(dir, "logs", `${fileName}.log`);
  rmSync(report, { force: true });
  const args = [...step.args, ...reporters(step, report)];
  const hasSucceeded = await run(root, args, { ...env, ...step.env }, log, stop);
  const counts = countsOf(step.report, report, hasSucceeded);
  const seconds = (performance.now() - began) / 1000;
  const said = hasSucceeded ? "" : readFileSync(log, "utf8").trimEnd();
  if (!hasSucceeded) process.stdout.write(`\n──── ${step.name} ────\n${said}\n────\n\n`);
  const outcome = hasSucceeded ? "ok" : "FAILED";
  const tests = step.report === null ? "" : `, ${counts.passed} passed, ${counts.failed} failed`;
  process.stdout.write(`${outcome.padEnd(7)}${step.name} (${seconds.toFixed(1)} s${tests})\n`);
  const failures = hasSucceeded ? [] : failuresOf(step.report, report, said);
  return { step, counts, failures, seconds };
}

function reporters({ report }: Step, file: string): string[] {
  if (report !== "vitest") return [];
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
}

function run(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  log: string,
  stop: AbortSignal,
): Promise<boolean> {
  const output = openSync(log, "w", 0o600);
  const child = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  // Waited for all the same: a runner stops the services that it started.
  const end = () => child.kill("SIGTERM");
  stop.addEventListener("abort", end);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      stop.removeEventListener("abort", end);
      resolve(code === 0);
    });
  });
}
