/** Pages recorded through the ledger, beside COPY of the very same rows into the same tables. */
import pg from "pg";
import { createSyncParts, sync } from "@/lib/wiring";
import { copyIn, copyOut } from "../copy";
import { install, type Installation } from "../installation";
import { type Row, scaled } from "../row";
import type { WorldSize } from "../world";

export const recording: Row = {
  name: "recording",
  seconds: 15,
  about: "pages of 200 items with 2 deliveries each, beside COPY of the same rows",
  runs: 3,
  async measure({ services, scale }) {
    const world: WorldSize = { items: scaled(20_000, scale), mailboxes: 200, copies: 2 };
    const installation = await install(services, world, { workers: 0 });
    const client = new pg.Client({ connectionString: installation.databaseUrl });
    await client.connect();
    try {
      const seconds = await recordPages(installation);
      const rows = world.items * (1 + world.copies);
      const copySeconds = await copyAgain(client);
      return [
        {
          ...{ name: "recording", unit: "rows/s", ours: rows / seconds, floor: rows / copySeconds },
          goal: { ratioAtLeast: 0.35 },
        },
      ];
    } finally {
      await client.end();
      await installation.close();
    }
  },
};

/** A whole transfer in this process; what counts is the time in which a page is being recorded. */
async function recordPages(installation: Installation): Promise<number> {
  const { outside, config } = installation;
  const parts = createSyncParts(config, outside);
  let milliseconds = 0;
  const { store } = parts;
  const recordPage: typeof store.recordPage = async (...page) => {
    const startedAt = performance.now();
    await store.recordPage(...page);
    milliseconds += performance.now() - startedAt;
  };
  const runId = await installation.finish();
  const unheard = { pokeTransfer: async () => {}, pokeLanes: async () => {} };
  const watched = { ...parts, store: { ...store, recordPage }, queue: unheard };
  await sync.transferRun(watched, runId, new AbortController().signal);
  return milliseconds / 1000;
}

/** The rows as they stand are taken out and put back, the tables' indexes and references in place. */
async function copyAgain(client: pg.Client): Promise<number> {
  const tables = [`"SyncItem"`, `"Delivery"`];
  const rows: Buffer[] = [];
  for (const table of tables) rows.push(await copyOut(client, `SELECT * FROM ${table}`));
  await client.query(`TRUNCATE ${tables.join(", ")} CASCADE`);
  const startedAt = performance.now();
  for (const [index, table] of tables.entries()) {
    await copyIn(client, table, rows[index] ?? Buffer.alloc(0));
  }
  return (performance.now() - startedAt) / 1000;
}
