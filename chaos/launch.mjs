/**
 * Starts the bundled worker from what V8 made of it before: half of a start is compiling. With a second
 * argument of `--compile` it is run once to be compiled, and ends.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { argv, exit } from "node:process";
import { constants, Script } from "node:vm";

const [, , bundle = "", mode] = argv;
const compiled = `${bundle}.compiled`;
const parameters = "exports, require, module, __filename, __dirname";
const script = new Script(`(function (${parameters}) {${readFileSync(bundle, "latin1")}\n})`, {
  filename: bundle,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  ...(existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {}),
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
if (mode === "--compile") {
  writeFileSync(compiled, script.createCachedData());
  exit(0);
}
