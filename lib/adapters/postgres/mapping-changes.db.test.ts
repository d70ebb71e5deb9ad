/** Which of a connector's changed mappings is the newest, whatever the clocks say. */
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { mappingVersionsOn } from "./mapping-versions";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const hourMs = 3_600_000;

/** Automatic mapping is switched, as a portal with this clock has it. */
async function change(connectorId: string, automaticMapping: boolean, at: Date): Promise<string> {
  const id = uuid();
  await mappingVersionsOn(ledger.database).noteChange(ledger.tenantId, {
    ...{ id, connectorId, byId: uuid(), at },
    from: { mappingFileId: null, automaticMapping: !automaticMapping },
    to: { mappingFileId: null, automaticMapping },
  });
  return id;
}

async function openOf(connectorId: string) {
  const open = await ledger.store.openChanges(ledger.tenantId);
  return open.find((each) => each.connectorId === connectorId);
}

async function mayImport(connectorId: string): Promise<boolean> {
  const [row] = await ledger.database.query<{ at: Date | null }>(
    `SELECT "mappingChangedAt" AS "at" FROM "Connector" WHERE "id" = $1`,
    [connectorId],
  );
  return row?.at === null;
}

const moves: readonly [string, (earlier: string) => Promise<unknown>, number][] = [
  ["the portal's", async () => undefined, -hourMs],
  [
    "the database's",
    (earlier) =>
      ledger.database.query(
        `UPDATE "MappingChange" SET "changedAt" = now() + interval '1 day' WHERE "id" = $1`,
        [earlier],
      ),
    0,
  ],
];

test.each(moves)(
  "a change that is made after %s clock went back is the newest, and the passage under way begins anew",
  async (_whose, goesBack, byMs) => {
    const { store, tenantId } = ledger;
    const connectorId = await ledger.addConnector();
    const now = new Date();
    const earlier = await change(connectorId, false, now);
    await goesBack(earlier);
    const underWay = await openOf(connectorId);
    const later = await change(connectorId, true, new Date(now.getTime() + byMs));
    const newest = await openOf(connectorId);
    if (underWay === undefined || newest === undefined) throw new Error("Nothing is open");
    expect([underWay.changeId, newest.changeId]).toEqual([earlier, later]);
    expect(await store.endPassage(tenantId, underWay)).toBe(false);
    expect(await store.endChange(tenantId, underWay)).toBe(false);
    expect(await mayImport(connectorId)).toBe(false);
    expect(await store.endPassage(tenantId, newest)).toBe(true);
    expect(await mayImport(connectorId)).toBe(true);
  },
);
