import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { sha256Hex } from "@/lib/core/keys";
import { fakeActor } from "@/lib/testing/fakes";
import { alice, bob, carol, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { openPortal } from "@/lib/wiring";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());

const receivedAt = hoursAgo(2);
const reviewer: Actor = fakeActor(tenantId, { roles: ["Connector.Reviewer"] });

async function imported(records: readonly unknown[], attachments = {}) {
  await open.reset(world([alice, bob, carol], records, attachments));
  const connector = await open.finish();
  await open.drain();
  return connector;
}

type ItemRow = {
  readonly id: string;
  readonly messageSha256: string | null;
  readonly messageSizeLimitBytes: string | null;
};

async function itemOf(sourceItemId: string): Promise<ItemRow> {
  const [row] = await open.sql.query<ItemRow>(
    `SELECT * FROM "SyncItem" WHERE "sourceItemId" = $1`,
    [sourceItemId],
  );
  if (row === undefined) throw new Error("No such item");
  return row;
}

const portal = () => openPortal(open.config, open.outside);

/** As a reviewer gets it: granted, then read to its end. */
async function download(
  connectorId: string,
  itemId: string,
  what: "message" | "record",
): Promise<Buffer | string> {
  const { originals } = portal();
  const wanted = { connectorId, itemId, what };
  const granted = await originals.grant(reviewer, { ...wanted, reason: "Case 12" }, open.signal);
  if (!granted.ok) return granted.message;
  const file = await originals.open(reviewer, { ...wanted, ...granted.value }, open.signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file?.bytes ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function audit(action: string): Promise<Record<string, unknown>[]> {
  const rows = await open.sql.query<{ details: string }>(
    `SELECT "details" FROM "AuditEvent" WHERE "action" = $1 ORDER BY "sequence"`,
    [action],
  );
  return rows.map(({ details }) => JSON.parse(details) as Record<string, unknown>);
}

const photo = { sizeBytes: 5_000_000, seed: 7 };
const withPhoto = chat({
  id: "photo",
  receivedAt,
  to: [bob],
  body: {
    messageType: "IMAGE",
    attachments: [
      { id: "att-1", name: "photo.jpg", contentType: "image/jpeg", sizeBytes: 5_000_000 },
    ],
  },
});

test("from the import on the ledger names the digest of the message, which is what a reviewer gets", async () => {
  const { id } = await imported([chat({ id: "m1", receivedAt, to: [bob] })]);
  const item = await itemOf("m1");
  const message = await download(id, item.id, "message");

  expect(item.messageSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(sha256Hex(Buffer.from(message))).toBe(item.messageSha256);
  expect(String(message)).toContain('From: "Alice 16175550001" <alice@contoso.com>\r\n');
  expect(await audit("original.downloaded")).toEqual([
    {
      ...{ itemId: item.id, what: "message", reason: "Case 12" },
      ...{ sha256: item.messageSha256, sizeBytes: message.length },
    },
  ]);
});

test("the raw record is what the archive sent, and its digest stands in the message", async () => {
  const { id } = await imported([chat({ id: "m1", receivedAt, to: [bob] })]);
  const item = await itemOf("m1");
  const record = await download(id, item.id, "record");
  const message = await download(id, item.id, "message");

  expect(JSON.parse(String(record))).toMatchObject({ id: "m1", body: { text: "Text of m1" } });
  expect(String(message)).toContain(sha256Hex(Buffer.from(record)));
});

test("a large attachment, added after the create, is in the canonical message byte for byte", async () => {
  const { id } = await imported([withPhoto], { "att-1": photo });
  const item = await itemOf("photo");
  const message = await download(id, item.id, "message");
  const [mail] = await open.mail(bob.upn);

  expect(sha256Hex(Buffer.from(message))).toBe(item.messageSha256);
  const [, encoded = ""] = String(message).split(`filename="photo.jpg"; size=5000000\r\n\r\n`);
  const bytes = Buffer.from(encoded.split("\r\n--")[0] ?? "", "base64");
  expect(sha256Hex(bytes)).toBe(mail?.attachments[0]?.sha256);
});

test("what Exchange did not take is in the canonical message all the same", async () => {
  await open.reset(world([alice, bob], [withPhoto], { "att-1": photo }));
  const { id } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "largeAttachments" = false`);
  await open.drain();
  const item = await itemOf("photo");
  const message = await download(id, item.id, "message");

  expect((await open.mail(bob.upn))[0]?.attachments).toEqual([]);
  expect(sha256Hex(Buffer.from(message))).toBe(item.messageSha256);
  expect(message.length).toBeGreaterThan(5_000_000);
});

test("a mapping mended, a limit lowered or a name changed later leaves the message as it was", async () => {
  const { id } = await imported([withPhoto], { "att-1": photo });
  const item = await itemOf("photo");
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 1000000, "name" = 'Other'`);
  await open.sql.query(`UPDATE "DirectoryMailbox" SET "address" = 'somebody@contoso.com'`);

  expect(sha256Hex(Buffer.from(await download(id, item.id, "message")))).toBe(item.messageSha256);
});

test("after the limit was raised a retry writes more, and the ledger names that message", async () => {
  await open.reset(world([alice, bob], [withPhoto], { "att-1": photo }));
  const { id } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 1000000`);
  await open.drain();
  const before = await itemOf("photo");
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 10000000`);
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "completedAt" = NULL
     WHERE "state" = 'PARTIALLY_IMPORTED' AND "mailboxAddress" = $1`,
    [bob.upn],
  );
  await open.drain();
  const after = await itemOf("photo");

  expect(before).toMatchObject({ messageSizeLimitBytes: "1000000" });
  expect(after).toMatchObject({ messageSizeLimitBytes: "10000000" });
  expect(after.messageSha256).not.toBe(before.messageSha256);
  expect(sha256Hex(Buffer.from(await download(id, after.id, "message")))).toBe(after.messageSha256);
});

test("what is composed to something else than the ledger says is refused by name, and audited", async () => {
  const { id } = await imported([chat({ id: "m1", receivedAt, to: [bob] })]);
  const item = await itemOf("m1");
  await open.sql.query(
    `UPDATE "SyncItem" SET "participants" = replace("participants"::text, 'alice@', 'mallory@')::jsonb`,
  );

  expect(await download(id, item.id, "message")).toMatch(/not the one that was imported/);
  expect(await audit("original.downloaded")).toEqual([]);
  expect(await audit("original.unfounded")).toMatchObject([
    { itemId: item.id, what: "message", code: "MessageDiffers", expected: item.messageSha256 },
  ]);
});

test("a message composed in another form is not called changed, and nothing is downloaded for it", async () => {
  const { id } = await imported([chat({ id: "m1", receivedAt, to: [bob] })]);
  const item = await itemOf("m1");
  await open.sql.query(
    `UPDATE "SyncItem" SET "messageFormat" = 99, "messageSha256" = repeat('0', 64)`,
  );

  expect(await download(id, item.id, "message")).toMatch(/composed in form 99 .* composes form 1 /);
  expect(await audit("original.unfounded")).toEqual([]);
  expect(String(await download(id, item.id, "record"))).toContain("Text of m1");
});

test("an original that cannot be opened is refused by name, and audited", async () => {
  const { id } = await imported([chat({ id: "m1", receivedAt, to: [bob] })]);
  const item = await itemOf("m1");
  await open.sql.query(`UPDATE "SyncItem" SET "recordSha256" = repeat('0', 64)`);

  for (const what of ["message", "record"] as const) {
    expect(await download(id, item.id, what)).toMatch(/cannot be opened/);
  }
  expect(await audit("original.unfounded")).toMatchObject([
    { what: "message", code: "StagingCorrupt" },
    { what: "record", code: "StagingCorrupt" },
  ]);
});

test("an item without a message has its raw record", async () => {
  await open.reset(world([alice, bob], [chat({ id: "m1", receivedAt, to: [bob] })]));
  const { id } = await open.finish();
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 1`);
  await open.drain();
  const item = await itemOf("m1");

  expect(item.messageSha256).toBeNull();
  expect(await download(id, item.id, "message")).toMatch(/its raw record can be downloaded/);
  expect(String(await download(id, item.id, "record"))).toContain("Text of m1");
});

test("an undated record keeps the message it was imported as, however narrow its window becomes", async () => {
  const undated = { ...chat({ id: "m1", receivedAt, to: [bob] }), gatewayReceivedDate: "never" };
  const { id } = await imported([undated]);
  const item = await itemOf("m1");
  await open.sql.query(
    `UPDATE "SyncItem" SET "firstReceivedAt" = coalesce("firstReceivedAt", "receivedAt"),
       "receivedAt" = "receivedAt" + interval '1 hour'`,
  );

  expect(sha256Hex(Buffer.from(await download(id, item.id, "message")))).toBe(item.messageSha256);
});
