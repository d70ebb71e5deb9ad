/**
 * SQL: until when the original of item `i` is kept, as `kept."until"`; NULL while its run or one of its
 * deliveries is open. The same rule as originalKeptUntil in lib/core/retention.ts; a test compares them.
 */
import { longestKeptDays } from "@/lib/core/retention";

/** @param retentionDays a parameter, e.g. `$2` */
export function keptUntil(retentionDays: string): string {
  const longest = `i."recordedAt" + ${days(longestKeptDays)}`;
  const kept = days(`${retentionDays}::int`);
  return `LATERAL (
    SELECT CASE
      WHEN bool_or(d."state" IN ('PENDING', 'IMPORTING')) THEN NULL
      WHEN (SELECT r."state" FROM "SyncRun" r WHERE r."tenantId" = i."tenantId" AND r."id" = i."runId")
        IN ('QUEUED', 'TRANSFERRING', 'IMPORTING') THEN NULL
      ELSE coalesce(max(CASE WHEN d."state" = 'FAILED'
        THEN least(d."dismissedAt" + ${kept}, ${longest})
        ELSE coalesce(d."completedAt" + ${kept}, ${longest}) END), ${longest}) END AS "until"
    FROM "Delivery" d WHERE d."tenantId" = i."tenantId" AND d."itemId" = i."id") kept`;
}

/** Of 24 hours each, whatever the session's zone makes of a day. */
export function days(count: number | string): string {
  return `${count} * interval '24 hours'`;
}
