import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createSyncStore } from "@/lib/adapters/postgres/sync-store";
import type { Actor } from "@/lib/core/access";
import { createPortalWorld, never, type PortalWorld } from "@/lib/testing/portal-world";
import { keepAuditHead, keptAuditHead } from "./audit-head";

let world: PortalWorld;
let actor: Actor;
beforeAll(async () => {
  world = await createPortalWorld();
});
beforeEach(async () => {
  world.staging.notes.clear();
  world.staging.failWith = null;
  actor = await world.admin();
});
afterAll(() => world.close());

function keep(tenantId: string = world.tenantId): Promise<void> {
  const { staging, clock, database } = world;
  return keepAuditHead({ store: createSyncStore(database), staging, clock, tenantId }, never);
}

test("the head is kept once a day under the day and its number, and the newest is found", async () => {
  await keep();
  await world.admin();
  world.clock.advance(24 * 60 * 60_000);
  await keep();
  const names = [...world.staging.notes.keys()];
  expect(names).toHaveLength(2);
  const head = await world.store.audit.head(world.tenantId);
  expect(names[1]).toBe(`${world.tenantId}/audit/2026-11-21-${head.sequence}`);
  expect(await keptAuditHead(world.staging, world.tenantId, never)).toEqual({
    ...{ day: "2026-11-21", head },
  });
});

test("where nothing was recorded yet nothing is kept", async () => {
  await keep("3f2c0d6e-0000-4000-8000-0000000000ff");
  expect(world.staging.notes.size).toBe(0);
  expect(await keptAuditHead(world.staging, world.tenantId, never)).toBeNull();
});

test("verifying says which day's head the chain was compared with", async () => {
  expect(await world.services.audit.verify(actor)).toMatchObject({ ok: true, keptOn: null });
  await keep();
  const day = world.clock.now().toISOString().slice(0, 10);
  expect(await world.services.audit.verify(actor)).toMatchObject({ ok: true, keptOn: day });
});

test("a head that cannot be read is not compared with, and verifying says so", async () => {
  await keep();
  world.staging.failWith = "StagingCorrupt";
  expect(await world.services.audit.verify(actor)).toMatchObject({ ok: true, keptOn: null });
});

test("newest events that were cut off, with the head in the database set back, are missed", async () => {
  await world.admin();
  await keep();
  const { database, tenantId } = world;
  const head = await world.store.audit.head(tenantId);
  await database.transaction(async (sql) => {
    await sql.query(`SET LOCAL session_replication_role = 'replica'`);
    await sql.query(`DELETE FROM "AuditEvent" WHERE "tenantId" = $1 AND "sequence" = $2`, [
      tenantId,
      head.sequence,
    ]);
    await sql.query(
      `UPDATE "Tenant" SET "auditSequence" = e."sequence", "auditHash" = e."hash"
       FROM "AuditEvent" e WHERE "id" = $1 AND e."tenantId" = $1 AND e."sequence" = $2`,
      [tenantId, head.sequence - 1n],
    );
  });
  expect(await world.services.audit.verify(actor)).toEqual({
    ...{ ok: false, sequence: head.sequence.toString() },
    reason: "The newest events are missing.",
  });
});
