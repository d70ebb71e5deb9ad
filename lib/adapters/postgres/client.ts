/** One pool of connections for Prisma and for plain SQL, so that a process has one budget of them. */
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { PrismaClient } from "@/prisma/generated/client";

/** Plain SQL where rows are set-based, locked or streamed; inside a transaction the same connection throughout. */
export type Sql = {
  /**
   * @param name of a statement of a lane's turn: each connection plans it once. Planned anew every
   * time, they cost the database a third of all its work (measured). Always the same text.
   */
  query<T>(text: string, values?: readonly unknown[], name?: string): Promise<T[]>;
};

/** What stands by itself and is the victim of a deadlock begins anew, twice. */
export type Database = Sql & {
  readonly prisma: Prisma;
  /**
   * Read committed. Whatever `run` throws rolls everything back and is thrown on, except that the
   * victim of a deadlock begins anew, twice: `run` has no effects but those on the database.
   */
  transaction<T>(run: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const connectDeadlineMs = 10_000;
/** The longest statement there is compares a million lines of a mapping with those before. */
const statementDeadlineMs = 120_000;

export type Prisma = ReturnType<typeof createPrisma>;

export function createDatabase(options: {
  readonly connectionString: string;
  readonly max: number;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    // A server that went silent is given up: without a deadline whoever asked would wait for ever.
    keepAlive: true,
    connectionTimeoutMillis: connectDeadlineMs,
    query_timeout: statementDeadlineMs,
    // Every instant is stored and read in UTC, whatever the server's own zone is. What a lane reads lies in
    // memory: by the price of a disk's arm the planner gathers rows by bitmap, which goes through all that
    // was ever pending, while a plain index scan marks what is over. A transaction waits for nothing but the
    // database: whoever is silent within one is a process that was frozen, and others wait for its locks.
    options: "-c TimeZone=UTC -c random_page_cost=1.1 -c idle_in_transaction_session_timeout=60s",
  });
  // A connection that breaks while it is idle is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => undefined);
  // One that breaks while somebody has it, Prisma for instance, is its own to tell.
  pool.on("connect", (connection) => connection.on("error", () => undefined));
  const prisma = createPrisma(pool);
  return {
    prisma,
    // A lone statement that was the victim has had no effect.
    query: (text, values, name) => withoutDeadlock(() => rowsOf(pool, text, values, name), 2),
    transaction: (run) => withoutDeadlock(() => inTransaction(pool, run), 2),
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/** The sealed password has no way to a page: only the adapter of credentials asks for it by name. */
function createPrisma(pool: pg.Pool) {
  return new PrismaClient({
    adapter: new PrismaPg(pool),
    omit: { credential: { ciphertext: true } },
  });
}

async function withoutDeadlock<T>(attempt: () => Promise<T>, more: number): Promise<T> {
  try {
    return await attempt();
  } catch (thrown) {
    if (more === 0 || !hasCode(thrown, "40P01")) throw thrown;
    return withoutDeadlock(attempt, more - 1);
  }
}

async function inTransaction<T>(pool: pg.Pool, run: (sql: Sql) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  connection.on("error", noteBroken);
  try {
    await connection.query("BEGIN");
    const result = await run({
      query: (text, values, name) => rowsOf(connection, text, values, name),
    });
    await connection.query("COMMIT");
    return result;
  } catch (thrown) {
    await connection.query("ROLLBACK").catch(noteBroken);
    throw thrown;
  } finally {
    connection.off("error", noteBroken);
    connection.release(broken);
  }

  function noteBroken(thrown: Error): void {
    broken = thrown;
  }
}

async function rowsOf<T>(
  on: { query(statement: pg.QueryConfig): Promise<{ rows: unknown[] }> },
  text: string,
  values: readonly unknown[] = [],
  name?: string,
): Promise<T[]> {
  const statement = { text, values: [...values] };
  const { rows } = await on.query(name === undefined ? statement : { ...statement, name });
  return rows as T[];
}

/** True when a statement was refused because a row with this key is there already. */
export function violates(thrown: unknown, constraint: string): boolean {
  return hasCode(thrown, "23505") && thrown.constraint === constraint;
}

function hasCode(thrown: unknown, code: string): thrown is pg.DatabaseError {
  return thrown instanceof pg.DatabaseError && thrown.code === code;
}
