/** What is made from the sources: Prisma's client and the portal. Both are made again only when their sources changed. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { lastLines } from "./logs";
import type { RunFile } from "./run-file";
import { digest, isMadeFrom } from "./sources";

const require = createRequire(import.meta.url);

export type BuildContext = {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly runFile?: RunFile;
  readonly signal?: AbortSignal;
  /** Told before something that takes its time. */
  readonly say?: (line: string) => void;
};

/** True when the client had to be made. */
export async function generateClient(context: BuildContext): Promise<boolean> {
  const { root, env } = context;
  const made = join(root, "prisma", "generated", ".made-from");
  const sources = digest(root, ["prisma/schema.prisma", "package-lock.json"]);
  if (isMadeFrom(made, sources)) return false;
  await runToEnd({
    ...context,
    name: "generate",
    args: [require.resolve("prisma/build/index.js"), "generate"],
    // Prisma's command line insists on an engine that generating does not use.
    env: { ...env, PRISMA_SCHEMA_ENGINE_BINARY: join(root, "package.json") },
  });
  writeFileSync(made, sources);
  return true;
}

/** Where what is built from the sources lies, below the project. */
export function distDirOf(env: NodeJS.ProcessEnv): string {
  return env["NEXT_DIST_DIR"] ?? ".next";
}

/** True when the portal had to be built. */
export async function buildPortal(context: BuildContext): Promise<boolean> {
  const { root, env } = context;
  const distDir = join(root, distDirOf(env));
  const made = join(distDir, ".made-from");
  const sources = digest(root, portalSources);
  if (isMadeFrom(made, sources) && existsSync(join(distDir, "BUILD_ID"))) return false;
  context.say?.("Building the portal; this takes a minute");
  await runToEnd({ ...context, name: "build", args: [nextProgram, "build"] });
  mkdirSync(distDir, { recursive: true });
  writeFileSync(made, sources);
  return true;
}

export const nextProgram = require.resolve("next/dist/bin/next");

const portalSources = [
  ...["app", "components", "lib", "prisma/schema.prisma", "public"],
  ...["next.config.js", "package-lock.json", "tsconfig.json", "proxy.ts", "instrumentation.ts"],
];

export class BuildError extends Error {
  override readonly name = "BuildError";
}

async function runToEnd(
  step: BuildContext & { readonly name: string; readonly args: readonly string[] },
): Promise<void> {
  mkdirSync(dirname(step.logFile), { recursive: true });
  const child = spawn(process.execPath, step.args, {
    cwd: step.root,
    env: { ...step.env, NO_COLOR: "1" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) step.runFile?.add(step.name, child.pid);
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  step.signal?.addEventListener("abort", end, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  step.signal?.removeEventListener("abort", end);
  step.runFile?.remove(step.name);
  const text = Buffer.concat(output).toString("utf8");
  writeFileSync(step.logFile, text, { mode: 0o600 });
  if (code !== 0) {
    const last = lastLines(step.logFile, 60);
    throw new BuildError(
      `The step "${step.name}" failed. The last lines of ${step.logFile}:\n${last}`,
    );
  }
}
