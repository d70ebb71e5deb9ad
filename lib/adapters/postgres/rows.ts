/** Inserts and updates of single rows. Table and column names come from the code, never from outside. */
import type { Sql } from "./client";
import { toColumn } from "./words";

type Values = Readonly<Record<string, unknown>>;

/** @returns false when `onConflict` says to do nothing and there was nothing to do */
export async function insertRow(
  sql: Sql,
  table: string,
  row: Values,
  onConflict = "",
): Promise<boolean> {
  const columns = Object.keys(row);
  const inserted = await sql.query(
    `INSERT INTO "${table}" (${columns.map((column) => `"${column}"`).join(", ")})
     VALUES (${columns.map((_, index) => `$${index + 1}`).join(", ")}) ${onConflict} RETURNING 1`,
    Object.values(row),
  );
  return inserted.length > 0;
}

/** Changes what is given and defined. @param more further assignments, e.g. a counter */
export async function updateRow(
  sql: Sql,
  table: string,
  key: Values,
  change: Values,
  more: readonly string[] = [],
): Promise<boolean> {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  const values = [...entries.map(([, value]) => value), ...Object.values(key)];
  const assignments = entries.map(([column], index) => `"${column}" = $${index + 1}`);
  const conditions = Object.keys(key).map(
    (column, index) => `"${column}" = $${entries.length + index + 1}`,
  );
  const updated = await sql.query(
    `UPDATE "${table}" SET ${[...assignments, ...more].join(", ")}
     WHERE ${conditions.join(" AND ")} RETURNING 1`,
    values,
  );
  return updated.length > 0;
}

/** The state among the values as the database writes it. */
export function withEnum<T extends { readonly state?: string }>(values: T): Values {
  return values.state === undefined ? values : { ...values, state: toColumn(values.state) };
}
