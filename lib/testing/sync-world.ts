/** A whole installation for tests of the sync engine: real store and staging, the simulator behind the ports, no processes. */
import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { v7 as uuid } from "uuid";
import { inject } from "vitest";
import { createOutside, createSyncParts, closeOutside, sync, syncLimits } from "@/lib/wiring";
import { loadConfig } from "@/lib/config";
import type { SyncLimits, SyncParts } from "@/lib/services/sync/parts";
import { startSimulator } from "@/simulator/start";
import { parseWorld } from "@/simulator/world";
import type { Sql } from "@/lib/adapters/postgres/client";
import { createTestSchema } from "./database";
import { grantConsent } from "./simulated-consent";
import { type Control, emptyDatabase, endHolds, endWaits } from "./sync-ledger";
import { noDuplicates, readings, tenantId } from "./sync-ledger";

const accountId = "acc-test";

export type TestConnector = { readonly id: string; readonly runId: string };

/** No test waits for these by the clock, or what it expects in the meantime would be a race: `drainUntil` ends them. */
const unending = { laneLeaseMs: 600_000, inDoubtMs: 600_000 };

export type SyncWorld = Awaited<ReturnType<typeof createSyncWorld>>;

/** @param own services of the test's own, which it may strike; else those that all tests share */
export async function createSyncWorld(
  world: unknown,
  limits: Partial<SyncLimits> = {},
  own?: { readonly database: string; readonly storage: string },
) {
  const database = own ? { url: own.database, drop: async () => {} } : await createTestSchema();
  const simulator = await startSimulator({
    ports: { telemessage: 0, entra: 0, graph: 0, control: 0 },
    world: parseWorld(world),
  });
  const control: Control = async (method, path, body) => {
    const answer = await fetch(`${simulator.urls.control}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === "" ? null : (JSON.parse(text) as unknown);
  };
  const env = {
    APP_MODE: "simulated",
    DATABASE_URL: database.url,
    TELEMESSAGE_BASE_URL: simulator.urls.telemessage,
    GRAPH_BASE_URL: simulator.urls.graph,
    ENTRA_BASE_URL: simulator.urls.entra,
    AZURE_STORAGE_CONNECTION_STRING: own?.storage ?? inject("TEST_STORAGE_CONNECTION_STRING"),
    // Whose rows name no blob would sweep what others staged.
    AZURE_STORAGE_CONTAINER: `test-${randomBytes(8).toString("hex")}`,
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString("base64")}`,
    NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
  };
  const config = loadConfig(env);
  const consent = () =>
    grantConsent(simulator.urls.entra, {
      ...{ tenantId, clientId: config.client.id },
      upn: "admin@contoso.com",
    });
  await consent();
  const outside = createOutside(config, "worker");
  const poked = { runs: new Set<string>(), lanes: new Set<string>() };
  const parts: SyncParts = {
    ...createSyncParts(config, outside, { ...syncLimits, ...unending, tickLeaseMs: 0, ...limits }),
    queue: {
      async pokeTransfer(runId) {
        poked.runs.add(runId);
      },
      async pokeLanes(laneIds) {
        for (const id of laneIds) poked.lanes.add(id);
      },
    },
  };
  const signal = new AbortController().signal;
  // No beat will tell: this process is the only one.
  parts.graphSlots.resize(parts.graphMaxInFlight);

  return {
    ...{ parts, outside, control, config, poked, signal, sql: outside.database },
    ...{ urls: simulator.urls, env, consent },
    ...readings(outside.database, control),

    /** Another world in the same installation, as if nothing had been before. */
    async reset(next: unknown): Promise<void> {
      poked.runs.clear();
      poked.lanes.clear();
      await control("PUT", "/world", next);
      await emptyDatabase(outside.database);
      await consent();
    },

    /** Somebody else's request to Graph, below `/v1.0`: a person moves a message, or deletes it. */
    async graph(method: string, path: string, body?: unknown): Promise<unknown> {
      const token = await fetch(`${simulator.urls.entra}/${config.tenantId}/oauth2/v2.0/token`, {
        method: "POST",
        body: new URLSearchParams({
          ...{ grant_type: "client_credentials", scope: "https://graph.microsoft.com/.default" },
          ...{ client_id: config.client.id, client_secret: config.client.secret ?? "" },
        }),
      });
      const { access_token } = (await token.json()) as { access_token: string };
      const answer = await fetch(`${simulator.urls.graph}/v1.0${path}`, {
        method,
        headers: {
          authorization: `Bearer ${access_token}`,
          "content-type": "application/json",
          prefer: 'IdType="ImmutableId"',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text === "" ? null : (JSON.parse(text) as unknown);
    },

    /** Every wait of the ledger is over. */
    later: () => endWaits(outside.database),

    /** What the wizard's Finish does, without the wizard. */
    async finish(
      options: { username?: string; password?: string; finishedAt?: Date } = {},
    ): Promise<TestConnector> {
      const { username = "archive@contoso.com", password = "secret" } = options;
      const finishedAt = options.finishedAt ?? new Date();
      const ids = { connector: uuid(), credential: uuid() };
      const sealed = outside.secretBox.seal(password, `credential:${tenantId}:${ids.credential}`);
      await outside.database.query(
        `INSERT INTO "Tenant" ("id", "defaultDomain") VALUES ($1, 'contoso.com') ON CONFLICT DO NOTHING`,
        [tenantId],
      );
      await outside.database.query(
        `INSERT INTO "Credential" ("tenantId", "id", "ciphertext") VALUES ($1, $2, $3)`,
        [tenantId, ids.credential, Buffer.from(sealed)],
      );
      await outside.database.query(
        `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
           "sourceUsername", "credentialId", "timeOfDay", "zone", "automaticMapping", "messageDomain", "finishedAt",
           "createdById", "updatedAt")
         VALUES ($1, $2, 'WhatsApp Archiver', 'ACTIVE', $3, 'Test', $4, $5, '02:00', 'UTC', true, 'contoso.com', $6, $7, now())`,
        [tenantId, ids.connector, accountId, username, ids.credential, finishedAt, uuid()],
      );
      await sync.tick(parts);
      return { id: ids.connector, runId: await firstRun(outside.database, ids.connector) };
    },

    /** Ticks, transfers and lanes until nothing is poked any more; each is done by all workers at once. */
    async drain(workers: readonly SyncParts[] = [parts]): Promise<void> {
      for (let isIdle = false; !isIdle;) {
        for (const worker of workers) await sync.tick(worker);
        isIdle = poked.runs.size + poked.lanes.size === 0;
        const runs = [...poked.runs];
        const lanes = [...poked.lanes];
        poked.runs.clear();
        poked.lanes.clear();
        for (const [ids, work] of [
          [runs, sync.transferRun],
          [lanes, sync.runLane],
        ] as const) {
          const both = workers.flatMap((worker) => ids.map((id) => work(worker, id, signal)));
          await Promise.all(both);
        }
      }
    },

    /** Drains until the ledger says what is waited for. Between one time and the next leases and doubts run out. */
    async drainUntil(
      isReached: () => Promise<boolean>,
      { workers = [parts], deadlineMs = 20_000 } = {},
    ): Promise<void> {
      const endAt = performance.now() + deadlineMs;
      for (;;) {
        await this.drain(workers);
        if (await isReached()) return;
        if (performance.now() > endAt) throw new Error("What was waited for did not come");
        await endHolds(outside.database);
        await setTimeout(5);
      }
    },

    async close(): Promise<void> {
      await closeOutside(outside);
      await simulator.close();
      await database.drop();
    },
  };
}

/** A worker that runs beside the test may have the tick, and opens the window a moment later. */
async function firstRun(sql: Sql, connectorId: string): Promise<string> {
  for (const endAt = performance.now() + 5_000; performance.now() < endAt;) {
    const [run] = await sql.query<{ id: string }>(
      `SELECT "id" FROM "SyncRun" WHERE "tenantId" = $1 AND "connectorId" = $2`,
      [tenantId, connectorId],
    );
    if (run !== undefined) return run.id;
    await setTimeout(25);
  }
  throw new Error("The first window was not opened");
}

export { accountId, noDuplicates, tenantId };
