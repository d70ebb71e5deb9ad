import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveredFile } from "@/lib/core/delivered-file";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { completeFiles, readDeliveredFiles } from "./delivered-files";

let ledger: Ledger;
beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

const day = (n: number) => new Date(Date.UTC(2026, 0, n));
const window = { start: day(1), end: day(2) };

function file(name: string, more: Partial<DeliveredFile> = {}): DeliveredFile {
  return {
    ...{ name, sizeBytes: 100, modifiedAt: day(1), at: day(1), state: "ready" },
    ...{ reason: null, sha256: null, count: null, ...more },
  };
}

/** A connector whose first window was transferred. */
async function connected() {
  const connectorId = await ledger.addConnector();
  const span = { windowStart: window.start, windowEnd: window.end };
  const lookedBackAt = day(3);
  const done = { kind: "SCHEDULED", isTransferDone: true, lookedBackAt };
  const runId = await ledger.addRun({ connectorId, ...span, ...done });
  const { store, tenantId, database } = ledger;
  return {
    runId,
    note: (files: readonly DeliveredFile[], others: readonly DeliveredFile[] = []) =>
      store.noteFiles(tenantId, connectorId, { window, files, others }),
    complete: (files: readonly DeliveredFile[]) => {
      const hold = { runId, attempt: 1 };
      return completeFiles(database, { tenantId, hold, connectorId, sourceAccountId: "" }, files);
    },
    states: async (): Promise<Record<string, string>> => {
      const files = await readDeliveredFiles(database, tenantId, connectorId, 100);
      return Object.fromEntries(files.map(({ name, state }) => [name, state]));
    },
    known: () => store.deliveredFiles(tenantId, connectorId, window),
    settled: async (names: readonly string[]) =>
      (await store.settledFiles(tenantId, connectorId, names)).map((each) => [
        each.name,
        each.sizeBytes,
      ]),
    askedAgain: async (): Promise<boolean> => {
      await store.askForFilesAgain(tenantId, connectorId);
      const [run] = await database.query<{ lookedBackAt: Date | null }>(
        `SELECT "lookedBackAt" FROM "SyncRun" WHERE "id" = $1`,
        [runId],
      );
      return run?.lookedBackAt === null;
    },
  };
}

const whole = { sha256: "a".repeat(64), count: 3 };

test("a file is seen, refused for a reason, and done in the end", async () => {
  const { note, complete, states, known } = await connected();
  await note([file("a.zip")]);
  expect(await states()).toEqual({ "a.zip": "ready" });
  await note([file("a.zip", { state: "refused", reason: "damaged", sha256: "x" })]);
  expect(await known()).toMatchObject([{ state: "refused", reason: "damaged" }]);
  await complete([file("a.zip", { ...whole, sizeBytes: 200 })]);
  expect(await known()).toMatchObject([{ state: "done", reason: null, ...whole, sizeBytes: 200 }]);
});

test("a file that is done stays done until it is another file", async () => {
  const { note, complete, states } = await connected();
  await complete([file("a.zip", whole)]);
  await note([file("a.zip")]);
  expect(await states()).toEqual({ "a.zip": "done" });
  await note([file("a.zip", { sizeBytes: 101 })]);
  expect(await states()).toEqual({ "a.zip": "ready" });
});

test("a file that was refused stays so until it is another file", async () => {
  const { note, states } = await connected();
  await note([file("a.zip", { state: "refused", reason: "noCount" })]);
  await note([], [file("b.zip", { at: day(5) })]);
  await note(
    [file("a.zip", { state: "refused", reason: "noCount" })],
    [file("b.zip", { at: day(5) })],
  );
  expect(await states()).toEqual({ "a.zip": "refused", "b.zip": "ready" });
});

test("a file that waits under a name it does not keep is forgotten", async () => {
  const { note, complete, states } = await connected();
  await note([file("a.zip.part", { state: "waiting" })]);
  await complete([file("done.zip", whole)]);
  await note([file("a.zip")]);
  expect(await states()).toEqual({ "a.zip": "ready", "done.zip": "done" });
});

test("what lay there before the first window is nobody's business", async () => {
  const { note, states } = await connected();
  await note([], [file("old.zip", { at: new Date("2025-12-01") })]);
  expect(await states()).toEqual({});
});

test("a window is looked back at once more while a file of it is not done", async () => {
  const { note, complete, askedAgain } = await connected();
  await complete([file("a.zip", whole)]);
  expect(await askedAgain()).toBe(false);
  await note([file("a.zip", { state: "done", ...whole }), file("b.zip", { state: "waiting" })]);
  expect(await askedAgain()).toBe(true);
});

test("a file is settled once its run has staged everything of it", async () => {
  const { runId, complete, settled } = await connected();
  await complete([file("a.zip", whole)]);
  expect(await settled(["a.zip", "b.zip"])).toEqual([["a.zip", file("a.zip").sizeBytes]]);
  await ledger.database.query(`UPDATE "SyncRun" SET "isTransferDone" = false WHERE "id" = $1`, [
    runId,
  ]);
  expect(await settled(["a.zip"])).toEqual([]);
});

test("what is done says of what, and what is refused says why", async () => {
  const { note, complete } = await connected();
  await expect(note([file("a.zip", { state: "refused" })])).rejects.toThrow("reason_check");
  await expect(complete([file("a.zip")])).rejects.toThrow("done_check");
});

test("people see what is not done first", async () => {
  const { note, complete, states } = await connected();
  await complete([file("b.zip", whole)]);
  await note([file("b.zip", { state: "done", ...whole }), file("a.zip", { state: "waiting" })]);
  expect(Object.keys(await states())).toEqual(["a.zip", "b.zip"]);
});
