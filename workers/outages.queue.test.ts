/** What a worker lives on goes away in the middle of a run, and comes back: nothing twice, nothing missing. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { loadConfig } from "@/lib/config";
import type { Logger } from "@/lib/logger";
import { pokeOptions } from "@/lib/queue";
import { alice, bob, carol, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { syncLimits } from "@/lib/wiring";
import { findRedis } from "@/scripts/checks/programs";
import { hasExited } from "@/scripts/supervisor/processes";
import { type OwnServices, startOwnServices } from "@/scripts/testing/own-services";
import { fillDisk, mayMount, mountSmallDisk, unmountSmallDisk } from "@/scripts/testing/small-disk";
import { startWorker, type Worker } from "./start";

vi.stubEnv("LOG_LEVEL", "error");
// A process that starts beside three others, and services that start twice, on a busy machine.
vi.setConfig({ testTimeout: 58_000 });

const people = [alice, bob, carol];
const each = 60;
const records = Array.from({ length: each }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: hoursAgo(3), to: [bob, carol] }),
);

let own: OwnServices;
let open: SyncWorld;
const workers: Worker[] = [];
const processes: ChildProcess[] = [];
beforeAll(async () => {
  own = await startOwnServices();
  open = await createSyncWorld(world(people, []), {}, own);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  for (const child of processes.splice(0)) child.kill("SIGKILL");
});
afterAll(async () => {
  await open.close();
  await own.stop();
});

/** What takes a worker a minute takes this one a few seconds. */
function work(queue: Record<string, string> = {}): void {
  const limits = {
    ...{ ...syncLimits, heartbeatMs: 500, silentMs: 2_000 },
    ...{ laneLeaseMs: 1_500, laneRenewMs: 400, inDoubtMs: 1_500, tickLeaseMs: 300 },
  };
  const queueTiming = { lockDuration: 3_000, stalledInterval: 1_000 };
  const pace = { tickEveryMs: 300, dutiesEveryMs: 5_000, queueTiming };
  workers.push(startWorker(loadConfig({ ...open.env, ...queue }), quiet, limits, pace));
}

/** A run whose creates take a while: from here on until it is closed there is something to be struck. */
async function begin(latencyMs: number): Promise<string> {
  await open.reset(world(people, records));
  await open.control("PATCH", "/latency", { graph: latencyMs });
  return (await open.finish()).runId;
}

const written = async () => (await open.mail(alice.upn)).length;

async function inTheMiddle(runId: string): Promise<void> {
  await expect.poll(written, { timeout: 45_000, interval: 20 }).toBeGreaterThan(5);
  expect(await open.run(runId)).toMatchObject({ closedAt: null });
}

/** Time is made to pass: what waits a minute after a failure is asked again at once. */
async function recovered(runId: string): Promise<void> {
  const isClosed = async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
  await expect.poll(isClosed, { timeout: 30_000, interval: 200 }).toBe(true);
  const all = people.length * each;
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: all, open: 0 });
  expect(await open.duplicates()).toEqual(noDuplicates);
  for (const { upn } of people) expect(await open.mail(upn)).toHaveLength(each);
}

describe.skipIf(findRedis() === null)("Redis", () => {
  const queue = () => ({ REDIS_URL: own.redisUrl ?? "" });

  test.each<[string, () => Promise<unknown>]>([
    ["is flushed", () => withRedis((client) => client.flushall())],
    [
      "is away for a while and comes back empty",
      async () => {
        await own.kill("redis", "SIGKILL");
        await setTimeout(2_000);
        await own.start("redis");
      },
    ],
    ["stops answering for a while", () => withRedis((client) => client.client("PAUSE", 2_000))],
  ])("%s in the middle of a run", async (_name, strike) => {
    const runId = await begin(60);
    work(queue());
    await inTheMiddle(runId);
    await strike();
    await recovered(runId);
    // What was under way needs no queue to come to its end; what begins now does.
    await recovered(await begin(0));
  });

  test("holds jobs of an older build, and they keep nobody from the work", async () => {
    const runId = await begin(0);
    await withRedis(async (client) => {
      for (const [name, data] of [
        ["transfer", { runId, tenantId: "of an older build" }],
        ["transfer", {}],
        ["lane", { mailbox: "of an older build" }],
      ] as const) {
        const older = new Queue(name, { connection: client });
        await older.add(name, data, name === "lane" ? {} : pokeOptions("transfer", runId));
        await older.close();
      }
    });
    work(queue());
    await recovered(runId);
  });
});

describe("PostgreSQL", () => {
  test("is ended at once and started again in the middle of a run", async () => {
    const runId = await begin(60);
    work();
    await inTheMiddle(runId);
    await own.kill("postgres", "SIGQUIT");
    await own.start("postgres");
    await recovered(runId);
  });

  test("cuts every connection again and again, also in the middle of a commit", async () => {
    const runId = await begin(60);
    work();
    await inTheMiddle(runId);
    await own.cutConnections(1_500);
    await recovered(runId);
  });
});

describe("Azurite", () => {
  test("is killed and started again in the middle of a run", async () => {
    const runId = await begin(250);
    work();
    await inTheMiddle(runId);
    await whenAzuriteHasSaved();
    // A new worker remembers nothing of what the last one has read.
    await workers.pop()?.stop();
    await own.kill("azurite", "SIGKILL");
    await open.control("PATCH", "/latency", { graph: 0 });
    work();
    const waiting = `SELECT 1 FROM "Delivery" WHERE "failureCode" = 'StagingUnavailable'`;
    const isNoticed = async () => (await open.sql.query(waiting)).length > 0;
    await expect.poll(isNoticed, { timeout: 20_000 }).toBe(true);
    await own.start("azurite");
    await recovered(runId);
  });

  // Without the right to mount there is no small disk to fill.
  test.skipIf(!mayMount())("has no room left, and gets some again", async () => {
    await own.kill("azurite", "SIGTERM");
    mountSmallDisk(own.blobs);
    try {
      await own.start("azurite");
      const runId = await begin(0);
      const ballast = fillDisk(own.blobs);
      work();
      const code = async () => (await open.run(runId))["failureCode"];
      await expect.poll(code, { timeout: 20_000 }).toBe("StagingUnavailable");
      rmSync(ballast);
      // As its supervisor does, should it have died of it.
      await own.kill("azurite", "SIGKILL");
      await own.start("azurite");
      await recovered(runId);
    } finally {
      await own.kill("azurite", "SIGKILL");
      unmountSmallDisk(own.blobs);
    }
    await own.start("azurite");
  });
});

describe("a worker's process", () => {
  test("that is told to stop in the middle of a batch puts its work down, and the next one ends it", async () => {
    const runId = await begin(60);
    // The transfer waits for the window's manifest, which it asks for before and after its pages.
    const manifest = { service: "telemessage", path: "/v1/archive/manifest", skip: 1, times: 1 };
    await open.control("POST", "/faults", { ...manifest, effect: { delayMs: 28_000 } });
    const child = startProcess();
    await inTheMiddle(runId);
    child.kill("SIGTERM");
    await hasExited(child);
    expect(child.exitCode).toBe(0);
    expect(await written()).toBeLessThan(each);
    const queued = { state: "QUEUED", failureCode: "Interrupted", failuresInRow: 0 };
    expect(await open.run(runId)).toMatchObject(queued);
    const held = `SELECT 1 FROM "Lane" WHERE "leaseUntil" IS NOT NULL`;
    expect(await open.sql.query(held)).toEqual([]);
    // Of each batch of fifty only what had been sent, three at a time.
    const inDoubt = (await open.deliveries()).filter(({ state }) => state === "IMPORTING");
    expect(inDoubt.length).toBeLessThanOrEqual(3 * people.length);
    work();
    await recovered(runId);
  });

  test("ends with a line in the log when a rejection is handled by nobody", async () => {
    const reject = `
      const timer = setInterval(() => {
        if (process.listenerCount("unhandledRejection") === 0) return;
        clearInterval(timer);
        Promise.reject(new Error("Handled by nobody"));
      }, 20);`;
    const child = startProcess(["--import", `data:text/javascript,${encodeURIComponent(reject)}`]);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await hasExited(child);
    expect(child.exitCode).toBe(1);
    expect(said).toContain("worker.unhandledRejection");
  });
});

function startProcess(options: readonly string[] = []): ChildProcess {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", ...options, "workers/main.ts"], {
    env: { ...open.env, PATH, HOME, LOG_LEVEL: "error" } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "inherit"],
  });
  processes.push(child);
  return child;
}

async function withRedis(run: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(own.redisUrl ?? "", { maxRetriesPerRequest: null });
  try {
    await run(client);
  } finally {
    client.disconnect();
  }
}

/** The emulator writes down what it holds every few seconds; the service it stands for does so at once. */
async function whenAzuriteHasSaved(): Promise<void> {
  const rows = await open.sql.query<{ name: string }>(
    `SELECT DISTINCT "blobName" AS "name" FROM "SyncItem"`,
  );
  const saved = () => readFileSync(join(own.blobs, "__azurite_db_blob__.json"), "utf8");
  const isSaved = () => rows.every(({ name }) => saved().includes(name));
  await expect.poll(isSaved, { timeout: 20_000 }).toBe(true);
}

const nothing = () => undefined;
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
