/** Rows for tests of the ledger's own laws: a tenant, a connector, a run, items and their deliveries. */
import { createDatabase, type Database } from "@/lib/adapters/postgres/client";
import { insertRow } from "@/lib/adapters/postgres/rows";
import { createSyncStore } from "@/lib/adapters/postgres/sync-store";
import { v7 as uuid } from "uuid";
import { createTestSchema } from "./database";

export type Ledger = Awaited<ReturnType<typeof createLedger>>;
type Values = Readonly<Record<string, unknown>>;

const hourMs = 3_600_000;

export async function createLedger() {
  const schema = await createTestSchema();
  const database = createDatabase({ connectionString: schema.url, max: 8 });
  const store = createSyncStore(database);
  const tenantId = await addTenant(database);
  const connectorId = await addConnector(database, tenantId);

  return {
    ...{ database, store, tenantId, connectorId },
    addTenant: () => addTenant(database),
    addConnector: (tenant = tenantId, row: Values = {}) => addConnector(database, tenant, row),

    async addRun(row: Values = {}): Promise<string> {
      const id = uuid();
      const end = new Date();
      const start = new Date(end.getTime() - hourMs);
      const window = { windowStart: start, windowEnd: end };
      const values = { tenantId, id, connectorId, kind: "LOOKBACK", state: "IMPORTING", ...window };
      await insertRow(database, "SyncRun", { ...values, ...row });
      return id;
    },

    async addLane(mailboxId: string = uuid()): Promise<{ id: string; mailboxId: string }> {
      const lanes = await store.laneIds(tenantId, [mailboxId]);
      return { id: lanes.get(mailboxId) ?? "", mailboxId };
    },

    async addItem(runId: string, row: Values = {}): Promise<string> {
      const id = uuid();
      const item = { sourceItemId: id, revision: "1", itemDigest: id, kind: "CHAT" };
      const at = new Date();
      await insertRow(database, "SyncItem", {
        ...{ tenantId, id, connectorId, runId, sourceAccountId: "acc", ...item },
        ...{ receivedAt: at, messageAt: at, participants: "[]", recordSha256: "" },
        ...{ blobName: "blob", frameOffset: 0, frameLength: 1, warnings: [], ...row },
      });
      return id;
    },

    async addDelivery({ runId, itemId, lane }: DeliveryOf, row: Values = {}): Promise<string> {
      const id = uuid();
      const mailbox = { laneId: lane?.id ?? null, mailboxId: lane?.mailboxId ?? null };
      const values = { tenantId, id, itemId, runId, connectorId, ...mailbox, idempotencyKey: id };
      await insertRow(database, "Delivery", { ...values, ...row });
      return id;
    },

    async states(): Promise<Record<string, string>> {
      const rows = await database.query<{ id: string; state: string }>(
        `SELECT "id", "state" FROM "Delivery"`,
      );
      return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
    },

    async close(): Promise<void> {
      await database.close();
      await schema.drop();
    },
  };
}

type DeliveryOf = {
  readonly runId: string;
  readonly itemId: string;
  readonly lane?: { readonly id: string; readonly mailboxId: string };
};

async function addTenant(database: Database): Promise<string> {
  const id = uuid();
  await insertRow(database, "Tenant", { id, defaultDomain: "contoso.com" });
  return id;
}

async function addConnector(database: Database, tenantId: string, row: Values = {}) {
  const id = uuid();
  const credentialId = uuid();
  await insertRow(database, "Credential", { tenantId, id: credentialId, ciphertext: Buffer.of(1) });
  await insertRow(database, "Connector", {
    ...{ tenantId, id, name: id, state: "ACTIVE", sourceAccountId: id, sourceAccountName: "Test" },
    ...{ sourceUsername: "archive@contoso.com", credentialId, timeOfDay: "02:00", zone: "UTC" },
    ...{ automaticMapping: true, messageDomain: "contoso.com", finishedAt: new Date() },
    ...{ createdById: uuid(), updatedAt: new Date(), ...row },
  });
  return id;
}
