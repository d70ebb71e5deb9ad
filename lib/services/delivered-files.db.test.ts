import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";

let world: ConnectorWorld;
beforeAll(async () => {
  world = await createConnectorWorld();
  await world.set(
    `"delivery" = 'SFTP', "sftpHost" = 'sftp.example', "sftpPort" = 22, "sftpFolder" = '/drop',
     "sftpHostKey" = 'ssh-ed25519 SHA256:x', "movesFinishedFiles" = true`,
  );
});
afterAll(() => world.close());

async function put(name: string, hour: number, columns = `"state" = 'SEEN'`): Promise<void> {
  const { database, tenantId, connectorId } = world;
  await database.query(
    `INSERT INTO "DeliveredFile" ("tenantId", "connectorId", "name", "sizeBytes", "modifiedAt", "deliveredAt", "state")
     VALUES ($1, $2, $3, 10, now(), $4, 'SEEN')`,
    [tenantId, connectorId, name, new Date(Date.UTC(2026, 0, 1, hour))],
  );
  await database.query(`UPDATE "DeliveredFile" SET ${columns} WHERE "name" = $1`, [name]);
}

const page = (
  show: "failed" | "waiting" | "done" | null,
  after: string | null = null,
  of = world.connectorId,
) => world.services.connectors.deliveredFiles(world.actor, of, show, after);

test("files are looked through page by page, whatever they are called", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `ü ${index} %_&.zip`);
  for (const name of names) await put(name, 5);
  const first = await page("waiting");
  expect(first.rows).toHaveLength(50);
  const second = await page("waiting", first.next);
  expect(second.next).toBeNull();
  const seen = [...first.rows, ...second.rows].map(({ name }) => name);
  expect(new Set(seen)).toEqual(new Set(names));
});

test.each(["x", "1_%", "1_%00", "999999999999999_a", `${"9".repeat(15)}_%E0`])(
  "an address that ends with %s is a page all the same",
  async (after) => {
    expect((await page(null, after)).rows.length).toBeLessThanOrEqual(50);
  },
);

test("a connector that is not there has no files", async () => {
  expect(await page(null, null, "nonsense")).toEqual({ rows: [], next: null });
});

test("why a file is left alone says what to do, and a missing one since when", async () => {
  await put("refused.zip", 9, `"state" = 'REFUSED', "reason" = 'noManifest'`);
  await put("gone.zip", 8, `"goneAt" = now()`);
  const { rows } = await page("failed");
  expect(rows).toMatchObject([
    {
      ...{ name: "refused.zip", state: "refused", goneAt: null },
      reason: "It holds no manifest (.mf). Ask for it with its manifest.",
    },
    { name: "gone.zip", state: "gone", reason: null, goneAt: expect.any(String) as string },
  ]);
});

test("a file that left unread is a gap that somebody acknowledges", async () => {
  const { database, tenantId, connectorId, runId, services, actor } = world;
  const id = "01950000-0000-7000-8000-000000000001";
  await database.query(
    `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd", "fileName")
     VALUES ($1, $2, $3, $4, now(), now(), 'gone.zip')`,
    [tenantId, id, connectorId, runId],
  );
  expect((await world.detail()).gaps).toMatchObject([{ fileName: "gone.zip" }]);
  const acknowledged = await services.connectors.acknowledgeGap(actor, connectorId, id, "Known");
  expect(acknowledged.ok).toBe(true);
  expect((await world.detail()).gaps).toEqual([]);
  expect(await services.connectors.runGaps(actor, connectorId, runId)).toMatchObject([
    { fileName: "gone.zip", acknowledged: { reason: "Known" } },
  ]);
});

test("what a run of files has available is the sum of their manifests", async () => {
  const { database, runId, detail } = world;
  await world.seed([{ state: "IMPORTED" }, { state: "IMPORTED" }]);
  await world.closeRun("SUCCEEDED");
  await database.query(
    `UPDATE "SyncRun" SET "isTransferDone" = true, "manifestCount" = 7 WHERE "id" = $1`,
    [runId],
  );
  const [run] = (await detail()).runs;
  expect(run).toMatchObject({ areFiles: true, reason: null });
  expect(run?.counters).toMatchObject({ availableFromSource: 7, imported: 2 });
});

test("a run whose time holds no file says that nobody can tell whether one is missing", async () => {
  const { database, runId, detail } = world;
  await database.query(`UPDATE "SyncRun" SET "manifestCount" = 0 WHERE "id" = $1`, [runId]);
  const [run] = (await detail()).runs;
  expect(run?.reason).toContain("Whether one is missing, nobody can tell");
});

test("a server that refuses to move files is shown with since when", async () => {
  expect((await world.detail()).movesRefusedAt).toBeNull();
  await world.set(`"movesRefusedAt" = '2026-01-02T03:04:05Z'`);
  expect((await world.detail()).movesRefusedAt).toBe("2026-01-02T03:04:05.000Z");
});
