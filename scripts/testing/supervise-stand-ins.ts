/** The real supervisor, PostgreSQL and Azurite, with stand-ins for what takes long to build. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { superviseProduct } from "../supervisor/main";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const standIn = join(root, "scripts", "testing", "stand-in.mjs");

process.exit(
  await superviseProduct({
    root,
    env: process.env,
    isReset: process.argv.includes("--reset"),
    isDev: false,
    programs: {
      portal: (port) => [standIn, "portal", String(port)],
      simulator: [standIn, "simulator"],
      worker: [standIn, "worker"],
    },
  }),
);
