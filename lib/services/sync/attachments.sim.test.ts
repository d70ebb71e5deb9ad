import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { SyncError } from "@/lib/core/errors";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

const mebibyte = 1024 * 1024;

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

type File = { readonly id: string; readonly sizeBytes: number };

/** One FILE item with these attachments, and a chat beside it that must never wait for them. */
async function finishWith(files: readonly File[], declared: object = {}) {
  const receivedAt = hoursAgo(2);
  const attachments = files.map(({ id, sizeBytes }) => ({
    ...{ id, sizeBytes, name: `${id}.bin`, contentType: "application/octet-stream" },
    ...declared,
  }));
  const records = [
    chat({ id: "with", receivedAt, body: { messageType: "FILE", attachments } }),
    chat({ id: "beside", receivedAt }),
  ];
  const stored = files.map(({ id, sizeBytes }, seed) => [id, { sizeBytes, seed }] as const);
  await open.reset(world([alice, bob], records, Object.fromEntries(stored)));
  return open.finish();
}

function fault(effect: object, times: number, path = "/v1/archive/attachments/") {
  return open.control("POST", "/faults", { service: "telemessage", path, times, effect });
}

async function delivery(id = "with"): Promise<Record<string, unknown>> {
  return (await open.deliveries()).find(({ sourceItemId }) => sourceItemId === id) ?? {};
}

test.each([
  ["an attachment above the limit", [10 * mebibyte + 1]],
  ["twelve mebibytes alone", [12 * mebibyte]],
])("%s leaves the item partially imported with its reason", async (_name, sizes) => {
  await finishWith(sizes.map((sizeBytes, index) => ({ id: `a${index}`, sizeBytes })));
  await open.drain();

  expect(await delivery()).toMatchObject({
    ...{ state: "PARTIALLY_IMPORTED", failureCode: "AttachmentSizeExceeded" },
  });
  const [written] = (await open.mail(alice.upn)).filter(({ subject }) => subject !== "");
  expect(written?.body.content).toMatch(/left out/i);
});

test.each([
  ["just below the limit", 10 * mebibyte - 16],
  ["of exactly the limit less the text", 10 * mebibyte - 12],
])("an attachment %s is imported", async (_name, sizeBytes) => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes }]);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test.each([
  ["two attachments of six mebibytes", [6 * mebibyte, 6 * mebibyte]],
  ["a text on top of an attachment of exactly the limit", [10 * mebibyte]],
])("%s are over the limit together: the item is not imported", async (_name, sizes) => {
  const { runId } = await finishWith(
    sizes.map((sizeBytes, index) => ({ id: `a${index}`, sizeBytes })),
  );
  await open.drain();

  expect(await delivery()).toMatchObject({ state: "FAILED", failureCode: "ItemSizeExceeded" });
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });
  expect(await open.mail(alice.upn)).toHaveLength(1);
});

test("what fits into one create is written in one, byte for byte", async () => {
  const { runId } = await finishWith([
    { id: "a0", sizeBytes: 1_000_000 },
    { id: "a1", sizeBytes: 500_000 },
    { id: "a2", sizeBytes: 0 },
  ]);
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  const written = (await open.mail(alice.upn)).find(({ attachments }) => attachments.length > 0);
  const staged = await open.sql.query<{ sha256: string }>(
    `SELECT "sha256" FROM "StagedAttachment" ORDER BY "position"`,
  );
  expect(written?.attachments.map(({ sha256 }) => sha256)).toEqual(staged.map((row) => row.sha256));
});

test("where large attachments are switched off, one that would make the create too large is left out by name, the rest is written", async () => {
  await finishWith([
    { id: "a0", sizeBytes: 2_500_000 },
    { id: "a1", sizeBytes: 900_000 },
  ]);
  await open.sql.query(`UPDATE "Connector" SET "largeAttachments" = false`);
  await open.drain();

  expect(await delivery()).toMatchObject({
    state: "PARTIALLY_IMPORTED",
    failureCode: "AttachmentsNotWritten",
  });
  const written = (await open.mail(alice.upn)).find(({ attachments }) => attachments.length > 0);
  expect(written?.attachments).toHaveLength(1);
  expect(written?.body.content).toMatch(/left out.*a1\.bin/is);
});

test("an attachment cut in the middle is fetched again at once and arrives whole", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 400_000 }]);
  await fault({ cutBodyAfter: 1000 }, 1);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test.each([
  ["always arrives cut", {}, { cutBodyAfter: 1000 }],
  ["is never what its record says", { sha256: "0".repeat(64) }, null],
  ["is never what its digest says", {}, { headers: { Digest: `sha-256=${"A".repeat(43)}=` } }],
  [
    "is a sign-in page, and nothing says what it should be",
    {},
    { status: 200, headers: { "content-type": "text/html" }, body: "<html>Sign in</html>" },
  ],
])("an attachment that %s is given up after three fetches", async (_name, declared, effect) => {
  await finishWith([{ id: "a0", sizeBytes: 300_000 }], declared);
  if (effect !== null) await fault(effect, 100);
  await open.drain();

  expect(await delivery()).toMatchObject({
    state: "PARTIALLY_IMPORTED",
    failureCode: "AttachmentCorrupt",
  });
  expect(await delivery("beside")).toMatchObject({ state: "IMPORTED" });
});

test("an attachment that is gone at the source is left out with its reason", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 300_000 }]);
  await fault({ status: 404, body: { error: "attachment_gone" } }, 1);
  await open.drain();
  expect(await delivery()).toMatchObject({ failureCode: "AttachmentGone" });
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1, open: 0 });
});

test("an attachment without an id nobody can ask for is left out with its reason", async () => {
  await finishWith([{ id: "", sizeBytes: 10 }]);
  await open.drain();
  expect(await delivery()).toMatchObject({
    state: "PARTIALLY_IMPORTED",
    failureCode: "AttachmentGone",
  });
});

test("an attachment refused five times is given up; meanwhile the others are imported and the source is not called away", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 300_000 }]);
  await fault({ status: 500 }, 100);
  for (let refusals = 1; refusals < 5; refusals += 1) {
    await open.drain();
    expect(await open.run(runId)).toMatchObject({ state: "QUEUED", isTransferDone: false });
    expect(await open.sql.query(`SELECT "refusals" FROM "StagedAttachment"`)).toEqual([
      { refusals },
    ]);
    expect(await delivery("beside")).toMatchObject({ state: "IMPORTED" });
    await open.later();
  }
  await open.drain();

  expect(await delivery()).toMatchObject({
    state: "PARTIALLY_IMPORTED",
    failureCode: "AttachmentUnavailable",
  });
  expect(await open.sql.query(`SELECT "sourceFailureCode" FROM "Connector"`)).toEqual([
    { sourceFailureCode: null },
  ]);
});

test("an attachment that makes us stumble every time is given up like one refused, and the run ends", async () => {
  const { runId } = await finishWith([
    { id: "a0", sizeBytes: 300_000 },
    { id: "a1", sizeBytes: 300_000 },
  ]);
  const { source } = open.parts;
  const stumbling: typeof source = {
    ...source,
    open(credential) {
      const session = source.open(credential);
      return {
        ...session,
        async fetchAttachment(id, signal) {
          if (id === "a0") throw new TypeError("a fault of our own");
          return session.fetchAttachment(id, signal);
        },
      };
    },
  };
  for (let refusals = 1; refusals <= 5; refusals += 1) {
    await open.drain([{ ...open.parts, source: stumbling }]);
    await open.later();
  }
  await open.drain();

  expect(await delivery()).toMatchObject({
    state: "PARTIALLY_IMPORTED",
    failureCode: "AttachmentUnavailable",
  });
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1, open: 0 });
});

test("a transfer that another attempt overtook while it fetched an attachment stops there, and the other brings it", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 300_000 }]);
  const { parts } = open;
  const overtake = async () => {
    await parts.store.requeueSilent(tenantId, -60_000);
    expect(await parts.store.claimRun(tenantId, runId)).toMatchObject({ attempt: 2 });
  };
  let written = 0;
  const writeFile: typeof parts.staging.writeFile = async (...file) => {
    const staged = await parts.staging.writeFile(...file);
    written += 1;
    if (written === 1) await overtake();
    return staged;
  };
  // No beat tells it first.
  const limits = { ...parts.limits, heartbeatMs: 600_000 };
  const asleep = { ...parts, limits, staging: { ...parts.staging, writeFile } };
  await transferRun(asleep, runId, open.signal);
  expect(written).toBe(1);
  expect(await open.sql.query(`SELECT "state", "blobName" FROM "StagedAttachment"`)).toEqual([
    { state: "PENDING", blobName: null },
  ]);
  expect(await open.run(runId)).toMatchObject({ state: "TRANSFERRING", attempt: 2 });

  await parts.store.requeueSilent(tenantId, -60_000);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", attempt: 3, imported: 2 });
});

test("in an outage of the whole archive no attachment is refused", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 300_000 }]);
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/v1/archive/(attachments|manifest)", times: 100, skip: 1 },
    effect: { status: 503 },
  });
  await open.drain();
  expect(await open.run(runId)).toMatchObject({
    state: "QUEUED",
    failureCode: "SourceUnavailable",
  });
  expect(await open.sql.query(`SELECT "refusals" FROM "StagedAttachment"`)).toEqual([
    { refusals: 0 },
  ]);
  await open.control("DELETE", "/faults");
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
});

test("an outage that begins after an attachment was fetched refuses none of those behind it", async () => {
  await finishWith([
    { id: "a0", sizeBytes: 1_000 },
    { id: "a1", sizeBytes: 1_000 },
  ]);
  const { source } = open.parts;
  const attachments = () =>
    open.sql.query(`SELECT "state"::text, "refusals" FROM "StagedAttachment" ORDER BY "position"`);
  let isOut = false;
  const failing: typeof source = {
    ...source,
    open(credential) {
      const session = source.open(credential);
      return {
        ...session,
        async fetchManifest(...asked) {
          if (isOut) throw new SyncError("SourceUnavailable");
          return session.fetchManifest(...asked);
        },
        async fetchAttachment(id, signal) {
          if (id === "a0") return session.fetchAttachment(id, signal);
          await expect
            .poll(attachments, { timeout: 20_000 })
            .toMatchObject([{ state: "STAGED" }, {}]);
          isOut = true;
          throw new SyncError("SourceUnavailable");
        },
      };
    },
  };
  await open.drain([{ ...open.parts, source: failing }]);
  expect(await attachments()).toEqual([
    { state: "STAGED", refusals: 0 },
    { state: "PENDING", refusals: 0 },
  ]);
});

test("attachments that are open when their window expires are fetched before the transfer ends", async () => {
  const { runId } = await finishWith([{ id: "a0", sizeBytes: 300_000 }]);
  await fault({ status: 500 }, 1);
  await open.drain();
  await open.control("PATCH", "/telemessage", { oldestAvailable: new Date() });
  await open.later();
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2, open: 0 });
  // Every page had been recorded: nothing is missing, so there is no gap.
  expect(await open.sql.query(`SELECT 1 FROM "Gap"`)).toEqual([]);
});
