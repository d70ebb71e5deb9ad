import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import type { PortalServices } from "@/lib/services/portal";
import { fakeActor } from "@/lib/testing/fakes";
import { chunksOf, never, valueOf } from "@/lib/testing/portal-world";
import { putInForce, putMapping } from "@/lib/testing/put-mapping";
import { alice, bob, carol, chat, hoursAgo, type Person, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { sha256Hex } from "@/lib/core/keys";
import { openPortal } from "@/lib/wiring";
import { runLane } from "./lane";
import { workThroughChanges } from "./mapping-change";
import type { SyncParts } from "./parts";

let open: SyncWorld;
let services: PortalServices;
let actor: Actor;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob, carol], []));
  services = openPortal(open.config, open.outside);
});
afterAll(() => open.close());

const receivedAt = hoursAgo(2);
/** Whom nothing but a mapping leads to a mailbox. */
const fred: Person = { mobile: "16175550088", upn: "", name: "Fred" };
const gina: Person = { mobile: "16175550099", upn: "", name: "Gina" };
const header = "ExternalUserId,O365UserMailbox";

/** A connector that has transferred what its first window holds; nothing of it is in a mailbox yet. */
async function transferred(records: readonly unknown[], lines: readonly string[] = []) {
  await open.reset(world([alice, bob, carol], records));
  actor = fakeActor(open.parts.tenantId);
  await services.session.signedIn(actor);
  await open.parts.refreshDirectory(open.signal);
  const { id, runId } = await open.finish();
  if (lines.length > 0) await put(id, lines);
  return { id, runId };
}

const put = (id: string, lines: readonly string[]) => putMapping(services, actor, id, lines);
const apply = (id: string, fileId: string) => putInForce(services, actor, id, fileId);

async function inForce(id: string): Promise<string | null> {
  return (await services.versions.overview(actor, id))?.inForce?.id ?? null;
}

async function passThrough(parts: SyncParts = open.parts): Promise<void> {
  await workThroughChanges(parts, open.signal);
}

/** What is poked and not worked on: the transfer is over, no lane has begun. */
async function onlyTransfer(): Promise<void> {
  const held = new Set<string>();
  open.poked.lanes.add = (laneId: string) => (held.add(laneId), open.poked.lanes);
  try {
    await open.drain();
  } finally {
    open.poked.lanes.add = Set.prototype.add.bind(open.poked.lanes);
  }
  for (const laneId of held) open.poked.lanes.add(laneId);
}

const shown = async () =>
  (await open.deliveries()).map(({ mailboxAddress, state, failureCode }) => {
    return { to: mailboxAddress, state, code: failureCode };
  });

test("an unmapped person is mapped in the list, and what waited arrives once", async () => {
  const { id, runId } = await transferred([
    chat({ id: "m1", receivedAt, owner: fred }),
    chat({ id: "m2", receivedAt, owner: fred }),
  ]);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 2 });
  const { rows } = await services.versions.unmapped(actor, id, null);
  expect(rows).toMatchObject([{ externalId: fred.mobile, name: "Fred", items: 2, removed: 0 }]);

  const person = { deliveryId: rows[0]?.deliveryId ?? "", validFrom: "", validTo: "" };
  const told = valueOf(
    await services.versions.mapPerson(actor, id, { ...person, mailbox: carol.upn }, never),
  );
  expect(told.message).toContain("Version 1 is in force. 2 items that waited are imported");
  await passThrough();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, failed: 0 });
  expect(await open.mail(carol.upn)).toHaveLength(2);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect((await services.versions.unmapped(actor, id, null)).rows).toEqual([]);
});

test("what is pending goes where the new version says, and the old mailbox gets nothing", async () => {
  const { id, runId } = await transferred(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await onlyTransfer();
  await put(id, [`${fred.mobile},${carol.upn}`]);
  await passThrough();
  expect(await shown()).toEqual([
    { to: bob.upn, state: "SKIPPED", code: "MappingChanged" },
    { to: carol.upn, state: "PENDING", code: null },
  ]);
  await open.drain();
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.mail(carol.upn)).toHaveLength(1);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1, skipped: 1 });
});

test("from the moment a version is in force lanes write nothing, until what waits is resolved by it", async () => {
  const { id } = await transferred(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await onlyTransfer();
  const quiet = openPortal(open.config, { ...open.outside });
  const bytes = Buffer.from(`${header}\n${fred.mobile},${carol.upn}\n`);
  const input = {
    ...{ connectorId: id, fileName: "m.csv", sizeBytes: bytes.length, defaultCountry: null },
    sha256: sha256Hex(bytes),
  };
  const file = valueOf(await quiet.mappings.upload(actor, input, chunksOf(bytes), never));
  await open.sql.query(
    `INSERT INTO "Duty" ("tenantId", "name", "holder", "leaseUntil")
     VALUES ($1, 'mappingChanges', 'a worker that is slow', now() + interval '1 minute')
     ON CONFLICT ("tenantId", "name") DO UPDATE SET "holder" = excluded."holder", "leaseUntil" = excluded."leaseUntil"`,
    [open.parts.tenantId],
  );
  await apply(id, file.id);
  await open.drain();
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await services.versions.overview(actor, id)).toMatchObject({
    progress: { isPassed: false },
  });
  await passThrough();
  await open.drain();
  expect(await open.mail(carol.upn)).toHaveLength(1);
  expect(await services.versions.overview(actor, id)).toMatchObject({ progress: null });
});

test("an owner who is found no more is told among what was not imported; what was imported stays", async () => {
  const both = [chat({ id: "m1", receivedAt, owner: fred, to: [bob] })];
  const { id, runId } = await transferred(both, [`${fred.mobile},${carol.upn}`]);
  await open.drain();
  expect(await open.mail(carol.upn)).toHaveLength(1);
  await put(id, [`${gina.mobile},${carol.upn}`]);
  await passThrough();
  expect(await shown()).toEqual(
    expect.arrayContaining([
      { to: bob.upn, state: "IMPORTED", code: null },
      { to: carol.upn, state: "IMPORTED", code: null },
    ]),
  );
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test("an owner whose item still waits and who is found no more gets his UserMapping delivery", async () => {
  const { id, runId } = await transferred(
    [chat({ id: "m1", receivedAt, owner: fred, to: [bob] })],
    [`${fred.mobile},${carol.upn}`],
  );
  await onlyTransfer();
  await put(id, [`${gina.mobile},${carol.upn}`]);
  await passThrough();
  await open.drain();
  expect(await shown()).toEqual(
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
  const people = await services.versions.unmapped(actor, id, null);
  expect(people.rows).toMatchObject([{ externalId: fred.mobile, items: 1 }]);
});

test("a number that moves to another person does not take its history along", async () => {
  const records = [
    chat({ id: "old", receivedAt: hoursAgo(5), owner: fred }),
    chat({ id: "new", receivedAt: hoursAgo(2), owner: fred }),
  ];
  const moved = new Date(hoursAgo(3).setMilliseconds(0)).toISOString();
  const { id } = await transferred(records);
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
  const view = valueOf(await services.mappings.upload(actor, input, chunksOf(file), never));
  await apply(id, view.id);
  await passThrough();
  await open.drain();
  expect((await open.mail(bob.upn)).map(({ body }) => body.content)).toEqual([
    expect.stringContaining("Text of old"),
  ]);
  expect((await open.mail(carol.upn)).map(({ body }) => body.content)).toEqual([
    expect.stringContaining("Text of new"),
  ]);
});

test.each([
  ["written it stays, and the new mailbox gets no second one", { loseResponse: true }, [1, 0]],
  ["never written it ends there, and goes to the new mailbox", { status: 503 }, [0, 1]],
] as const)("what is in doubt first ends: %s", async (_name, effect, [ofBob, ofCarol]) => {
  const { id, runId } = await transferred(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await onlyTransfer();
  const create = { service: "graph", method: "POST", path: "/messages$", times: 1 };
  await open.control("POST", "/faults", { ...create, effect });
  const [lane = ""] = open.poked.lanes;
  open.poked.lanes.clear();
  await runLane(open.parts, lane, open.signal);
  expect(await shown()).toMatchObject([{ state: "IMPORTING" }]);
  await put(id, [`${fred.mobile},${carol.upn}`]);
  await passThrough();
  expect(await shown()).toMatchObject([{ to: bob.upn, state: "IMPORTING" }]);
  await open.drainUntil(async () => {
    await open.later();
    await passThrough();
    return (await open.run(runId))["closedAt"] !== null;
  });
  expect(await open.mail(bob.upn)).toHaveLength(ofBob);
  expect(await open.mail(carol.upn)).toHaveLength(ofCarol);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect(await services.versions.overview(actor, id)).toMatchObject({ progress: null });
});

test("a process that is killed between two steps leaves its place, and the next goes on there", async () => {
  const records = Array.from({ length: 30 }, (_, index) =>
    chat({ id: `m${index}`, receivedAt, owner: fred }),
  );
  const { id, runId } = await transferred(records, [`${fred.mobile},${bob.upn}`]);
  await onlyTransfer();
  await open.sql.query(
    `INSERT INTO "Duty" ("tenantId", "name", "holder", "leaseUntil")
     VALUES ($1, 'mappingChanges', 'another', now() + interval '1 minute')
     ON CONFLICT ("tenantId", "name") DO UPDATE SET "leaseUntil" = excluded."leaseUntil"`,
    [open.parts.tenantId],
  );
  await put(id, [`${fred.mobile},${carol.upn}`]);
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
  await expect(passThrough(small)).rejects.toThrow("killed");
  expect(await services.versions.overview(actor, id)).toMatchObject({
    progress: { looked: 20, total: 30 },
  });
  await passThrough();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 30, skipped: 30 });
  expect(await open.mail(bob.upn)).toHaveLength(0);
  expect(await open.mail(carol.upn)).toHaveLength(30);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("going back to an earlier version is a new version, and runs say by which they were resolved", async () => {
  const { id, runId } = await transferred(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await onlyTransfer();
  const first = await inForce(id);
  await put(id, [`${fred.mobile},${carol.upn}`]);
  await passThrough();
  await apply(id, first ?? "");
  await passThrough();
  await open.drain();
  expect(await services.versions.overview(actor, id)).toMatchObject({
    inForce: { version: 3, origin: "restored", basedOnVersion: 1 },
  });
  expect(await open.mail(bob.upn)).toHaveLength(1);
  expect(await open.mail(carol.upn)).toHaveLength(0);
  const resolvedBy = (await open.run(runId))["resolvedFileId"];
  expect(resolvedBy).toBe(await inForce(id));
});

describe("what was in doubt when its mapping changed, and whose connector was then deleted,", () => {
  const toBob = [`${alice.mobile},${bob.upn}`];

  /** In doubt at Bob's, and wanted by Carol. */
  async function inDoubt() {
    const { id, runId } = await transferred([chat({ id: "m1", receivedAt, owner: alice })], toBob);
    await onlyTransfer();
    const create = { service: "graph", method: "POST", path: "/messages$", times: 1 };
    await open.control("POST", "/faults", { ...create, effect: { status: 503 } });
    const [lane = ""] = open.poked.lanes;
    open.poked.lanes.clear();
    await runLane(open.parts, lane, open.signal);
    await put(id, [`${alice.mobile},${carol.upn}`]);
    await passThrough();
    expect(await shown()).toMatchObject([{ to: bob.upn, state: "IMPORTING" }]);
    return runId;
  }

  const remove = () =>
    open.sql.query(
      `UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL, "deletedAt" = now()`,
    );

  async function ended(): Promise<void> {
    await open.drainUntil(async () => {
      await open.later();
      return (await shown()).every(({ state }) => state !== "IMPORTING");
    });
  }

  async function imported(runId: string): Promise<void> {
    await open.drainUntil(async () => {
      await open.later();
      await passThrough();
      return (await open.run(runId))["closedAt"] !== null;
    });
  }

  test.each([
    ["by its e-mail", [], alice],
    ["also to the mailbox that was not wanted any more", toBob, bob],
  ])("is imported by the next connector, %s", async (_name, lines, { upn }) => {
    await inDoubt();
    await remove();
    await ended();
    await passThrough();
    const next = await open.finish();
    if (lines.length > 0) await put(next.id, lines);
    await imported(next.runId);
    expect(await open.mail(upn)).toHaveLength(1);
    expect(await open.duplicates()).toEqual(noDuplicates);
  });

  test("is imported by the next connector where it had ended before", async () => {
    await inDoubt();
    await ended();
    await remove();
    await passThrough();
    expect(await shown()).toMatchObject([{ to: bob.upn, state: "FAILED", code: "Cancelled" }]);
    const next = await open.finish();
    await imported(next.runId);
    expect(await open.mail(alice.upn)).toHaveLength(1);
  });

  test("is imported by the next connector that meets it before anybody said it is undone", async () => {
    await inDoubt();
    await ended();
    await remove();
    const next = await open.finish();
    await imported(next.runId);
    expect(await open.mail(alice.upn)).toHaveLength(1);
  });
});
