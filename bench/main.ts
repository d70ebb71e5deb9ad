/**
 * What the product does, each figure beside its floor in the same run: ratios hold when the machine's
 * speed drifts. Prints a table and keeps the figures in a file, row by row.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { generateClient } from "../scripts/supervisor/build";
import { testEnvironment } from "../scripts/checks/environment";
import { readArguments } from "./arguments";

const root = process.cwd();
process.env["LOG_LEVEL"] = "warn";
mkdirSync(join(root, ".data"), { recursive: true });
const logFile = join(root, ".data", "generate.log");
// After a fresh installation there is no database client yet, and what follows imports it.
await generateClient({ root, env: testEnvironment(process.env, join(root, ".data")), logFile });
const { measureAll } = await import("./measure");
process.exit(await measureAll(readArguments(process.argv.slice(2))));
