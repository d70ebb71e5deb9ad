/** Blobs that storage acknowledged and lost all the same: the archive still has what was in them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { retryRun } from "@/lib/testing/sync-ledger";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 4 });
});
afterAll(() => open.close());

const day = { start: hoursAgo(23), end: hoursAgo(1) };
const names = ["m0", "m1", "m2", "m3", "m4", "m5"];
const six = names.map((id, index) =>
  chat({ id, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000), to: [bob] }),
);

const fileBytes = { a: Buffer.alloc(5_000, "a"), b: Buffer.alloc(7_000, "b") };
const files = Object.fromEntries(
  Object.entries(fileBytes).map(([id, bytes]) => [id, { base64: bytes.toString("base64") }]),
);
const attachments = Object.entries(fileBytes).map(([id, bytes]) => ({
  ...{ id, name: `${id}.bin`, contentType: "application/octet-stream", sizeBytes: bytes.length },
}));
const withFiles = chat({ id: "files", receivedAt: hoursAgo(2), body: { attachments } });

const toBob = chat({ id: "files", receivedAt: hoursAgo(2), to: [bob], body: { attachments } });

/** One connector whose first window is staged and not yet imported. */
async function staged(records: readonly unknown[] = six) {
  await open.reset(world([alice, bob], records, files));
  const connector = await open.finish();
  await transferRun(open.parts, connector.runId, open.signal);
  return connector;
}

async function lose(sql: string): Promise<void> {
  const blobs = await open.sql.query<{ blobName: string }>(sql);
  expect(blobs.length).toBeGreaterThan(0);
  for (const { blobName } of blobs) await open.parts.staging.remove(blobName, open.signal);
}
const loseSegments = () => lose(`SELECT DISTINCT "blobName" FROM "SyncItem"`);
const loseFile = (position: number) =>
  lose(`SELECT "blobName" FROM "StagedAttachment" WHERE "position" = ${position}`);

async function backfill(connectorId: string): Promise<Record<string, unknown>> {
  const run = { connectorId, kind: "backfill", window: day } as const;
  const runId = (await open.parts.store.openRun(tenantId, run)) ?? "";
  await open.drain();
  return open.run(runId);
}

const failures = async () =>
  (await open.deliveries())
    .filter(({ state }) => state === "FAILED")
    .map((row) => row["failureCode"]);

test("what staging lost is staged again by a backfill, and imported exactly once by the run that recorded it", async () => {
  const { id, runId } = await staged();
  await loseSegments();
  await open.drain();
  expect(await failures()).toEqual(Array(12).fill("StagingCorrupt"));
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 12 });

  expect(await backfill(id)).toMatchObject({
    ...{ state: "SUCCEEDED", availableFromSource: 0, alreadyRecorded: 6, isManifestEqual: true },
  });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 12, failed: 0 });
  expect(await open.mail(alice.upn)).toHaveLength(6);
  expect(await open.mail(bob.upn)).toHaveLength(6);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("what had been imported before stays as it is", async () => {
  const { id, runId } = await staged();
  await open.drain();
  const [first] = await open.deliveries();
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'StagingCorrupt' WHERE "id" = $1`,
    [first?.["id"]],
  );
  await open.sql.query(`UPDATE "SyncRun" SET "imported" = 11, "failed" = 1, "state" = 'PARTIAL'`);
  const before = await open.deliveries();
  await loseSegments();
  await backfill(id);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 12 });
  // It was written, as it happened, and is found in the mailbox before anything is written again.
  expect(await open.mail(alice.upn)).toHaveLength(6);
  expect(await open.mail(bob.upn)).toHaveLength(6);
  expect(await open.duplicates()).toEqual(noDuplicates);
  const untouched = (await open.deliveries()).filter((row) => row["id"] !== first?.["id"]);
  expect(untouched).toEqual(before.filter((row) => row["id"] !== first?.["id"]));
});

test("only the files that were lost are fetched again", async () => {
  const { id, runId } = await staged([withFiles]);
  await loseFile(1);
  await open.drain();
  expect(await failures()).toEqual(["StagingCorrupt"]);
  const asked = await attachmentRequests();

  await backfill(id);
  expect((await attachmentRequests()) - asked).toBe(1);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  const [mail] = await open.mail(alice.upn);
  expect(mail?.attachments.map(({ name }) => name)).toEqual(["a.bin", "b.bin"]);
});

test("a lost file the archive no longer has is left out and named, as if it had never come", async () => {
  const { id, runId } = await staged([withFiles]);
  await loseSegments();
  await loseFile(0);
  await open.drain();
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/attachments/a", times: 9 },
    effect: { status: 404, body: { error: "attachment_gone" } },
  });
  await backfill(id);
  await open.control("DELETE", "/faults");

  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  const [mail] = await open.mail(alice.upn);
  expect(mail?.attachments.map(({ name }) => name)).toEqual(["b.bin"]);
});

const isClosed = (runId: string) => async () => {
  await open.later();
  return (await open.run(runId))["closedAt"] !== null;
};

/** A copy with both files lies in the mailbox, and the ledger does not know it. */
async function writtenAndLost() {
  const connector = await staged([withFiles]);
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "POST", path: "/messages$", times: 1 },
    effect: { loseResponse: true },
  });
  await open.drain();
  expect(await open.mail(alice.upn)).toHaveLength(1);
  await loseSegments();
  await loseFile(1);
  await open.drainUntil(isClosed(connector.runId));
  expect(await failures()).toEqual(["StagingCorrupt"]);
  return connector;
}

test("a copy that may have been written whole is not removed for one without a file", async () => {
  const { id, runId } = await writtenAndLost();
  const before = await open.mail(alice.upn);
  const gone = { status: 404, body: { error: "attachment_gone" } };
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/attachments/b", times: 9, effect: gone },
  });
  await backfill(id);
  await open.control("DELETE", "/faults");
  expect(await open.mail(alice.upn)).toEqual(before);
  expect(await failures()).toEqual(["StagingCorrupt"]);

  await backfill(id);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.mail(alice.upn)).toEqual(before);
});

test("an item of which one copy was written with its files keeps them in every other", async () => {
  const { id } = await staged([toBob]);
  await open.drain();
  const [first] = await open.deliveries();
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'StagingCorrupt', "writes" = 0,
       "messageId" = NULL WHERE "id" = $1`,
    [first?.["id"]],
  );
  await loseFile(1);
  const other = Buffer.alloc(7_000, "c").toString("base64");
  await open.control(
    "PUT",
    "/world",
    world([alice, bob], [toBob], { ...files, b: { base64: other } }),
  );
  await backfill(id);
  expect(await failures()).toEqual(["StagingCorrupt"]);
});

test.each([
  ["of an outage", 503],
  ["the archive wants us slower", 429],
])(
  "a lost file that does not come now because %s waits for the next run",
  async (_name, status) => {
    const { id, runId } = await staged([withFiles]);
    await loseFile(0);
    await open.drain();
    await open.control("POST", "/faults", {
      ...{ service: "telemessage", path: "/attachments/a", times: 9, effect: { status } },
    });
    expect(await backfill(id)).toMatchObject({ state: "SUCCEEDED", alreadyRecorded: 1 });
    expect(await failures()).toEqual(["StagingCorrupt"]);

    await open.control("DELETE", "/faults");
    await backfill(id);
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  },
);

test("what somebody has given up stays given up", async () => {
  const { id } = await staged(six.slice(0, 1));
  await loseSegments();
  await open.drain();
  await open.sql.query(
    `UPDATE "Delivery" SET "dismissedAt" = now(), "dismissedById" = "id", "dismissReason" = 'Known'`,
  );
  await backfill(id);
  expect(await failures()).toEqual(["StagingCorrupt", "StagingCorrupt"]);
});

test("a failure of another kind is none of a backfill's business", async () => {
  const { id } = await staged(six.slice(0, 1));
  await open.drain();
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'FAILED', "failureCode" = 'MailboxFull', "messageId" = NULL`,
  );
  await backfill(id);
  expect(await failures()).toEqual(["MailboxFull", "MailboxFull"]);
});

test("what was staged again can be retried like anything else", async () => {
  const { id, runId } = await staged(six.slice(0, 1));
  await loseSegments();
  await open.drain();
  await backfill(id);
  await retryRun(open.sql, runId);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  expect(await open.duplicates()).toEqual(noDuplicates);
});

async function attachmentRequests(): Promise<number> {
  type Row = { service: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  return requests
    .filter(({ service, route }) => service === "telemessage" && route.includes("attachments"))
    .reduce((sum, { count }) => sum + count, 0);
}
