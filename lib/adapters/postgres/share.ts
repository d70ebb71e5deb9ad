/** A part of the pool for those who are many, so that the others never have to queue behind them. */
import { gate } from "@/lib/core/gate";
import type { Database } from "./client";

export type Share = Pick<Database, "query" | "transaction">;

/** The same connections, but never more than so many of them at a time. */
export function shareOf(database: Share, places: number): Share {
  const inPlace = gate(places);
  return {
    query: (text, values, name) => inPlace(() => database.query(text, values, name)),
    transaction: (run) => inPlace(() => database.transaction(run)),
  };
}
