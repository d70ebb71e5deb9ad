/** Plain SQL for the harness: its own connections, and patience with a database that is being restarted. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

export type Rows = <T>(text: string, values?: readonly unknown[]) => Promise<T[]>;
export type Ledger = { readonly rows: Rows; close(): Promise<void> };

const patienceMs = 30_000;

export function openLedger(url: string): Ledger {
  const pool = new pg.Pool({ connectionString: url, max: 4, options: "-c TimeZone=UTC" });
  pool.on("error", () => undefined);
  return {
    async rows<T>(text: string, values: readonly unknown[] = []) {
      const endsAt = performance.now() + patienceMs;
      for (;;) {
        try {
          const { rows } = await pool.query(text, [...values]);
          return rows as T[];
        } catch (thrown) {
          // A statement of ours that is wrong does not become right by waiting.
          if (isOurs(thrown) || performance.now() > endsAt) throw thrown;
          await sleep(100);
        }
      }
    },
    close: () => pool.end(),
  };
}

function isOurs(thrown: unknown): boolean {
  return thrown instanceof pg.DatabaseError && /^(2[23]|42|P0)/.test(thrown.code ?? "");
}
