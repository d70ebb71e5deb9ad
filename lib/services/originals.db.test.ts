import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { sha256Hex } from "@/lib/core/keys";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { fakeActor } from "@/lib/testing/fakes";
import { messageOf, never, valueOf } from "@/lib/testing/portal-world";

const record = Buffer.from(`{"id":"m1"}`);

let world: ConnectorWorld;
let reviewer: Actor;
let itemId = "";
beforeAll(async () => {
  world = await createConnectorWorld();
  reviewer = await world.admin({ id: fakeActor("").id, roles: ["Connector.Reviewer"] });
  await world.seed([{ state: "IMPORTED" }]);
  await world.closeRun("SUCCEEDED");
  world.staging.notes.set("staged", record);
  const [row] = await world.database.query<{ id: string }>(
    `UPDATE "SyncItem" SET "blobName" = 'staged', "frameOffset" = 0, "frameLength" = 11, "recordSha256" = $1
     RETURNING "id"`,
    [sha256Hex(record)],
  );
  itemId = row?.id ?? "";
});
afterAll(() => world.close());

const wanted = () => ({ connectorId: world.connectorId, itemId, what: "record" as const });
const grant = (actor: Actor, reason = "Case 12", more = {}) =>
  world.services.originals.grant(actor, { ...wanted(), reason, ...more }, never);
const openFile = (actor: Actor, granted: string, more = {}) =>
  world.services.originals.open(actor, { ...wanted(), grant: granted, ...more }, never);

async function audited(): Promise<number> {
  return (await world.actions()).filter((action) => action.startsWith("original.")).length;
}

test.each([["Connector.Admin"], ["Connector.Auditor"], ["GlobalAdministrator"]] as const)(
  "%s alone downloads nothing, neither by the page nor by the address",
  async (role) => {
    const actor = await world.admin({ id: fakeActor("").id, roles: [role] });
    const { grant: granted } = valueOf(await grant(reviewer));
    const before = await audited();

    expect(messageOf(await grant(actor))).toContain("the role Connector.Reviewer");
    await expect(openFile(actor, granted)).rejects.toThrow("the role Connector.Reviewer");
    expect(await audited()).toBe(before);
  },
);

test("a reason is demanded beside its field before anything is composed", async () => {
  const before = await audited();

  expect(await grant(reviewer, "   ")).toMatchObject({
    ok: false,
    fields: { reason: "Say why you need it. The audit keeps the reason." },
  });
  expect(await grant(reviewer, "x".repeat(501))).toMatchObject({ ok: false });
  expect(await audited()).toBe(before);
});

test("the audit says who downloaded what of which item, and why", async () => {
  valueOf(await grant(reviewer, "  Case 12  "));
  const { connectorId, actor } = world;
  const { rows } = await world.services.audit.list(actor, { connectorId }, null);

  expect(rows[0]).toMatchObject({
    ...{ action: "original.downloaded", actorId: reviewer.id },
    details: { itemId, what: "record", reason: "Case 12", sha256: sha256Hex(record) },
  });
});

test("what was granted is for that person, that item, that file and two minutes", async () => {
  const { grant: granted } = valueOf(await grant(reviewer));
  const other = await world.admin({ id: fakeActor("").id, roles: ["Connector.Reviewer"] });

  expect(await openFile(reviewer, granted)).toMatchObject({ fileName: `record-${itemId}.json` });
  expect(await openFile(other, granted)).toBeNull();
  expect(await openFile(reviewer, granted, { what: "message" })).toBeNull();
  expect(await openFile(reviewer, granted, { itemId: fakeActor("").id })).toBeNull();
  expect(await openFile(reviewer, "1")).toBeNull();
  expect(await openFile(reviewer, "1 OR 1=1")).toBeNull();
  world.clock.advance(120_001);
  expect(await openFile(reviewer, granted)).toBeNull();
});

test("bytes that change between the question and the answer never arrive whole", async () => {
  const { grant: granted } = valueOf(await grant(reviewer));
  const changed = Buffer.from(`{"id":"m2"}`);
  world.staging.notes.set("staged", changed);
  await world.database.query(`UPDATE "SyncItem" SET "recordSha256" = $1`, [sha256Hex(changed)]);
  const file = await openFile(reviewer, granted);
  const received: Uint8Array[] = [];
  const read = async () => {
    for await (const chunk of file?.bytes ?? []) received.push(chunk);
  };

  await expect(read()).rejects.toMatchObject({ code: "MessageDiffers" });
  expect(received).toEqual([]);
  expect((await world.actions())[0]).toBe("original.unfounded");
});

test("the page of an item has its facts, and until when the original is kept", async () => {
  const view = await world.services.originals.view(reviewer, world.connectorId, itemId);

  expect(view).toMatchObject({ itemId, hasOriginal: true, originalRemovedAt: null });
  expect(view?.originalKeptUntil).toMatch(/^\d{4}-/);
  expect(view?.deliveries).toMatchObject([{ outcome: "imported" }]);
  expect(await world.services.originals.view(reviewer, fakeActor("").id, itemId)).toBeNull();
});
