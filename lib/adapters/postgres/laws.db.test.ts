import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, type Ledger } from "@/lib/testing/ledger";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const counters = {
  availableForImport: 3,
  imported: 1,
  partiallyImported: 0,
  skipped: 1,
  failed: 1,
};

test("a finished run whose counters do not balance is refused", async () => {
  const wrong = { state: "PARTIAL", ...counters, availableForImport: 4 };
  await expect(ledger.addRun(wrong)).rejects.toThrow("SyncRun_balance_check");
  await ledger.addRun({ state: "PARTIAL", ...counters });
});

test("a run that failed may still owe something; one that succeeded, even in part, may not", async () => {
  const owing = { availableForImport: 1, open: 1 };
  await ledger.addRun({ state: "FAILED", ...owing });
  for (const state of ["SUCCEEDED", "PARTIAL"]) {
    await expect(ledger.addRun({ state, ...owing })).rejects.toThrow("SyncRun_done_check");
  }
});

test("a run with a failure is never green", async () => {
  for (const row of [{ failed: 1 }, { partiallyImported: 1 }]) {
    await expect(
      ledger.addRun({ state: "SUCCEEDED", availableForImport: 1, ...row }),
    ).rejects.toThrow("SyncRun_green_check");
  }
});

test("a window begins before it ends", async () => {
  const at = new Date();
  await expect(ledger.addRun({ windowStart: at, windowEnd: at })).rejects.toThrow(
    "SyncRun_window_check",
  );
});

test("one run per connector is queued or transferring, any number import", async () => {
  await ledger.addRun({ state: "QUEUED" });
  await expect(ledger.addRun({ state: "TRANSFERRING" })).rejects.toThrow("SyncRun_transfer_key");
  await ledger.addRun();
  await ledger.addRun();
});

test("a window is opened once, unless the run that had it was cancelled", async () => {
  const windowStart = new Date("2026-01-01T00:00:00Z");
  await ledger.addRun({ kind: "SCHEDULED", state: "CANCELLED", windowStart });
  await ledger.addRun({ kind: "SCHEDULED", windowStart });
  await expect(ledger.addRun({ kind: "MANUAL", windowStart })).rejects.toThrow(
    "SyncRun_window_key",
  );
  await ledger.addRun({ kind: "BACKFILL", windowStart });
});

test("eight ticks at once open one run", async () => {
  const connectorId = await ledger.addConnector();
  const window = { start: new Date("2026-02-01T00:00:00Z"), end: new Date("2026-02-02T00:00:00Z") };
  const opened = await Promise.all(
    Array.from({ length: 8 }, () =>
      ledger.store.openRun(ledger.tenantId, { connectorId, kind: "scheduled", window }),
    ),
  );
  expect(opened.filter((id) => id !== null)).toHaveLength(1);
});

test("an item is recorded once, whoever meets it again", async () => {
  const runId = await ledger.addRun();
  await ledger.addItem(runId, { itemDigest: "same" });
  await expect(ledger.addItem(runId, { itemDigest: "same" })).rejects.toThrow(
    "SyncItem_tenantId_itemDigest_key",
  );
});

test("an item reaches a mailbox once, and nobody counts as one mailbox", async () => {
  const runId = await ledger.addRun();
  const itemId = await ledger.addItem(runId);
  const lane = await ledger.addLane();
  await ledger.addDelivery({ runId, itemId, lane });
  await expect(ledger.addDelivery({ runId, itemId, lane })).rejects.toThrow(
    "Delivery_item_mailbox_key",
  );
  const nobody = { state: "FAILED", failureCode: "UserMapping" };
  await ledger.addDelivery({ runId, itemId }, nobody);
  await expect(ledger.addDelivery({ runId, itemId }, nobody)).rejects.toThrow(
    "Delivery_item_mailbox_key",
  );
});

test("an idempotency key names one delivery of a tenant", async () => {
  const runId = await ledger.addRun();
  const row = { idempotencyKey: "key" };
  const lane = await ledger.addLane();
  await ledger.addDelivery({ runId, itemId: await ledger.addItem(runId), lane }, row);
  const itemId = await ledger.addItem(runId);
  await expect(ledger.addDelivery({ runId, itemId, lane }, row)).rejects.toThrow(
    "Delivery_tenantId_idempotencyKey_key",
  );
});

test("of one message at most one copy in a mailbox is written or being written", async () => {
  const runId = await ledger.addRun();
  const lane = await ledger.addLane();
  const add = async (row: Readonly<Record<string, unknown>>) =>
    ledger.addDelivery(
      { runId, itemId: await ledger.addItem(runId), lane },
      { duplicateKey: "d", ...row },
    );
  await add({ state: "IMPORTING" });
  await add({ state: "PENDING" });
  await add({ state: "FAILED", failureCode: "ItemRefused" });
  await expect(add({ state: "IMPORTED" })).rejects.toThrow("Delivery_duplicate_key");
  const elsewhere = await ledger.addLane();
  const itemId = await ledger.addItem(runId);
  await ledger.addDelivery({ runId, itemId, lane: elsewhere }, { duplicateKey: "d" });
});

test("what ended badly says why, and nothing is pending for nobody", async () => {
  const runId = await ledger.addRun();
  const itemId = await ledger.addItem(runId);
  for (const state of ["FAILED", "SKIPPED"]) {
    await expect(ledger.addDelivery({ runId, itemId }, { state })).rejects.toThrow(
      "Delivery_reason_check",
    );
  }
  await expect(ledger.addDelivery({ runId, itemId })).rejects.toThrow("Delivery_mailbox_check");
});

test("a row of one tenant cannot point at another's", async () => {
  const other = await ledger.addTenant();
  const connectorId = await ledger.addConnector(other);
  await expect(ledger.addRun({ connectorId })).rejects.toThrow("SyncRun_tenantId_connectorId_fkey");
  const runId = await ledger.addRun();
  const itemId = await ledger.addItem(runId);
  await expect(
    ledger.addDelivery({ runId, itemId, lane: await ledger.addLane() }, { tenantId: other }),
  ).rejects.toThrow(/Delivery_tenantId_\w+_fkey/);
});

test("what one tenant asks for is never another's", async () => {
  const stranger = await ledger.addTenant();
  const runId = await ledger.addRun({ isTransferDone: true });
  expect(await ledger.store.closeRun(stranger, runId)).toBeNull();
  const { id } = await ledger.addLane();
  expect(await ledger.store.claimLane(stranger, id, "x", 1000)).toBeNull();
});

test("a delivery by SFTP has all of its address, one by the API nothing of it", async () => {
  const address = { sftpHost: "sftp.example.com", sftpPort: 22, sftpFolder: "/out" };
  const whole = { delivery: "SFTP", ...address, sftpHostKey: "ssh-ed25519 SHA256:x" };
  for (const wrong of [
    ...[
      { delivery: "SFTP", ...address },
      { ...whole, delivery: "API" },
      { ...whole, sftpPort: 0 },
    ],
    { movesFinishedFiles: true },
  ]) {
    await expect(ledger.addConnector(ledger.tenantId, wrong)).rejects.toThrow(
      "Connector_delivery_check",
    );
  }
  await ledger.addConnector(ledger.tenantId, { ...whole, movesFinishedFiles: true });
});
