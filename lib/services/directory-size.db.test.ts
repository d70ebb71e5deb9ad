/** Fifty thousand people: what they cost in requests and statements, counted. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database, Sql } from "@/lib/adapters/postgres/client";
import { createPortalStore } from "@/lib/adapters/postgres/portal";
import { createSyncStore } from "@/lib/adapters/postgres/sync-store";
import type { Directory, DirectoryUser } from "@/lib/ports/directory";
import { directoryUser, silentLog } from "@/lib/testing/fakes";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import { refreshDirectory } from "./directory";
import { healLearned } from "./sync/heal";
import { resolvePage } from "./sync/resolve";

const people = 50_000;
const perPage = 999;
const pages = Math.ceil(people / perPage);
const never = new AbortController().signal;

let ledger: Ledger;
let statements = 0;
let requests = 0;
let changed: DirectoryUser[] = [];

const directory: Directory = {
  async *listUsers() {
    for (let at = 0; at < people; at += perPage) {
      requests += 1;
      yield Array.from({ length: Math.min(perPage, people - at) }, (_, index) =>
        personNumber(at + index),
      );
    }
  },
  async latestLink() {
    requests += 1;
    return "link-0";
  },
  async changesSince(link) {
    requests += 1;
    return { changed, removed: [], link: `${link}+`, isLast: true };
  },
};

beforeAll(async () => {
  ledger = await createLedger();
});
afterAll(() => ledger.close());

/** With an alias each, as most have. */
function personNumber(at: number): DirectoryUser {
  const upn = `person${at}@contoso.com`;
  const id = `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
  return directoryUser(upn, { id, addresses: [upn, `alias${at}@contoso.com`] });
}

function counted(): Database {
  const { database } = ledger;
  const counting = (sql: Sql): Sql => ({
    query: (text, values) => ((statements += 1), sql.query(text, values)),
  });
  return {
    ...database,
    ...counting(database),
    transaction: (run) => database.transaction((sql) => run(counting(sql))),
  };
}

async function costOf(work: () => Promise<unknown>) {
  [statements, requests] = [0, 0];
  await work();
  return { statements, requests };
}

async function refresh(): Promise<void> {
  await ledger.database.query(
    `UPDATE "Tenant" SET "directoryReadAt" = "directoryReadAt" - interval '1 minute'`,
  );
  const store = createPortalStore(counted());
  await refreshDirectory({ directory, store }, ledger.tenantId, never);
}

test("everybody is read with one request and four statements a page", async () => {
  const cost = await costOf(refresh);
  expect(cost.requests).toBe(pages + 2);
  expect(cost.statements).toBeLessThanOrEqual(pages * 4 + 12);
  const [row] = await ledger.database.query(
    `SELECT "directoryUsers" AS users, (SELECT count(*)::int FROM "DirectoryAddress") AS addresses
     FROM "Tenant" WHERE "id" = $1`,
    [ledger.tenantId],
  );
  expect(row).toEqual({ users: people, addresses: 2 * people });
});

test("an update without changes is one request and three statements", async () => {
  expect(await costOf(refresh)).toEqual({ requests: 1, statements: 3 });
});

test("an update of a few people does not grow with the others", async () => {
  changed = Array.from({ length: 20 }, (_, at) => personNumber(at));
  expect(await costOf(refresh)).toEqual({ requests: 1, statements: 6 });
  changed = [];
});

test("a page of items asks nothing of Graph and the ledger once, whoever is found or not", async () => {
  const participants = (at: number) =>
    [`person${at}@contoso.com`, `alias${at * 7}@contoso.com`, `stranger${at}@example.com`].map(
      (email, index) => ({
        ...{ type: "MOBILE", value: `1617${at}${index}`, email, firstName: null, lastName: null },
        roles: [index === 0 ? "owner" : "recipient"],
      }),
    );
  const items = Array.from({ length: 200 }, (_, at) => ({
    messageAt: new Date(),
    participants: participants(at * 30),
  })) as Parameters<typeof resolvePage>[2];
  const store = createSyncStore(counted());
  const rules = { mappingFileId: null, automaticMapping: true };
  let found = 0;
  const cost = await costOf(async () => {
    const resolution = await resolvePage({ store, tenantId: ledger.tenantId }, rules, items);
    for (const item of items) found += resolution.of(item).mailboxes.length;
  });
  expect(cost).toEqual({ requests: 0, statements: 1 });
  // The first item's own address and alias are one mailbox.
  expect(found).toBe(2 * 200 - 1);
});

test("of twenty thousand who wait only those are looked at whom a new address concerns", async () => {
  const { database, tenantId, connectorId } = ledger;
  const runId = await ledger.addRun({ isTransferDone: true });
  await database.query(
    `INSERT INTO "SyncItem" ("tenantId", "id", "connectorId", "runId", "sourceAccountId", "sourceItemId", "revision",
       "itemDigest", "kind", "receivedAt", "messageAt", "participants", "recordSha256", "blobName", "frameOffset",
       "frameLength", "warnings")
     SELECT $1, gen_random_uuid(), $2, $3, 'acc', n::text, '1', n::text, 'CHAT', now(), now(),
       jsonb_build_array(jsonb_build_object('type', 'MOBILE', 'value', n::text, 'firstName', null, 'lastName', null,
         'email', 'new' || n || '@contoso.com', 'roles', jsonb_build_array('owner'), 'mailbox', null)),
       '', 'blob', 0, 1, '{}'
     FROM generate_series(1, 20000) n`,
    [tenantId, connectorId, runId],
  );
  await database.query(
    `INSERT INTO "Delivery" ("tenantId", "id", "itemId", "runId", "connectorId", "state", "failureCode",
       "idempotencyKey", "ownerAddress", "ownerExternalId")
     SELECT "tenantId", gen_random_uuid(), "id", "runId", "connectorId", 'FAILED', 'UserMapping', "id"::text,
       "participants" -> 0 ->> 'email', "sourceItemId"
     FROM "SyncItem"`,
  );
  const store = createSyncStore(counted());
  const poked: string[] = [];
  const queue = {
    pokeTransfer: async () => undefined,
    pokeLanes: async (laneIds: readonly string[]) => void poked.push(...laneIds),
  };
  const parts = { store, tenantId, queue, log: silentLog };

  expect(await costOf(() => healLearned(parts, never))).toMatchObject({ statements: 4 });
  const wanted = personNumber(3);
  changed = [{ ...wanted, addresses: [...wanted.addresses, "new77@contoso.com"] }];
  await refresh();
  const cost = await costOf(() => healLearned(parts, never));
  expect(cost.statements).toBeLessThanOrEqual(15);
  const pending = await database.query(
    `SELECT "ownerAddress" AS address FROM "Delivery" WHERE "state" = 'PENDING'`,
  );
  expect(pending).toEqual([{ address: "new77@contoso.com" }]);
  expect(poked).toHaveLength(1);
});
