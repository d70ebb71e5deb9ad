/** A part of the pool for those who are many, so that the others never have to queue behind them. */
import type { Database } from "./client";

export type Share = Pick<Database, "query" | "transaction">;

/** The same connections, but never more than so many of them at a time; first come, first served. */
export function shareOf(database: Share, places: number): Share {
  let free = places;
  const waiting: (() => void)[] = [];

  async function inPlace<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }

  return {
    query: (text, values, name) => inPlace(() => database.query(text, values, name)),
    transaction: (run) => inPlace(() => database.transaction(run)),
  };
}
