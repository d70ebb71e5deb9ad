/** What is addressed by the rules in force must be written before they change, or not at all. */
import type { OpenChange } from "@/lib/ports/mapping-change-store";
import type { MappingRules } from "@/lib/ports/resolution-store";
import type { Sql } from "./client";

/** The connector's rules, held as they are until the transaction ends; null for one that is not there. */
export async function lockRules(
  sql: Sql,
  tenantId: string,
  connectorId: string,
): Promise<MappingRules | null> {
  const [rules] = await sql.query<MappingRules>(
    `SELECT "mappingFileId", "automaticMapping" FROM "Connector"
     WHERE "tenantId" = $1 AND "id" = $2 FOR SHARE`,
    [tenantId, connectorId],
    "rules.lock",
  );
  return rules ?? null;
}

/** @returns false when others are in force by now */
export async function holdRules(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  rules: MappingRules,
): Promise<boolean> {
  const inForce = await lockRules(sql, tenantId, connectorId);
  return inForce !== null && areSameRules(inForce, rules);
}

export function areSameRules(one: MappingRules, other: MappingRules): boolean {
  return (
    one.mappingFileId === other.mappingFileId && one.automaticMapping === other.automaticMapping
  );
}

/**
 * SQL: when a change of the rules of the connector `c` is made, whose row is held: after all before it,
 * since the newest is the one that counts and clocks are set back.
 */
export const nextChangedAt = `greatest(clock_timestamp(), (
  SELECT max(l."changedAt") + interval '1 millisecond' FROM "MappingChange" l
  WHERE l."tenantId" = c."tenantId" AND l."connectorId" = c."id"))`;

/** The connector is held as it is. @returns false when a newer change came, which begins anew */
export async function lockNewest(
  sql: Sql,
  tenantId: string,
  { connectorId, changeId }: OpenChange,
): Promise<boolean> {
  await sql.query(
    `SELECT 1 FROM "Connector" WHERE "tenantId" = $1 AND "id" = $2 FOR NO KEY UPDATE`,
    [tenantId, connectorId],
  );
  const [newest] = await sql.query<{ id: string }>(
    `SELECT "id" FROM "MappingChange"
     WHERE "tenantId" = $1 AND "connectorId" = $2 AND "doneAt" IS NULL
     ORDER BY "changedAt" DESC, "id" DESC LIMIT 1`,
    [tenantId, connectorId],
  );
  return newest?.id === changeId;
}
