/** What is addressed by the rules in force must be written before they change, or not at all. */
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
