/** The command behind `npm test`: all steps, or those that are named. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkEverything } from "./checks/main";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
process.exit(await checkEverything(root, process.argv.slice(2)));
