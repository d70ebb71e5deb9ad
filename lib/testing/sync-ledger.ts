/** What a test of the sync engine asks an installation, and how it makes time pass there. */
import type { Database, Sql } from "@/lib/adapters/postgres/client";

export const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";

/** What a test may ask the simulator: the control interface, by method and path. */
export type Control = (method: string, path: string, body?: unknown) => Promise<unknown>;

export function readings(sql: Sql, control: Control) {
  return {
    async run(runId: string): Promise<Record<string, unknown>> {
      const rows = await sql.query<Record<string, unknown>>(
        `SELECT * FROM "SyncRun" WHERE "tenantId" = $1 AND "id" = $2`,
        [tenantId, runId],
      );
      return rows[0] ?? {};
    },

    async deliveries(): Promise<Record<string, unknown>[]> {
      return sql.query(
        `SELECT d.*, i."sourceItemId", i."revision", i."kind" FROM "Delivery" d
         JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId" ORDER BY d."id"`,
      );
    },

    /** What lies in the folder of a mailbox. */
    async mail(upn: string, folder = "WhatsApp Archiver"): Promise<readonly Mail[]> {
      const path = `/mailboxes/${upn}/messages?folder=${encodeURIComponent(folder)}`;
      return ((await control("GET", path)) as { messages: Mail[] }).messages;
    },

    async duplicates(): Promise<unknown> {
      return ((await control("GET", "/stats")) as { duplicates: unknown }).duplicates;
    },
  };
}

export const noDuplicates = { byKey: 0, byInternetMessageId: 0 };

export type Mail = {
  readonly id: string;
  readonly subject: string;
  readonly body: { readonly content: string };
  readonly attachments: readonly {
    readonly name: string;
    readonly size: number;
    readonly sha256: string;
  }[];
};

/** Every wait of the ledger is over. */
export async function endWaits(sql: Sql): Promise<void> {
  for (const table of ["SyncRun", "Lane", "Delivery", "StagedAttachment"]) {
    await sql.query(`UPDATE "${table}" SET "notBefore" = NULL`);
  }
}

/** What the page's Retry of a whole run does to the ledger. */
export async function retryRun(sql: Sql, runId: string): Promise<void> {
  await sql.query(
    `UPDATE "Delivery" SET "state" = 'PENDING', "failureCode" = NULL, "leftOut" = NULL, "completedAt" = NULL`,
  );
  await sql.query(`UPDATE "SyncRun" SET "state" = 'IMPORTING', "closedAt" = NULL WHERE "id" = $1`, [
    runId,
  ]);
}

/** Leases and doubts have run out: nobody may be holding a lane. */
export async function endHolds(sql: Sql): Promise<void> {
  await sql.query(
    `UPDATE "Lane" SET "leaseUntil" = clock_timestamp() WHERE "leaseUntil" IS NOT NULL`,
  );
  await sql.query(
    `UPDATE "Delivery" SET "sentAt" = "sentAt" - interval '1 hour' WHERE "state" = 'IMPORTING'`,
  );
}

/** The audit chain cannot be emptied by anybody else: its triggers are off for this transaction. */
export async function emptyDatabase(database: Database): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query(`SET LOCAL session_replication_role = 'replica'`);
    await sql.query(`TRUNCATE "Tenant", "WorkerBeat", "Duty", "Alarm", "ReleasedBlob" CASCADE`);
    await sql.query(`UPDATE "Planner" SET "leaseUntil" = NULL, "dailyOn" = NULL`);
  });
}
