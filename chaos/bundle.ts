/** The worker in one file, compiled: a process that is killed all the time has to be up again soon. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** What packages written as modules expect to find. */
const banner = `const importMetaUrl = require("node:url").pathToFileURL(__filename).href;`;

export type Bundle = {
  /** What starts it, and what is started. */
  readonly launcher: string;
  readonly file: string;
};

export async function bundleWorker(root: string, dir: string): Promise<Bundle> {
  const outfile = join(dir, "worker.cjs");
  await build({
    entryPoints: [join(root, "chaos", "worker.ts")],
    ...{ outfile, bundle: true, platform: "node", format: "cjs", target: "node20" },
    ...{ tsconfig: join(root, "tsconfig.json"), banner: { js: banner }, logLevel: "warning" },
    define: { "import.meta.url": "importMetaUrl" },
  });
  // A source of single bytes is read in no time.
  writeFileSync(outfile, readFileSync(outfile, "utf8").replace(/[^\0-\x7f]/g, escaped), "latin1");
  const launcher = join(root, "chaos", "launch.mjs");
  execFileSync(process.execPath, [launcher, outfile, "--compile"], { stdio: "inherit" });
  return { launcher, file: outfile };
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
