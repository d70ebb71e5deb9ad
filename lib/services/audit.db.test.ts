import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPortalWorld, type PortalWorld } from "@/lib/testing/portal-world";

let world: PortalWorld;
beforeAll(async () => {
  world = await createPortalWorld();
});
afterAll(() => world.close());

test("who signs in, out or is sent away is recorded", async () => {
  const actor = await world.admin({ name: "Grace" });
  await world.services.session.signedOut(actor, session());
  await world.services.session.refused({ ...actor, roles: [] });
  const { rows } = await world.services.audit.list(actor, { actorId: actor.id }, null);
  expect(rows.map(({ action, subjectName }) => [action, subjectName])).toEqual([
    ["session.refused", "Grace"],
    ["session.signedOut", "Grace"],
    ["session.signedIn", "Grace"],
  ]);
});

test("whoever asks for what their role does not allow is recorded once a minute and permission", async () => {
  const actor = await world.admin({ roles: ["Connector.Auditor"] });
  const { session } = world.services;
  await session.denied(actor, "manageConnectors");
  await session.denied(actor, "manageConnectors");
  await session.denied(actor, "downloadLog");
  expect(await denied("manageConnectors")).toBe(1);
  world.clock.advance(60_000);
  await session.denied(actor, "manageConnectors");
  expect(await denied("manageConnectors")).toBe(2);
  expect(await denied("downloadLog")).toBe(1);

  async function denied(permission: string): Promise<number> {
    const { rows } = await world.services.audit.list(actor, { actorId: actor.id }, null);
    const denials = rows.filter(({ action }) => action === "access.denied");
    return denials.filter(({ details }) => details["permission"] === permission).length;
  }
});

test("a session that was signed out is refused in every process, others are not", async () => {
  const actor = await world.admin();
  const [ended, other] = [session(), session()];
  await world.services.session.signedOut(actor, ended);
  expect(await world.services.session.isEnded(actor.tenantId, ended.id)).toBe(true);
  expect(await world.services.session.isEnded(actor.tenantId, other.id)).toBe(false);
});

test("details that PostgreSQL could not read again lose what it cannot hold", async () => {
  const actor = await world.admin();
  await world.services.session.refused({ ...actor, upn: "half\ud800 and nul\u0000" });
  const { rows } = await world.services.audit.list(actor, { actorId: actor.id }, null);
  expect(rows[0]?.details).toEqual({ upn: "half and nul" });
});

test("a filter that names a day holds that day in UTC, a broken one holds nothing back", async () => {
  const actor = await world.admin();
  const today = await world.services.audit.list(actor, { day: "2026-11-20" }, null);
  const tomorrow = await world.services.audit.list(actor, { day: "2026-11-21" }, null);
  const broken = await world.services.audit.list(actor, { day: "2026-99-99" }, null);
  expect(today.rows.length).toBeGreaterThan(0);
  expect(tomorrow.rows).toEqual([]);
  expect(broken.rows.length).toBe(today.rows.length);
});

test("the pages of a long audit follow each other", async () => {
  const actor = await world.admin();
  for (let index = 0; index < 60; index += 1) {
    await world.services.session.signedOut(actor, session());
  }
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page = await world.services.audit.list(actor, { actorId: actor.id }, after);
    seen.push(...page.rows.map(({ sequence }) => sequence));
    after = page.next;
  } while (after !== null);
  expect(seen).toHaveLength(61);
  expect(seen).toEqual(seen.toSorted((a, b) => Number(b) - Number(a)));
});

test("verifying says how many events hold, and is recorded itself", async () => {
  const actor = await world.admin();
  const report = await world.services.audit.verify(actor);
  expect(report.ok).toBe(true);
  const { rows } = await world.services.audit.list(actor, { actorId: actor.id }, null);
  expect(rows[0]?.action).toBe("audit.verified");
  const again = await world.services.audit.verify(actor);
  expect(again.ok && report.ok && again.events - report.events).toBe(1);
});

test("the audit is for those whose role may read it", async () => {
  const reviewer = await world.admin({ roles: ["Connector.Reviewer"] });
  await expect(world.services.audit.list(reviewer, {}, null)).rejects.toThrow("read the audit");
});

test("health is silent until a worker has beaten within the last minute", async () => {
  expect(await world.services.health()).toMatchObject({ status: "silent", database: true });
  const now = world.clock.now();
  await world.database.query(`INSERT INTO "WorkerBeat" VALUES ('w', $1, $1)`, [now]);
  expect(await world.services.health()).toMatchObject({
    ...{ status: "ok", workerSeenAt: now.toISOString() },
  });
  world.clock.advance(60_000);
  expect((await world.services.health()).status).toBe("silent");
});

function session() {
  return { id: randomUUID(), until: new Date("2030-01-01T00:00:00Z") };
}
