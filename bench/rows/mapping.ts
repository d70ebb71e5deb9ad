/** A mapping file from its first byte to a version that can be used, beside csv-parse and COPY of the same. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse";
import pg from "pg";
import { v7 as uuid } from "uuid";
import { copyIn, copyOut } from "../copy";
import { install, type Installation } from "../installation";
import { type MappingFileFacts, writeMappingFile } from "../mapping-file";
import type { UploadOrder, UploadReport } from "../mapping-upload";
import { type Row, scaled } from "../row";
import { tenantId } from "../simulator";

export const mapping: Row = {
  name: "mapping",
  seconds: 60,
  about: "a mapping file of 1,000,000 lines, beside csv-parse and COPY of the same rows",
  runs: 3,
  async measure({ services, scale }) {
    const world = { items: 0, mailboxes: 1, copies: 1 } as const;
    const installation = await install(services, world, { workers: 0 });
    const client = new pg.Client({ connectionString: installation.databaseUrl });
    await client.connect();
    try {
      const small = await writeMappingFile(join(services.dir, "small.csv"), 10_000);
      const lines = scaled(1_000_000, scale);
      const large = await writeMappingFile(join(services.dir, "large.csv"), lines);
      const report = await upload(installation, client, small, large);
      const floor = (await readSeconds(large)) + (await copySeconds(client, report.fileId, lines));
      const name = "mapping, 1,000,000 lines";
      return [
        { name, unit: "s", ours: report.seconds, floor, goal: { ratioAtMost: 2 } },
        {
          ...{ name: `${name}, memory`, unit: "MB above idle", floor: null },
          ...{ ours: report.peakMb - report.idleMb, goal: { atMost: 150 } },
        },
      ];
    } finally {
      await client.end();
      await installation.close();
    }
  },
};

async function upload(
  installation: Installation,
  client: pg.Client,
  small: MappingFileFacts,
  large: MappingFileFacts,
): Promise<UploadReport> {
  await installation.finish();
  const { rows } = await client.query<{ id: string }>(`SELECT "id" FROM "Connector"`);
  const actor = { tenantId, id: uuid(), name: "Bench", upn: "bench@contoso.com" };
  const order: UploadOrder = {
    ...{ config: installation.config, connectorId: rows[0]?.id ?? "", small, large },
    actor: { ...actor, roles: ["Connector.Admin"] },
  };
  const child = fork("bench/mapping-upload.ts", [], {
    execArgv: ["--expose-gc", "--import", "tsx"],
    serialization: "advanced",
  });
  child.send(order);
  const [report] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("The upload failed, see above"))),
  ])) as [UploadReport];
  return report;
}

async function readSeconds({ path }: MappingFileFacts): Promise<number> {
  const startedAt = performance.now();
  let records = 0;
  for await (const _record of createReadStream(path).pipe(parse())) records += 1;
  if (records === 0) throw new Error("csv-parse read nothing");
  return (performance.now() - startedAt) / 1000;
}

/** The rows as they stand are taken out and put back, the table's indexes and references in place. */
async function copySeconds(client: pg.Client, fileId: string, lines: number): Promise<number> {
  const table = `"MappingEntry"`;
  const own = `SELECT * FROM ${table} WHERE "mappingFileId" = '${fileId}'`;
  const rows = await copyOut(client, own);
  const kept = await client.query<{ count: number }>(`SELECT count(*)::int FROM (${own}) own`);
  if (kept.rows[0]?.count !== lines) throw new Error("Not every line was kept");
  await client.query(`TRUNCATE ${table}`);
  const startedAt = performance.now();
  await copyIn(client, table, rows);
  return (performance.now() - startedAt) / 1000;
}
