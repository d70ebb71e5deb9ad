import { spawn, type ChildProcess } from "node:child_process";
import { afterEach, describe, expect, inject, test } from "vitest";
import { loadConfig } from "@/lib/config";
import type { Logger } from "@/lib/logger";
import { alice, bob, carol, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { startWorker, type Worker } from "./start";

const redisUrl = inject("TEST_REDIS_URL");
/** A database of their own in Redis: other tests share the server. */
const ownRedis = redisUrl === null ? null : Object.assign(new URL(redisUrl), { pathname: "/7" });
const backends: (readonly [string, Record<string, string>])[] = [["PostgreSQL", {}]];
if (ownRedis !== null) backends.push(["Redis", { REDIS_URL: ownRedis.href }]);

const records = Array.from({ length: 120 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: hoursAgo(3), to: [bob, carol] }),
);
const people = [alice, bob, carol];

let open: SyncWorld | undefined;
const workers: Worker[] = [];
const processes: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  await open?.close();
  open = undefined;
});

describe.each(backends)("workers on %s", (backend, queue) => {
  test("three of them pass a whole run from its window to its end, within their connections", async () => {
    open = await createSyncWorld(world(people, records));
    const { runId } = await open.finish();
    const config = loadConfig({ ...open.env, ...queue });
    for (let index = 0; index < 3; index += 1) workers.push(startWorker(config, quiet));
    let connections = 0;
    await waitFor(open, runId, async (running) => {
      connections = Math.max(connections, await connectionsTo(running));
    });

    expect(await open.run(runId)).toMatchObject({
      ...{ state: "SUCCEEDED", isManifestEqual: true, availableFromSource: 120 },
      ...{ availableForImport: 360, imported: 360, failed: 0, skipped: 0, open: 0 },
    });
    expect(await open.duplicates()).toEqual(noDuplicates);
    for (const { upn } of people) expect(await open.mail(upn)).toHaveLength(120);
    // The test's own pool has at most 8 beside the workers' budget of 20 each.
    expect(connections).toBeLessThanOrEqual(8 + 3 * 20);
    expect(connections).toBeGreaterThan(backend === "PostgreSQL" ? 8 : 1);
  });
});

/** On the backend with the longer way back: a dead worker's job is another's after 20 seconds. */
const killed = backends.at(-1)?.[1] ?? {};

test("a worker killed in the middle is followed by one that completes the run, with nothing twice and nothing missing", async () => {
  open = await createSyncWorld(world(people, records));
  await open.control("PATCH", "/latency", { graph: 60 });
  const { runId } = await open.finish();
  const first = startProcess({ ...open.env, ...killed });
  const written = async () => (await open?.mail(alice.upn))?.length ?? 0;
  await expect.poll(written, { timeout: 20_000, interval: 20 }).toBeGreaterThan(5);
  first.kill("SIGKILL");
  expect(await written()).toBeLessThan(120);
  startProcess({ ...open.env, ...killed });
  await waitFor(open, runId);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 360, open: 0 });
  expect(await open.duplicates()).toEqual(noDuplicates);
  for (const { upn } of people) expect(await open.mail(upn)).toHaveLength(120);
}, 58_000);

test("a worker killed in the middle of an upload leaves half a message; the next one removes it and writes the item whole", async () => {
  const file = { id: "a", name: "a.mp4", contentType: "video/mp4", sizeBytes: 9_000_000 };
  const body = { messageType: "FILE", attachments: [file] };
  const record = chat({ id: "large", receivedAt: hoursAgo(3), body });
  open = await createSyncWorld(world(people, [record], { a: { sizeBytes: 9_000_000, seed: 1 } }));
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "PUT", path: "attachment-sessions", times: 1, skip: 1 },
    effect: { delayMs: 20_000 },
  });
  const { runId } = await open.finish();
  const first = startProcess({ ...open.env, ...killed });
  const pieces = async () => {
    const stats = (await open?.control("GET", "/stats")) as { requests: Row[] };
    return stats.requests.filter(({ method }) => method === "PUT").length;
  };
  type Row = { readonly method: string };
  await expect.poll(pieces, { timeout: 30_000, interval: 20 }).toBeGreaterThan(0);
  first.kill("SIGKILL");
  expect((await open.mail(alice.upn)).map(({ attachments }) => attachments.length)).toEqual([0]);
  startProcess({ ...open.env, ...killed });
  await waitFor(open, runId);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1, open: 0 });
  const written = await open.mail(alice.upn);
  expect(written.map(({ attachments }) => attachments.length)).toEqual([1]);
  const [staged] = await open.sql.query<{ sha256: string }>(
    `SELECT "sha256" FROM "StagedAttachment"`,
  );
  expect(written[0]?.attachments[0]?.sha256).toBe(staged?.sha256);
  expect(await open.duplicates()).toEqual(noDuplicates);
}, 58_000);

/** A worker process with little patience: what takes it a minute takes these limits a few seconds. */
const impatient = `
const { config } = await import("./lib/config.ts");
const { logger } = await import("./lib/logger.ts");
const { syncLimits } = await import("./lib/wiring.ts");
const { startWorker } = await import("./workers/start.ts");
startWorker(config(), logger("worker"), {
  ...syncLimits, heartbeatMs: 500, silentMs: 2_500, laneLeaseMs: 2_000, laneRenewMs: 600, inDoubtMs: 4_000,
});`;

function startProcess(env: Record<string, string>): ChildProcess {
  const how = ["--import", "tsx", "--input-type=module", "--eval", impatient];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, how, {
    env: { ...env, PATH, HOME, LOG_LEVEL: "error" } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "inherit"],
  });
  processes.push(child);
  return child;
}

async function waitFor(
  running: SyncWorld,
  runId: string,
  onLook: (running: SyncWorld) => Promise<void> = async () => undefined,
): Promise<void> {
  const isClosed = async () => {
    await onLook(running);
    return (await running.run(runId))["closedAt"] !== null;
  };
  await expect.poll(isClosed, { timeout: 45_000, interval: 100 }).toBe(true);
}

async function connectionsTo({ sql }: SyncWorld): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `SELECT count(*)::int AS "count" FROM "pg_stat_activity" WHERE "datname" = current_database()`,
  );
  return row?.count ?? 0;
}

const nothing = () => undefined;
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
