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
  // Once, told as flaky: on a machine with other work a page may take longer than a test waits.
  retries: process.env["CI"] === "true" ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["line"], ["json", { outputFile: join(testDir, "logs", `${place}.json`) }]],
  use: {
    browserName: "chromium",
    headless: true,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    locale: "en-US",
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
