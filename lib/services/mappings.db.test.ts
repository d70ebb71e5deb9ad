import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { sha256Hex } from "@/lib/core/keys";
import { directoryUser } from "@/lib/testing/fakes";
import {
  chunksOf,
  createPortalWorld,
  messageOf,
  never,
  type PortalWorld,
  valueOf,
} from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
beforeAll(async () => {
  world = await createPortalWorld();
  world.directory.users = [
    directoryUser("susan@contoso.com", { addresses: ["susan@contoso.com", "sue@contoso.com"] }),
    directoryUser("shared@contoso.com", { hasExchangePlan: false }),
    directoryUser("guest@contoso.com", { isMember: false }),
  ];
});
beforeEach(async () => {
  actor = await world.admin();
  await world.reachReview(actor);
});
afterAll(() => world.close());

const header = "ExternalUserId,O365UserMailbox";
const file = (...lines: string[]) => [header, ...lines, ""].join("\n");
const countOf = async (table: string) =>
  (await world.database.query(`SELECT 1 FROM "${table}"`)).length;

test("a person sends two files at a time, a third one is refused in words", async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const bytes = Buffer.from(file("445204334324,susan@contoso.com"));
  const slowly = async function* () {
    await gate;
    yield bytes;
  };
  const input = {
    ...{ connectorId: null, fileName: "mapping.csv", sizeBytes: bytes.length },
    ...{ sha256: sha256Hex(bytes), defaultCountry: null },
  };
  const send = () => world.services.mappings.upload(actor, input, slowly(), never);
  const sending = [send(), send()];
  expect(messageOf(await send())).toContain("Two of your mapping files are being uploaded");
  const colleague = await world.admin();
  await world.reachReview(colleague, "other@contoso.com");
  expect((await world.upload(colleague, file("445204334324,susan@contoso.com"))).ok).toBe(true);
  open();
  await Promise.all(sending);
  expect((await world.upload(actor, file("445204334324,susan@contoso.com"))).ok).toBe(true);
});

test("a file is read line by line, counted, and belongs to the draft", async () => {
  const lines = ["445204334324,Susan@contoso.com", "US.1349,jeff@contoso.com", "x,nobody"];
  const view = valueOf(await world.upload(actor, file(...lines)));
  expect(view).toMatchObject({ state: "checked", lines: 3, entries: 2, numbers: 1, otherIds: 1 });
  expect(view.errors).toBe(1);
  expect(view.createdBy).toBe("Ada Admin");
  const draft = await world.services.wizard.findDraft(actor);
  expect(draft?.mappingFile?.id).toBe(view.id);
  expect(draft?.firstOpenStep).toBe("user-mapping");
  const problems = await world.services.mappings.problems(actor, view.id, null);
  expect(problems.rows).toMatchObject([{ line: 4, severity: "error", value: "nobody" }]);
});

test("a bad line is not used until somebody says that bad lines are left out", async () => {
  const view = valueOf(await world.upload(actor, file("445204334324,susan@contoso.com", "x,no")));
  const { version } = (await world.services.wizard.findDraft(actor)) ?? { version: 0 };
  const choice = { automaticMapping: false, mappingFileId: view.id, leavesBadLinesOut: false };
  const refused = await world.services.wizard.saveMapping(actor, version, choice);
  expect(messageOf(refused)).toContain("lines with errors");
  const leaving = { ...choice, leavesBadLinesOut: true };
  const saved = valueOf(await world.services.wizard.saveMapping(actor, version, leaving));
  expect(saved.mappingFile?.leavesBadLinesOut).toBe(true);
});

test("two lines that contradict each other are both left out", async () => {
  const view = valueOf(
    await world.upload(actor, file("445204334324,a@contoso.com", "445204334324,b@contoso.com")),
  );
  const entries = await world.database.query(
    `SELECT 1 FROM "MappingEntry" WHERE "mappingFileId" = $1`,
    [view.id],
  );
  expect(entries).toHaveLength(0);
  expect(view.entries).toBe(0);
});

test("another upload replaces the draft's file and leaves no rows behind", async () => {
  await world.upload(actor, file("445204334324,susan@contoso.com"));
  const files = await countOf("MappingFile");
  const entries = await countOf("MappingEntry");
  await world.upload(actor, file("445204334325,susan@contoso.com"));
  expect(await countOf("MappingFile")).toBe(files);
  expect(await countOf("MappingEntry")).toBe(entries);
});

test("a file without the header is refused with its problem, and the good one before it stays", async () => {
  const good = valueOf(await world.upload(actor, file("445204334324,susan@contoso.com")));
  const bad = valueOf(await world.upload(actor, "a,b\nc,d\n"));
  expect(bad.state).toBe("refused");
  expect(bad.errors).toBeGreaterThan(0);
  expect(bad.refusal).toMatch(/header/i);
  expect((await world.services.wizard.findDraft(actor))?.mappingFile?.id).toBe(good.id);
});

test("a file that turns out to be no text near its end is refused whole, not used up to there", async () => {
  const view = valueOf(
    await world.upload(actor, file(...someLines(9_000), "44520433\u00004324,x@y.z")),
  );
  expect(view).toMatchObject({ state: "refused", entries: 0 });
  expect(view.refusal).toBeDefined();
});

test.each([
  ["another SHA-256", { sha256: "0".repeat(64) }],
  ["another length", { sizeBytes: 7 }],
])("bytes with %s than announced are refused and nothing is kept", async (_name, announced) => {
  const before = await countOf("MappingFile");
  const result = await world.upload(actor, file("445204334324,susan@contoso.com"), announced);
  expect(messageOf(result)).toContain("did not arrive as it was sent");
  expect(await countOf("MappingFile")).toBe(before);
});

test("more than 100 MB is refused before a byte is read", async () => {
  const result = await world.upload(actor, "", { sizeBytes: 100 * 1024 * 1024 + 1 });
  expect(messageOf(result)).toContain("100 MB");
});

test("a connection that breaks leaves no half version", async () => {
  const before = { files: await countOf("MappingFile"), entries: await countOf("MappingEntry") };
  const bytes = Buffer.from(file(...someLines(20_000)));
  async function* broken() {
    yield* chunksOf(bytes);
    throw new Error("connection reset");
  }
  const input = { connectorId: null, fileName: "m.csv", sizeBytes: bytes.length, sha256: "" };
  const upload = world.services.mappings.upload(
    actor,
    { ...input, defaultCountry: null },
    broken(),
    never,
  );
  await expect(upload).rejects.toThrow("connection reset");
  expect(await countOf("MappingFile")).toBe(before.files);
  expect(await countOf("MappingEntry")).toBe(before.entries);
});

test("a large file arrives in batches, whole and in order", async () => {
  const view = valueOf(await world.upload(actor, file(...someLines(25_000), "x,no", "y,no")));
  expect(view).toMatchObject({ lines: 25_002, entries: 25_000, people: 25_000, errors: 2 });
  const [row] = await world.database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM "MappingEntry" WHERE "mappingFileId" = $1`,
    [view.id],
  );
  expect(row?.n).toBe(25_000);
});

test("problems are paged by key and exported as CSV", async () => {
  const bad = Array.from({ length: 150 }, (_, index) => `=x${index},no`);
  const view = valueOf(await world.upload(actor, file(...bad)));
  const first = await world.services.mappings.problems(actor, view.id, null);
  const second = await world.services.mappings.problems(actor, view.id, first.next);
  expect(first.rows).toHaveLength(25);
  const lines = [...first.rows, ...second.rows].map(({ line }) => line);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  let csv = "";
  for await (const line of world.services.mappings.problemsCsv(actor, view.id)) csv += line;
  expect(csv.split("\r\n").length).toBeGreaterThan(150);
});

test("mailboxes are compared with members of the directory, by any address", async () => {
  const lines = [
    ["1445204334324,SUE@contoso.com", "found by an alias"],
    ["1445204334325,shared@contoso.com", "without licence"],
    ["1445204334326,guest@contoso.com", "a guest is no mailbox"],
    ["1445204334327,nobody@contoso.com", "unknown"],
  ].map(([line = ""]) => line);
  const view = valueOf(await world.upload(actor, file(...lines)));
  const checked = valueOf(
    await world.services.mappings.checkAgainstDirectory(actor, view.id, never),
  );
  expect(checked.directory).toMatchObject({ found: 2, withoutLicence: 1, unknown: 2 });
  const unknown = await world.services.mappings.lines(
    ...([actor, view.id, { state: "unknownMailbox", search: null }, null] as const),
  );
  expect(unknown?.rows.map(({ line }) => line)).toEqual([4, 5]);
});

/** By the database's clock: as if the directory were read a minute ago. */
function letMirrorAge(): Promise<unknown> {
  return world.database.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
}

test("checks that follow each other read the directory once, and who left it is gone afterwards", async () => {
  const view = valueOf(await world.upload(actor, file("1445204334324,susan@contoso.com")));
  const check = () => world.services.mappings.checkAgainstDirectory(actor, view.id, never);
  await letMirrorAge();
  const reads = world.directory.reads;
  await check();
  await check();
  expect(world.directory.reads).toBe(reads + 1);
  const users = world.directory.users;
  world.directory.users = users.slice(1);
  await letMirrorAge();
  expect(valueOf(await check()).directory?.unknown).toBe(1);
  world.directory.users = users;
  await letMirrorAge();
  expect(valueOf(await check()).directory?.unknown).toBe(0);
});

test("without consent the check says what is missing", async () => {
  const view = valueOf(await world.upload(actor, file("1445204334324,susan@contoso.com")));
  await letMirrorAge();
  world.directory.failWith = "ConsentRevoked";
  const result = await world.services.mappings.checkAgainstDirectory(actor, view.id, never);
  world.directory.failWith = null;
  expect(messageOf(result)).toContain("Admin consent is missing");
});

test("Finish is refused while a mailbox is unknown, unless bad lines are left out", async () => {
  const view = valueOf(await world.upload(actor, file("1445204334324,nobody@contoso.com")));
  const { wizard } = world.services;
  const choice = { automaticMapping: true, mappingFileId: view.id, leavesBadLinesOut: false };
  const { version } = (await wizard.findDraft(actor)) ?? { version: 0 };
  const saved = valueOf(await wizard.saveMapping(actor, version, choice));
  const review = { name: "Archive", timeOfDay: "02:00", zone: "UTC" };
  const refused = await wizard.finish(actor, saved.version, review);
  expect(messageOf(refused)).toContain("lines with errors");
  const leaving = valueOf(
    await wizard.saveMapping(actor, saved.version, { ...choice, leavesBadLinesOut: true }),
  );
  const { connectorId } = valueOf(await wizard.finish(actor, leaving.version, review));
  const detail = await world.services.connectors.detail(actor, connectorId);
  expect(detail?.mappingFile).toMatchObject({ id: view.id, version: 1 });

  const lines = ["1445204334324,susan@contoso.com", "1445204334325,susan@contoso.com"];
  const next = valueOf(await world.upload(actor, file(...lines), { connectorId }));
  expect(next.version).toBe(2);
  const [difference] = await world.database.query(
    `SELECT "added", "changed", "removed" FROM "MappingFile" WHERE "id" = $1`,
    [next.id],
  );
  expect(difference).toEqual({ added: 1, changed: 1, removed: 0 });
});

function someLines(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `4420${100_000_000 + index},p${index}@contoso.com`,
  );
}
