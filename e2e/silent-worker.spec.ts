import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { APIRequestContext } from "@playwright/test";
import pg from "pg";
import { databaseUrl } from "../scripts/supervisor/postgres";
import { readRunFile, runFilePath } from "../scripts/supervisor/run-file";
import { expectAccessible } from "./accessible";
import { createImported } from "./steps";
import { product } from "./support/product";
import { expect, test } from "./test";

type Health = { readonly status: string; readonly workerSeenAt: string | null };

/** Asked without a session, as whoever watches the installation asks. */
async function health(request: APIRequestContext): Promise<{ code: number } & Health> {
  const answer = await request.get("/api/health");
  return { code: answer.status(), ...((await answer.json()) as Health) };
}

/** Stopped, not ended: an ended one is started again at once. */
function tellWorker(signal: "SIGSTOP" | "SIGCONT"): void {
  const worker = readRunFile(runFilePath(product().dataDir))["worker-1"];
  if (worker === undefined) throw new Error("The product runs without a worker");
  process.kill(worker.pid, signal);
}

/** What a minute without a worker leaves behind, without the minute. */
async function ageBeats(): Promise<void> {
  const read = <T>(name: string) =>
    JSON.parse(readFileSync(join(product().dataDir, name), "utf8")) as T;
  const { postgres } = read<{ postgres: number }>("ports.json");
  const { databasePassword } = read<{ databasePassword: string }>("secrets.json");
  const client = new pg.Client(databaseUrl(postgres, databasePassword, "archiver"));
  await client.connect();
  await client.query(
    `UPDATE "WorkerBeat" SET "beatAt" = least("beatAt", clock_timestamp() - interval '61 seconds')`,
  );
  await client.end();
}

test("while no worker beats the health check fails and every page says so, until one beats again", async ({
  page,
  context,
  world,
  request,
}) => {
  await createImported(page, world);
  const bar = page.getByText("No worker has answered for 60 seconds.");
  await expect(bar).toHaveCount(0);
  const before = await health(request);
  expect(before).toMatchObject({ code: 200, status: "ok" });

  // Right after a beat, so that it is stopped while it holds nothing.
  await expect
    .poll(async () => (await health(request)).workerSeenAt, { intervals: [50] })
    .not.toBe(before.workerSeenAt);
  tellWorker("SIGSTOP");
  try {
    expect(await health(request)).toMatchObject({ code: 200, status: "ok" });
    await ageBeats();
    expect(await health(request)).toMatchObject({ code: 503, status: "silent" });
    await expect(bar).toBeVisible();
    const other = await context.newPage();
    await other.goto("/data-connectors/whatsapp");
    await expect(other.getByText("No worker has answered for 60 seconds.")).toBeVisible();
    await expectAccessible(other);
    await other.close();
  } finally {
    tellWorker("SIGCONT");
  }
  await expect.poll(() => health(request)).toMatchObject({ code: 200, status: "ok" });
  await expect(bar).toHaveCount(0);
});
