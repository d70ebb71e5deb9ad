/** One installation for one measurement: a new database, a world, consent, a connector, workers as processes. */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { type Config, loadConfig } from "@/lib/config";
import { firstWindow } from "@/lib/core/window";
import { closeOutside, createOutside, type Outside } from "@/lib/wiring";
import { testEnvironment } from "../scripts/checks/environment";
import { stopGroup, waitUntil } from "../scripts/supervisor/processes";
import type { Services } from "./services";
import { putWorld, tenantId, type SimulatedWorld } from "./simulator";
import { accountId, sourceUser } from "./world";

export type InstallationOptions = {
  readonly workers: number;
  /** Instead of the product's own, see bench/worker.ts. Left out, a mailbox takes whatever comes. */
  readonly limits?: object;
  /** After which a run that has not ended counts as hanging. */
  readonly patienceMs?: number;
};

export type ClosedRun = {
  readonly id: string;
  readonly imported: number;
  /** From the moment it was opened to the moment it was closed. */
  readonly seconds: number;
};

export type Installation = {
  readonly outside: Outside;
  readonly config: Config;
  readonly databaseUrl: string;
  readonly workers: readonly ChildProcess[];
  startWorker(): Promise<ChildProcess>;
  /** What the wizard's Finish does; answers the id of the first run. */
  finish(): Promise<string>;
  /** @param onLook called about every 50 ms while the run goes on */
  closed(runId: string, onLook?: () => void | Promise<void>): Promise<ClosedRun>;
  close(): Promise<void>;
};

type Ending = { readonly closedAt: Date | null; readonly failureCode: string | null };

const unlimited = {
  requests: { count: 1e12, seconds: 600 },
  bytes: { count: 1e15, seconds: 300 },
};
/** The most that Exchange takes, so that large files are written and not named only. */
const sizeLimitBytes = 150 * 1024 * 1024;
const lookEveryMs = 50;

export async function install(
  services: Services,
  world: SimulatedWorld,
  {
    workers: count,
    limits = { traffic: unlimited },
    patienceMs = 15 * 60_000,
  }: InstallationOptions,
): Promise<Installation> {
  await putWorld(services, world);
  const settings = {
    APP_MODE: "simulated",
    DATABASE_URL: await services.newDatabase(),
    TELEMESSAGE_BASE_URL: services.urls.telemessage,
    GRAPH_BASE_URL: services.urls.graph,
    ENTRA_BASE_URL: services.urls.entra,
    AZURE_STORAGE_CONNECTION_STRING: services.storage,
    AZURE_STORAGE_CONTAINER: `bench-${randomBytes(4).toString("hex")}`,
    ENCRYPTION_KEYS: `bench:${randomBytes(32).toString("base64")}`,
    NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
    WORKERS: String(count),
    SUPERVISOR_PID: String(process.pid),
  };
  const config = loadConfig(settings);
  const outside = createOutside(config, "worker");
  const workers: ChildProcess[] = [];
  const env = {
    ...testEnvironment(process.env, services.dir),
    ...settings,
    LOG_LEVEL: "warn",
    BENCH_LIMITS: JSON.stringify(limits),
  };

  const startWorker = async () => {
    const before = await beats(outside);
    const name = `worker-${randomBytes(3).toString("hex")}`;
    const args = [...workerOptions(), "--enable-source-maps", services.worker];
    const child = services.launch(name, args, env);
    workers.push(child);
    if (!(await waitUntil(async () => (await beats(outside)) > before, 30_000))) {
      throw new Error(`A worker did not begin; see ${services.dir}/${name}.log`);
    }
    return child;
  };

  for (let each = 0; each < count; each += 1) await startWorker();
  return {
    ...{ outside, config, workers, startWorker, databaseUrl: settings.DATABASE_URL },
    finish: () => finish(outside),

    async closed(runId, onLook = () => undefined) {
      const endAt = performance.now() + patienceMs;
      while (performance.now() < endAt) {
        const [run] = await outside.database.query<ClosedRun & Ending>(
          `SELECT "id", "imported", "closedAt", "failureCode",
             extract(epoch FROM "closedAt" - "createdAt")::float8 AS "seconds"
           FROM "SyncRun" WHERE "tenantId" = $1 AND "id" = $2`,
          [tenantId, runId],
        );
        if (run !== undefined && run.closedAt !== null) return run;
        const code = run?.failureCode ?? null;
        if (code !== null && code !== "Interrupted") {
          throw new Error(`The run met ${code}; the worker's log is in ${services.dir}`);
        }
        await onLook();
        await sleep(lookEveryMs);
      }
      throw new Error(`The run did not end within ${patienceMs / 60_000} minutes`);
    },

    async close() {
      await Promise.all(workers.map((worker) => stopGroup(worker, "SIGTERM", 20_000)));
      await closeOutside(outside);
    },
  };
}

/** For whoever looks where the time goes: options such as --cpu-prof for the workers' Node. */
function workerOptions(): string[] {
  return (process.env["BENCH_WORKER_OPTIONS"] ?? "").split(" ").filter(Boolean);
}

async function beats({ database }: Outside): Promise<number> {
  const rows = await database.query(`SELECT 1 FROM "WorkerBeat"`);
  return rows.length;
}

async function finish({ database, secretBox, syncStore, queue }: Outside): Promise<string> {
  const ids = { connector: uuid(), credential: uuid() };
  const finishedAt = new Date();
  const sealed = secretBox.seal(sourceUser.password, `credential:${tenantId}:${ids.credential}`);
  await database.query(
    `INSERT INTO "Tenant" ("id", "defaultDomain") VALUES ($1, 'contoso.com') ON CONFLICT DO NOTHING`,
    [tenantId],
  );
  await database.query(
    `INSERT INTO "Credential" ("tenantId", "id", "ciphertext") VALUES ($1, $2, $3)`,
    [tenantId, ids.credential, Buffer.from(sealed)],
  );
  await database.query(
    `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
       "sourceUsername", "credentialId", "timeOfDay", "zone", "automaticMapping", "messageDomain", "finishedAt",
       "createdById", "updatedAt", "sizeLimitBytes")
     VALUES ($1, $2, 'Bench', 'ACTIVE', $3, 'Bench', $4, $5, '02:00', 'UTC', true, 'contoso.com', $6, $7, now(), $8)`,
    [
      ...[tenantId, ids.connector, accountId, sourceUser.username, ids.credential],
      ...[finishedAt, uuid(), sizeLimitBytes],
    ],
  );
  const run = { connectorId: ids.connector, kind: "scheduled", window: firstWindow(finishedAt) };
  const opened = await syncStore.openRun(tenantId, { ...run, kind: "scheduled" });
  // A worker's tick may have been quicker.
  const [row] = await database.query<{ id: string }>(
    `SELECT "id" FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2`,
    [tenantId, ids.connector],
  );
  const runId = opened ?? row?.id;
  if (runId === undefined) throw new Error("The first run was not opened");
  await queue.pokeTransfer(runId);
  return runId;
}
