import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { DifferencePartView } from "@/lib/core/mapping-view";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";
import { directoryUser } from "@/lib/testing/fakes";
import { messageOf, never, valueOf } from "@/lib/testing/portal-world";

let world: ConnectorWorld;
beforeAll(async () => {
  world = await createConnectorWorld();
  world.directory.users = ["susan", "alex", "jeff"].map((name) =>
    directoryUser(`${name}@contoso.com`),
  );
});
afterAll(() => world.close());

const header = "ExternalUserId,O365UserMailbox";
const susan = "445204334324,susan@contoso.com";
const alex = "16175550123,alex@contoso.com";
const jeff = "US.1349,jeff@contoso.com";

async function inForceId(): Promise<string | null> {
  const { versions } = world.services;
  return (await versions.overview(world.actor, world.connectorId))?.inForce?.id ?? null;
}

async function upload(...lines: string[]): Promise<string> {
  const text = [header, ...lines, ""].join("\n");
  return valueOf(await world.upload(world.actor, text, { connectorId: world.connectorId })).id;
}

async function apply(
  fileId: string,
  more: { inForceId?: string | null; leavesBadLinesOut?: boolean } = {},
) {
  const choice = { fileId, inForceId: await inForceId(), leavesBadLinesOut: false, ...more };
  return world.services.versions.apply(world.actor, world.connectorId, choice, never);
}

async function change(line: number | null, externalId: string, mailbox: string, more = {}) {
  const typed = { externalId, mailbox, validFrom: "", validTo: "", country: null, ...more };
  const input = { inForceId: await inForceId(), line, ...typed };
  return world.services.versions.changeLine(world.actor, world.connectorId, input, never);
}

async function exported(): Promise<string[]> {
  let text = "";
  for await (const part of world.services.versions.export(world.actor, world.connectorId)) {
    text += part;
  }
  return text.trimEnd().split("\r\n");
}

let second: Promise<string> | null = null;

/** Of another connector, whose mapping in force has this line alone. */
async function claim(line: string): Promise<void> {
  const connectorId = await (second ??= world.finish(world.actor, "Second", "other@contoso.com"));
  const file = valueOf(await world.upload(world.actor, `${header}\n${line}\n`, { connectorId }));
  const { versions } = world.services;
  const inForce = (await versions.overview(world.actor, connectorId))?.inForce?.id ?? null;
  const choice = { fileId: file.id, inForceId: inForce, leavesBadLinesOut: false };
  valueOf(await versions.apply(world.actor, connectorId, choice, never));
}

async function waitsUnmapped(owner: string): Promise<void> {
  await world.seed([{ state: "FAILED", code: "UserMapping", mailbox: null, owner }]);
  await nameOwners();
}

async function nameOwners(): Promise<void> {
  await world.database.query(
    `UPDATE "Delivery" d SET "ownerExternalId" = i."ownerValue" FROM "SyncItem" i
     WHERE i."id" = d."itemId" AND d."mailboxId" IS NULL`,
  );
}

const newest = async () =>
  (await world.services.versions.list(world.actor, world.connectorId, null)).rows[0];

beforeEach(async () => {
  valueOf(await apply(await upload(susan, alex, jeff)));
});

test("an upload is not in force until somebody says so, and says before what it changes", async () => {
  const { versions } = world.services;
  const before = await inForceId();
  const id = await upload(susan, "16175550123,jeff@contoso.com", "4915112345678,alex@contoso.com");
  expect(await inForceId()).toBe(before);
  const review = await versions.review(world.actor, world.connectorId, id);
  expect(review?.difference).toEqual({
    ...{ counts: { added: 1, changed: 1, removed: 1, losing: 1 } },
    ...{ lines: 6, of: 6, next: null },
  });
  const rows = async (kind: "added" | "changed" | "removed" | "losing") =>
    (await versions.difference(world.actor, world.connectorId, id, kind, null)).rows;
  expect(await rows("added")).toMatchObject([{ externalId: "4915112345678", before: [] }]);
  expect(await rows("changed")).toMatchObject([
    {
      before: [{ mailboxAddress: "alex@contoso.com" }],
      after: [{ mailboxAddress: "jeff@contoso.com" }],
    },
  ]);
  expect(await rows("removed")).toMatchObject([{ externalId: "US.1349", after: [] }]);
  expect(await rows("losing")).toMatchObject([{ externalId: "US.1349" }]);
  valueOf(await apply(id));
  expect(await inForceId()).toBe(id);
  expect(await newest()).toMatchObject({
    ...{ id, appliedBy: "Ada Admin", origin: "uploaded" },
    difference: { added: 1, changed: 1, removed: 1, losing: 1 },
  });
});

test("versions of many lines are compared in parts, which together are the whole", async () => {
  const lines = (file: string, from: number, to: number) =>
    world.database.query(
      `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs", "mailboxAddress")
       SELECT $1, $2, i + 10, 'id.' || lpad(i::text, 7, '0'), '', 'susan@contoso.com'
       FROM generate_series($3::int, $4::int) i`,
      [world.tenantId, file, from, to],
    );
  await lines((await inForceId()) ?? "", 1, 120_000);
  const id = await upload(susan, alex, jeff);
  await lines(id, 3, 120_004);
  const { versions } = world.services;
  const { actor, connectorId } = world;

  const parts: (DifferencePartView | null)[] = [];
  let after: string | null = null;
  do {
    const part = await versions.differencePart(actor, connectorId, id, after);
    expect(part?.lines).toBeLessThanOrEqual(200_003);
    parts.push(part);
    after = part?.next ?? null;
  } while (after !== null);
  expect(parts).toHaveLength(2);
  const sum = (kind: "added" | "changed" | "removed" | "losing") =>
    parts.reduce((total, part) => total + (part?.counts[kind] ?? 0), 0);
  expect([sum("added"), sum("changed"), sum("removed"), sum("losing")]).toEqual([4, 0, 2, 2]);

  const added: string[] = [];
  do {
    const { rows, next } = await versions.difference(actor, connectorId, id, "added", after);
    added.push(...rows.map(({ externalId }) => externalId));
    after = next;
  } while (after !== null);
  expect(added).toEqual(["id.0120001", "id.0120002", "id.0120003", "id.0120004"]);
});

test("a version somebody else put in force meanwhile is told before anything is applied", async () => {
  const id = await upload(susan);
  const seen = await inForceId();
  valueOf(await change(null, "4915112345678", "alex@contoso.com"));
  expect(messageOf(await apply(id, { inForceId: seen }))).toContain("Somebody put another version");
});

test("bad lines are left out only by a choice, which stands in the audit with the version", async () => {
  const id = await upload(susan, "16175550123,nobody", "4915112345678,nobody@contoso.com");
  expect(messageOf(await apply(id))).toContain("choose to leave the bad lines out");
  const { version } = valueOf(await apply(id, { leavesBadLinesOut: true }));
  const filter = { connectorId: world.connectorId };
  const { rows } = await world.services.audit.list(world.actor, filter, null);
  expect(rows.find(({ action }) => action === "mapping.applied")).toMatchObject({
    actorName: "Ada Admin",
    details: { mappingFileId: id, mappingVersion: version, leavesBadLinesOut: true },
  });
});

test("a line is added, changed and removed: a version each, with its audit event", async () => {
  valueOf(await change(null, "+49 151 12345678", "jeff@contoso.com"));
  expect(await exported()).toEqual([header, susan, alex, jeff, "4915112345678,jeff@contoso.com"]);
  expect(await newest()).toMatchObject({
    ...{ origin: "edited", entries: 4, numbers: 3, otherIds: 1, people: 3 },
    difference: { added: 1, changed: 0, removed: 0, losing: 0 },
  });
  valueOf(await change(3, "16175550123", "susan@contoso.com"));
  expect((await exported())[2]).toBe("16175550123,susan@contoso.com");
  expect(await newest()).toMatchObject({ entries: 4, people: 2, difference: { changed: 1 } });
  const which = { inForceId: await inForceId(), line: 2 };
  valueOf(await world.services.versions.removeLine(world.actor, world.connectorId, which));
  expect(await exported()).toHaveLength(4);
  expect(await newest()).toMatchObject({
    ...{ entries: 3, numbers: 2 },
    difference: { removed: 1, losing: 1 },
  });
  expect(await world.actions()).toEqual(
    expect.arrayContaining(["mapping.lineAdded", "mapping.lineChanged", "mapping.lineRemoved"]),
  );
});

test("an earlier version keeps what it said, and going back to it makes a new one that says the same", async () => {
  const first = await newest();
  valueOf(await change(3, "16175550123", "susan@contoso.com"));
  valueOf(await change(null, "4915112345678", "jeff@contoso.com"));
  const edited = await newest();
  valueOf(await apply(first?.id ?? ""));
  expect(await exported()).toEqual([header, susan, alex, jeff]);
  expect(await newest()).toMatchObject({
    ...{ origin: "restored", basedOnVersion: first?.version, entries: 3 },
    difference: { added: 0, changed: 1, removed: 1, losing: 1 },
  });
  expect(await world.actions()).toContain("mapping.restored");
  // What was edited, went back and is edited again stands apart from both.
  valueOf(await change(4, "US.1349", "alex@contoso.com"));
  valueOf(await apply(edited?.id ?? ""));
  expect(await exported()).toEqual([
    ...[header, susan, "16175550123,susan@contoso.com", jeff],
    "4915112345678,jeff@contoso.com",
  ]);
});

test("what is exported can be uploaded again and says the same", async () => {
  const dated = { validFrom: "2026-03-01", validTo: "2026-04-01T09:00:00Z" };
  valueOf(await change(null, "4915112345678", "jeff@contoso.com", dated));
  const lines = await exported();
  expect(lines[0]).toBe(`${header},ValidFrom,ValidTo`);
  expect(lines).toContain("4915112345678,jeff@contoso.com,2026-03-01,2026-04-01T09:00:00.000Z");
  const again = valueOf(
    await world.upload(world.actor, `${lines.join("\r\n")}\r\n`, {
      connectorId: world.connectorId,
    }),
  );
  const { versions } = world.services;
  const review = await versions.review(world.actor, world.connectorId, again.id);
  expect(review?.difference?.counts).toEqual({ added: 0, changed: 0, removed: 0, losing: 0 });
});

test("two lines for one number need dates that do not overlap, and touching ends do not", async () => {
  const refused = await change(null, "16175550123", "jeff@contoso.com");
  expect(messageOf(refused)).toContain("Line 3 names alex@contoso.com for this id");
  valueOf(await change(3, "16175550123", "alex@contoso.com", { validTo: "2026-03-01" }));
  const overlap = { validFrom: "2026-02-28" };
  expect((await change(null, "16175550123", "jeff@contoso.com", overlap)).ok).toBe(false);
  valueOf(await change(null, "16175550123", "jeff@contoso.com", { validFrom: "2026-03-01" }));
});

test.each([
  ["a number without its country code", "0151 2345678", "alex@contoso.com", "externalId"],
  ["scientific notation", "4.45E+11", "alex@contoso.com", "externalId"],
  ["what is no address", "4915112345678", "not an address", "mailbox"],
  ["a mailbox nobody has", "4915112345678", "nobody@contoso.com", "mailbox"],
])("%s is refused beside its field, and nothing is changed", async (_name, id, mailbox, field) => {
  const before = await inForceId();
  const result = await change(null, id, mailbox);
  expect(result).toMatchObject({ ok: false, fields: { [field]: expect.any(String) } });
  expect(await inForceId()).toBe(before);
});

test("dates are asked for as the file has them, the end after the beginning", async () => {
  const wrong = { validFrom: "2026-03-01", validTo: "2026-03-01" };
  const result = await change(null, "4915112345678", "alex@contoso.com", wrong);
  expect(result).toMatchObject({ ok: false, fields: { validTo: expect.any(String) } });
});

test("a number or mailbox that two connectors claim is told, in the line's answer and as a list", async () => {
  await claim("445204334324,jeff@contoso.com");
  const { versions } = world.services;
  const claims = await versions.claims(world.actor, world.connectorId, (await inForceId()) ?? "");
  expect(claims).toEqual([
    { kind: "externalId", value: "445204334324", connectorName: "Second" },
    { kind: "mailbox", value: "jeff@contoso.com", connectorName: "Second" },
  ]);
  const told = valueOf(await change(null, "4915112345678", "jeff@contoso.com"));
  expect(told.message).toContain('the connector "Second" names this mailbox as well');
});

test("who may not change connectors changes no mapping", async () => {
  const auditor = await world.admin({ roles: ["Connector.Auditor"] });
  const { versions } = world.services;
  const which = { inForceId: await inForceId(), line: 2 };
  expect(messageOf(await versions.removeLine(auditor, world.connectorId, which))).toContain("role");
});

test("somebody without a mailbox is listed with what waits, and mapped there without an upload", async () => {
  const { versions } = world.services;
  await world.seed([
    { state: "FAILED", code: "UserMapping", mailbox: null, owner: "4915799999999" },
    { state: "FAILED", code: "UserMapping", mailbox: null, owner: "4915799999999" },
    {
      ...{ state: "FAILED", code: "UserMapping", mailbox: null, owner: "4915700000000" },
      original: "removed",
    },
  ]);
  await nameOwners();
  const { rows } = await versions.unmapped(world.actor, world.connectorId, null);
  expect(rows).toMatchObject([
    { externalId: "4915700000000", items: 1, removed: 1 },
    { externalId: "4915799999999", items: 2, removed: 0 },
  ]);
  const begun = world.begun.anew;
  const choice = { deliveryId: rows[1]?.deliveryId ?? "", validFrom: "", validTo: "" };
  const wrong = { ...choice, mailbox: "nobody@contoso.com" };
  const refused = await versions.mapPerson(world.actor, world.connectorId, wrong, never);
  expect(refused).toMatchObject({ ok: false, fields: { mailbox: expect.any(String) } });
  const right = { ...choice, mailbox: "Alex@contoso.com" };
  const told = valueOf(await versions.mapPerson(world.actor, world.connectorId, right, never));
  expect(told.message).toContain("2 items that waited are imported");
  expect(world.begun.anew).toBe(begun + 1);
  expect(await exported()).toContain("4915799999999,alex@contoso.com");
});

test("mapping a person to a mailbox that another connector claims says so", async () => {
  await claim("445204334399,susan@contoso.com");
  await waitsUnmapped("4915711111111");
  const { versions } = world.services;
  const { rows } = await versions.unmapped(world.actor, world.connectorId, null);
  const person = rows.find(({ externalId }) => externalId === "4915711111111");
  const choice = { deliveryId: person?.deliveryId ?? "", validFrom: "", validTo: "" };
  const mailbox = "susan@contoso.com";
  const told = await versions.mapPerson(
    ...([world.actor, world.connectorId, { ...choice, mailbox }, never] as const),
  );
  expect(valueOf(told).message).toContain('the connector "Second" names this mailbox as well');
});
