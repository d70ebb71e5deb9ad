/** Changed rules: what waits is found run by run, and each step notes how far it came. */
import { systemActor } from "@/lib/core/audit";
import type { MappingChangeStore, OpenChange } from "@/lib/ports/mapping-change-store";
import type { MappingRules } from "@/lib/ports/resolution-store";
import { appendAudit } from "./audit";
import type { Database } from "./client";
import { carryOut } from "./mapping-carry-out";
import { firstId, lastId, owes, readItems, runAt, waitingOf } from "./mapping-waiting";
import { areSameRules, lockNewest } from "./rules-in-force";

/** More than a tick pokes at once; the next tick finds the rest. */
const mostLanes = 5000;

export function createMappingChangeStore(database: Database): MappingChangeStore {
  return {
    async openChanges(tenantId) {
      const rows = await database.query<ChangeRow>(
        `SELECT m."id", m."connectorId", m."fromFileId", m."fromAutomatic", m."toFileId", m."toAutomatic",
           m."cursorRunId", m."cursorId", m."passedAt" IS NOT NULL AS "isPassed",
           c."state" = 'DELETED' AS "isDeleted", c."mappingFileId", c."automaticMapping"
         FROM "MappingChange" m
         JOIN "Connector" c ON c."tenantId" = m."tenantId" AND c."id" = m."connectorId"
         WHERE m."tenantId" = $1 AND m."doneAt" IS NULL ORDER BY m."changedAt", m."id"`,
        [tenantId],
      );
      const connectorIds = [...new Set(rows.map(({ connectorId }) => connectorId))];
      return connectorIds.flatMap((id) => {
        return openChange(rows.filter(({ connectorId }) => connectorId === id)) ?? [];
      });
    },

    async beginPassage(tenantId, { connectorId, changeId }) {
      await database.query(
        `UPDATE "MappingChange" m SET "total" = (
           SELECT count(*) FROM "SyncRun" r
           JOIN "Delivery" d ON d."tenantId" = r."tenantId" AND d."runId" = r."id"
             AND d."state" IN ('PENDING', 'IMPORTING', 'FAILED')
           WHERE r."tenantId" = $1 AND r."connectorId" = $2 AND ${owes})
         WHERE m."tenantId" = $1 AND m."id" = $3 AND m."total" IS NULL`,
        [tenantId, connectorId, changeId],
      );
    },

    async waitingItems(tenantId, { connectorId }, after, limit) {
      for (let at = after; ;) {
        const runId = await runAt(database, tenantId, connectorId, at);
        if (runId === null) return null;
        const from = at?.runId === runId ? at.deliveryId : firstId;
        const found = await waitingOf(database, tenantId, runId, from, limit);
        const last = found.at(-1);
        if (last === undefined) {
          // The next run is the first whose id is greater than any delivery of this one could be.
          at = { runId, deliveryId: lastId };
          continue;
        }
        const next = { runId, deliveryId: last.id };
        const itemIds = [...new Set(found.map(({ itemId }) => itemId))];
        return { items: await readItems(database, tenantId, itemIds), looked: found.length, next };
      }
    },

    async endedUnwanted(tenantId, connectorId, limit) {
      const rows = await database.query<{ itemId: string }>(
        `SELECT DISTINCT "itemId" FROM "Delivery" WHERE "tenantId" = $1 AND "connectorId" = $2
           AND "isUnwanted" AND "state" <> 'IMPORTING' LIMIT $3`,
        [tenantId, connectorId, limit],
      );
      return readItems(
        database,
        tenantId,
        rows.map(({ itemId }) => itemId),
        { evenRemoved: true },
      );
    },

    carryOut: (tenantId, change, planned, laneOf, progress) =>
      carryOut(database, { tenantId, change, laneOf }, planned, progress),

    endPassage: (tenantId, change) =>
      database.transaction(async (sql) => {
        if (!(await lockNewest(sql, tenantId, change))) return false;
        const { connectorId, changeId } = change;
        await sql.query(
          `UPDATE "MappingChange" SET "passedAt" = clock_timestamp() WHERE "tenantId" = $1 AND "id" = $2`,
          [tenantId, changeId],
        );
        await sql.query(
          `UPDATE "Connector" SET "mappingChangedAt" = NULL WHERE "tenantId" = $1 AND "id" = $2`,
          [tenantId, connectorId],
        );
        return true;
      }),

    endChange: (tenantId, change) =>
      database.transaction(async (sql) => {
        if (!(await lockNewest(sql, tenantId, change))) return false;
        const { connectorId, changeId } = change;
        const ended = await sql.query<Counts & { readonly id: string }>(
          `UPDATE "MappingChange" m SET "doneAt" = clock_timestamp()
           WHERE m."tenantId" = $1 AND m."connectorId" = $2 AND m."doneAt" IS NULL AND NOT EXISTS (
             SELECT 1 FROM "Delivery" d WHERE d."tenantId" = $1 AND d."connectorId" = $2 AND d."isUnwanted")
           RETURNING m."id", m."looked", m."addressed", m."skipped", m."unmapped"`,
          [tenantId, connectorId],
        );
        const newest = ended.find(({ id }) => id === changeId);
        if (newest === undefined) return false;
        const { looked, addressed, skipped, unmapped } = newest;
        await appendAudit(sql, {
          ...{ tenantId, at: new Date(), actor: systemActor, action: "mapping.resolved" },
          subject: `connector:${connectorId}`,
          details: {
            mappingFileId: change.now.mappingFileId,
            looked,
            addressed,
            skipped,
            unmapped,
          },
        });
        return true;
      }),

    async lanesOfConnector(tenantId, connectorId) {
      const lanes = await database.query<{ id: string }>(
        `SELECT DISTINCT "laneId" AS "id" FROM "Delivery"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "state" = 'PENDING' LIMIT ${mostLanes}`,
        [tenantId, connectorId],
      );
      return lanes.map(({ id }) => id);
    },
  };
}

type Counts = Readonly<Record<"looked" | "addressed" | "skipped" | "unmapped", number>>;

type ChangeRow = {
  readonly id: string;
  readonly connectorId: string;
  readonly fromFileId: string | null;
  readonly fromAutomatic: boolean;
  readonly toFileId: string | null;
  readonly toAutomatic: boolean;
  readonly cursorRunId: string | null;
  readonly cursorId: string | null;
  readonly isPassed: boolean;
  readonly isDeleted: boolean;
} & MappingRules;

function openChange(changes: readonly ChangeRow[]): OpenChange | null {
  const newest = changes.at(-1);
  if (newest === undefined) return null;
  const { connectorId, cursorRunId, cursorId, isPassed, isDeleted } = newest;
  const { mappingFileId, automaticMapping } = newest;
  const all = changes.flatMap((change): MappingRules[] => [
    { mappingFileId: change.fromFileId, automaticMapping: change.fromAutomatic },
    { mappingFileId: change.toFileId, automaticMapping: change.toAutomatic },
  ]);
  return {
    ...{ connectorId, changeId: newest.id, isPassed, isDeleted },
    cursor:
      cursorRunId === null || cursorId === null
        ? null
        : { runId: cursorRunId, deliveryId: cursorId },
    now: { mappingFileId, automaticMapping },
    before: all.filter((rules, at) => all.findIndex((each) => areSameRules(each, rules)) === at),
  };
}
