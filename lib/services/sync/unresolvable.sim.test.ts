/** What nobody can resolve, because no build of ours wrote it, holds nobody else up. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogFields } from "@/lib/ports/runtime";
import { createMappingWorld, type MappingWorld } from "@/lib/testing/mapping-world";
import { fred, receivedAt } from "@/lib/testing/mapping-world";
import { bob, carol, chat } from "@/lib/testing/records";
import { healLearned, healUserMapping } from "./heal";
import type { SyncParts } from "./parts";
import { transferRun } from "./transfer";

let open: MappingWorld;
beforeAll(async () => {
  open = await createMappingWorld();
});
afterAll(() => open.close());

const fredTo = ({ upn }: { readonly upn: string }) => [`${fred.mobile},${upn}`];
const dora = { mobile: "16175550077", upn: "dora@contoso.com", name: "Dora" };

/** @returns the id of the item that cannot be resolved */
async function poison(sourceItemId: string): Promise<string> {
  const [item] = await open.sql.query<{ id: string }>(
    `UPDATE "SyncItem" SET "participants" = '{}' WHERE "sourceItemId" = $1 RETURNING "id"`,
    [sourceItemId],
  );
  return item?.id ?? "";
}

/** The same worker, and what it tells the log as an error. */
function listened(): { parts: SyncParts; told: [string, LogFields | undefined][] } {
  const told: [string, LogFields | undefined][] = [];
  const error = (event: string, fields?: LogFields) => void told.push([event, fields]);
  return { parts: { ...open.parts, log: { ...open.parts.log, error } }, told };
}

/** Two of Dora's items wait for a mailbox, which the directory learns; the first cannot be resolved. */
async function waitingForDora() {
  const records = ["m1", "m2"].map((id) => chat({ id, receivedAt, owner: dora, to: [bob] }));
  const { id, runId } = await open.connected(records);
  await open.drain();
  const itemId = await poison("m1");
  await open.control("PATCH", `/people/${carol.upn}`, { proxyAddresses: [`smtp:${dora.upn}`] });
  await open.sql.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  await open.parts.refreshDirectory(open.signal);
  return { id, runId, itemId };
}

test("an item that waits and cannot be resolved is told by its id, and its neighbour finds its mailbox", async () => {
  const { itemId } = await waitingForDora();
  const { parts, told } = listened();
  expect(await healLearned(parts, open.signal)).toBe(1);
  expect(told).toEqual([["item.unexpected", { itemId }]]);
});

test("who asks about everybody who waits passes it over as well", async () => {
  const { id } = await waitingForDora();
  const rules = { mappingFileId: null, automaticMapping: true };
  expect(await healUserMapping(open.parts, id, rules)).toBe(1);
});

test("a transfer goes on where those who wait cannot be looked through", async () => {
  const { runId } = await open.connected([chat({ id: "m1", receivedAt })]);
  const { parts, told } = listened();
  const learnedSpan = () => Promise.reject(new TypeError("A fault of our own"));
  await transferRun({ ...parts, store: { ...parts.store, learnedSpan } }, runId, open.signal);
  expect(told.map(([event]) => event)).toEqual(["directory.notHealed"]);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

test("when a mapping changes it stays where it waits and ends failed there, and its neighbour moves", async () => {
  const records = ["m1", "m2"].map((id) => chat({ id, receivedAt, owner: fred, to: [] }));
  const { id, runId } = await open.connected(records, fredTo(bob));
  await open.onlyTransfer();
  const itemId = await poison("m1");
  await open.put(id, fredTo(carol));
  const { parts, told } = listened();
  await open.passThrough(parts);
  expect(told).toEqual([["item.unexpected", { itemId }]]);
  await open.closed(runId);
  expect(await open.shown()).toEqual(
    expect.arrayContaining([
      { to: bob.upn, state: "FAILED", code: "ConversionError" },
      { to: bob.upn, state: "SKIPPED", code: "MappingChanged" },
      { to: carol.upn, state: "IMPORTED", code: null },
    ]),
  );
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({ progress: null });
});

test("one that was in doubt when its mapping changed ends failed, and the change ends", async () => {
  const { id, runId } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred, to: [] })],
    fredTo(bob),
  );
  await open.onlyTransfer();
  await open.laneMeets({ status: 503 });
  await open.put(id, fredTo(carol));
  await open.passThrough();
  await poison("m1");
  await open.closed(runId);
  expect(await open.shown()).toEqual([{ to: bob.upn, state: "FAILED", code: "ConversionError" }]);
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({ progress: null });
});
