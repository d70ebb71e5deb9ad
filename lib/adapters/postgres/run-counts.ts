/** SQL: counts the deliveries of a run under this alias. */
export function counted(run: string): string {
  return `
    SELECT count(*)::int AS "all",
      count(*) FILTER (WHERE d."state" = 'IMPORTED')::int AS "imported",
      count(*) FILTER (WHERE d."state" = 'PARTIALLY_IMPORTED')::int AS "partially",
      count(*) FILTER (WHERE d."state" = 'SKIPPED')::int AS "skipped",
      count(*) FILTER (WHERE d."state" = 'FAILED')::int AS "failed",
      count(*) FILTER (WHERE d."state" IN ('PENDING', 'IMPORTING'))::int AS "open"
    FROM "Delivery" d
    WHERE d."tenantId" = ${run}."tenantId" AND d."runId" = ${run}."id"`;
}
