/** The worker in one file: a process that is killed all the time has to be up again soon. */
import { join } from "node:path";
import { build } from "esbuild";

/** What packages written for CommonJS expect to find. */
const banner = `
import { createRequire as requireOf } from "node:module";
import { dirname as dirnameOf } from "node:path";
import { fileURLToPath as pathOf } from "node:url";
const require = requireOf(import.meta.url);
const __filename = pathOf(import.meta.url);
const __dirname = dirnameOf(__filename);`;

export async function bundleWorker(root: string, dir: string): Promise<string> {
  const outfile = join(dir, "worker.mjs");
  await build({
    entryPoints: [join(root, "chaos", "worker.ts")],
    ...{ outfile, bundle: true, platform: "node", format: "esm", target: "node20" },
    ...{ tsconfig: join(root, "tsconfig.json"), banner: { js: banner }, logLevel: "warning" },
  });
  return outfile;
}
