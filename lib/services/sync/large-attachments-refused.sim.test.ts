/** Attachments that Exchange does not add to a message that exists. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { complete, createLargeFileWorld, pieces, sizes } from "@/lib/testing/large-file-world";
import type { LargeFileWorld } from "@/lib/testing/large-file-world";
import { alice, bob, chat, hoursAgo } from "@/lib/testing/records";
import { retryRun } from "@/lib/testing/sync-ledger";
import { noDuplicates } from "@/lib/testing/sync-world";

let open: LargeFileWorld;
beforeAll(async () => {
  open = await createLargeFileWorld();
});
afterAll(() => open.close());
beforeEach(() => open.calm());

const refusal = (status: number, code: string) => ({
  ...{ status, body: { error: { code, message: "" } } },
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
    const { runId } = await open.filled();
    await open.fault(method, path, refusal(status, code), 100);
    await open.drain();

    expect(await open.run(runId)).toMatchObject({
      state: "PARTIAL",
      partiallyImported: 1,
      open: 0,
    });
    expect(await open.deliveries()).toMatchObject([{ failureCode: "AttachmentsNotWritten" }]);
    const written = await open.only();
    expect(written?.attachments.map(({ name }) => name)).toEqual(["a0.bin"]);
    expect(written?.body.content).toMatch(/left out.*a1\.bin.*a2\.bin/is);
    expect(await open.sql.query(`SELECT 1 FROM "Connector" WHERE "state" = 'ACTIVE'`)).toHaveLength(
      1,
    );
    expect(await refusedAt()).not.toBeNull();
  },
);

test("a refusal is believed for a day; then one large attachment is the probe, and its success ends the matter", async () => {
  const { runId } = await open.filled();
  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now() - interval '23 hours'`);
  await open.drain();
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  expect(await open.requests("POST", "/createUploadSession")).toBe(0);

  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now() - interval '25 hours'`);
  await retry(runId);
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
  expect(await refusedAt()).toBeNull();
});

test("an attachment that is refused for itself ends its item after three writes, with nothing of it left", async () => {
  const { runId } = await open.filled();
  await open.fault(
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
  expect(await open.requests("POST", "/messages")).toBe(3);
  expect(await open.mail(alice.upn)).toEqual([]);
  expect(await refusedAt()).toBeNull();
});

test("a message half written is not taken for one that was written without, when attachments are refused meanwhile", async () => {
  const { runId } = await open.filled();
  await open.fault("PUT", pieces, { status: 503 }, 6);
  await open.drain();
  const half = await open.only();
  // Its two attachments are not those it would have without: the large one is gone from the plan.
  await open.sql.query(`UPDATE "Tenant" SET "attachRefusedAt" = now()`);
  await removeAttachment(half?.id ?? "", "a1.bin");
  await open.drainUntil(open.closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  expect((await open.only())?.body.content).toMatch(/left out/i);
});

test("a mailbox that gets full in the middle keeps no half message, and no other mailbox suffers", async () => {
  const beside = chat({ id: "beside", receivedAt: hoursAgo(2), owner: bob });
  const { runId } = await open.filled(sizes, [beside]);
  await open.fault("PUT", pieces, refusal(507, "ErrorQuotaExceeded"), 1, 1);
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
  const { runId } = await open.filled();
  await open.sql.query(`UPDATE "Connector" SET "largeAttachments" = false`);
  const { store } = open.parts;
  const recordOutcomes = () => Promise.reject(new Error("Killed"));
  const releaseLane = () => Promise.resolve();
  await open.drain([{ ...open.parts, store: { ...store, recordOutcomes, releaseLane } }]);
  await open.drainUntil(open.closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });
  await retry(runId);
  await open.only();
  expect(await open.duplicates()).toEqual(noDuplicates);
});

async function refusedAt(): Promise<Date | null> {
  const [row] = await open.sql.query<{ at: Date | null }>(
    `SELECT "attachRefusedAt" AS "at" FROM "Tenant"`,
  );
  return row?.at ?? null;
}

async function retry(runId: string): Promise<void> {
  await retryRun(open.sql, runId);
  await open.drain();
}

async function removeAttachment(messageId: string, name: string): Promise<void> {
  const path = `/users/${alice.upn}/messages/${messageId}/attachments`;
  const { value } = (await open.graph("GET", path)) as { value: { id: string; name: string }[] };
  const id = value.find((each) => each.name === name)?.id;
  await open.graph("DELETE", `${path}/${id}`);
}
