import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []), { pageSize: 5 });
});
afterAll(() => open.close());

const twenty = Array.from({ length: 20 }, (_, index) =>
  chat({ id: `m${index}`, receivedAt: new Date(hoursAgo(3).getTime() + index * 1000) }),
);

async function finishWith(records: readonly unknown[]): Promise<string> {
  await open.reset(world([alice, bob], records));
  return (await open.finish()).runId;
}

async function sourceIds(): Promise<unknown[]> {
  const rows = await open.sql.query<{ id: string }>(
    `SELECT "sourceItemId" || '/' || "revision" AS "id" FROM "SyncItem" ORDER BY "id"`,
  );
  return rows.map(({ id }) => id);
}

test.each([
  ["pages that repeat the item at their edge", { repeatEdge: true }],
  ["pages in no order", { unsorted: true }],
  ["empty pages between full ones", { empty: true }],
  ["pages of changing size that overlap", { drift: true, repeatEdge: true, unsorted: true }],
])("%s bring every item once", async (_name, pages) => {
  const runId = await finishWith(twenty);
  await open.control("PATCH", "/telemessage", { pages });
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    state: "SUCCEEDED",
    availableFromSource: 20,
    imported: 20,
    isManifestEqual: true,
    alreadyRecorded: 0,
  });
  expect(await open.mail(alice.upn)).toHaveLength(20);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("two records on one page with the same id and revision but other content are two items", async () => {
  const receivedAt = hoursAgo(2);
  const runId = await finishWith([
    chat({ id: "m1", receivedAt }),
    chat({ id: "m1", receivedAt, body: { text: "Something else", networkMessageId: "net-b" } }),
    chat({ id: "m1", receivedAt, body: { text: "A third", networkMessageId: "net-c" } }),
    chat({ id: "m1", receivedAt }),
  ]);
  await open.drain();

  expect(await sourceIds()).toEqual([
    "m1/1",
    expect.stringMatching(/^m1\/1~[0-9a-f]{8}$/),
    expect.stringMatching(/^m1\/1~[0-9a-f]{8}$/),
  ]);
  expect(await open.run(runId)).toMatchObject({ imported: 3, isManifestEqual: true });
});

test("a record restored later with other content is an item of the run that met it", async () => {
  const receivedAt = hoursAgo(2);
  const runId = await finishWith([chat({ id: "m1", receivedAt })]);
  await open.drain();
  const changed = chat({
    id: "m1",
    receivedAt,
    body: { text: "Other", networkMessageId: "net-b" },
  });
  await open.control("POST", "/records", { records: [changed] });
  const again = await reopenWindow(runId);
  await open.drain();

  expect(await open.run(again)).toMatchObject({ availableFromSource: 1, alreadyRecorded: 1 });
  expect(await sourceIds()).toHaveLength(2);
  expect(await open.mail(alice.upn)).toHaveLength(2);
});

test("a window that is read again imports nothing twice", async () => {
  const runId = await finishWith(twenty);
  await open.drain();
  const again = await reopenWindow(runId);
  await open.drain();

  expect(await open.run(again)).toMatchObject({
    state: "SUCCEEDED",
    availableFromSource: 0,
    alreadyRecorded: 20,
  });
  expect(await open.mail(alice.upn)).toHaveLength(20);
});

test("what cannot be read is a failed item with its reason, and its neighbours are imported", async () => {
  const odd = ["a string", null, [1, 2], 7, { id: "x", revision: "1" }, { body: "text" }, {}];
  await open.reset(world([alice, bob], [chat({ id: "m1", receivedAt: hoursAgo(2) })]));
  const { runId } = await open.finish();
  const items = [...odd, chat({ id: "m1", receivedAt: hoursAgo(2) })];
  await open.control("POST", "/faults", {
    service: "telemessage",
    path: "/v1/archive/items",
    times: 3,
    effect: { status: 200, body: { items, nextCursor: null } },
  });
  await open.drain();

  const deliveries = await open.deliveries();
  expect(deliveries.filter(({ failureCode }) => failureCode === "SourceDecodeError")).toHaveLength(
    7,
  );
  expect(deliveries.filter(({ state }) => state === "IMPORTED")).toHaveLength(1);
  // The archive's manifest knows nothing of "x": the run says so instead of being green.
  expect(await open.run(runId)).toMatchObject({
    state: "PARTIAL",
    availableFromSource: 8,
    failed: 7,
    imported: 1,
    failureCode: "ManifestMismatch",
  });
});

test("NUL characters, wherever they stand, cost neither the record nor its page", async () => {
  const nul = "a\u0000b";
  const receivedAt = hoursAgo(2);
  const person = { type: "MOBILE", value: `1617${nul}`, firstName: nul, email: nul };
  const runId = await finishWith([
    chat({ id: "m1", receivedAt }),
    chat({
      ...{ id: "m2", receivedAt },
      body: {
        ...{ text: nul, subject: nul, networkMessageId: nul, recipients: [person] },
        conversation: { id: nul, type: "GROUP", name: `${nul}\ud800` },
        attachments: [{ id: nul, name: nul, contentType: nul, sizeBytes: 1, sha256: nul }],
      },
    }),
    chat({ id: "m3", receivedAt, body: { messageType: nul } }),
    chat({ id: "m4", receivedAt }),
  ]);
  await open.drain();
  await open.later();
  await open.drain();

  const states = (await open.deliveries()).map(({ sourceItemId, state }) => [sourceItemId, state]);
  expect(states).toEqual(
    expect.arrayContaining([
      ["m1", "IMPORTED"],
      ["m3", "IMPORTED"],
      ["m4", "IMPORTED"],
    ]),
  );
  expect(states.map(([id]) => id)).toContain("m2");
  expect(await open.run(runId)).toMatchObject({ isManifestEqual: true, availableFromSource: 4 });
});

test.each([
  ["before any calendar", { gatewayReceivedDate: "-200000-01-01T00:00:00Z" }],
  ["before Christ", { gatewayReceivedDate: "0000-01-01T00:00:00+14:00" }],
  ["after the year 9999", { gatewayReceivedDate: "9999-12-31T23:59:59-14:00" }],
])("a record that claims to have come %s costs nobody else's", async (_name, fields) => {
  const receivedAt = hoursAgo(2);
  await archiveHas([
    chat({ id: "m1", receivedAt }),
    { ...chat({ id: "m2", receivedAt }), ...fields },
    chat({ id: "m3", receivedAt }),
  ]);
  await open.drain();
  expect(await stateOf("m1", "m3")).toEqual(["IMPORTED", "IMPORTED"]);
  expect(await open.deliveries()).toHaveLength(3);
});

test("an owner named at a length no index holds waits for a mailbox, and costs nobody else's record", async () => {
  const receivedAt = hoursAgo(2);
  const name = Array.from({ length: 4000 }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * 7919 + at * at * 31) % 20_000)),
  ).join("");
  const owner = { mobile: name, upn: `${name}@contoso.com`, name };
  const runId = await finishWith([
    chat({ id: "m1", receivedAt }),
    chat({ id: "m2", receivedAt, owner }),
    chat({ id: "m3", receivedAt }),
  ]);
  await open.drain();
  expect(await stateOf("m1", "m2", "m3")).toEqual(["IMPORTED", "FAILED", "IMPORTED"]);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", failed: 1, imported: 2 });
});

test("a record the database refuses as data it cannot hold stands alone as failed", async () => {
  await open.sql.query(
    `CREATE FUNCTION "test_refuse"() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE 'out of range' USING ERRCODE = '22008'; END $$`,
  );
  await open.sql.query(
    `CREATE TRIGGER "test_refuse" BEFORE INSERT ON "SyncItem" FOR EACH ROW
     WHEN (NEW."sourceItemId" = 'm7') EXECUTE FUNCTION "test_refuse"()`,
  );
  try {
    const runId = await finishWith(twenty);
    await open.drain();
    const counts = { imported: 19, failed: 1, availableFromSource: 20, isManifestEqual: true };
    expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", ...counts });
    const failed = (await open.deliveries()).find(({ state }) => state === "FAILED");
    expect(failed).toMatchObject({ failureCode: "SourceDecodeError" });
  } finally {
    await open.sql.query(`DROP FUNCTION "test_refuse" CASCADE`);
  }
});

/** What it would hand out to nobody by itself: records no simulated archive would keep. */
async function archiveHas(items: readonly unknown[]): Promise<void> {
  await finishWith([]);
  const page = { status: 200, body: { items, nextCursor: null } };
  const path = "/v1/archive/items";
  await open.control("POST", "/faults", { service: "telemessage", path, times: 3, effect: page });
}

async function stateOf(...ids: readonly string[]): Promise<unknown[]> {
  const rows = await open.deliveries();
  return ids.map((id) => rows.find(({ sourceItemId }) => sourceItemId === id)?.["state"]);
}

beforeEach(() => open.control("DELETE", "/faults"));

/** Look-back asks for a window again; until it does, its run is opened by hand. */
async function reopenWindow(runId: string): Promise<string> {
  const [row] = await open.sql.query<{ id: string }>(
    `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "windowStart", "windowEnd")
     SELECT "tenantId", gen_random_uuid(), "connectorId", 'LOOKBACK', "windowStart", "windowEnd"
     FROM "SyncRun" WHERE "id" = $1 RETURNING "id"`,
    [runId],
  );
  return row?.id ?? "";
}
