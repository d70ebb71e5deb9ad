import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { DirectoryUser } from "@/lib/ports/directory";
import { directoryUser, freshId } from "@/lib/testing/fakes";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { createPortalStore } from "./portal";
import type { PortalStore } from "@/lib/ports/portal-store";

let ledger: Ledger;
let store: PortalStore;
let tenantId: string;
beforeAll(async () => {
  ledger = await createLedger();
  store = createPortalStore(ledger.database);
});
afterAll(() => ledger.close());
beforeEach(async () => {
  tenantId = await ledger.addTenant();
});

const susan = directoryUser("susan@x.com");
const jeff = directoryUser("jeff@x.com");

const begin = async () => (await store.directory.begin(tenantId)).stamp;
const link = async () => (await store.directory.begin(tenantId)).link;

function page(stamp: Date, ...users: readonly DirectoryUser[]): Promise<boolean> {
  return store.transaction((tx) => tx.directory.savePage(tenantId, users, stamp));
}

function finish(stamp: Date, nextLink: string): Promise<boolean> {
  return store.transaction((tx) => tx.directory.finish(tenantId, stamp, nextLink));
}

function changes(
  from: string,
  stamp: Date,
  { changed = [], removed = [], to = `${from}+`, isLast = true }: Partial<Changes>,
): Promise<string> {
  return store.transaction((tx) =>
    tx.directory.saveChanges(tenantId, from, { changed, removed, link: to, isLast }, stamp),
  );
}
type Changes = { changed: DirectoryUser[]; removed: string[]; to: string; isLast: boolean };

async function addresses(): Promise<string[]> {
  const rows = await ledger.database.query<{ address: string }>(
    `SELECT "address" FROM "DirectoryAddress" WHERE "tenantId" = $1 ORDER BY 1`,
    [tenantId],
  );
  return rows.map(({ address }) => address);
}

async function readWhole(nextLink: string, ...users: readonly DirectoryUser[]): Promise<void> {
  const stamp = await begin();
  await page(stamp, ...users);
  await finish(stamp, nextLink);
}

test("no two updates begin at the same instant, not even when the clock stands still", async () => {
  await ledger.database.query(
    `UPDATE "Tenant" SET "directoryBegunAt" = now() + interval '1 hour' WHERE "id" = $1`,
    [tenantId],
  );
  const stamps = await Promise.all(Array.from({ length: 20 }, begin));
  expect(new Set(stamps.map(Number)).size).toBe(20);
});

test("whoever a whole reading has not seen is gone, with every address", async () => {
  await readWhole("a", susan, jeff);
  await readWhole("b", { ...susan, addresses: ["susan@x.com", "sue@x.com"] });
  expect(await addresses()).toEqual(["sue@x.com", "susan@x.com"]);
  const [tenant] = await ledger.database.query(
    `SELECT "directoryUsers", "deltaLink" FROM "Tenant" WHERE "id" = $1`,
    [tenantId],
  );
  expect(tenant).toEqual({ directoryUsers: 1, deltaLink: "b" });
});

test("of two whole readings at once the one that began later decides, whichever ends last", async () => {
  const [early, late] = [await begin(), await begin()];
  const renamed = { ...susan, addresses: ["susan@x.com", "sue@x.com"] };
  expect(await page(late, renamed)).toBe(true);
  // Read before, written after.
  expect(await page(early, susan, jeff)).toBe(true);
  expect(await finish(late, "late")).toBe(true);
  expect(await page(early, jeff)).toBe(false);
  expect(await finish(early, "early")).toBe(false);
  expect(await addresses()).toEqual(["sue@x.com", "susan@x.com"]);
  expect(await link()).toBe("late");
});

test("what changed is saved with the link it goes on from, and who left is gone", async () => {
  await readWhole("a", susan, jeff);
  const added = directoryUser("ann@x.com");
  expect(await changes("a", await begin(), { changed: [added], removed: [jeff.id] })).toBe("saved");
  expect(await addresses()).toEqual(["ann@x.com", "susan@x.com"]);
  expect(await link()).toBe("a+");
});

test("of many that follow the same link at once one moves the mirror on, the others are told", async () => {
  await readWhole("a", susan, jeff);
  const stamps = await Promise.all(Array.from({ length: 8 }, begin));
  const saved = await Promise.all(
    stamps.map((stamp, index) =>
      changes("a", stamp, { changed: [directoryUser(`p${index}@x.com`)], to: `a${index}` }),
    ),
  );
  expect(saved.filter((word) => word === "saved")).toHaveLength(1);
  expect(saved.filter((word) => word === "moved")).toHaveLength(7);
  const winner = saved.indexOf("saved");
  expect(await link()).toBe(`a${winner}`);
  expect(await addresses()).toContain(`p${winner}@x.com`);
  expect(await addresses()).toHaveLength(3);
});

test("a change that was asked for before a whole reading began takes nothing back from it", async () => {
  await readWhole("a", susan, jeff);
  const asked = await begin();
  const whole = await begin();
  await page(whole, { ...susan, addresses: ["susan@x.com", "sue@x.com"] }, jeff);
  expect(await changes("a", asked, { changed: [susan], removed: [jeff.id] })).toBe("saved");
  expect(await addresses()).toEqual(["jeff@x.com", "sue@x.com", "susan@x.com"]);
  await finish(whole, "b");
  expect(await changes("a+", await begin(), { changed: [susan] })).toBe("moved");
});

test("a first part of changes moves the mirror on, but does not make it young", async () => {
  await readWhole("a", susan, jeff);
  await ledger.database.query(
    `UPDATE "Tenant" SET "directoryReadAt" = now() - interval '1 hour' WHERE "id" = $1`,
    [tenantId],
  );
  await changes("a", await begin(), { changed: [susan], to: "next", isLast: false });
  const state = await store.directory.begin(tenantId);
  expect(state.link).toBe("next");
  expect(state.ageMs).toBeGreaterThan(3_000_000);
});

test("changes after which nobody would be left are not believed", async () => {
  await readWhole("a", susan, jeff);
  const removed = [susan.id, jeff.id];
  expect(await changes("a", await begin(), { removed })).toBe("nobody");
  expect(await addresses()).toHaveLength(2);
  expect(await link()).toBe("a");
});

test("one tenant's directory is nobody else's", async () => {
  await readWhole("a", susan);
  const first = tenantId;
  tenantId = await ledger.addTenant();
  await readWhole("b", { ...susan, id: freshId() });
  await changes("b", await begin(), { removed: [susan.id], changed: [jeff] });
  tenantId = first;
  expect(await addresses()).toEqual(["susan@x.com"]);
});
