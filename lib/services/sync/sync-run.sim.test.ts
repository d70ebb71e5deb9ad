import { afterEach, expect, test } from "vitest";
import { alice, bob, carol, chat, hoursAgo, stranger, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

test("an item of the last 24 hours arrives in the mailbox of every participant, once", async () => {
  open = await createSyncWorld(
    world([alice, bob], [chat({ id: "m1", receivedAt: hoursAgo(2), to: [bob, stranger] })]),
  );
  const { runId } = await open.finish();
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    state: "SUCCEEDED",
    availableFromSource: 1,
    availableForImport: 2,
    imported: 2,
    open: 0,
  });
  for (const upn of [alice.upn, bob.upn]) {
    const folder = await open.control(
      "GET",
      `/mailboxes/${upn}/messages?folder=WhatsApp%20Archiver`,
    );
    expect(folder).toMatchObject({ total: 1 });
  }
  expect(await open.control("GET", "/stats")).toMatchObject({
    duplicates: { byKey: 0, byInternetMessageId: 0 },
  });
});

test("an owner nobody can be found for stands as failed UserMapping, also when others got the item", async () => {
  const nobody = { ...stranger, mobile: "4915100000000" };
  open = await createSyncWorld(
    world([carol], [chat({ id: "m1", receivedAt: hoursAgo(2), owner: nobody, to: [carol] })]),
  );
  const { runId } = await open.finish();
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });
  expect(await open.deliveries()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ state: "FAILED", failureCode: "UserMapping", mailboxId: null }),
    ]),
  );
});

test("who gets a mailbox later gets what waited for it with the next run, without a retry", async () => {
  const dora = { mobile: "16175550077", upn: "dora@contoso.com", name: "Dora" };
  open = await createSyncWorld(
    world([carol], [chat({ id: "m1", receivedAt: hoursAgo(2), owner: dora, to: [carol] })]),
  );
  const { id, runId } = await open.finish();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", failed: 1 });

  // The same person under both names: the item is there already, and the waiting delivery says so.
  await open.control("PATCH", `/people/${carol.upn}`, { proxyAddresses: [`smtp:${dora.upn}`] });
  await open.sql.query(`UPDATE "Tenant" SET "directoryReadAt" = NULL`);
  const window = { start: hoursAgo(0.05), end: hoursAgo(0.01) };
  await open.parts.store.openRun(tenantId, { connectorId: id, kind: "manual", window });
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", failed: 0, skipped: 1 });
});

test("an item at the very end of a window belongs to the next one, and to no other", async () => {
  const finishedAt = hoursAgo(3);
  const end = new Date(finishedAt.getTime() - 5 * 60_000);
  const before = new Date(end.getTime() - 1);
  open = await createSyncWorld(
    world(
      [alice],
      [chat({ id: "before", receivedAt: before }), chat({ id: "at", receivedAt: end })],
    ),
  );
  const first = await open.finish({ finishedAt });
  // No scheduled instant lies between the first window and now.
  const later = new Date(Date.now() + 3_600_000).toISOString().slice(11, 16);
  await open.sql.query(`UPDATE "Connector" SET "timeOfDay" = $1`, [later]);
  await open.drain();
  const window = { start: end, end: hoursAgo(1) };
  const { store, tenantId } = open.parts;
  const next = await store.openRun(tenantId, { connectorId: first.id, kind: "manual", window });
  await open.drain();

  const itemsOf = async (runId: string | null) =>
    open?.sql.query(`SELECT "sourceItemId" AS "id" FROM "SyncItem" WHERE "runId" = $1`, [runId]);
  expect(await itemsOf(first.runId)).toEqual([{ id: "before" }]);
  expect(await itemsOf(next)).toEqual([{ id: "at" }]);
  expect(await open.sql.query(`SELECT "watermark" FROM "Connector"`)).toEqual([
    { watermark: window.end },
  ]);
});

test("a connector that is paused imports nothing more; resumed, it goes on where it was", async () => {
  open = await createSyncWorld(world([alice], [chat({ id: "m1", receivedAt: hoursAgo(2) })]));
  const { runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  await open.sql.query(`UPDATE "Connector" SET "state" = 'PAUSED'`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "IMPORTING" });
  expect(await open.mail(alice.upn)).toEqual([]);

  await open.sql.query(`UPDATE "Connector" SET "state" = 'ACTIVE'`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("a connector nobody can plan for does not cost the others their tick", async () => {
  open = await createSyncWorld(world([alice], [chat({ id: "m1", receivedAt: hoursAgo(2) })]));
  const { runId } = await open.finish();
  await open.sql.query(
    `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
       "sourceUsername", "timeOfDay", "zone", "automaticMapping", "messageDomain", "watermark",
       "finishedAt", "createdById", "updatedAt")
     SELECT "tenantId", gen_random_uuid(), 'Broken', 'ACTIVE', 'other', '', '', '99:99', 'Nowhere/At-All',
       true, 'contoso.com', now() - interval '3 days', now(), "createdById", now() FROM "Connector"`,
  );
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("an undisturbed run asks Exchange for each delivery once, and for each folder when it first needs it", async () => {
  const records = Array.from({ length: 30 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt: hoursAgo(2), to: [bob, carol] }),
  );
  open = await createSyncWorld(world([alice, bob, carol], records), { batchSize: 7, pageSize: 10 });
  await open.finish();
  await open.drain();

  type Row = { service: string; method: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  const asked = requests
    .filter(({ service, route }) => service === "graph" && route.includes("mailFolders"))
    .map(({ method, route, count }) => [method, route.split("/").at(-1), count]);
  expect(asked.toSorted()).toEqual([
    ["GET", "mailFolders", 3],
    ["POST", "mailFolders", 3],
    ["POST", "messages", 90],
  ]);
});
