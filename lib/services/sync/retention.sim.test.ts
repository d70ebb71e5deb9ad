import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sha256Hex } from "@/lib/core/keys";
import { alice, bob, chat, hoursAgo, stranger, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { createComposed } from "./lane-composed";
import type { SyncParts } from "./parts";
import { retainOriginals } from "./retention";
import { releaseUnnamed, sweepReleased } from "./sweep";

/** Nobody knows the owner: the delivery that names it stands as failed UserMapping. */
const unknown = { ...stranger, mobile: "4915100000000" };
const file = { id: "f1", fileName: "a.txt", contentType: "text/plain", sizeBytes: 5 };

let open: SyncWorld;
let runId: string;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
beforeEach(async () => {
  const at = hoursAgo(2);
  await open.reset(
    world(
      [alice, bob],
      [
        chat({ id: "imported", receivedAt: at, body: { attachments: [file] } }),
        chat({ id: "imported too", receivedAt: at }),
        chat({ id: "unmapped", receivedAt: at, owner: unknown, to: [bob] }),
      ],
      { f1: { base64: Buffer.from("hello").toString("base64") } },
    ),
  );
  for (const name of await blobs()) await open.parts.staging.remove(name, open.signal);
  ({ runId } = await open.finish());
  await open.drain();
});
afterAll(() => open.close());

/** As if everything had happened so long before. */
async function age(days: number): Promise<void> {
  const earlier = `- ${days} * interval '24 hours'`;
  await open.sql.query(`UPDATE "SyncItem" SET "recordedAt" = "recordedAt" ${earlier}`);
  await open.sql.query(`UPDATE "Delivery" SET "completedAt" = "completedAt" ${earlier}`);
  await open.sql.query(`UPDATE "ReleasedBlob" SET "releasedAt" = "releasedAt" ${earlier}`);
}

type Original = { id: string; blobName: string | null; removed: boolean };

async function originals(): Promise<Original[]> {
  return open.sql.query(
    `SELECT "sourceItemId" AS "id", "blobName", "originalRemovedAt" IS NOT NULL AS "removed"
     FROM "SyncItem" ORDER BY "sourceItemId"`,
  );
}

async function blobs(): Promise<string[]> {
  const names: string[] = [];
  for await (const { blobName } of open.parts.staging.list(tenantId, open.signal))
    names.push(blobName);
  return names.toSorted();
}

async function frameOf(sourceItemId: string) {
  type Row = { blobName: string; frameOffset: number; frameLength: number; recordSha256: string };
  const [row] = await open.sql.query<Row>(`SELECT * FROM "SyncItem" WHERE "sourceItemId" = $1`, [
    sourceItemId,
  ]);
  if (row === undefined) throw new Error("No such item");
  const { blobName, frameOffset, frameLength, recordSha256 } = row;
  return { blobName, frame: { offset: frameOffset, length: frameLength }, recordSha256 };
}

async function read(
  { blobName, frame }: Awaited<ReturnType<typeof frameOf>>,
  parts: SyncParts = open.parts,
): Promise<string> {
  return sha256Hex(await parts.staging.readRecord(blobName, frame, open.signal));
}

const diesAt = (point: string): SyncParts => ({
  ...open.parts,
  passes(passed) {
    if (passed === point) throw new Error("Killed");
  },
});

test("before 30 days are over nothing is taken away", async () => {
  const before = await originals();
  await age(29);
  await retainOriginals(open.parts, open.signal);
  expect(await originals()).toEqual(before);
});

test("what was imported 30 days ago goes, with its attachments; what still waits is written anew", async () => {
  const old = await frameOf("unmapped");
  const [, attachment] = [await originals(), await blobs()];
  expect(attachment).toHaveLength(2);
  await age(31);
  await retainOriginals(open.parts, open.signal);

  expect(await originals()).toEqual([
    { id: "imported", blobName: null, removed: true },
    { id: "imported too", blobName: null, removed: true },
    { id: "unmapped", blobName: expect.any(String) as string, removed: false },
  ]);
  const fresh = await frameOf("unmapped");
  expect(fresh.blobName).not.toBe(old.blobName);
  expect(fresh.blobName.split("/").slice(0, 3)).toEqual(old.blobName.split("/").slice(0, 3));
  expect(await read(fresh)).toBe(old.recordSha256);
  expect(await read(old)).toBe(old.recordSha256);

  await sweepReleased(open.parts, open.signal);
  expect(await blobs()).toHaveLength(3);
  await age(2);
  await sweepReleased(open.parts, open.signal);
  expect(await blobs()).toEqual([fresh.blobName]);
  expect(await open.sql.query(`SELECT 1 FROM "ReleasedBlob"`)).toEqual([]);
});

/** As when the mapping learns who the owner is. */
async function mend(): Promise<void> {
  await open.sql.query(
    `UPDATE "Delivery" d SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL,
       "laneId" = l."id", "mailboxId" = l."mailboxId", "mailboxAddress" = 'alice@contoso.com'
     FROM "Lane" l JOIN "DirectoryMailbox" m ON m."id" = l."mailboxId" AND m."upn" = 'alice@contoso.com'
     WHERE d."failureCode" = 'UserMapping'`,
  );
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL`);
}

test("an item whose segment was written anew is imported from there when its mapping is mended", async () => {
  await age(31);
  await retainOriginals(open.parts, open.signal);
  await mend();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", failed: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(3);
});

test("a lane that reads a segment while it is written anew writes its message all the same", async () => {
  await age(31);
  await mend();
  // Its run is open for this item alone; the others were imported by one that is closed.
  await open.sql.query(
    `WITH earlier AS (
       INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "state", "windowStart", "windowEnd")
       SELECT "tenantId", gen_random_uuid(), "connectorId", 'LOOKBACK', 'SUCCEEDED', "windowStart", "windowEnd"
       FROM "SyncRun" RETURNING "id")
     UPDATE "SyncItem" SET "runId" = earlier."id" FROM earlier WHERE "sourceItemId" <> 'unmapped'`,
  );
  const old = await frameOf("unmapped");
  const { staging } = open.parts;
  const during: SyncParts = {
    ...open.parts,
    // Another process: this one has composed the message for another mailbox.
    composed: createComposed(),
    staging: {
      ...staging,
      async readRecord(...record) {
        await retainOriginals(open.parts, open.signal);
        return staging.readRecord(...record);
      },
    },
  };
  await open.drain([during]);
  expect((await frameOf("unmapped")).blobName).not.toBe(old.blobName);
  expect((await originals()).map(({ removed }) => removed)).toEqual([true, true, false]);
  expect(await open.run(runId)).toMatchObject({ failed: 0, open: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(3);
});

test("after 400 days also what nobody imported goes, and the audit says so", async () => {
  await age(401);
  await retainOriginals(open.parts, open.signal);
  expect((await originals()).map(({ removed }) => removed)).toEqual([true, true, true]);
  const told = await open.sql.query(
    `SELECT 1 FROM "AuditEvent" WHERE "action" = 'originals.expired'`,
  );
  expect(told).toHaveLength(1);
});

test("items of a run that is open are never touched", async () => {
  await age(401);
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING'`);
  await retainOriginals(open.parts, open.signal);
  expect((await originals()).map(({ removed }) => removed)).toEqual([false, false, false]);
});

test("a segment that cannot be opened stays whole, and the others are seen to", async () => {
  const { blobName } = await frameOf("unmapped");
  await open.parts.staging.remove(blobName, open.signal);
  await age(31);
  await retainOriginals(open.parts, open.signal);
  expect((await originals()).map(({ removed }) => removed)).toEqual([false, false, false]);
});

test("a segment that makes us stumble stays whole too, and the duty comes to its end", async () => {
  const readRecord = () => Promise.reject(new TypeError("a fault of our own"));
  const stumbling = { ...open.parts, staging: { ...open.parts.staging, readRecord } };
  await age(31);
  await retainOriginals(stumbling, open.signal);
  expect((await originals()).map(({ removed }) => removed)).toEqual([false, false, false]);
});

describe("an item that a new connector takes over from a deleted one", () => {
  async function takeOver(): Promise<void> {
    await open.sql.query(`UPDATE "Connector" SET "state" = 'DELETED'`);
    await open.finish();
    await open.drain();
  }

  test("releases the segment it lay in, which stays while others lie there", async () => {
    const old = await frameOf("unmapped");
    await takeOver();
    const fresh = await frameOf("unmapped");
    expect(fresh.blobName).not.toBe(old.blobName);
    expect(await open.sql.query(`SELECT "blobName" FROM "ReleasedBlob"`)).toEqual([
      { blobName: old.blobName },
    ]);
    await age(2);
    await sweepReleased(open.parts, open.signal);
    expect(await blobs()).toEqual(expect.arrayContaining([old.blobName, fresh.blobName]));
  });

  test("has an original again, and all the time there is", async () => {
    await age(401);
    await retainOriginals(open.parts, open.signal);
    await takeOver();
    expect((await originals())[2]).toMatchObject({ id: "unmapped", removed: false });
    await retainOriginals(open.parts, open.signal);
    expect((await originals())[2]).toMatchObject({ id: "unmapped", removed: false });
  });
});

describe("a worker that dies", () => {
  test("with the new segment written leaves the rows as they were, and its blob is swept", async () => {
    const before = await originals();
    await age(31);
    await expect(retainOriginals(diesAt("segment.rewritten"), open.signal)).rejects.toThrow();
    expect(await originals()).toEqual(before);
    expect(await blobs()).toHaveLength(3);

    await releaseUnnamed(open.parts, open.signal);
    await retainOriginals(open.parts, open.signal);
    const { blobName } = await frameOf("unmapped");
    await age(2);
    await sweepReleased(open.parts, open.signal);
    expect(await blobs()).toEqual([blobName]);
  });

  test("with the rows pointed leaves nothing to be done again", async () => {
    await age(31);
    await expect(retainOriginals(diesAt("segment.replaced"), open.signal)).rejects.toThrow();
    const after = await originals();
    expect(after.map(({ removed }) => removed)).toEqual([true, true, false]);
    await retainOriginals(open.parts, open.signal);
    expect(await originals()).toEqual(after);
  });

  test("with blobs swept and not forgotten sweeps them again, to no harm", async () => {
    await age(401);
    await retainOriginals(open.parts, open.signal);
    await age(2);
    await expect(sweepReleased(diesAt("blobs.swept"), open.signal)).rejects.toThrow();
    expect(await open.sql.query(`SELECT 1 FROM "ReleasedBlob"`)).not.toEqual([]);
    await sweepReleased(open.parts, open.signal);
    expect(await open.sql.query(`SELECT 1 FROM "ReleasedBlob"`)).toEqual([]);
    expect(await blobs()).toEqual([]);
  });
});

describe("the sweep", () => {
  test("leaves alone whatever has a name, and whatever it did not write", async () => {
    const named = await blobs();
    const note = `${tenantId}/audit/2026-11-22-1`;
    const foreign = `${tenantId}/backup.zip`;
    for (const name of [note, foreign]) {
      await open.parts.staging.writeNote(name, Buffer.from("kept"), open.signal);
    }
    const { blobName: lost } = await open.parts.staging.writeSegment(
      `${tenantId}/${runId}/9`,
      [Buffer.from("never recorded")],
      open.signal,
    );
    await releaseUnnamed(open.parts, open.signal);
    await sweepReleased(open.parts, open.signal);
    expect(await blobs()).toContain(lost);
    await age(2);
    await sweepReleased(open.parts, open.signal);
    expect(await blobs()).toEqual([...named, note, foreign].toSorted());
  });

  test("forgets what got its name after it was seen without", async () => {
    const { blobName } = await frameOf("unmapped");
    await open.sql.query(
      `INSERT INTO "ReleasedBlob" ("tenantId", "blobName", "releasedAt") VALUES ($1, $2, now() - interval '3 days')`,
      [tenantId, blobName],
    );
    await sweepReleased(open.parts, open.signal);
    expect(await blobs()).toContain(blobName);
    expect(await open.sql.query(`SELECT 1 FROM "ReleasedBlob"`)).toEqual([]);
  });
});
