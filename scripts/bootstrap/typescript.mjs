/** From here on the scripts are TypeScript like everything else, in this same process. */
import { register } from "tsx/esm/api";

export async function run(program) {
  register();
  await import(new URL(program, import.meta.url).href);
}
