/** A whole installation for tests of the sync engine: real store and staging, the simulator behind the ports, no processes. */
import { randomBytes } from "node:crypto";
import { v7 as uuid } from "uuid";
import { inject } from "vitest";
import { createOutside, createSyncParts, closeOutside, sync, syncLimits } from "@/lib/wiring";
import { loadConfig } from "@/lib/config";
import type { SyncLimits, SyncParts } from "@/lib/services/sync/parts";
import { startSimulator } from "@/simulator/start";
import { parseWorld } from "@/simulator/world";
import { createTestSchema } from "./database";
import { grantConsent } from "./simulated-consent";

export const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";
const accountId = "acc-test";

export type TestConnector = { readonly id: string; readonly runId: string };

export type SyncWorld = Awaited<ReturnType<typeof createSyncWorld>>;

/** What a test may ask the simulator: the control interface, by method and path. */
export type Control = (method: string, path: string, body?: unknown) => Promise<unknown>;

export async function createSyncWorld(world: unknown, limits: Partial<SyncLimits> = {}) {
  const database = await createTestSchema();
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
    return text === "" ? null : JSON.parse(text);
  };
  const config = loadConfig({
    APP_MODE: "simulated",
    DATABASE_URL: database.url,
    TELEMESSAGE_BASE_URL: simulator.urls.telemessage,
    GRAPH_BASE_URL: simulator.urls.graph,
    ENTRA_BASE_URL: simulator.urls.entra,
    AZURE_STORAGE_CONNECTION_STRING: inject("TEST_STORAGE_CONNECTION_STRING"),
    ENCRYPTION_KEYS: `test:${randomBytes(32).toString("base64")}`,
    NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
  });
  await grantConsent(simulator.urls.entra, {
    ...{ tenantId, clientId: config.client.id },
    upn: "admin@contoso.com",
  });
  const outside = createOutside(config, "worker");
  const poked = { runs: new Set<string>(), lanes: new Set<string>() };
  const parts: SyncParts = {
    ...createSyncParts(config, outside, { ...syncLimits, tickLeaseMs: 0, ...limits }),
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

  return {
    ...{ parts, outside, control, config, poked, signal, sql: outside.database },

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
      const [runId] = poked.runs;
      if (runId === undefined) throw new Error("The first window was not opened");
      return { id: ids.connector, runId };
    },

    /** Ticks, transfers and lanes until nothing is poked any more. */
    async drain(): Promise<void> {
      for (let isIdle = false; !isIdle;) {
        await sync.tick(parts);
        isIdle = poked.runs.size + poked.lanes.size === 0;
        const runs = [...poked.runs];
        const lanes = [...poked.lanes];
        poked.runs.clear();
        poked.lanes.clear();
        await Promise.all(runs.map((id) => sync.transferRun(parts, id, signal)));
        await Promise.all(lanes.map((id) => sync.runLane(parts, id, signal)));
      }
    },

    async run(runId: string): Promise<Record<string, unknown>> {
      const rows = await outside.database.query<Record<string, unknown>>(
        `SELECT * FROM "SyncRun" WHERE "tenantId" = $1 AND "id" = $2`,
        [tenantId, runId],
      );
      return rows[0] ?? {};
    },

    async deliveries(): Promise<Record<string, unknown>[]> {
      return outside.database.query(
        `SELECT d.*, i."sourceItemId", i."revision" FROM "Delivery" d
         JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId" ORDER BY d."id"`,
      );
    },

    async close(): Promise<void> {
      await closeOutside(outside);
      await simulator.close();
      await database.drop();
    },
  };
}

export { accountId };
