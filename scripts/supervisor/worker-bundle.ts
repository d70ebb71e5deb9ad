/**
 * The worker in one file of plain JavaScript. Translated while it is loaded, as `npm run dev` runs it,
 * every function is wrapped to keep its name, which cost a tenth of the worker's processor time.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { BuildError } from "./build";
import { digest, isMadeFrom } from "./sources";

const workerSources = [
  ...["workers", "lib", "prisma/schema.prisma"],
  ...["package-lock.json", "tsconfig.json", "scripts/supervisor/worker-bundle.ts"],
];

/** The options of Node that belong to it: where an error arose is told in the lines of the sources. */
export function workerProgram(distDir: string): readonly string[] {
  return ["--enable-source-maps", join(distDir, "worker", "main.mjs")];
}

/** True when it had to be made. */
export async function buildWorker(root: string, distDir: string): Promise<boolean> {
  const dir = join(root, distDir, "worker");
  const made = join(dir, ".made-from");
  const sources = digest(root, workerSources);
  const program = join(dir, "main.mjs");
  if (isMadeFrom(made, sources) && existsSync(program)) return false;
  await bundle(root, "workers/main.ts", program);
  writeFileSync(made, sources);
  return true;
}

/** Packages stay where they are: `outfile` has to lie below the project, where they are found from. */
export async function bundle(root: string, entry: string, outfile: string): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  // Put in place by a rename: two starts may make it at the same time.
  const unfinished = join(dirname(outfile), `unfinished-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, entry)],
    ...{ outfile: unfinished, bundle: true, packages: "external", logLevel: "silent" },
    ...{ platform: "node", format: "esm", target: "node20", sourcemap: "inline" },
    ...{ tsconfig: join(root, "tsconfig.json"), legalComments: "none", sourcesContent: false },
  }).catch((thrown: unknown) => {
    throw new BuildError(`The worker could not be built: ${String(thrown)}`, { cause: thrown });
  });
  renameSync(unfinished, outfile);
}
