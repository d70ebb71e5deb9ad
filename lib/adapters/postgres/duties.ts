/** Duties: one conditional row each, measured by the database's clock. */
import type { DutyStore } from "@/lib/ports/duty-store";
import type { Database } from "./client";

const ms = (parameter: string) => `${parameter} * interval '1 millisecond'`;

export function createDutyStore(database: Database): DutyStore {
  return {
    async takeDuty(tenantId, { name, everyMs, leaseMs, aheadMs }, holder) {
      const taken = await database.query(
        `INSERT INTO "Duty" AS d ("tenantId", "name", "holder", "leaseUntil")
         SELECT t."id", $2, $3, clock_timestamp() + ${ms("$5")} FROM "Tenant" t WHERE t."id" = $1
         ON CONFLICT ("tenantId", "name") DO UPDATE
         SET "holder" = excluded."holder", "leaseUntil" = excluded."leaseUntil"
         WHERE (d."leaseUntil" IS NULL OR d."leaseUntil" <= clock_timestamp()
             OR d."leaseUntil" > clock_timestamp() + ${ms("$6")})
           AND (d."doneAt" IS NULL OR d."doneAt" <= clock_timestamp() - ${ms("$4")}
             OR d."doneAt" > clock_timestamp() + ${ms("$6")})
         RETURNING "name"`,
        [tenantId, name, holder, everyMs, leaseMs, aheadMs],
      );
      return taken.length > 0;
    },

    async renewDuty(tenantId, name, holder, leaseMs) {
      const kept = await database.query(
        `UPDATE "Duty" SET "leaseUntil" = clock_timestamp() + ${ms("$4")}
         WHERE "tenantId" = $1 AND "name" = $2 AND "holder" = $3 AND "leaseUntil" > clock_timestamp()
         RETURNING "name"`,
        [tenantId, name, holder, leaseMs],
      );
      return kept.length > 0;
    },

    async endDuty(tenantId, name, holder, end) {
      await database.query(
        `UPDATE "Duty" SET "holder" = NULL, "leaseUntil" = clock_timestamp() + ${ms("$5")},
           "doneAt" = CASE WHEN $4 THEN clock_timestamp() ELSE "doneAt" END
         WHERE "tenantId" = $1 AND "name" = $2 AND "holder" = $3`,
        [tenantId, name, holder, end.isDone, end.isDone ? 0 : end.waitMs],
      );
    },
  };
}
