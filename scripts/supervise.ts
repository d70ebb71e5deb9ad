/** The command behind `npm start` and `npm run dev`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { superviseProduct } from "./supervisor/main";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const known = ["--reset", "--dev"];
const unknown = process.argv.slice(2).filter((word) => !known.includes(word));
if (unknown.length > 0) {
  process.stderr.write(`npm start does not know ${unknown.join(" ")}; it knows --reset.\n`);
  process.exit(1);
}

// The portal would read this file by itself; read here, all parts see the same.
if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
process.chdir(root);

process.exit(
  await superviseProduct({
    root,
    env: process.env,
    isReset: process.argv.includes("--reset"),
    isDev: process.argv.includes("--dev"),
  }),
);
