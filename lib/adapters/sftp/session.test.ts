import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { DeliveredFile } from "@/lib/core/delivered-file";
import { eml, emlWithFiles } from "@/lib/core/eml-builder";
import { sha256Hex } from "@/lib/core/keys";
import { CursorExpired, type SourceLedger } from "@/lib/ports/source";
import { day, opened, signal } from "@/lib/testing/remote-session";
import { deliveryOf, zipLimits } from "@/lib/testing/zip-files";

const name = (number: number, time = "20260302010500") =>
  `202603010000-TeleMessage_${number}_${time}.zip`;
const mails = (count: number, text = "mail") =>
  Array.from({ length: count }, (_, index) => eml({ "Message-ID": `<${text}${index}@x>` }, text));

type Session = ReturnType<typeof opened>["session"];

async function readAll(session: Session, limit = 200) {
  const read: Buffer[] = [];
  const completed: DeliveredFile[] = [];
  let cursor: string | null = null;
  do {
    const page = await session.fetchPage(day, cursor, limit, signal);
    read.push(...(page.mails ?? []).map(({ bytes }) => Buffer.from(bytes)));
    completed.push(...(page.completed ?? []));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return { read, completed };
}

async function states(session: Session): Promise<string[]> {
  const { files = [] } = await session.fetchManifest(day, signal);
  return files.map(({ state, reason }) => (reason === null ? state : `${state}: ${reason}`));
}

test("every message of the window's files is handed over once, page by page", async () => {
  const { remote, session } = opened();
  const all = [...mails(5, "a"), ...mails(3, "b")];
  remote.put(name(1), await deliveryOf(all.slice(0, 5)));
  remote.put(name(2), await deliveryOf(all.slice(5)));
  remote.put(name(3, "20260301010500"), await deliveryOf(mails(1, "another day")));
  const { read, completed } = await readAll(session, 2);
  expect(read).toEqual(all);
  expect(completed.map((file) => [file.name, file.count])).toEqual([
    [name(1), 5],
    [name(2), 3],
  ]);
  const { count, others } = await session.fetchManifest(day, signal);
  expect(count).toBe(8);
  expect(others?.map((file) => file.name)).toEqual([name(3, "20260301010500")]);
  await session.close?.();
  expect(remote.asked.closed).toBe(1);
});

test("small files share a page", async () => {
  const { remote, session } = opened();
  for (let index = 0; index < 30; index += 1) remote.put(name(index), await deliveryOf(mails(2)));
  const page = await session.fetchPage(day, null, 200, signal);
  expect(page.mails).toHaveLength(60);
  expect(page.nextCursor).toBeNull();
});

test("another session goes on at the cursor of the one before", async () => {
  const { remote, session } = opened();
  const all = mails(5);
  remote.put(name(1), await deliveryOf(all));
  const { nextCursor } = await session.fetchPage(day, null, 2, signal);
  const after = opened({ connect: remote.connect });
  const page = await after.session.fetchPage(day, nextCursor, 200, signal);
  expect(page.mails?.map(({ bytes }) => bytes)).toEqual(all.slice(2));
});

test("of a file that was replaced the cursor is no longer known", async () => {
  const { remote, session } = opened();
  remote.put(name(1), await deliveryOf(mails(5)));
  const { nextCursor } = await session.fetchPage(day, null, 2, signal);
  remote.put(name(1), await deliveryOf(mails(6)));
  const after = opened({ connect: remote.connect });
  const asked = after.session.fetchPage(day, nextCursor, 200, signal);
  await expect(asked).rejects.toBeInstanceOf(CursorExpired);
});

test("a connection that is cut in the middle of a file goes on where it was", async () => {
  const { remote, session } = opened();
  const zip = await deliveryOf([eml({}, randomBytes(6000).toString("hex"))]);
  remote.put(name(1), zip);
  remote.cuts.push(2000, 1000);
  const { files = [] } = await session.fetchManifest(day, signal);
  expect(files).toMatchObject([{ state: "ready", count: 1, sha256: sha256Hex(zip) }]);
  expect(remote.asked.reads).toEqual([`${name(1)} 0`, `${name(1)} 2000`, `${name(1)} 3000`]);
});

test("a server that cuts every connection is away", async () => {
  const { remote, session } = opened();
  remote.put(name(1), await deliveryOf(mails(1)));
  remote.cuts.push(0, 0, 0);
  await expect(session.fetchManifest(day, signal)).rejects.toMatchObject({
    code: "SourceUnavailable",
  });
});

test("a file that grows while it is read is waited for", async () => {
  const { remote, session } = opened();
  const zip = await deliveryOf(mails(50));
  remote.put(name(1), zip.subarray(0, 1500));
  remote.whileReading(() => remote.put(name(1), zip));
  expect(await states(session)).toEqual(["waiting"]);
  expect(await states(session)).toEqual(["ready"]);
});

test("a file that is replaced while it is read is never read in part", async () => {
  const { remote, session } = opened();
  const replacement = await deliveryOf(mails(3, "after"));
  remote.put(name(1), await deliveryOf(mails(3, "before")), new Date("2026-03-02T01:00:00Z"));
  remote.whileReading(() => remote.put(name(1), replacement));
  expect((await readAll(session)).read).toEqual([]);
  expect((await readAll(session)).read).toEqual(mails(3, "after"));
});

test("a file that is taken away while it is read is waited for", async () => {
  const { remote, session } = opened();
  remote.put(name(1), await deliveryOf(mails(1)));
  remote.whileReading(() => remote.remove(name(1)));
  expect(await states(session)).toEqual(["waiting"]);
});

test("a file under a temporary name is waited for and not read", async () => {
  const { remote, session } = opened();
  remote.put(`${name(1)}.part`, await deliveryOf(mails(1)));
  expect(await states(session)).toEqual(["waiting"]);
  expect((await readAll(session)).read).toEqual([]);
});

test.each([
  [
    "a count that is wrong",
    () => deliveryOf(mails(2), "Count: 3\nmail-0.eml\nmail-1.eml"),
    "wrongCount",
  ],
  ["a name that is missing", () => deliveryOf(mails(1), "Count: 1\nother.eml"), "missingName"],
  ["an empty message", () => deliveryOf([Buffer.alloc(0)]), "emptyMessage"],
  ["a cut", async () => (await deliveryOf(mails(2))).subarray(0, 300), "damaged"],
])("a file with %s is left alone and told", async (_what, zip, reason) => {
  const { remote, session } = opened();
  remote.put(name(1), await zip());
  remote.put(name(2), await deliveryOf(mails(1)));
  expect(await states(session)).toEqual([`refused: ${reason}`, "ready"]);
  const { read, completed } = await readAll(session);
  expect(read).toEqual(mails(1));
  expect(completed.map((file) => file.name)).toEqual([name(2)]);
});

test.each([
  ["more files", { entries: 2 }, "tooMany"],
  ["more bytes", { unpackedBytes: 500 }, "tooLarge"],
  ["bytes more densely", { density: 1 }, "tooDense"],
])(
  "a file that holds %s than is set is left alone, until more is set",
  async (_what, set, reason) => {
    const limits = { ...zipLimits, ...set };
    const { remote, session } = opened({ limits });
    remote.put(name(1), await deliveryOf(mails(5, "x".repeat(500))));
    const { files = [] } = await session.fetchManifest(day, signal);
    expect(files).toMatchObject([{ state: "refused", reason }]);
    const ledger = { ...quiet, files: async () => files };
    const after = opened({ connect: remote.connect }, ledger);
    expect(await states(after.session)).toEqual(["ready"]);
  },
);

test("a file that was completed since is read", async () => {
  const { remote, session } = opened();
  const zip = await deliveryOf(mails(2));
  remote.put(name(1), zip.subarray(0, 300));
  expect(await states(session)).toEqual(["refused: damaged"]);
  remote.put(name(1), zip);
  expect(await states(session)).toEqual(["ready"]);
});

test("of a large message the beginning is handed over, and all of it as a file", async () => {
  const { remote, session } = opened();
  const large = emlWithFiles([{ head: "Content-Type: video/mp4", bytes: randomBytes(1_500_000) }]);
  remote.put(name(1), await deliveryOf([large, ...mails(1)]));
  const { mails: [first, second] = [] } = await session.fetchPage(day, null, 200, signal);
  expect(first).toMatchObject({ sizeBytes: large.byteLength, sha256: sha256Hex(large) });
  expect(first?.bytes.byteLength).toBe(256 * 1024);
  expect(second?.fileId).toBeNull();
  const download = await session.fetchAttachment(first?.fileId ?? "", signal);
  expect((await buffer(download.bytes)).equals(large)).toBe(true);
});

test("a message whose file is gone is gone", async () => {
  const { session } = opened();
  const asked = session.fetchAttachment(JSON.stringify([name(1), "mail-0.eml"]), signal);
  await expect(asked).rejects.toMatchObject({ code: "AttachmentGone" });
});

test("files that do not fit into the spool together are brought again", async () => {
  const { remote, session } = opened({ spoolBytes: 1 });
  for (const number of [1, 2, 3]) remote.put(name(number), await deliveryOf(mails(1, `${number}`)));
  expect(await states(session)).toEqual(["ready", "ready", "ready"]);
  expect((await readAll(session)).read).toHaveLength(3);
  expect(remote.asked.reads.length).toBe(6);
});

test("several read at once, and none has its file taken away", async () => {
  const { remote, session } = opened({ spoolBytes: 1 });
  const large = [1, 2, 3, 4].map((number) =>
    eml({}, `${number}${randomBytes(600_000).toString("hex")}`),
  );
  const zips = await Promise.all(large.map((each) => deliveryOf([each])));
  zips.forEach((zip, index) => remote.put(name(index), zip));
  const bytes = await Promise.all(
    large.map(async (_, index) => {
      const id = JSON.stringify([name(index), "mail-0.eml"]);
      return buffer((await session.fetchAttachment(id, signal)).bytes);
    }),
  );
  expect(bytes.map((each) => each.byteLength)).toEqual(large.map((each) => each.byteLength));
});

test("what the ledger knows is not brought again", async () => {
  const zip = await deliveryOf(mails(2));
  const done: DeliveredFile = {
    ...{
      name: name(1),
      sizeBytes: zip.byteLength,
      modifiedAt: new Date("2026-03-02T01:06:00.000Z"),
    },
    ...{ at: new Date("2026-03-02T01:05:00Z"), state: "done", reason: null, sha256: "x", count: 2 },
  };
  const ledger = { ...quiet, files: async () => [done] };
  const { remote, session } = opened({}, ledger);
  remote.put(name(1), zip);
  expect((await session.fetchManifest(day, signal)).files).toEqual([done]);
  expect(remote.asked.reads).toEqual([]);
  remote.remove(name(1));
  expect((await session.fetchManifest(day, signal)).count).toBe(2);
});

const quiet = { files: async () => [], settled: async () => [], moved: async () => {} };

/** A ledger that has read a file, as it lay there then. */
function readOf(file: string, zip: Buffer) {
  const listed = {
    name: file,
    sizeBytes: zip.byteLength,
    modifiedAt: new Date("2026-03-02T01:06Z"),
  };
  const refusals: boolean[] = [];
  const done: DeliveredFile = {
    ...{ ...listed, at: new Date("2026-03-02T01:05:00Z"), state: "done", reason: null },
    ...{ sha256: sha256Hex(zip), count: 1 },
  };
  const ledger: SourceLedger = {
    files: async () => [done],
    settled: async (names) => [listed].filter(({ name }) => names.includes(name)),
    moved: async ({ isRefused }) => void refusals.push(isRefused),
  };
  return { ledger, refusals, done };
}

test("files that nobody needs any more are moved where that is wanted, and else nothing is", async () => {
  const zip = await deliveryOf(mails(1));
  for (const movesFinishedFiles of [true, false]) {
    const { ledger, refusals } = readOf(name(1), zip);
    const { remote, session } = opened({ movesFinishedFiles }, ledger);
    remote.put(name(1), zip);
    await session.fetchManifest(day, signal);
    expect(remote.asked.moved).toEqual(movesFinishedFiles ? [name(1)] : []);
    expect(refusals).toEqual(movesFinishedFiles ? [false] : []);
  }
});

test("what was moved still counts, and is neither brought nor moved again", async () => {
  const zip = await deliveryOf(mails(1));
  const { ledger, done } = readOf(name(1), zip);
  const { remote, session } = opened({ movesFinishedFiles: true }, ledger);
  remote.put(`done/${name(1)}`, zip);
  expect((await session.fetchManifest(day, signal)).files).toEqual([done]);
  expect({ moved: remote.asked.moved, reads: remote.asked.reads }).toEqual({
    moved: [],
    reads: [],
  });
});

test("what was moved and the ledger does not know is read from where it lies", async () => {
  const { remote, session } = opened({ movesFinishedFiles: true }, quiet);
  const large = eml({}, randomBytes(750_000).toString("hex"));
  remote.put(`done/${name(1)}`, await deliveryOf([...mails(2), large]));
  expect(await states(session)).toEqual(["ready"]);
  const { mails: read = [] } = await session.fetchPage(day, null, 200, signal);
  expect(read.map(({ bytes }) => Buffer.from(bytes)).slice(0, 2)).toEqual(mails(2));
  const again = opened({ connect: remote.connect, movesFinishedFiles: true }, quiet);
  const download = await again.session.fetchAttachment(read[2]?.fileId ?? "", signal);
  expect((await buffer(download.bytes)).equals(large)).toBe(true);
});

test("where nothing is to be moved, a folder of that name is somebody else's business", async () => {
  const { remote, session } = opened({}, quiet);
  remote.put(`done/${name(1)}`, await deliveryOf(mails(2)));
  expect(await states(session)).toEqual([]);
});

test("a file that comes once more under the name of one that was moved is read", async () => {
  const { ledger } = readOf(name(1), await deliveryOf(mails(1)));
  const { remote, session } = opened({ movesFinishedFiles: true }, ledger);
  remote.put(`done/${name(1)}`, await deliveryOf(mails(1)));
  remote.put(name(1), await deliveryOf(mails(3, "again")));
  expect(await states(session)).toEqual(["ready"]);
  expect((await readAll(session)).read).toEqual(mails(3, "again"));
  expect(remote.asked.moved).toEqual([]);
});

test("a server that refuses to move is told of, asked once, and read all the same", async () => {
  const zip = await deliveryOf(mails(1));
  const { ledger, refusals } = readOf(name(9, "20260201010500"), zip);
  const { remote, session } = opened({ movesFinishedFiles: true }, ledger);
  remote.rules.refusesMoves = true;
  remote.put(name(9, "20260201010500"), zip);
  remote.put(name(2), await deliveryOf(mails(2)));
  expect((await readAll(session)).read).toEqual(mails(2));
  await session.fetchManifest(day, signal);
  expect(refusals).toEqual([true]);
});
