/** The laws of the schema that the control plane leans on, asked of the database itself. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshId } from "@/lib/testing/fakes";
import { createPortalWorld, type PortalWorld } from "@/lib/testing/portal-world";

let world: PortalWorld;
const otherTenant = freshId();
beforeAll(async () => {
  world = await createPortalWorld();
  await world.admin();
  await world.database.query(`INSERT INTO "Tenant" ("id") VALUES ($1)`, [otherTenant]);
});
afterAll(() => world.close());

const at = new Date("2026-11-20T10:00:00Z");

function connector(name: string, sourceAccountId: string, id = freshId()) {
  return {
    ...{ id, name, sourceAccountId, sourceAccountName: "x", sourceUsername: "x" },
    ...{ credentialId: null, timeOfDay: "02:00", zone: "UTC", automaticMapping: true },
    ...{ mappingFileId: null, messageDomain: "contoso.com", finishedAt: at },
    createdById: freshId(),
  };
}

test("names and accounts are unique among live connectors of one tenant", async () => {
  const { connectors } = world.store;
  const first = connector("Archive", "acc-1");
  expect(await connectors.insert(world.tenantId, first)).toBe("inserted");
  expect(await connectors.insert(world.tenantId, connector("ARCHIVE", "acc-2"))).toBe("name");
  expect(await connectors.insert(world.tenantId, connector("Other", "acc-1"))).toBe("account");
  expect(await connectors.insert(otherTenant, connector("Archive", "acc-1"))).toBe("inserted");
  await world.store.transaction((tx) =>
    tx.connectors.save(world.tenantId, first.id, { state: "deleted", deletedAt: at }, at),
  );
  expect(await connectors.insert(world.tenantId, connector("Archive", "acc-1"))).toBe("inserted");
});

test("a refused rename leaves the transaction usable", async () => {
  const { connectors } = world.store;
  const [one, two] = [connector("One", "acc-11"), connector("Two", "acc-12")];
  await connectors.insert(world.tenantId, one);
  await connectors.insert(world.tenantId, two);
  const outcome = await world.store.transaction(async (tx) => {
    const refused = await tx.connectors.save(world.tenantId, two.id, { name: "one" }, at);
    await tx.connectors.save(world.tenantId, two.id, { timeOfDay: "05:00" }, at);
    return refused;
  });
  expect(outcome).toBe("name");
  expect(await connectors.find(world.tenantId, two.id)).toMatchObject({
    ...{ name: "Two", timeOfDay: "05:00" },
  });
});

test("a row of one tenant cannot point at another's", async () => {
  const fileId = freshId();
  await world.store.mappings.begin(otherTenant, {
    ...{ id: fileId, connectorId: null, fileName: "m.csv", sha256: "", sizeBytes: 1 },
    ...{ defaultCountry: null, createdById: freshId(), createdAt: at },
  });
  const crossing = { ...connector("Crossing", "acc-21"), mappingFileId: fileId };
  const inserting = world.store.connectors.insert(world.tenantId, crossing);
  await expect(inserting).rejects.toThrow("foreign key");
});

test("of one connector one run is transferred at a time, and a window opened once", async () => {
  const { id: connectorId, ...rest } = connector("Runs", "acc-31");
  await world.store.connectors.insert(world.tenantId, { id: connectorId, ...rest });
  const run = (windowStart: Date) => ({
    ...{ id: freshId(), connectorId, kind: "manual", windowStart, windowEnd: at },
    ...{ automaticMapping: true, mappingFileId: null, requestedById: freshId(), createdAt: at },
  });
  const first = run(new Date(0));
  const { runs } = world.store;
  const inserted = [first, run(new Date(1)), run(new Date(0))].map((each) =>
    runs.insert(world.tenantId, { ...each, kind: "manual" }),
  );
  const outcomes = await Promise.all(inserted);
  expect(outcomes.toSorted()).toEqual(["inserted", "transfer", "transfer"]);
  await world.database.query(
    `UPDATE "SyncRun" SET "state" = 'IMPORTING' WHERE "connectorId" = $1`,
    [connectorId],
  );
  const [row] = await world.database.query<{ windowStart: Date }>(
    `SELECT "windowStart" FROM "SyncRun" WHERE "connectorId" = $1`,
    [connectorId],
  );
  const again = { ...run(row?.windowStart ?? at), kind: "manual" as const };
  expect(await runs.insert(world.tenantId, again)).toBe("window");
});

test("a finished run whose counters do not balance is refused", async () => {
  const unbalanced = world.database.query(
    `UPDATE "SyncRun" SET "state" = 'PARTIAL', "availableForImport" = 1`,
  );
  await expect(unbalanced).rejects.toThrow("SyncRun_balance_check");
});
