import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, carol, world } from "@/lib/testing/records";
import { createSyncWorld, tenantId, type SyncWorld } from "@/lib/testing/sync-world";
import { refreshDirectory } from "./directory";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(async () => {
  await open.control("DELETE", "/faults");
  await open.reset(world([alice, bob, carol], []));
  await open.sql.query(`INSERT INTO "Tenant" ("id") VALUES ($1)`, [tenantId]);
});

/** As if the last update were long ago. */
async function refresh(options?: { readonly isWhole: boolean }): Promise<void> {
  await open.sql.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  await open.parts.refreshDirectory(open.signal, options);
}

/** What an update asks of Graph: how often for everybody, how often for changes. */
async function requestsOf(work: () => Promise<unknown>): Promise<{ users: number; delta: number }> {
  await open.control("DELETE", "/stats");
  await work();
  type Row = { service: string; route: string; count: number };
  const { requests } = (await open.control("GET", "/stats")) as { requests: Row[] };
  const count = (end: string) =>
    requests
      .filter(({ service, route }) => service === "graph" && route.endsWith(end))
      .reduce((sum, each) => sum + each.count, 0);
  return { users: count("/users"), delta: count("/users/delta") };
}

async function mirror(): Promise<string[]> {
  const rows = await open.sql.query<{ address: string }>(
    `SELECT "address" FROM "DirectoryAddress" ORDER BY 1`,
  );
  return rows.map(({ address }) => address);
}

const everybody = ["admin@contoso.com", alice.upn, bob.upn, carol.upn];

function change(upn: string, how: object): Promise<unknown> {
  return open.control("PATCH", `/people/${upn}`, how);
}

function fault(path: string, effect: object, times = 1, skip = 0): Promise<unknown> {
  return open.control("POST", "/faults", { service: "graph", path, effect, times, skip });
}

test("the first update reads everybody, between a link and what changed meanwhile", async () => {
  expect(await requestsOf(() => refresh())).toEqual({ users: 1, delta: 2 });
  expect(await mirror()).toEqual(everybody);
});

test("afterwards an update is one request while nothing changes", async () => {
  await refresh();
  expect(await requestsOf(() => refresh())).toEqual({ users: 0, delta: 1 });
});

test("who changed, came back or left is in the mirror as he is now", async () => {
  await refresh();
  await change(alice.upn, { proxyAddresses: ["smtp:allie@contoso.com"] });
  await change(bob.upn, { removed: true });
  await refresh();
  expect(await mirror()).toEqual(["admin@contoso.com", alice.upn, "allie@contoso.com", carol.upn]);
  await change(bob.upn, { removed: false });
  await refresh();
  expect(await mirror()).toContain(bob.upn);
});

test("a change between the link and the last page of the list is not lost", async () => {
  const { directory } = open.outside;
  const slow: typeof directory = {
    ...directory,
    async *listUsers(signal) {
      for await (const page of directory.listUsers(signal)) {
        await change(alice.upn, { proxyAddresses: ["smtp:allie@contoso.com"] });
        yield page;
      }
    },
  };
  await refreshWith(slow);
  expect(await mirror()).toContain("allie@contoso.com");
});

test("a link Graph has forgotten costs one whole reading", async () => {
  await refresh();
  await fault("delta", { status: 410, body: { error: { code: "syncStateNotFound" } } });
  expect(await requestsOf(() => refresh())).toEqual({ users: 1, delta: 3 });
  expect(await requestsOf(() => refresh())).toEqual({ users: 0, delta: 1 });
});

test("a Graph that forgets every link is read whole once an update, not in a circle", async () => {
  await refresh();
  await fault("deltatoken=(?!latest)", { status: 410 }, 100);
  expect(await requestsOf(() => refresh())).toEqual({ users: 1, delta: 3 });
  expect(await mirror()).toEqual(everybody);
});

test("a link in the ledger that leads elsewhere is never followed", async () => {
  await refresh();
  const stranger = "https://graph.example.com/v1.0/users/delta?$deltatoken=x";
  await open.sql.query(`UPDATE "Tenant" SET "deltaLink" = $1`, [stranger]);
  expect(await requestsOf(() => refresh())).toEqual({ users: 1, delta: 2 });
});

test.each([
  ["Graph is away", { status: 503 }, "DirectoryUnavailable"],
  ["Graph asks for a pause", { status: 429 }, "DirectoryThrottled"],
  [
    "consent was withdrawn",
    { status: 403, body: { error: { code: "Authorization_RequestDenied" } } },
    "ConsentRevoked",
  ],
])("while %s the mirror stays as it was, and it is told", async (_name, effect, code) => {
  await refresh();
  const [before] = await open.sql.query<{ link: string }>(
    `SELECT "deltaLink" AS link FROM "Tenant"`,
  );
  await change(alice.upn, { proxyAddresses: ["smtp:allie@contoso.com"] });
  await fault("delta", effect);
  await expect(refresh()).rejects.toMatchObject({ code });
  expect(await mirror()).toEqual(everybody);
  expect(await open.sql.query(`SELECT "deltaLink" AS link FROM "Tenant"`)).toEqual([before]);
  await refresh();
  expect(await mirror()).toContain("allie@contoso.com");
});

test("a list of nobody, where there were people, is not believed", async () => {
  await refresh();
  await fault("/users\\?", { status: 200, body: { value: [] } });
  await expect(refresh({ isWhole: true })).rejects.toMatchObject({ code: "DirectoryUnavailable" });
  expect(await mirror()).toEqual(everybody);
});

test("many that update at once end with the directory as it is", async () => {
  await refresh();
  await change(alice.upn, { proxyAddresses: ["smtp:allie@contoso.com"] });
  await change(bob.upn, { removed: true });
  const whole = () => open.parts.refreshDirectory(open.signal, { isWhole: true });
  await open.sql.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  const changesOnly = () => open.parts.refreshDirectory(open.signal);
  await Promise.all([changesOnly(), whole(), changesOnly(), whole(), changesOnly(), whole()]);
  expect(await mirror()).toEqual(["admin@contoso.com", alice.upn, "allie@contoso.com", carol.upn]);
  await change(bob.upn, { removed: false });
  await refresh();
  expect(await mirror()).toContain(bob.upn);
});

test("an update that was stopped between two parts goes on where it was", async () => {
  await refresh();
  const [{ id } = { id: "" }] = await open.sql.query<{ id: string }>(
    `SELECT "id" FROM "DirectoryMailbox" WHERE "upn" = $1`,
    [carol.upn],
  );
  const next = `${open.urls.graph}/v1.0/users/delta?$skiptoken=later`;
  const first = { value: [{ id, "@removed": { reason: "deleted" } }], "@odata.nextLink": next };
  await fault("delta", { status: 200, body: first });
  await fault("skiptoken=later", { status: 503 });
  await expect(refresh()).rejects.toMatchObject({ code: "DirectoryUnavailable" });
  expect(await mirror()).not.toContain(carol.upn);
  expect(await open.sql.query(`SELECT "deltaLink" AS link FROM "Tenant"`)).toEqual([
    { link: next },
  ]);
});

test("parts that lead back to each other end in a whole reading", async () => {
  await refresh();
  const next = `${open.urls.graph}/v1.0/users/delta?$skiptoken=again`;
  await fault(
    "delta\\?.*=(?!latest)",
    { status: 200, body: { value: [], "@odata.nextLink": next } },
    2,
  );
  expect(await requestsOf(() => refresh())).toEqual({ users: 1, delta: 4 });
});

test("where the clock is set back while everybody is read, everybody is read anew", async () => {
  const { directory } = open.outside;
  const { directory: table } = open.outside.portalStore;
  const begunAhead = (by: string) =>
    open.sql.query(`UPDATE "Tenant" SET "directoryBegunAt" = clock_timestamp() + $1::interval`, [
      by,
    ]);
  let readings = 0;
  await begunAhead("50 seconds");
  await refreshWith({
    ...directory,
    async *listUsers(signal) {
      readings += 1;
      if (readings === 1) {
        await begunAhead("1 day");
        await table.begin(tenantId);
      }
      yield* directory.listUsers(signal);
    },
  });
  expect(readings).toBe(2);
  expect(await mirror()).toEqual(everybody);
});

async function refreshWith(directory: SyncWorld["outside"]["directory"]): Promise<void> {
  await refreshDirectory({ directory, store: open.outside.portalStore }, tenantId, open.signal);
}
