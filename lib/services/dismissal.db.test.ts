import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { messageOf, valueOf } from "@/lib/testing/portal-world";

const dayMs = 24 * 60 * 60_000;

let world: ConnectorWorld;
beforeEach(async () => {
  world = await createConnectorWorld();
});
afterEach(() => world.close());

const failed = { state: "FAILED", code: "ItemRefused" } as const;
const anything = { runId: null, code: null, mailboxId: null };
const imported = { state: "IMPORTED" } as const;

function dismiss(deliveryId: string | undefined, reason: string, actor: Actor = world.actor) {
  const { services, connectorId } = world;
  return services.connectors.dismiss(actor, connectorId, deliveryId ?? "", reason);
}

async function rows() {
  const { services, actor, connectorId, runId } = world;
  const filter = { outcome: null, search: null };
  return (await services.connectors.items(actor, connectorId, runId, filter, null)).rows;
}

/** As if the run had recorded and ended everything so long before the portal's clock. */
async function age(days: number): Promise<void> {
  const at = new Date(world.clock.now().getTime() - days * dayMs);
  await world.database.query(`UPDATE "SyncItem" SET "recordedAt" = $1`, [at]);
  await world.database.query(`UPDATE "Delivery" SET "completedAt" = $1`, [at]);
}

describe("dismissing a failed item", () => {
  test("is written on its row and in the audit, and the run counts it as failed still", async () => {
    const [id] = await world.seed([failed, imported]);
    await world.closeRun("PARTIAL");
    valueOf(await dismiss(id, "  A test number  "));
    expect(await rows()).toMatchObject([
      { dismissReason: "A test number", isDismissible: false, outcome: "failed" },
      { dismissReason: null, isDismissible: false, outcome: "imported" },
    ]);
    const { runs } = await world.detail();
    expect(runs[0]?.counters).toMatchObject({ failed: 1, imported: 1 });
    const { rows: events } = await world.services.audit.list(
      world.actor,
      { connectorId: world.connectorId },
      null,
    );
    expect(events[0]).toMatchObject({
      action: "delivery.dismissed",
      details: { deliveryId: id, runId: world.runId, reason: "A test number" },
    });
  });

  test.each([
    ["without a reason", "   "],
    ["with more than a reason", "x".repeat(501)],
  ])("%s is refused beside the field", async (_name, reason) => {
    const [id] = await world.seed([failed]);
    expect(await dismiss(id, reason)).toMatchObject({
      ...{ ok: false, fields: { reason: expect.any(String) as string } },
    });
  });

  test("is refused for one that did not fail, one that was dismissed, and one nobody knows", async () => {
    const [done, given] = await world.seed([imported, failed]);
    valueOf(await dismiss(given, "First"));
    for (const id of [done, given, "not an id", world.runId]) {
      expect(messageOf(await dismiss(id, "Second"))).toContain("has not failed");
    }
    expect((await rows())[1]?.dismissReason).toBe("First");
  });

  test("is for those who may manage connectors", async () => {
    const [id] = await world.seed([failed]);
    const auditor = await world.admin({ roles: ["Connector.Auditor"] });
    expect(messageOf(await dismiss(id, "No", auditor))).toContain("Connector.Admin");
  });

  test("takes it out of what waits for a mapping", async () => {
    const unmapped = { state: "FAILED", code: "UserMapping" } as const;
    const [id] = await world.seed([unmapped, unmapped]);
    expect((await world.detail()).unmappedItems.count).toBe(2);
    valueOf(await dismiss(id, "Not one of ours"));
    expect((await world.detail()).unmappedItems.count).toBe(1);
  });

  test("is taken back by a retry", async () => {
    const [id] = await world.seed([failed]);
    await world.closeRun("FAILED");
    valueOf(await dismiss(id, "Not wanted"));
    const { services, actor, connectorId } = world;
    valueOf(
      await services.connectors.retry(actor, connectorId, { ...anything, deliveryIds: [id ?? ""] }),
    );
    expect(await rows()).toMatchObject([{ outcome: "pending", dismissReason: null }]);
  });
});

describe("an item's original", () => {
  test("is shown with how long it is kept, or since when it is gone", async () => {
    await world.seed([imported, failed, { ...failed, original: "removed" }]);
    await world.closeRun("PARTIAL");
    await age(5);
    const inDays = (days: number) =>
      new Date(world.clock.now().getTime() + days * dayMs).toISOString();
    expect(await rows()).toMatchObject([
      { originalKeptUntil: inDays(25), originalRemovedAt: null },
      { originalKeptUntil: inDays(395), originalRemovedAt: null },
      { originalKeptUntil: null, originalRemovedAt: expect.any(String) as string },
    ]);
  });

  test("that goes within 30 days without having been imported is announced", async () => {
    const [, given] = await world.seed([failed, failed, imported]);
    await world.closeRun("PARTIAL");
    await age(369);
    expect((await world.detail()).expiring).toBeNull();
    await age(371);
    const firstAt = new Date(world.clock.now().getTime() + 29 * dayMs).toISOString();
    const first = { isMore: false, firstAt, firstRunId: world.runId };
    expect((await world.detail()).expiring).toEqual({ items: 2, ...first });
    valueOf(await dismiss(given, "Not wanted"));
    expect((await world.detail()).expiring).toEqual({ items: 1, ...first });
  });
});
