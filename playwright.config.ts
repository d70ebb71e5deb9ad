/** End-to-end tests: one product for all of them, in a real Chromium. */
import { join } from "node:path";
import { defineConfig } from "@playwright/test";
import { findChromium } from "./scripts/checks/tools";

const executablePath = findChromium();
const testDir = process.env["TEST_DIR"] ?? ".test-data";
/** Two halves run side by side, each with files of its own. */
const place = process.env["E2E_PLACE"] ?? "e2e";

export default defineConfig({
  testDir: "e2e",
  outputDir: join(testDir, `${place}-results`),
  globalSetup: "./e2e/support/start-product.ts",
  // All tests share the simulated world, which some of them replace.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env["CI"] === "true",
  // None: who waits waits for what has to come, and these only end what does not. A busy machine may be slow.
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["line"], ["json", { outputFile: join(testDir, "logs", `${place}.json`) }]],
  use: {
    browserName: "chromium",
    headless: true,
    // Filming every page costs as much as the tests; whoever needs it says --trace on.
    trace: "off",
    screenshot: "only-on-failure",
    locale: "en-US",
    // What still moves is painted over and over, and may not be clicked before it stands.
    contextOptions: { reducedMotion: "reduce" },
    launchOptions: {
      ...(executablePath === null ? {} : { executablePath }),
      // As root there is no sandbox, and a closed network must not be asked for updates at every start.
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
      ],
    },
  },
});
