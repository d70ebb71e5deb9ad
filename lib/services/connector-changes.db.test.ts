import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { messageOf, never, valueOf } from "@/lib/testing/portal-world";

let world: ConnectorWorld;
beforeEach(async () => {
  world = await createConnectorWorld();
});
afterEach(() => world.close());

test("an edit with a blank password keeps it, and asks TeleMessage nothing", async () => {
  const tried = world.source.tried.length;
  valueOf(await world.edit({ name: "Archive", timeOfDay: "03:15" }));
  expect(world.source.tried.length).toBe(tried);
  expect(await world.detail()).toMatchObject({ name: "Archive", timeOfDay: "03:15", version: 2 });
});

test("an older tab is told what an edit changed", async () => {
  const before = await world.detail();
  valueOf(await world.edit({ name: "Archive" }));
  const input = {
    ...{ name: "Old tab", timeOfDay: "02:00", zone: "UTC", username: before.sourceUsername },
    ...{ password: "", automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false },
    ...{ sizeLimit: "10", largeAttachments: true },
  };
  const result = await world.services.connectors.edit(
    world.actor,
    world.connectorId,
    before.version,
    input,
    never,
  );
  expect(messageOf(result)).toContain("the connector's properties");
});

test("size limit and large attachments are saved, and the audit says what they were before", async () => {
  valueOf(await world.edit({ sizeLimit: "150", largeAttachments: false }));
  expect(await world.detail()).toMatchObject({
    ...{ sizeLimitBytes: 157_286_400, largeAttachments: false, attachRefusedAt: null },
  });
  const [event] = (
    await world.services.audit.list(world.actor, { connectorId: world.connectorId }, null)
  ).rows;
  expect(event).toMatchObject({
    action: "connector.edited",
    details: {
      changed: {
        sizeLimitBytes: { from: 10_485_760, to: 157_286_400 },
        largeAttachments: { from: true, to: false },
      },
    },
  });
});

test.each(["0", "151", "1.5", ""])(
  "a size limit of %o is refused beside its field",
  async (sizeLimit) => {
    expect(await world.edit({ sizeLimit, name: "" })).toMatchObject({
      ok: false,
      fields: {
        name: expect.any(String) as string,
        sizeLimit: "Enter a whole number of MB from 1 to 150.",
      },
    });
  },
);

test("the page is told since when Exchange refuses large attachments", async () => {
  const { database, tenantId } = world;
  await database.query(
    `UPDATE "Tenant" SET "attachRefusedAt" = '2026-11-20T10:00:00Z' WHERE "id" = $1`,
    [tenantId],
  );
  expect(await world.detail()).toMatchObject({ attachRefusedAt: "2026-11-20T10:00:00.000Z" });
});

test("another TeleMessage account is refused", async () => {
  const result = await world.edit({ username: "other@contoso.com", password: "secret" });
  expect(messageOf(result)).toBe(
    "This is another TeleMessage account. Create a new connector for it.",
  );
});

test("a mended password sets the connector and its waiting run going", async () => {
  await world.set(`"state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAuthFailed'`);
  await world.database.query(`UPDATE "SyncRun" SET "notBefore" = now() + interval '1 day'`);
  const known = world.source.accounts.get("archive@contoso.com");
  if (known) world.source.accounts.set("archive@contoso.com", { ...known, password: "new" });
  expect((await world.detail()).status.connection).toBe("Authentication failed");
  expect(messageOf(await world.edit())).toContain("refused the username or password");
  valueOf(await world.edit({ password: "new" }));
  expect(await world.detail()).toMatchObject({
    state: "active",
    status: { connection: "Connected" },
  });
  expect((await world.detail()).runs[0]?.notBefore).toBeNull();
  expect(world.queue.runs).toEqual([world.runId]);
  expect(await world.actions()).toEqual(
    expect.arrayContaining(["connector.credentialReplaced", "connector.mended"]),
  );
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toHaveLength(1);
});

test("an account that was unlocked is mended with the password that is kept", async () => {
  await world.set(`"state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceAccountLocked'`);
  valueOf(await world.edit());
  expect((await world.detail()).state).toBe("active");
});

test("a name taken by another live connector is refused in its field, and the password stays", async () => {
  const other = await world.admin();
  await world.finish(other, "Second", "other@contoso.com");
  const result = await world.edit({ name: "SECOND", password: "secret" });
  expect(result).toMatchObject({ ok: false, fields: { name: expect.any(String) } });
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toHaveLength(2);
});

test("a mapping file is put in force by an edit, and who waited is looked for anew", async () => {
  const lines = "ExternalUserId,O365UserMailbox\n445204334324,susan@contoso.com\n";
  const file = valueOf(await world.upload(world.actor, lines, { connectorId: world.connectorId }));
  expect((await world.detail()).mappingFile).toBeNull();
  expect(messageOf(await world.edit({ mappingFileId: file.id }))).toContain("does not know");
  valueOf(await world.edit({ mappingFileId: file.id, leavesBadLinesOut: true }));
  expect((await world.detail()).mappingFile).toMatchObject({
    id: file.id,
    leavesBadLinesOut: true,
  });
  expect(world.begun.anew).toBe(1);
  const changes = await world.database.query(
    `SELECT "connectorId", "fromFileId", "toFileId" FROM "MappingChange"`,
  );
  expect(changes).toEqual([
    { connectorId: world.connectorId, fromFileId: null, toFileId: file.id },
  ]);
  expect(await world.actions()).toContain("mapping.applied");
});

test("leaving bad lines out is audited when it is all that changed", async () => {
  const lines = "ExternalUserId,O365UserMailbox\n445204334324,susan@contoso.com\nbad\n";
  const file = valueOf(await world.upload(world.actor, lines, { connectorId: world.connectorId }));
  await world.database.query(`UPDATE "Connector" SET "mappingFileId" = $1 WHERE "id" = $2`, [
    file.id,
    world.connectorId,
  ]);
  valueOf(await world.edit({ leavesBadLinesOut: true }));
  const { rows } = await world.services.audit.list(
    world.actor,
    { connectorId: world.connectorId },
    null,
  );
  expect(rows[0]).toMatchObject({
    action: "connector.edited",
    details: { changed: { leavesBadLinesOut: { from: false, to: true } } },
  });
});

test("Delete asks for the name, ends runs, destroys the credential and keeps history", async () => {
  await world.seed([{ state: "IMPORTED" }, { state: "PENDING" }]);
  expect(
    messageOf(
      await world.services.connectors.remove(world.actor, world.connectorId, "whatsapp archiver"),
    ),
  ).toContain("exactly");
  valueOf(
    await world.services.connectors.remove(world.actor, world.connectorId, "WhatsApp Archiver"),
  );
  expect(await world.services.connectors.list(world.actor)).toEqual([]);
  expect(await world.database.query(`SELECT 1 FROM "Credential"`)).toEqual([]);
  const left = await world.detail();
  expect(left).toMatchObject({ state: "deleted" });
  expect(left.runs[0]).toMatchObject({
    state: "cancelled",
    counters: { availableForImport: 2, imported: 1, failed: 1, open: 0 },
  });
  expect(
    messageOf(
      await world.services.connectors.remove(world.actor, world.connectorId, "WhatsApp Archiver"),
    ),
  ).toContain("deleted");
  await world.finish(await world.admin(), "WhatsApp Archiver");
});

test("what is being written when its connector is deleted ends by itself first", async () => {
  await world.seed([{ state: "IMPORTING" }, { state: "PENDING" }]);
  valueOf(
    await world.services.connectors.remove(world.actor, world.connectorId, "WhatsApp Archiver"),
  );
  expect((await world.detail()).runs[0]).toMatchObject({
    state: "importing",
    counters: { failed: 1, open: 1 },
  });
});

test("a gap is acknowledged once, with a reason", async () => {
  const gapId = world.runId;
  await world.database.query(
    `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd")
     VALUES ($1, $2, $3, $2, now() - interval '2 days', now() - interval '1 day')`,
    [world.tenantId, gapId, world.connectorId],
  );
  expect((await world.detail()).gaps).toHaveLength(1);
  expect(
    (await world.services.connectors.acknowledgeGap(world.actor, world.connectorId, gapId, " ")).ok,
  ).toBe(false);
  valueOf(
    await world.services.connectors.acknowledgeGap(
      world.actor,
      world.connectorId,
      gapId,
      "Known outage",
    ),
  );
  expect((await world.detail()).gaps).toEqual([]);
  const ofRun = world.services.connectors.runGaps(world.actor, world.connectorId, world.runId);
  expect(await ofRun).toMatchObject([
    { acknowledged: { by: world.actor.name, reason: "Known outage" } },
  ]);
  expect(
    (await world.services.connectors.acknowledgeGap(world.actor, world.connectorId, gapId, "Again"))
      .ok,
  ).toBe(false);
});
