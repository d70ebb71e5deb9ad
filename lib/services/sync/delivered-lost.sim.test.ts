/** Mails whose staged bytes were lost, and that still lie in the files they came in. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emlWithFiles } from "@/lib/core/eml-builder";
import { createDeliveredWorld, type DeliveredWorld } from "@/lib/testing/delivered-world";
import { mails, name, person, sentAt } from "@/lib/testing/delivered-world";
import { alice, bob, hoursAgo } from "@/lib/testing/records";
import { noDuplicates, tenantId } from "@/lib/testing/sync-world";
import { deliveryOf } from "@/lib/testing/zip-files";
import { transferRun } from "./transfer";

let open: DeliveredWorld;
beforeAll(async () => {
  open = await createDeliveredWorld();
});
afterAll(() => open.close());

const large = emlWithFiles(
  [
    {
      head: 'Content-Type: application/octet-stream; name="a.bin"\r\nContent-Disposition: attachment',
      bytes: randomBytes(1_500_000),
    },
  ],
  {
    ...{ "Message-ID": "<large@vendor.example>", From: person(alice), To: person(bob) },
    ...{ Date: sentAt, Subject: `WhatsApp Message From ${alice.mobile} to ${bob.mobile}` },
  },
);

test("mails that staging lost are read from their files again, the large ones too", async () => {
  const drop = await open.dropped();
  drop.put(name(1), await deliveryOf([...mails(2), large]));
  const { id, runId } = await open.finish();
  await transferRun(drop.parts, runId, open.signal);
  const staged = await open.sql.query<{ blobName: string }>(
    `SELECT "blobName" FROM "SyncItem" UNION SELECT "blobName" FROM "StagedAttachment"`,
  );
  expect(staged.length).toBeGreaterThan(1);
  for (const { blobName } of staged) await open.parts.staging.remove(blobName, open.signal);
  await open.drain([drop.parts]);
  expect(await open.run(runId)).toMatchObject({ state: "FAILED", failed: 6 });

  const window = { start: hoursAgo(23), end: hoursAgo(1) };
  const backfill = { connectorId: id, kind: "backfill", window } as const;
  await open.parts.store.openRun(tenantId, backfill);
  await open.drain([drop.parts]);

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 6 });
  const arrived = await open.mail(bob.upn);
  expect(arrived.flatMap(({ attachments }) => attachments.map(({ name }) => name))).toEqual([
    "a.bin",
  ]);
  expect(arrived).toHaveLength(3);
  expect(await open.duplicates()).toEqual(noDuplicates);
});
