import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

const hourMs = 60 * 60_000;

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

async function release(blobName: string, hoursAgo: number): Promise<void> {
  await ledger.database.query(
    `INSERT INTO "ReleasedBlob" ("tenantId", "blobName", "releasedAt")
     VALUES ($1, $2, now() - $3 * interval '1 hour')`,
    [ledger.tenantId, blobName, hoursAgo],
  );
}

test("what was released a day ago is found by name, with whether a row names it after all", async () => {
  const { store, tenantId } = ledger;
  await ledger.addItem(await ledger.addRun(), { blobName: "c-named" });
  for (const name of ["a", "b", "c-named"]) await release(name, 25);
  await release("young", 23);
  const first = await store.releasedBlobs(tenantId, 24 * hourMs, null, 2);
  expect(first).toEqual([
    { blobName: "a", isNamed: false },
    { blobName: "b", isNamed: false },
  ]);
  expect(await store.releasedBlobs(tenantId, 24 * hourMs, "b", 2)).toEqual([
    { blobName: "c-named", isNamed: true },
  ]);
  await store.forgetReleased(tenantId, ["a", "b", "c-named"]);
  expect(await store.releasedBlobs(tenantId, 24 * hourMs, null, 10)).toEqual([]);
});

test("of names seen in staging those in no row are released, once, and of no other tenant", async () => {
  const { store, tenantId } = ledger;
  const runId = await ledger.addRun();
  const itemId = await ledger.addItem(runId, { blobName: "record" });
  await ledger.database.query(
    `INSERT INTO "StagedAttachment" ("tenantId", "itemId", "position", "runId", "sourceAttachmentId",
       "state", "blobName", "sizeBytes", "sha256", "closedAt")
     VALUES ($1, $2, 0, $3, 'a', 'STAGED', 'file', 3, 'ab', now())`,
    [tenantId, itemId, runId],
  );
  expect(await store.releaseUnnamed(tenantId, ["record", "file", "lost"])).toBe(1);
  expect(await store.releaseUnnamed(tenantId, ["record", "file", "lost"])).toBe(0);
  expect(await store.releasedBlobs(tenantId, 0, null, 10)).toEqual(
    expect.arrayContaining([{ blobName: "lost", isNamed: false }]),
  );
  const other = await ledger.addTenant();
  expect(await store.releasedBlobs(other, 0, null, 10)).toEqual([]);
});
