/** A worker's process that is told to stop and cannot ends all the same: asked twice, or after a while. */
import { type ChildProcess, spawn } from "node:child_process";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { alice, bob, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld;
let child: ChildProcess | undefined;
let said = "";
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterEach(() => child?.kill("SIGKILL"));
afterAll(() => open.close());

const never = 600_000;
const poll = { timeout: 40_000, interval: 50 };

test("the second signal ends it at once", async () => {
  await whileNobodyBeats(async () => {
    await startHanging({ deadlineMs: never });
    child?.kill("SIGTERM");
    await expect.poll(() => said, poll).toContain("worker.stopping");
    expect(child?.exitCode).toBeNull();
    child?.kill("SIGINT");
    await expect.poll(() => child?.exitCode, poll).toBe(1);
  });
}, 58_000);

test("a stop that does not come to its end is ended before 20 seconds have passed", async () => {
  await whileNobodyBeats(async () => {
    await startHanging({ deadlineMs: 10 });
    child?.kill("SIGTERM");
    await expect.poll(() => child?.exitCode, poll).toBe(1);
    expect(said).toContain("worker.stopping");
  });
}, 58_000);

/** Whoever beats waits for a lock until the work is done, and a stop waits for the beat. */
async function whileNobodyBeats(work: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: open.config.databaseUrl });
  await client.connect();
  try {
    await client.query(`BEGIN; LOCK TABLE "WorkerBeat"`);
    await work();
  } finally {
    await client.end();
  }
}

/** @param deadlineMs how long whatever is to take 15 to 20 seconds takes in this process; longer is for ever */
async function startHanging({ deadlineMs }: { readonly deadlineMs: number }): Promise<void> {
  const hurry = `
    const later = setTimeout;
    const lasts = (ms) => (ms > 20_000 ? ${never} : ms >= 15_000 ? ${deadlineMs} : ms);
    globalThis.setTimeout = (work, ms, ...rest) => later(work, lasts(ms), ...rest);`;
  const preload = `data:text/javascript,${encodeURIComponent(hurry)}`;
  const { PATH, HOME } = process.env;
  child = spawn(process.execPath, ["--import", "tsx", "--import", preload, "workers/main.ts"], {
    env: { ...open.env, PATH, HOME, LOG_LEVEL: "info" } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  said = "";
  child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const waiting = `SELECT 1 FROM "pg_locks" WHERE NOT "granted" AND "relation" = '"WorkerBeat"'::regclass`;
  await expect.poll(async () => (await open.sql.query(waiting)).length, poll).toBe(1);
}
