import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSftpSession } from "@/lib/adapters/sftp/session";
import { eml, emlWithFiles } from "@/lib/core/eml-builder";
import { sha256Hex } from "@/lib/core/keys";
import { alice, bob, hoursAgo, stranger, world } from "@/lib/testing/records";
import { type RemoteFolder, remoteFolder } from "@/lib/testing/remote-folder";
import {
  accountId,
  createSyncWorld,
  noDuplicates,
  type SyncWorld,
  tenantId,
} from "@/lib/testing/sync-world";
import { deliveryOf, zipLimits } from "@/lib/testing/zip-files";
import { healUserMapping } from "./heal";
import { lookBackDuty } from "./look-back";
import type { SyncParts } from "./parts";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 3 });
});
afterAll(() => open.close());

type Drop = RemoteFolder & { readonly parts: SyncParts };

/** The engine as it is, with a folder of files in place of the archive API. */
async function dropped(
  more: Partial<SyncParts> = {},
  { movesFinishedFiles = false } = {},
): Promise<Drop> {
  await open.reset(world([alice, bob], []));
  const remote = remoteFolder();
  const source: SyncParts["source"] = {
    signIn: async () => ({ id: accountId, name: "Test" }),
    open: (_credential, ledger) =>
      openSftpSession(
        {
          ...{ connect: remote.connect, directory: tmpdir(), spoolBytes: 1e9, limits: zipLimits },
          ...{ account: () => ({ id: accountId, name: "Test" }), movesFinishedFiles },
        },
        ledger,
      ),
  };
  const put = (file: string, bytes: Buffer) => remote.put(file, bytes, new Date());
  return { ...remote, put, parts: { ...open.parts, source, ...more } };
}

async function finish({ parts }: Drop) {
  const connector = await open.finish();
  await open.drain([parts]);
  return connector;
}

/** Days later, when every window is asked about again. */
async function lookBack({ parts }: Drop, days = 1): Promise<void> {
  const now = () => hoursAgo(-24 * days);
  await lookBackDuty.work({ ...parts, clock: { now } }, open.signal);
  await open.drain([parts]);
}

function name(number: number, hours = 3): string {
  const time = hoursAgo(hours).toISOString().replace(/\D/g, "").slice(0, 14);
  return `${time.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

/** Once, so that a message made twice is the same. */
const sentAt = hoursAgo(4).toUTCString();

const person = ({ name: called, mobile, upn }: typeof alice) =>
  `${called} ${mobile}${upn === "" ? "" : ` <${upn}>`}`;

function mail(id: string, more: Readonly<Record<string, string | null>> = {}, from = alice) {
  return eml(
    {
      ...{ "Message-ID": `<${id}@vendor.example>`, From: person(from), To: person(bob) },
      Date: sentAt,
      Subject: `WhatsApp Message From ${from.mobile} to ${bob.mobile}`,
      ...more,
    },
    `Text of ${id}`,
  );
}

const mails = (count: number, prefix = "m") =>
  Array.from({ length: count }, (_, index) => mail(`${prefix}${index}`));

async function texts(upn: string): Promise<string[]> {
  const found = await open.mail(upn);
  return found.map(({ body }) => /Text of \w+/.exec(body.content)?.[0] ?? body.content).sort();
}

async function files(): Promise<Record<string, unknown>[]> {
  return open.sql.query(
    `SELECT "name", "state", "reason", "count" FROM "DeliveredFile" ORDER BY "name"`,
  );
}

async function items(): Promise<Record<string, unknown>[]> {
  return open.sql.query(
    `SELECT "sourceItemId", "recordSha256", "messageSha256", "kind" FROM "SyncItem" ORDER BY "sourceItemId"`,
  );
}

test("every message of the files arrives in the mailbox of every participant, once", async () => {
  const drop = await dropped();
  const all = mails(8);
  drop.put(name(1), await deliveryOf(all.slice(0, 5)));
  drop.put(name(2, 2), await deliveryOf(all.slice(5)));
  const { runId } = await finish(drop);

  expect(await open.run(runId)).toMatchObject({
    ...{ state: "SUCCEEDED", isManifestEqual: true, manifestCount: 8 },
    ...{ availableFromSource: 8, availableForImport: 16, imported: 16 },
  });
  const expected = all.map((_, index) => `Text of m${index}`);
  expect(await texts(alice.upn)).toEqual(expected);
  expect(await texts(bob.upn)).toEqual(expected);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect((await files()).map(({ state, count }) => [state, count])).toEqual([
    ["DONE", 5],
    ["DONE", 3],
  ]);
});

test("what the ledger proves of a message are the bytes that were delivered, below our headers", async () => {
  const drop = await dropped();
  const bytes = mail("m1");
  drop.put(name(1), await deliveryOf([bytes]));
  const { id } = await finish(drop);

  const front =
    "X-WhatsApp-Item-Id: <m1@vendor.example>\r\n" +
    `X-Archive-Connector: ${id}\r\nX-Archive-SHA256: ${sha256Hex(bytes)}\r\n`;
  expect(await items()).toEqual([
    {
      ...{ sourceItemId: "<m1@vendor.example>", kind: "CHAT", recordSha256: sha256Hex(bytes) },
      messageSha256: createHash("sha256").update(front).update(bytes).digest("hex"),
    },
  ]);
});

test("a message of no known form, one without an id and one under the id of another are imported too", async () => {
  const drop = await dropped();
  const strange = [
    mail("m1"),
    mail("m2", { "Message-ID": "<m1@vendor.example>" }),
    mail("m3", { "Message-ID": null }),
    mail("m4", { Subject: "Weekly report" }),
    mail("m5", { From: person(stranger) }),
  ];
  drop.put(name(1), await deliveryOf(strange));
  const { runId } = await finish(drop);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", availableFromSource: 5 });
  expect(await texts(bob.upn)).toEqual([1, 2, 3, 4, 5].map((number) => `Text of m${number}`));
});

test("a message for nobody who has a mailbox stands as failed UserMapping", async () => {
  const drop = await dropped();
  drop.put(name(1), await deliveryOf([mail("m1", { To: person(stranger) }, stranger)]));
  const { runId } = await finish(drop);
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1 });
  expect(await open.deliveries()).toMatchObject([{ failureCode: "UserMapping", mailboxId: null }]);
});

test("a large message arrives with its file, and its record is all of it", async () => {
  const drop = await dropped();
  const video = randomBytes(1_500_000);
  const head = 'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"';
  const bytes = emlWithFiles([{ head, bytes: video }], {
    ...{ From: person(alice), To: person(bob), Date: sentAt },
  });
  drop.put(name(1), await deliveryOf([bytes, mail("m1")]));
  const { runId } = await finish(drop);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
  const found = (await open.mail(bob.upn)).flatMap(({ attachments }) => attachments);
  expect(found).toMatchObject([{ name: "v.mp4", sha256: sha256Hex(video) }]);
  expect((await items()).map(({ recordSha256 }) => recordSha256)).toContain(sha256Hex(bytes));
});

test("a file that is not whole is left alone, told, and read once it was completed", async () => {
  const drop = await dropped();
  const zip = await deliveryOf(mails(4, "late"));
  const file = name(1);
  drop.put(file, zip.subarray(0, 400));
  drop.put(name(2), await deliveryOf(mails(2)));
  const { runId } = await finish(drop);
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "PARTIAL", failureCode: "DeliveryIncomplete", imported: 4 },
  });
  expect(await files()).toMatchObject([
    { state: "REFUSED", reason: "damaged" },
    { state: "DONE", reason: null },
  ]);

  drop.put(file, zip);
  await lookBack(drop);
  expect(await texts(bob.upn)).toHaveLength(6);
  expect((await files()).map(({ state }) => state)).toEqual(["DONE", "DONE"]);
  const [again] = await open.sql.query(`SELECT * FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`);
  expect(again).toMatchObject({ state: "SUCCEEDED", alreadyRecorded: 2, availableFromSource: 4 });
  // What it was told to lack has come.
  expect(await open.run(runId)).toMatchObject({
    ...{ state: "SUCCEEDED", failureCode: null, isManifestEqual: true, imported: 4 },
  });
});

test("a file that appears after its window is found by looking back", async () => {
  const drop = await dropped();
  drop.put(name(1), await deliveryOf(mails(1)));
  await finish(drop);
  drop.put(name(2, 5), await deliveryOf(mails(2, "late")));
  await lookBack(drop);
  expect(await texts(bob.upn)).toEqual(["Text of late0", "Text of late1", "Text of m0"]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a file that was replaced is read again, and what is known is not written twice", async () => {
  const drop = await dropped();
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  await finish(drop);
  drop.put(file, await deliveryOf(mails(3)));
  await lookBack(drop);
  expect(await texts(bob.upn)).toEqual(["Text of m0", "Text of m1", "Text of m2"]);
  expect(await files()).toMatchObject([{ state: "DONE", count: 3 }]);
});

test("a window whose files are taken away since still is what was transferred", async () => {
  const drop = await dropped();
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  await finish(drop);
  drop.remove(file);
  await lookBack(drop);
  expect(await open.sql.query(`SELECT * FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`)).toEqual([]);
});

test("a worker that dies in the middle of a file leaves nothing out and writes nothing twice", async () => {
  let pages = 0;
  const drop = await dropped({
    passes(point) {
      if (point === "page.recorded" && (pages += 1) === 2) throw new Error("killed");
    },
  });
  drop.put(name(1), await deliveryOf(mails(10)));
  const { runId } = await open.finish();
  await open.drainUntil(
    async () => {
      await open.later();
      return (await open.run(runId))["state"] === "SUCCEEDED";
    },
    { workers: [drop.parts], deadlineMs: 60_000 },
  );
  expect(await open.run(runId)).toMatchObject({ attempt: 2, availableFromSource: 10 });
  expect(await texts(bob.upn)).toHaveLength(10);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("what a cancelled look-back had not brought whole comes with the next one", async () => {
  let isStruck = false;
  const drop = await dropped({
    passes(point) {
      if (point !== "attachment.asked" || isStruck) return;
      isStruck = true;
      throw new Error("killed");
    },
  });
  drop.put(name(1), await deliveryOf(mails(1)));
  await finish(drop);
  const head = 'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"';
  const large = emlWithFiles([{ head, bytes: randomBytes(1_500_000) }], {
    ...{ From: person(alice), To: person(bob), Date: sentAt },
  });
  drop.put(name(2, 5), await deliveryOf([large]));
  await lookBack(drop);
  const [run] = await open.sql.query<{ id: string }>(
    `SELECT "id" FROM "SyncRun" WHERE "kind" = 'LOOKBACK' AND "state" = 'QUEUED'`,
  );
  const cancelled = await open.outside.portalStore.transaction((tx) =>
    tx.runs.cancel(tenantId, run?.id ?? "", new Date()),
  );
  expect(cancelled).toBe("cancelled");

  await lookBack(drop, 2);
  expect((await files()).map(({ state }) => state)).toEqual(["DONE", "DONE"]);
  expect(await texts(bob.upn)).toHaveLength(2);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a message that waits is brought home to whichever of its people gets a mailbox", async () => {
  const drop = await dropped();
  const carol = { ...stranger, name: "Carol", upn: "carol@contoso.com" };
  const dora = { ...stranger, name: "Dora", mobile: "4915112345679", upn: "dora@partner.example" };
  drop.put(name(1), await deliveryOf([mail("m1", { To: person(carol) }, dora)]));
  const { id, runId } = await finish(drop);
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1 });

  const proxyAddresses = [`smtp:${carol.upn}`];
  await open.control("PATCH", `/people/${bob.upn}`, { proxyAddresses });
  await open.sql.query(`UPDATE "Tenant" SET "directoryReadAt" = NULL`);
  await drop.parts.refreshDirectory(open.signal);
  await healUserMapping(drop.parts, id, { mappingFileId: null, automaticMapping: true });
  await open.drain([drop.parts]);
  expect(await texts(bob.upn)).toEqual(["Text of m1"]);
});

test("a run stays incomplete while another file of its window is not whole", async () => {
  const drop = await dropped();
  const [one, other] = [name(1), name(2)];
  const zips = [await deliveryOf(mails(2, "a")), await deliveryOf(mails(2, "b"))] as const;
  drop.put(one, zips[0].subarray(0, 200));
  drop.put(other, zips[1].subarray(0, 200));
  drop.put(name(3), await deliveryOf(mails(1)));
  const { runId } = await finish(drop);
  drop.put(one, zips[0]);
  await lookBack(drop);
  expect(await texts(bob.upn)).toHaveLength(3);
  const incomplete = { state: "PARTIAL", failureCode: "DeliveryIncomplete" };
  expect(await open.run(runId)).toMatchObject(incomplete);

  drop.put(other, zips[1]);
  await lookBack(drop);
  const runs = await open.sql.query(`SELECT "state", "failureCode" FROM "SyncRun"`);
  expect(runs).toEqual(runs.map(() => ({ state: "SUCCEEDED", failureCode: null })));
});

async function gaps(): Promise<Record<string, unknown>[]> {
  return open.sql.query(`SELECT "fileName", "runId", "reason" FROM "Gap" ORDER BY "fileName"`);
}

test("a file that was left alone and then taken away is named as a gap, and its run stays incomplete", async () => {
  const drop = await dropped();
  const zip = await deliveryOf(mails(4, "late"));
  const file = name(1);
  drop.put(file, zip.subarray(0, 400));
  drop.put(name(2), await deliveryOf(mails(2)));
  const { runId } = await finish(drop);
  expect(await gaps()).toEqual([]);
  drop.remove(file);
  await lookBack(drop);
  expect(await gaps()).toEqual([{ fileName: file, runId, reason: null }]);
  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    failureCode: "DeliveryIncomplete",
  });
  const [found] = await open.sql.query<{ details: unknown }>(
    `SELECT "details"::jsonb AS "details" FROM "AuditEvent" WHERE "action" = 'gap.found'`,
  );
  expect(found?.details).toMatchObject({ runId, fileName: file });

  // Put there again, whole: it is read, and nothing is missing any more.
  drop.put(file, zip);
  await lookBack(drop, 2);
  expect(await texts(bob.upn)).toHaveLength(6);
  expect(await gaps()).toMatchObject([{ reason: "The file is on the server again." }]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED" });
});

test("a file that was seen before its window and is gone by then is a gap of the run that looks for it", async () => {
  const drop = await dropped();
  drop.put(name(1), await deliveryOf(mails(1)));
  const later = name(2, 0.02);
  drop.put(later, await deliveryOf(mails(1, "later")));
  const { id } = await finish(drop);
  expect((await files()).map(({ state }) => state)).toEqual(["DONE", "SEEN"]);
  drop.remove(later);
  const [connector] = await open.sql.query<{ watermark: Date }>(
    `SELECT "watermark" FROM "Connector"`,
  );
  const window = { start: connector?.watermark ?? new Date(), end: hoursAgo(0.001) };
  const run = { connectorId: id, kind: "manual", window } as const;
  const runId = await open.parts.store.openRun(tenantId, run);
  await open.drain([drop.parts]);
  expect(await gaps()).toEqual([{ fileName: later, runId, reason: null }]);
  expect(await open.run(runId ?? "")).toMatchObject({ state: "SUCCEEDED", manifestCount: 0 });
});

test("files that are moved when they are done are looked back at where they lie, and a database that forgot them reads them there", async () => {
  const drop = await dropped({}, { movesFinishedFiles: true });
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  const { runId } = await finish(drop);
  await lookBack(drop);
  expect(drop.asked.moved).toEqual([file]);
  await lookBack(drop, 2);
  const lookbacks = `SELECT 1 FROM "SyncRun" WHERE "kind" = 'LOOKBACK'`;
  expect(await open.sql.query(lookbacks)).toEqual([]);

  await open.sql.query(`DELETE FROM "DeliveredFile"`);
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL WHERE "id" = $1`, [runId]);
  await lookBack(drop);
  expect(await open.sql.query(lookbacks)).toHaveLength(1);
  expect((await files()).map(({ state }) => state)).toEqual(["DONE"]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a server that refuses to move files is told of on the connector, and everything is imported", async () => {
  const drop = await dropped({}, { movesFinishedFiles: true });
  drop.rules.refusesMoves = true;
  const file = name(1);
  drop.put(file, await deliveryOf(mails(2)));
  const { runId } = await finish(drop);
  await lookBack(drop);
  const state = `SELECT "state", "movesRefusedAt" IS NOT NULL AS "isRefused" FROM "Connector"`;
  expect(await open.sql.query(state)).toEqual([{ state: "ACTIVE", isRefused: true }]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });

  drop.rules.refusesMoves = false;
  await open.sql.query(`UPDATE "SyncRun" SET "lookedBackAt" = NULL`);
  await lookBack(drop);
  expect(await open.sql.query(state)).toEqual([{ state: "ACTIVE", isRefused: false }]);
  expect(drop.asked.moved).toEqual([file]);
});
