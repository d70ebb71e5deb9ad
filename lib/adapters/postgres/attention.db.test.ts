import { EventEmitter, once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { v7 as uuid } from "uuid";
import { connectorsOn } from "@/lib/adapters/postgres/connectors";
import { insertRow } from "@/lib/adapters/postgres/rows";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

let ledger: Ledger;
let connectorId: string;
beforeAll(async () => {
  ledger = await createLedger();
});
beforeEach(async () => {
  connectorId = await ledger.addConnector();
});
afterAll(() => ledger.close());

type Connector = {
  readonly state: string;
  readonly attentionCode: string | null;
  readonly credentialId: string;
};

async function connector(): Promise<Connector> {
  const [row] = await ledger.database.query<Connector>(
    `SELECT "state", "attentionCode", "credentialId" FROM "Connector" WHERE "id" = $1`,
    [connectorId],
  );
  if (row === undefined) throw new Error("The connector is gone");
  return row;
}

async function grantedAt(at: Date): Promise<void> {
  const { tenantId } = ledger;
  await insertRow(ledger.database, "Consent", {
    ...{ tenantId, id: uuid(), kind: "OWN", state: "GRANTED", stateDigest: uuid() },
    ...{ requestedById: uuid(), expiresAt: at, usedAt: at },
  });
}

const now = new Date();
const later = new Date(now.getTime() + 1_000);

test("a refused password stops the connector", async () => {
  const { credentialId } = await connector();
  const asked = { at: now, credentialId };
  await ledger.store.needsAttention(ledger.tenantId, connectorId, "SourceAuthFailed", asked);
  expect(await connector()).toMatchObject({
    state: "NEEDS_ATTENTION",
    attentionCode: "SourceAuthFailed",
  });
});

test("a password that was replaced while it was being refused stops nobody", async () => {
  const asked = { at: now, credentialId: uuid() };
  await ledger.store.needsAttention(ledger.tenantId, connectorId, "SourceAuthFailed", asked);
  expect(await connector()).toMatchObject({ state: "ACTIVE", attentionCode: null });
});

test("consent that was granted again while its want was found out stops nobody", async () => {
  await grantedAt(later);
  const asked = { at: now, credentialId: null };
  await ledger.store.needsAttention(ledger.tenantId, connectorId, "ConsentRevoked", asked);
  expect(await connector()).toMatchObject({ state: "ACTIVE" });
});

test("consent withdrawn while a password is waited for is told too, since nothing can be imported without it", async () => {
  await ledger.database.query(`DELETE FROM "Consent"`);
  const { credentialId } = await connector();
  const { store, tenantId } = ledger;
  const withCredential = { at: now, credentialId };
  const withConsent = { at: now, credentialId: null };
  await store.needsAttention(tenantId, connectorId, "SourceAuthFailed", withCredential);
  await store.needsAttention(tenantId, connectorId, "ConsentRevoked", withConsent);
  expect(await connector()).toMatchObject({ attentionCode: "ConsentRevoked" });

  await store.needsAttention(tenantId, connectorId, "SourceAuthFailed", withCredential);
  expect(await connector()).toMatchObject({
    state: "NEEDS_ATTENTION",
    attentionCode: "ConsentRevoked",
  });
});

test("consent that was granted long before and withdrawn stops the connector", async () => {
  await ledger.database.query(`DELETE FROM "Consent"`);
  await grantedAt(now);
  const asked = { at: later, credentialId: null };
  await ledger.store.needsAttention(ledger.tenantId, connectorId, "ConsentRevoked", asked);
  expect(await connector()).toMatchObject({ state: "NEEDS_ATTENTION" });
});

/** A transaction that stays open until it is told to commit: whoever holds it may be frozen. */
async function holding(work: Parameters<Ledger["database"]["transaction"]>[0]) {
  const gate = new EventEmitter();
  const opened = once(gate, "open");
  const begun = once(gate, "begun");
  const ended = ledger.database.transaction(async (sql) => {
    await work(sql);
    gate.emit("begun");
    await opened;
  });
  await Promise.race([begun, ended]);
  return async () => {
    gate.emit("open");
    await ended;
  };
}

/** So many statements wait for a lock. */
async function waiting(): Promise<number> {
  const rows = await ledger.database.query(
    `SELECT 1 FROM "pg_stat_activity" WHERE "datname" = current_database() AND "wait_event_type" = 'Lock'`,
  );
  return rows.length;
}

test("a grant waits for whoever is just being refused, and wakes him too", async () => {
  const commit = await holding((sql) =>
    sql.query(
      `UPDATE "Connector" SET "state" = 'NEEDS_ATTENTION', "attentionCode" = 'ConsentRevoked' WHERE "id" = $1`,
      [connectorId],
    ),
  );
  const woken = ledger.database.transaction((sql) =>
    connectorsOn(sql).lockWaitingFor(ledger.tenantId, "ConsentRevoked"),
  );
  await expect.poll(waiting).toBe(1);
  await commit();
  expect((await woken).map(({ id }) => id)).toContain(connectorId);
});

test("a refusal waits for a grant that is just being recorded, and then stops nobody", async () => {
  const { tenantId } = ledger;
  const commit = await holding(async (sql) => {
    await connectorsOn(sql).lockWaitingFor(tenantId, "ConsentRevoked");
    await insertRow(sql, "Consent", {
      ...{ tenantId, id: uuid(), kind: "OWN", state: "GRANTED", stateDigest: uuid() },
      ...{ requestedById: uuid(), expiresAt: later, usedAt: later },
    });
  });
  const asked = { at: now, credentialId: null };
  const refused = ledger.store.needsAttention(tenantId, connectorId, "ConsentRevoked", asked);
  await expect.poll(waiting).toBe(1);
  await commit();
  await refused;
  expect(await connector()).toMatchObject({ state: "ACTIVE" });
});
