/**
 * What the product does with 10,000 records, beside its floor in the same run: the same creates by a
 * straight line without ledger, staging and mapping. Ratios hold when the machine's speed drifts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { product } from "../e2e/support/product";
import startProduct from "../e2e/support/start-product";
import { bareCreates } from "./bare-creates";
import { createConnector, openBrowser } from "./journey";
import { chatWorld, putWorld, stats } from "./world";

const records = Number(process.env["BENCH_RECORDS"] ?? 10_000);
const people = Number(process.env["BENCH_PEOPLE"] ?? 100);
const patienceMs = 10 * 60_000;

const stop = await startProduct();
try {
  const { portalUrl, controlUrl, graphUrl, entraUrl, dataDir } = product();
  const browser = await openBrowser();
  await putWorld(controlUrl, chatWorld({ records, people, account: "bench" }));
  const page = await createConnector(browser, portalUrl, "Bench");
  const worker = watchMemory(dataDir);
  const startedAt = performance.now();
  await page.getByRole("button", { name: "Finish" }).click();
  await page
    .getByText(/Completed|Failed/)
    .first()
    .waitFor({ timeout: patienceMs });
  const seconds = (performance.now() - startedAt) / 1000;
  const { imports, duplicates } = await stats(controlUrl);
  const peakMb = worker.stop();
  await browser.close();

  const bare = await bareCreates({ graphUrl, entraUrl, people, creates: imports });
  const rate = imports / seconds;
  const bareRate = imports / bare;
  console.log(`records                       ${records} over ${people} mailboxes`);
  console.log(`messages written              ${imports}, written twice ${duplicates}`);
  console.log(`Finish to closed run          ${seconds.toFixed(1)} s`);
  console.log(`rate                          ${rate.toFixed(0)} messages/s`);
  console.log(`floor: the same creates bare  ${bareRate.toFixed(0)} messages/s`);
  console.log(`ratio                         ${(rate / bareRate).toFixed(2)}`);
  console.log(`worker, resident at its peak  ${peakMb.toFixed(0)} MB`);
} finally {
  await stop();
}

/** Linux tells a process's memory in /proc; elsewhere the figure is 0. */
function watchMemory(dataDir: string): { stop(): number } {
  let peakMb = 0;
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb(dataDir));
  }, 250);
  return {
    stop() {
      clearInterval(timer);
      return peakMb;
    },
  };
}

function residentMb(dataDir: string): number {
  try {
    const parts = JSON.parse(readFileSync(join(dataDir, "run.json"), "utf8")) as Record<
      string,
      { pid: number }
    >;
    const status = readFileSync(`/proc/${parts["worker-1"]?.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
