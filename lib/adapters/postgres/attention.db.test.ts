import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { v7 as uuid } from "uuid";
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

test("consent that was granted long before and withdrawn stops the connector", async () => {
  await ledger.database.query(`DELETE FROM "Consent"`);
  await grantedAt(now);
  const asked = { at: later, credentialId: null };
  await ledger.store.needsAttention(ledger.tenantId, connectorId, "ConsentRevoked", asked);
  expect(await connector()).toMatchObject({ state: "NEEDS_ATTENTION" });
});
