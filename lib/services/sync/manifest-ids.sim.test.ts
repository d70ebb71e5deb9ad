/** What the manifest counts, the ledger has to count too, however a record spells it or forgets it. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 5 });
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

async function transferred(records: readonly unknown[]) {
  await open.reset(world([alice, bob], records));
  const connector = await open.finish();
  await open.drain();
  return connector;
}

async function backfill(connectorId: string, start: Date, end: Date) {
  const window = { start, end };
  const runId = await open.parts.store.openRun(tenantId, { connectorId, kind: "backfill", window });
  await open.drain();
  return open.run(runId ?? "");
}

const complete = { isManifestEqual: true, manifestTries: 0, failureCode: null };

test.each([
  ["NUL characters", "m\u0000one"],
  ["half a surrogate pair", "m\ud800one"],
  ["nothing but NUL", "\u0000"],
])("an id with %s counts as the archive spells it", async (_name, id) => {
  const receivedAt = hoursAgo(3);
  const { runId } = await transferred([chat({ id, receivedAt }), chat({ id: "m2", receivedAt })]);
  expect(await open.run(runId)).toMatchObject({ ...complete, imported: 2 });
});

test("two ids that differ in a NUL alone are two items, and both count", async () => {
  const receivedAt = hoursAgo(3);
  const body = { text: "Another", networkMessageId: "net-other" };
  const { runId } = await transferred([
    chat({ id: "ab", receivedAt }),
    chat({ id: "a\u0000b", receivedAt, body }),
  ]);
  expect(await open.run(runId)).toMatchObject({ ...complete, imported: 2 });
});

test("a revision with NUL characters counts as the archive spells it", async () => {
  const record = { ...chat({ id: "m1", receivedAt: hoursAgo(3) }), revision: "1\u0000" };
  const { runId } = await transferred([record]);
  expect(await open.run(runId)).toMatchObject(complete);
});

test("a record without a readable date counts in whichever window returns it", async () => {
  const neighbour = chat({ id: "m1", receivedAt: hoursAgo(3) });
  const undated = { ...chat({ id: "m2", receivedAt: hoursAgo(3) }), gatewayReceivedDate: "soon" };
  const { id, runId } = await transferred([neighbour, undated]);
  expect(await open.run(runId)).toMatchObject({ ...complete, availableFromSource: 2 });

  // The archive keeps it beside its neighbour; the ledger knew no more than its window of a day.
  const around = await backfill(id, hoursAgo(4), hoursAgo(2));
  expect(around).toMatchObject({ ...complete, state: "SUCCEEDED", alreadyRecorded: 2 });
  const before = await backfill(id, hoursAgo(30), hoursAgo(10));
  expect(before).toMatchObject({ ...complete, state: "SUCCEEDED", alreadyRecorded: 0 });
  const wide = await backfill(id, hoursAgo(40), hoursAgo(1));
  expect(wide).toMatchObject({ ...complete, state: "SUCCEEDED", alreadyRecorded: 2 });
});

test("an undated record that nobody has met elsewhere is not missed by a window that does not hold it", async () => {
  const neighbour = chat({ id: "m1", receivedAt: hoursAgo(3) });
  const undated = { ...chat({ id: "m2", receivedAt: hoursAgo(3) }), gatewayReceivedDate: 7 };
  const { id } = await transferred([neighbour, undated]);
  const before = await backfill(id, hoursAgo(30), hoursAgo(10));
  expect(before).toMatchObject({ ...complete, state: "SUCCEEDED", alreadyRecorded: 0 });
});
