import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Destination } from "@/lib/ports/destination";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import type { Mail } from "@/lib/testing/sync-ledger";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), {
    ...{ inDoubtMs: 300, laneLeaseMs: 900, laneRenewMs: 300, uploadRetryMs: 5 },
  });
});
afterAll(() => open.close());
beforeEach(async () => {
  await open.control("DELETE", "/faults");
  await open.control("DELETE", "/stats");
});

/** Into the create, in a request of its own, in three pieces. */
const sizes = [900_000, 2_500_000, 9_000_000];

async function finish(sizesBytes: readonly number[] = sizes, more: readonly unknown[] = []) {
  const attachments = sizesBytes.map((sizeBytes, index) => ({
    ...{ id: `a${index}`, sizeBytes, name: `a${index}.bin`, contentType: "video/mp4" },
  }));
  const body = { messageType: "FILE", attachments };
  const stored = sizesBytes.map((sizeBytes, seed) => [`a${seed}`, { sizeBytes, seed }] as const);
  const records = [chat({ id: "with", receivedAt: hoursAgo(2), body }), ...more];
  await open.reset(world([alice, bob], records, Object.fromEntries(stored)));
  const connector = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 157286400`);
  return connector;
}

function fault(method: string, path: string, effect: object, times = 1, skip = 0) {
  return open.control("POST", "/faults", { service: "graph", method, path, times, skip, effect });
}

const pieces = "attachment-sessions";
const refusal = (status: number, code: string) => ({
  ...{ status, body: { error: { code, message: "" } } },
});

async function requests(method: string, ending: string): Promise<number> {
  type Row = { method: string; route: string; count: number };
  const { requests: rows } = (await open.control("GET", "/stats")) as { requests: Row[] };
  return rows
    .filter((row) => row.method === method && row.route.endsWith(ending))
    .reduce((sum, { count }) => sum + count, 0);
}

async function only(): Promise<Mail | undefined> {
  const mail = await open.mail(alice.upn);
  expect(mail).toHaveLength(1);
  return mail[0];
}

async function isWhole(): Promise<void> {
  const staged = await open.sql.query<{ sha256: string }>(
    `SELECT "sha256" FROM "StagedAttachment"`,
  );
  const written = (await only())?.attachments.map(({ sha256 }) => sha256) ?? [];
  expect(written.toSorted()).toEqual(staged.map(({ sha256 }) => sha256).toSorted());
  expect(await open.duplicates()).toEqual(noDuplicates);
}

function closed(runId: string): () => Promise<boolean> {
  return async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
}

const complete = { state: "SUCCEEDED", imported: 1, partiallyImported: 0, failed: 0, open: 0 };

test("what does not fit into the create is added to the message, small ones in one request and large ones in pieces", async () => {
  const { runId } = await finish();
  await open.drain();

  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
  expect(await requests("POST", "/messages")).toBe(1);
  expect(await requests("POST", "/attachments")).toBe(1);
  expect(await requests("POST", "/createUploadSession")).toBe(1);
  expect(await requests("PUT", "{session}")).toBe(3);
});

test.each([
  ["of a small attachment", "POST", "/attachments$", { loseResponse: true }, 0],
  ["of an upload session", "POST", "/createUploadSession$", { loseResponse: true }, 0],
  ["of the first piece", "PUT", pieces, { loseResponse: true }, 0],
  ["of a piece in the middle", "PUT", pieces, { loseResponse: true }, 1],
  ["of the last piece", "PUT", pieces, { loseResponse: true }, 2],
  ["of a session, cut in the middle,", "POST", "/createUploadSession$", { cutBodyAfter: 30 }, 0],
  ["of a piece, cut in the middle,", "PUT", pieces, { cutBodyAfter: 10 }, 1],
])(
  "the lost answer %s is clarified at once, and nothing is there twice",
  async (_name, method, path, effect, skip) => {
    const { runId } = await finish();
    await fault(method, path, effect, 1, skip);
    await open.drain();
    expect(await open.run(runId)).toMatchObject(complete);
    await isWhole();
    expect(await requests("POST", "/messages")).toBe(1);
  },
);

test.each([
  ["a piece that was not taken is sent again", "PUT", { status: 503 }, 1],
  [
    "a mailbox that asks for a pause gets it",
    "PUT",
    { status: 429, headers: { "Retry-After": "1" } },
    1,
  ],
  ["a session that expires is followed by a new one", "PUT", { status: 404 }, 1],
])("%s, and the upload goes on", async (_name, method, effect, skip) => {
  const { runId } = await finish();
  await fault(method, pieces, effect, 1, skip);
  await open.drain();
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
  expect(await requests("POST", "/messages")).toBe(1);
});

test.each([
  ["had arrived", { loseResponse: true }],
  ["had not", { status: 500 }],
])(
  "where a session cannot be asked, a piece without an answer is sent again: it %s",
  async (_name, effect) => {
    const { runId } = await finish();
    await fault("GET", pieces, { status: 405 }, 10);
    await fault("PUT", pieces, effect, 1, 1);
    await open.drain();
    expect(await open.run(runId)).toMatchObject(complete);
    await isWhole();
    expect(await requests("POST", "/messages")).toBe(1);
  },
);

test("an upload that never gets clear leads to a look; the half message is removed for good and written again", async () => {
  const { runId } = await finish();
  await fault("PUT", pieces, { status: 503 }, 6, 1);
  await open.drain();
  expect(await open.deliveries()).toMatchObject([{ state: "IMPORTING", writes: 1 }]);
  expect((await only())?.attachments).toHaveLength(2);

  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
  expect(await requests("POST", "/messages")).toBe(2);
});

test("a last piece the server finishes late, after we gave up, is found whole by the look", async () => {
  const { runId } = await finish([9_000_000]);
  const late: Promise<unknown>[] = [];
  const { destination } = open.parts;
  const deaf: Destination = {
    ...destination,
    async sendPiece(url, piece, signal) {
      if (piece.from + piece.bytes.byteLength < piece.totalBytes) {
        return destination.sendPiece(url, piece, signal);
      }
      const bytes = Uint8Array.from(piece.bytes);
      late.push(destination.sendPiece(url, { ...piece, bytes }, signal));
      return { outcome: "unclear" };
    },
    askSession: () => Promise.resolve({ outcome: "sessionGone" }),
    listAttachments: () => Promise.resolve(null),
  };
  await open.drain([{ ...open.parts, destination: deaf }]);
  expect(await open.deliveries()).toMatchObject([{ state: "IMPORTING" }]);
  await Promise.all(late);
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
  expect(await requests("POST", "/messages")).toBe(1);
});

test("a holder that dies in the middle of an upload leaves a half message; the next one removes it and writes it again", async () => {
  const { runId } = await finish();
  const { destination, store } = open.parts;
  const dying: Destination = {
    ...destination,
    sendPiece: async (url, piece, signal) => {
      if (piece.from > 0) throw new Error("Killed");
      return destination.sendPiece(url, piece, signal);
    },
  };
  const recordOutcomes = () => Promise.reject(new Error("Killed"));
  const releaseLane = () => Promise.resolve();
  const dead = { ...store, recordOutcomes, releaseLane };
  await open.drain([{ ...open.parts, destination: dying, store: dead }]);
  expect((await only())?.attachments).toHaveLength(2);

  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
});

test("a message somebody moves while it is being completed is completed where it is", async () => {
  const { runId } = await finish();
  const { parts } = open;
  let moved = 0;
  const meddling: Destination = {
    ...parts.destination,
    async openSession(mailboxId, messageId, file, signal) {
      moved += 1;
      await open.graph("POST", `/users/${mailboxId}/messages/${messageId}/move`, {
        destinationId: "archive",
      });
      return parts.destination.openSession(mailboxId, messageId, file, signal);
    },
  };
  await open.drain([{ ...parts, destination: meddling }]);
  expect(moved).toBe(1);
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.mail(alice.upn)).toEqual([]);
  expect((await open.mail(alice.upn, "Archive"))[0]?.attachments).toHaveLength(3);
});

test("a message somebody deletes for good while it is being completed is written again", async () => {
  const { runId } = await finish();
  const { parts } = open;
  let deleted = 0;
  const meddling: Destination = {
    ...parts.destination,
    async openSession(mailboxId, messageId, file, signal) {
      if ((deleted += 1) === 1) {
        await parts.destination.deletePermanently(mailboxId, messageId, signal);
      }
      return parts.destination.openSession(mailboxId, messageId, file, signal);
    },
  };
  await open.drain([{ ...parts, destination: meddling }]);
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
});

test.each([
  ["POST", "/attachments$", 403, "ErrorAccessDenied"],
  ["POST", "/createUploadSession$", 403, "Authorization_RequestDenied"],
  ["POST", "/createUploadSession$", 400, "ErrorInvalidRequest"],
  ["POST", "/createUploadSession$", 405, "ErrorInvalidRequest"],
  ["PUT", pieces, 403, "ErrorAccessDenied"],
])(
  "where Exchange adds nothing to a message that exists (%s %s %i), it is written again without, and says so",
  async (method, path, status, code) => {
    const { runId } = await finish();
    await fault(method, path, refusal(status, code), 100);
    await open.drain();

    expect(await open.run(runId)).toMatchObject({
      state: "PARTIAL",
      partiallyImported: 1,
      open: 0,
    });
    expect(await open.deliveries()).toMatchObject([{ failureCode: "AttachmentsNotWritten" }]);
    const written = await only();
    expect(written?.attachments.map(({ name }) => name)).toEqual(["a0.bin"]);
    expect(written?.body.content).toMatch(/left out.*a1\.bin.*a2\.bin/is);
    expect(await open.sql.query(`SELECT 1 FROM "Connector" WHERE "state" = 'ACTIVE'`)).toHaveLength(
      1,
    );
    expect(await refusedAt()).not.toBeNull();
  },
);

test("a refusal is believed for a day; then one large attachment is the probe, and its success ends the matter", async () => {
  const { runId } = await finish();
  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now() - interval '23 hours'`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  expect(await requests("POST", "/createUploadSession")).toBe(0);

  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now() - interval '25 hours'`);
  await retry(runId);
  expect(await open.run(runId)).toMatchObject(complete);
  await isWhole();
  expect(await refusedAt()).toBeNull();
});

test("an attachment that is refused for itself ends its item after three writes, with nothing of it left", async () => {
  const { runId } = await finish();
  await fault(
    "POST",
    "/createUploadSession$",
    refusal(400, "ErrorAttachmentSizeLimitExceeded"),
    100,
  );
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1, open: 0 });
  expect(await open.deliveries()).toMatchObject([
    { failureCode: "AttachmentsNotWritten", writes: 0 },
  ]);
  expect(await requests("POST", "/messages")).toBe(3);
  expect(await open.mail(alice.upn)).toEqual([]);
  expect(await refusedAt()).toBeNull();
});

test("a message half written is not taken for one that was written without, when attachments are refused meanwhile", async () => {
  const { runId } = await finish();
  await fault("PUT", pieces, { status: 503 }, 6);
  await open.drain();
  const half = await only();
  // Its two attachments are not those it would have without: the large one is gone from the plan.
  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now()`);
  await removeAttachment(half?.id ?? "", "a1.bin");
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  expect((await only())?.body.content).toMatch(/left out/i);
});

test("a mailbox that gets full in the middle keeps no half message, and no other mailbox suffers", async () => {
  const beside = chat({ id: "beside", receivedAt: hoursAgo(2), owner: bob });
  const { runId } = await finish(sizes, [beside]);
  await fault("PUT", pieces, refusal(507, "ErrorQuotaExceeded"), 1, 1);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    imported: 1,
    failed: 1,
    open: 0,
  });
  const states = await open.deliveries();
  expect(states.find(({ sourceItemId }) => sourceItemId === "with")).toMatchObject({
    failureCode: "MailboxFull",
  });
  expect(await open.mail(alice.upn)).toEqual([]);
  expect(await open.mail(bob.upn)).toHaveLength(1);
});

test("what a dead holder left partially imported is looked for before a retry writes it", async () => {
  const { runId } = await finish();
  await open.sql.query(`UPDATE "Connector" SET "largeAttachments" = false`);
  const { store } = open.parts;
  const recordOutcomes = () => Promise.reject(new Error("Killed"));
  const releaseLane = () => Promise.resolve();
  await open.drain([{ ...open.parts, store: { ...store, recordOutcomes, releaseLane } }]);
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  await retry(runId);
  await only();
  expect(await open.duplicates()).toEqual(noDuplicates);
});

async function refusedAt(): Promise<Date | null> {
  const [row] = await open.sql.query<{ at: Date | null }>(
    `SELECT "attachRefusedAt" AS "at" FROM "Tenant"`,
  );
  return row?.at ?? null;
}

/** What the page's Retry does to the ledger. */
async function retry(runId: string): Promise<void> {
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "leftOut" = NULL, "completedAt" = NULL`,
  );
  await open.sql.query(
    `UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL WHERE "id" = $1`,
    [runId],
  );
  await open.drain();
}

async function removeAttachment(messageId: string, name: string): Promise<void> {
  const path = `/users/${alice.upn}/messages/${messageId}/attachments`;
  const { value } = (await open.graph("GET", path)) as { value: { id: string; name: string }[] };
  const id = value.find((each) => each.name === name)?.id;
  await open.graph("DELETE", `${path}/${id}`);
}
