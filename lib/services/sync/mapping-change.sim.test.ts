/** What waits when a mapping changes goes where the new version says. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256Hex } from "@/lib/core/keys";
import { createMappingWorld, type MappingWorld } from "@/lib/testing/mapping-world";
import { fred, gina, receivedAt } from "@/lib/testing/mapping-world";
import { chunksOf, never, valueOf } from "@/lib/testing/portal-world";
import { bob, carol, chat, hoursAgo } from "@/lib/testing/records";
import { noDuplicates } from "@/lib/testing/sync-world";
import { openPortal } from "@/lib/wiring";
import type { SyncParts } from "./parts";

let open: MappingWorld;
beforeAll(async () => {
  open = await createMappingWorld();
});
afterAll(() => open.close());

const header = "ExternalUserId,O365UserMailbox";

test("an unmapped person is mapped in the list, and what waited arrives once", async () => {
  const { id, runId } = await open.connected([
    chat({ id: "m1", receivedAt, owner: fred }),
    chat({ id: "m2", receivedAt, owner: fred }),
  ]);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 2 });
  const { rows } = await open.services.versions.unmapped(open.actor, id, null);
  expect(rows).toMatchObject([{ externalId: fred.mobile, name: "Fred", items: 2, removed: 0 }]);

  const person = { deliveryId: rows[0]?.deliveryId ?? "", validFrom: "", validTo: "" };
  const told = valueOf(
    await open.services.versions.mapPerson(
      open.actor,
      id,
      { ...person, mailbox: carol.upn },
      never,
    ),
  );
  expect(told.message).toContain("Version 1 is in force. 2 items that waited are imported");
  await open.passThrough();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, failed: 0 });
  expect(await open.mail(carol.upn)).toHaveLength(2);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect((await open.services.versions.unmapped(open.actor, id, null)).rows).toEqual([]);
});

test("what is pending goes where the new version says, and the old mailbox gets nothing", async () => {
  const { id, runId } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await open.onlyTransfer();
  await open.put(id, [`${fred.mobile},${carol.upn}`]);
  await open.passThrough();
  expect(await open.shown()).toEqual([
    { to: bob.upn, state: "SKIPPED", code: "MappingChanged" },
    { to: carol.upn, state: "PENDING", code: null },
  ]);
  await open.drain();
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.mail(carol.upn)).toHaveLength(1);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1, skipped: 1 });
});

test("from the moment a version is in force lanes write nothing, until what waits is resolved by it", async () => {
  const { id } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await open.onlyTransfer();
  const quiet = openPortal(open.config, { ...open.outside });
  const bytes = Buffer.from(`${header}\n${fred.mobile},${carol.upn}\n`);
  const input = {
    ...{ connectorId: id, fileName: "m.csv", sizeBytes: bytes.length, defaultCountry: null },
    sha256: sha256Hex(bytes),
  };
  const file = valueOf(await quiet.mappings.upload(open.actor, input, chunksOf(bytes), never));
  await open.sql.query(
    `INSERT INTO "Duty" ("tenantId", "name", "holder", "leaseUntil")
     VALUES ($1, 'mappingChanges', 'a worker that is slow', now() + interval '1 minute')
     ON CONFLICT ("tenantId", "name") DO UPDATE SET "holder" = excluded."holder", "leaseUntil" = excluded."leaseUntil"`,
    [open.parts.tenantId],
  );
  await open.apply(id, file.id);
  await open.drain();
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({
    progress: { isPassed: false },
  });
  await open.passThrough();
  await open.drain();
  expect(await open.mail(carol.upn)).toHaveLength(1);
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({ progress: null });
});

test("an owner who is found no more is told among what was not imported; what was imported stays", async () => {
  const both = [chat({ id: "m1", receivedAt, owner: fred, to: [bob] })];
  const { id, runId } = await open.connected(both, [`${fred.mobile},${carol.upn}`]);
  await open.drain();
  expect(await open.mail(carol.upn)).toHaveLength(1);
  await open.put(id, [`${gina.mobile},${carol.upn}`]);
  await open.passThrough();
  expect(await open.shown()).toEqual(
    expect.arrayContaining([
      { to: bob.upn, state: "IMPORTED", code: null },
      { to: carol.upn, state: "IMPORTED", code: null },
    ]),
  );
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test("an owner whose item still waits and who is found no more gets his UserMapping delivery", async () => {
  const { id, runId } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred, to: [bob] })],
    [`${fred.mobile},${carol.upn}`],
  );
  await open.onlyTransfer();
  await open.put(id, [`${gina.mobile},${carol.upn}`]);
  await open.passThrough();
  await open.drain();
  expect(await open.shown()).toEqual(
    expect.arrayContaining([
      { to: carol.upn, state: "SKIPPED", code: "MappingChanged" },
      { to: null, state: "FAILED", code: "UserMapping" },
      { to: bob.upn, state: "IMPORTED", code: null },
    ]),
  );
  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    imported: 1,
    failed: 1,
    skipped: 1,
  });
  const people = await open.services.versions.unmapped(open.actor, id, null);
  expect(people.rows).toMatchObject([{ externalId: fred.mobile, items: 1 }]);
});

test("a number that moves to another person does not take its history along", async () => {
  const records = [
    chat({ id: "old", receivedAt: hoursAgo(5), owner: fred }),
    chat({ id: "new", receivedAt: hoursAgo(2), owner: fred }),
  ];
  const moved = new Date(hoursAgo(3).setMilliseconds(0)).toISOString();
  const { id } = await open.connected(records);
  await open.drain();
  const file = Buffer.from(
    [
      `${header},ValidFrom,ValidTo`,
      `${fred.mobile},${bob.upn},,${moved}`,
      `${fred.mobile},${carol.upn},${moved},`,
    ].join("\n"),
  );
  const input = {
    ...{ connectorId: id, fileName: "m.csv", sizeBytes: file.length, defaultCountry: null },
    sha256: sha256Hex(file),
  };
  const view = valueOf(
    await open.services.mappings.upload(open.actor, input, chunksOf(file), never),
  );
  await open.apply(id, view.id);
  await open.passThrough();
  await open.drain();
  expect((await open.mail(bob.upn)).map(({ body }) => body.content)).toEqual([
    expect.stringContaining("Text of old"),
  ]);
  expect((await open.mail(carol.upn)).map(({ body }) => body.content)).toEqual([
    expect.stringContaining("Text of new"),
  ]);
});

test("a process that is killed between two steps leaves its place, and the next goes on there", async () => {
  const records = Array.from({ length: 30 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt, owner: fred }),
  );
  const { id, runId } = await open.connected(records, [`${fred.mobile},${bob.upn}`]);
  await open.onlyTransfer();
  await open.sql.query(
    `INSERT INTO "Duty" ("tenantId", "name", "holder", "leaseUntil")
     VALUES ($1, 'mappingChanges', 'another', now() + interval '1 minute')
     ON CONFLICT ("tenantId", "name") DO UPDATE SET "leaseUntil" = excluded."leaseUntil"`,
    [open.parts.tenantId],
  );
  await open.put(id, [`${fred.mobile},${carol.upn}`]);
  const { store } = open.parts;
  let steps = 0;
  const small: SyncParts = {
    ...open.parts,
    store: {
      ...store,
      waitingItems: (tenantId, change, after) => store.waitingItems(tenantId, change, after, 10),
    },
    passes(point) {
      steps += point === "mapping.step" ? 1 : 0;
      if (steps === 2) throw new Error("killed");
    },
  };
  await expect(open.passThrough(small)).rejects.toThrow("killed");
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({
    progress: { looked: 20, total: 30 },
  });
  await open.passThrough();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 30, skipped: 30 });
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.mail(carol.upn)).toHaveLength(30);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("going back to an earlier version is a new version, and runs say by which they were resolved", async () => {
  const { id, runId } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await open.onlyTransfer();
  const first = await open.inForce(id);
  await open.put(id, [`${fred.mobile},${carol.upn}`]);
  await open.passThrough();
  await open.apply(id, first ?? "");
  await open.passThrough();
  await open.drain();
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({
    inForce: { version: 3, origin: "restored", basedOnVersion: 1 },
  });
  expect(await open.mail(bob.upn)).toHaveLength(1);
  expect(await open.mail(carol.upn)).toHaveLength(0);
  const resolvedBy = (await open.run(runId))["resolvedFileId"];
  expect(resolvedBy).toBe(await open.inForce(id));
});
