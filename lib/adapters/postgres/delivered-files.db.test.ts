import { afterAll, beforeAll, expect, test } from "vitest";
import type { DeliveredFile } from "@/lib/core/delivered-file";
import type { DeliveredFileFilter, DeliveredFileKey } from "@/lib/ports/portal-ledger";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { pageDeliveredFiles, readDeliveredFiles } from "./delivered-file-list";
import { completeFiles } from "./delivered-files";

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
    shown: async (filter: DeliveredFileFilter | null, after: DeliveredFileKey | null = null) => {
      const page = [filter, after, 2] as const;
      return (await pageDeliveredFiles(database, tenantId, connectorId, ...page)).map(
        ({ name }) => name,
      );
    },
    gaps: () =>
      database.query<Record<string, unknown>>(
        `SELECT "fileName", "runId", "gapStart", "gapEnd", "reason" FROM "Gap"
         WHERE "connectorId" = $1 ORDER BY "fileName"`,
        [connectorId],
      ),
    moves: async (isRefused: boolean): Promise<Date | null> => {
      await store.noteMoves(tenantId, connectorId, { isRefused });
      const [row] = await database.query<{ at: Date | null }>(
        `SELECT "movesRefusedAt" AS "at" FROM "Connector" WHERE "id" = $1`,
        [connectorId],
      );
      return row?.at ?? null;
    },
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

test("a file that left the server unread is a gap that names it, once", async () => {
  const { note, runId, gaps, known, askedAgain } = await connected();
  await note([file("a.zip"), file("b.zip", { state: "refused", reason: "damaged" })]);
  await note([]);
  await note([]);
  const gap = { runId, gapStart: day(1), gapEnd: day(1), reason: null };
  expect(await gaps()).toEqual([
    { ...gap, fileName: "a.zip" },
    { ...gap, fileName: "b.zip" },
  ]);
  expect(await known()).toHaveLength(1);
  expect(await askedAgain()).toBe(false);
});

test("a file that is done may leave, and of another window nothing is known", async () => {
  const { note, complete, gaps } = await connected();
  await complete([file("a.zip", whole)]);
  await note([], [file("b.zip", { at: day(5) })]);
  await note([]);
  expect(await gaps()).toEqual([]);
});

test("the gap of a file that is there again ends by itself, and begins anew when it leaves again", async () => {
  const { note, gaps, askedAgain } = await connected();
  await note([file("a.zip")]);
  await note([]);
  await note([file("a.zip")]);
  expect(await gaps()).toMatchObject([{ reason: "The file is on the server again." }]);
  expect(await askedAgain()).toBe(true);
  await note([]);
  expect(await gaps()).toMatchObject([{ fileName: "a.zip", reason: null }]);
});

test("a span and a file that begin in one instant are two gaps", async () => {
  const { note, gaps, runId } = await connected();
  const { store, tenantId, database } = ledger;
  await database.query(`UPDATE "SyncRun" SET "state" = 'TRANSFERRING' WHERE "id" = $1`, [runId]);
  const [run] = await database.query<{ attempt: number; connectorId: string }>(
    `SELECT "attempt", "connectorId" FROM "SyncRun" WHERE "id" = $1`,
    [runId],
  );
  const hold = { runId, attempt: run?.attempt ?? 0 };
  await store.recordGap(tenantId, hold, run?.connectorId ?? "", window);
  await store.recordGap(tenantId, hold, run?.connectorId ?? "", window);
  await note([file("a.zip")]);
  await note([]);
  expect((await gaps()).map(({ fileName }) => fileName)).toEqual(["a.zip", null]);
});

test("people look through files by what became of them, page by page", async () => {
  const { note, complete, shown } = await connected();
  const at = (hour: number) => new Date(day(1).getTime() + hour * 3_600_000);
  await complete([file("a.zip", { ...whole, at: at(1) }), file("b.zip", { ...whole, at: at(2) })]);
  const refused = { state: "refused", reason: "damaged" } as const;
  const open = [
    file("c.zip", { ...refused, at: at(3) }),
    file("d.zip.part", { state: "waiting", at: at(4) }),
    file("e.zip", { at: at(5) }),
  ];
  await note(open);
  await note(open.slice(0, 2));
  expect(await shown("done")).toEqual(["b.zip", "a.zip"]);
  expect(await shown("failed")).toEqual(["e.zip", "c.zip"]);
  expect(await shown("waiting")).toEqual(["d.zip.part"]);
  expect(await shown(null)).toEqual(["e.zip", "d.zip.part"]);
  expect(await shown(null, { at: at(4), name: "d.zip.part" })).toEqual(["c.zip", "b.zip"]);
});

test("since when a server refuses to move files stands until it moves one", async () => {
  const { moves } = await connected();
  const since = await moves(true);
  expect(since).toBeInstanceOf(Date);
  expect(await moves(true)).toEqual(since);
  expect(await moves(false)).toBeNull();
});
