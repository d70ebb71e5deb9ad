/** A worker is killed while it passes over what waits by a changed mapping: the next one goes on at its place. */
import { type ChildProcess, spawn } from "node:child_process";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { loadConfig } from "@/lib/config";
import type { Logger } from "@/lib/logger";
import { fakeActor } from "@/lib/testing/fakes";
import { putMapping } from "@/lib/testing/put-mapping";
import { bob, carol, chat, hoursAgo, type Person, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { openPortal, sync, syncLimits } from "@/lib/wiring";
import { hasExited } from "@/scripts/supervisor/processes";
import { startWorker, type Worker } from "./start";

vi.stubEnv("LOG_LEVEL", "error");
// A process that starts beside others on a busy machine.
vi.setConfig({ testTimeout: 150_000 });

/** One step of the passage and a part of the next. */
const items = 540;
const aStep = 500;
const fred: Person = { mobile: "16175550088", upn: "", name: "Fred" };
const records = Array.from({ length: items }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: hoursAgo(3), owner: fred, to: [] }),
);

let open: SyncWorld;
let child: ChildProcess | undefined;
let worker: Worker | undefined;
beforeAll(async () => {
  open = await createSyncWorld(world([bob, carol], records));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await worker?.stop();
});
afterAll(() => open.close());

test("a worker that is killed in the middle of a passage leaves its place, and the next one ends it", async () => {
  const { id, runId } = await open.finish();
  await open.parts.refreshDirectory(open.signal);
  await put(id, `${fred.mobile},${bob.upn}`);
  await sync.transferRun(open.parts, runId, open.signal);
  await holdDuty("55 seconds");
  await put(id, `${fred.mobile},${carol.upn}`);

  const gate = await holdLastItem();
  await holdDuty("0 seconds");
  child = startProcess();
  await expect.poll(looked, { timeout: 60_000, interval: 50 }).toBe(aStep);
  child.kill("SIGKILL");
  await hasExited(child);
  await gate.open();
  expect(await waiting()).toEqual({ [bob.upn]: items - aStep, [carol.upn]: aStep });

  await endLeases();
  worker = startWorker(loadConfig(open.env), quiet, syncLimits, pace);
  const isClosed = async () => (await open.run(runId))["closedAt"] !== null;
  await expect.poll(isClosed, { timeout: 60_000, interval: 200 }).toBe(true);
  const counts = { state: "SUCCEEDED", imported: items, skipped: items, failed: 0 };
  expect(await open.run(runId)).toMatchObject(counts);
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.mail(carol.upn)).toHaveLength(items);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

async function put(id: string, line: string): Promise<void> {
  const services = openPortal(open.config, open.outside);
  const actor = fakeActor(open.parts.tenantId);
  await services.session.signedIn(actor);
  await putMapping(services, actor, id, [line]);
}

/**
 * Nobody else does the duty for so long: not the portal either, which would at once. A lease further ahead
 * than a duty takes one counts for nothing.
 */
async function holdDuty(until: string): Promise<void> {
  await open.sql.query(
    `INSERT INTO "Duty" ("tenantId", "name", "holder", "leaseUntil")
     VALUES ($1, 'mappingChanges', 'another', clock_timestamp() + $2::interval)
     ON CONFLICT ("tenantId", "name") DO UPDATE
     SET "holder" = excluded."holder", "leaseUntil" = excluded."leaseUntil", "doneAt" = NULL`,
    [open.parts.tenantId, until],
  );
}

/** Whoever wants the last of what waits waits until the gate is opened. */
async function holdLastItem(): Promise<{ open(): Promise<void> }> {
  const client = new pg.Client({ connectionString: open.config.databaseUrl });
  await client.connect();
  await client.query("BEGIN");
  await client.query(
    `SELECT 1 FROM "SyncItem" WHERE "id" = (SELECT "itemId" FROM "Delivery" ORDER BY "id" DESC LIMIT 1)
     FOR UPDATE`,
  );
  return {
    async open() {
      await client.query("ROLLBACK");
      await client.end();
    },
  };
}

const looked = async () => {
  const [change] = await open.sql.query<{ looked: number }>(
    `SELECT "looked" FROM "MappingChange" WHERE "doneAt" IS NULL`,
  );
  return change?.looked;
};

async function waiting(): Promise<Record<string, number>> {
  const rows = await open.sql.query<{ address: string; count: number }>(
    `SELECT "mailboxAddress" AS "address", count(*)::int FROM "Delivery" WHERE "state" = 'PENDING' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ address, count }) => [address, count]));
}

/** Time is made to pass: what a dead worker held is free half a minute later. */
async function endLeases(): Promise<void> {
  for (const table of ["Duty", "Lane", "Planner"]) {
    await open.sql.query(`UPDATE "${table}" SET "leaseUntil" = clock_timestamp()`);
  }
}

function startProcess(): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ["--import", "tsx", "workers/main.ts"], {
    env: { ...open.env, PATH, HOME, LOG_LEVEL: "error" } as unknown as NodeJS.ProcessEnv,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const pace = { tickEveryMs: 300, dutiesEveryMs: 300 };
const nothing = () => undefined;
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
