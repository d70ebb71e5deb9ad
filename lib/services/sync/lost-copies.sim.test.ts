/** Two records of one message, of which one lost its file: the other still has it for every mailbox. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());

const bytes = Buffer.alloc(5_000, "a");
const files = Object.fromEntries(
  ["one", "two"].map((id) => [id, { base64: bytes.toString("base64") }]),
);
const record = (id: string, owner = alice, to = bob) =>
  chat({
    ...{ id, receivedAt: hoursAgo(2), owner, to: [to] },
    body: {
      ...{ networkMessageId: "n1", text: "Hello", messageTime: hoursAgo(2).getTime() },
      attachments: [
        { id, name: "a.bin", contentType: "application/octet-stream", sizeBytes: bytes.length },
      ],
    },
  });

test("a copy that waits for another mailbox without its lost file does not stand for one that has it", async () => {
  await open.reset(world([alice, bob], [record("one"), record("two", bob, alice)], files));
  const { id, runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  await setBobs("FAILED", "MailboxFull");
  await loseFile();
  await open.drain();
  expect(await codesOf("one")).toEqual(["MailboxFull", "StagingCorrupt"]);

  await backfillWithoutFile(id);
  expect(await codesOf("one")).toEqual(["AttachmentGone", "MailboxFull"]);

  await setBobs("PENDING", null);
  await open.sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL`);
  await open.drain();
  const arrived = await open.mail(bob.upn);
  expect(arrived.flatMap(({ attachments }) => attachments.map(({ name }) => name))).toEqual([
    "a.bin",
  ]);
});

test("while one copy is being written with its files, no other is made one without", async () => {
  await open.reset(world([alice, bob], [record("one")], files));
  const { id, runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  await loseFile();
  await open.drain();
  await setBobs("IMPORTING", null);
  expect(await codesOf("one")).toEqual(["StagingCorrupt", null]);

  await backfillWithoutFile(id);
  expect(await codesOf("one")).toEqual(["StagingCorrupt", null]);
  expect(await open.mail(alice.upn)).toEqual([]);
});

async function loseFile(): Promise<void> {
  const [lost] = await open.sql.query<{ blobName: string }>(
    `SELECT "blobName" FROM "StagedAttachment" WHERE "sourceAttachmentId" = 'one'`,
  );
  await open.parts.staging.remove(lost?.blobName ?? "", open.signal);
}

async function backfillWithoutFile(connectorId: string): Promise<void> {
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path: "/attachments/one", times: 9 },
    effect: { status: 404, body: { error: "attachment_gone" } },
  });
  const window = { start: hoursAgo(23), end: hoursAgo(1) };
  await open.parts.store.openRun(tenantId, { connectorId, kind: "backfill", window });
  await open.drain();
}

async function setBobs(state: string, code: string | null): Promise<void> {
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = $2::"DeliveryState", "failureCode" = $3, "completedAt" = NULL,
       "sentAt" = CASE WHEN $2 = 'IMPORTING' THEN clock_timestamp() END
     WHERE "mailboxAddress" = $1`,
    [bob.upn, state, code],
  );
}

async function codesOf(sourceItemId: string): Promise<unknown[]> {
  const rows = (await open.deliveries()).filter((row) => row["sourceItemId"] === sourceItemId);
  return rows.map((row) => row["failureCode"]).toSorted();
}
