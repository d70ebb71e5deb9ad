/** The command behind `npm start` and `npm run dev`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { superviseProduct } from "./supervisor/main";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values } = parseArgs({
  options: { reset: { type: "boolean" }, dev: { type: "boolean" } },
});

// The portal would read this file by itself; read here, all parts see the same.
if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
process.chdir(root);

process.exit(
  await superviseProduct({
    root,
    env: process.env,
    isReset: values.reset ?? false,
    isDev: values.dev ?? false,
  }),
);
