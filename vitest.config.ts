/** Four kinds of tests, told apart by the end of the file's name; only the first runs without a service. */
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const withServices = { globalSetup: ["./scripts/test-services.ts"] };
const kinds = ["db", "sim", "queue"];
const exclude = [...configDefaults.exclude, "e2e/**", ".next/**", ".data/**", ".test-data/**"];

function project(name: string, include: string[], more: object = {}) {
  return { extends: true as const, test: { name, include, exclude, ...more } };
}

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") } },
  test: {
    environment: "node",
    passWithNoTests: true,
    // A busy machine makes a slow test slower; none may take a minute.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      project("unit", ["**/*.test.{ts,tsx}"], {
        exclude: [...exclude, ...kinds.map((kind) => `**/*.${kind}.test.ts`)],
      }),
      project("db", ["**/*.db.test.ts"], withServices),
      // Our own modules are loaded anew for each file all the same; packages, which take two seconds, are not.
      project("wire", ["**/*.sim.test.ts"], { ...withServices, isolate: false }),
      project("queue", ["**/*.queue.test.ts"], withServices),
    ],
  },
});
