/** What is delivered as files, from the folder into the mailboxes. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emlWithFiles } from "@/lib/core/eml-builder";
import { sha256Hex } from "@/lib/core/keys";
import { createDeliveredWorld, type DeliveredWorld } from "@/lib/testing/delivered-world";
import { mail, mails, name, person, sentAt } from "@/lib/testing/delivered-world";
import { alice, bob, stranger } from "@/lib/testing/records";
import { noDuplicates } from "@/lib/testing/sync-world";
import { deliveryOf } from "@/lib/testing/zip-files";
import { healUserMapping } from "./heal";

let open: DeliveredWorld;
beforeAll(async () => {
  open = await createDeliveredWorld();
});
afterAll(() => open.close());

test("every message of the files arrives in the mailbox of every participant, once", async () => {
  const drop = await open.dropped();
  const all = mails(8);
  drop.put(name(1), await deliveryOf(all.slice(0, 5)));
  drop.put(name(2, 2), await deliveryOf(all.slice(5)));
  const { runId } = await open.imported(drop);

  expect(await open.run(runId)).toMatchObject({
    ...{ state: "SUCCEEDED", isManifestEqual: true, manifestCount: 8 },
    ...{ availableFromSource: 8, availableForImport: 16, imported: 16 },
  });
  const expected = all.map((_, index) => `Text of m${index}`);
  expect(await open.texts(alice.upn)).toEqual(expected);
  expect(await open.texts(bob.upn)).toEqual(expected);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect((await open.files()).map(({ state, count }) => [state, count])).toEqual([
    ["DONE", 5],
    ["DONE", 3],
  ]);
});

test("what the ledger proves of a message are the bytes that were delivered, below our headers", async () => {
  const drop = await open.dropped();
  const bytes = mail("m1");
  drop.put(name(1), await deliveryOf([bytes]));
  const { id } = await open.imported(drop);

  const front =
    "X-WhatsApp-Item-Id: <m1@vendor.example>\r\n" +
    `X-Archive-Connector: ${id}\r\nX-Archive-SHA256: ${sha256Hex(bytes)}\r\n`;
  expect(await open.items()).toEqual([
    {
      ...{ sourceItemId: "<m1@vendor.example>", kind: "CHAT", recordSha256: sha256Hex(bytes) },
      messageSha256: createHash("sha256").update(front).update(bytes).digest("hex"),
    },
  ]);
});

test("a message of no known form, one without an id and one under the id of another are imported too", async () => {
  const drop = await open.dropped();
  const strange = [
    mail("m1"),
    mail("m2", { "Message-ID": "<m1@vendor.example>" }),
    mail("m3", { "Message-ID": null }),
    mail("m4", { Subject: "Weekly report" }),
    mail("m5", { From: person(stranger) }),
  ];
  drop.put(name(1), await deliveryOf(strange));
  const { runId } = await open.imported(drop);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", availableFromSource: 5 });
  expect(await open.texts(bob.upn)).toEqual([1, 2, 3, 4, 5].map((number) => `Text of m${number}`));
});

test("a message for nobody who has a mailbox stands as failed UserMapping", async () => {
  const drop = await open.dropped();
  drop.put(name(1), await deliveryOf([mail("m1", { To: person(stranger) }, stranger)]));
  const { runId } = await open.imported(drop);
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1 });
  expect(await open.deliveries()).toMatchObject([{ failureCode: "UserMapping", mailboxId: null }]);
});

test("a large message arrives with its file, and its record is all of it", async () => {
  const drop = await open.dropped();
  const video = randomBytes(1_500_000);
  const head = 'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"';
  const bytes = emlWithFiles([{ head, bytes: video }], {
    ...{ From: person(alice), To: person(bob), Date: sentAt },
  });
  drop.put(name(1), await deliveryOf([bytes, mail("m1")]));
  const { runId } = await open.imported(drop);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 4 });
  const found = (await open.mail(bob.upn)).flatMap(({ attachments }) => attachments);
  expect(found).toMatchObject([{ name: "v.mp4", sha256: sha256Hex(video) }]);
  expect((await open.items()).map(({ recordSha256 }) => recordSha256)).toContain(sha256Hex(bytes));
});

test("a worker that dies in the middle of a file leaves nothing out and writes nothing twice", async () => {
  let pages = 0;
  const drop = await open.dropped({
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
  expect(await open.texts(bob.upn)).toHaveLength(10);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a message that waits is brought home to whichever of its people gets a mailbox", async () => {
  const drop = await open.dropped();
  const carol = { ...stranger, name: "Carol", upn: "carol@contoso.com" };
  const dora = { ...stranger, name: "Dora", mobile: "4915112345679", upn: "dora@partner.example" };
  drop.put(name(1), await deliveryOf([mail("m1", { To: person(carol) }, dora)]));
  const { id, runId } = await open.imported(drop);
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 1 });

  const proxyAddresses = [`smtp:${carol.upn}`];
  await open.control("PATCH", `/people/${bob.upn}`, { proxyAddresses });
  await open.sql.query(`UPDATE "Tenant" SET "directoryReadAt" = NULL`);
  await drop.parts.refreshDirectory(open.signal);
  await healUserMapping(drop.parts, id, { mappingFileId: null, automaticMapping: true });
  await open.drain([drop.parts]);
  expect(await open.texts(bob.upn)).toEqual(["Text of m1"]);
});
