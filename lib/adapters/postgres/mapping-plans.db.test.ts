/** What is asked of a mapping while somebody looks through it goes along an index, however large it is. */
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mappingLineStates } from "@/lib/core/mapping-entry";
import { createLedger, type Ledger } from "@/lib/testing/ledger";
import type { Sql } from "./client";
import { selectLines } from "./mapping-lines";
import { mappingVersionsOn } from "./mapping-versions";
import { insertRow } from "./rows";

let ledger: Ledger;
let connectorId: string;
const [fileId, otherId] = [uuid(), uuid()];
beforeAll(async () => {
  ledger = await createLedger();
  const { database, tenantId } = ledger;
  connectorId = await ledger.addConnector();
  for (const [version, id] of [fileId, otherId].entries()) {
    await insertRow(database, "MappingFile", {
      ...{ tenantId, id, connectorId, version: version + 1, state: "CHECKED", fileName: "m.csv" },
      ...{ sha256: "", sizeBytes: 0, ignoredColumns: [], createdById: uuid() },
    });
    await database.query(
      `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs", "mailboxAddress")
       SELECT $1, $2, n + 1, 447000000000 + n, 447000000000 + n, 'person.' || n || '@contoso.com'
       FROM generate_series(1, 30000) AS n`,
      [tenantId, id],
    );
  }
  await database.query(`ANALYZE "MappingEntry"`);
});
afterAll(() => ledger.close());

/** The plans of every statement that is run on it; the statements themselves find nothing. */
function planning(): Sql & { readonly plans: string[] } {
  const plans: string[] = [];
  return {
    plans,
    async query(text, values) {
      const lines = await ledger.database.query<{ "QUERY PLAN": string }>(
        `EXPLAIN (COSTS OFF) ${text}`,
        values,
      );
      plans.push(lines.map((line) => line["QUERY PLAN"]).join("\n"));
      return [];
    },
  };
}

const wholeTable = 'Seq Scan on "MappingEntry"';
type Which = Parameters<typeof selectLines>[3];
const everything: Which = {
  state: null,
  search: null,
  isCompared: true,
  afterLine: 0,
  limit: 51,
};

test.each<readonly [string, Which]>([
  ["the first page", everything],
  ["a page far down", { ...everything, afterLine: 29_000 }],
  ["a part of a number", { ...everything, search: { text: "7000", externalId: "7000" } }],
  ["a part of an address", { ...everything, search: { text: "person.9", externalId: "person.9" } }],
  ...mappingLineStates.map((state) => [`what is ${state}`, { ...everything, state }] as const),
])("the table of lines: %s", async (_name, which) => {
  const sql = planning();
  await selectLines(sql, ledger.tenantId, fileId, which);
  expect(sql.plans).toHaveLength(1);
  expect(sql.plans.join()).not.toContain(wholeTable);
  // In the order of the index: what is not shown is not sorted.
  expect(sql.plans.join()).toContain('"MappingEntry_pkey"');
});

test("one line, the lines of one id, a page of an export, and who else claims a number", async () => {
  const sql = planning();
  const versions = mappingVersionsOn(sql);
  const { tenantId } = ledger;
  await versions.line(tenantId, fileId, 500);
  await versions.linesOf(tenantId, fileId, "447000000500");
  await versions.export(tenantId, fileId, 10_000, 100);
  const entry = { externalId: "447000000500", mailboxAddress: "person.500@contoso.com" };
  await versions.claimsOf(tenantId, connectorId, entry);
  expect(sql.plans).toHaveLength(4);
  for (const plan of sql.plans) expect(plan).not.toContain(wholeTable);
});
