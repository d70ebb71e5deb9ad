/** What the tick reads and writes: beats, due windows, and what is ready to be poked. */
import { v7 as uuid } from "uuid";
import { systemActor } from "@/lib/core/audit";
import { isTransferredFirst } from "@/lib/core/run";
import type { PlanStore } from "@/lib/ports/plan-store";
import { appendAudit } from "./audit";
import { isBelievable } from "./beats";
import type { Database, Sql } from "./client";
import { newestOf } from "./closing";
import { mayImport } from "./importable";
import { hasTheWay, makeWay } from "./way";
import { toColumn } from "./words";

type Id = { readonly id: string };

type AbandonedDraft = Id & {
  readonly userId: string;
  readonly credentialId: string | null;
  readonly mappingFileId: string | null;
};

export function createPlanStore(database: Database): PlanStore {
  return {
    async beat(workerId, startedAt) {
      // Four beats missed is gone. The count does not see the row written beside it: this process is the one, the others are counted.
      const [row] = await database.query<{ count: number }>(
        `WITH own AS (
           INSERT INTO "WorkerBeat" ("id", "startedAt", "beatAt") VALUES ($1, $2, clock_timestamp())
           ON CONFLICT ("id") DO UPDATE SET "beatAt" = clock_timestamp())
         SELECT 1 + count(*)::int AS "count" FROM "WorkerBeat"
         WHERE "id" <> $1 AND "beatAt" > clock_timestamp() - interval '20 seconds' AND ${isBelievable}`,
        [workerId, startedAt],
      );
      return row?.count ?? 1;
    },

    async takeTick(workerId, leaseMs) {
      const taken = await database.query(
        `UPDATE "Planner"
         SET "holder" = $1, "tickedAt" = clock_timestamp(),
             "leaseUntil" = clock_timestamp() + $2 * interval '1 millisecond'
         WHERE "id" = 1 AND ("leaseUntil" IS NULL OR "leaseUntil" <= clock_timestamp()
           OR "leaseUntil" > clock_timestamp() + 2 * $2 * interval '1 millisecond')
         RETURNING "id"`,
        [workerId, leaseMs],
      );
      return taken.length > 0;
    },

    async requeueSilent(tenantId, silentMs) {
      const rows = await database.query<Id>(
        `UPDATE "SyncRun"
         SET "state" = 'QUEUED', "failureCode" = 'Interrupted', "notBefore" = NULL, "heartbeatAt" = NULL
         WHERE "tenantId" = $1 AND "state" = 'TRANSFERRING'
           AND ("heartbeatAt" < clock_timestamp() - $2 * interval '1 millisecond'
             OR "heartbeatAt" > clock_timestamp() + $2 * interval '1 millisecond')
         RETURNING "id"`,
        [tenantId, silentMs],
      );
      return rows.map(({ id }) => id);
    },

    // Not ended: its holder may be sending, by a lease he measures himself. He has renewed it before what
    // is left of it is over; nobody else comes between. A dead one's is over then.
    async shortenLeases(tenantId, leaseMs) {
      await database.query(
        `UPDATE "Lane" SET "leaseUntil" = clock_timestamp() + $2 * interval '1 millisecond'
         WHERE "tenantId" = $1 AND "leaseUntil" > clock_timestamp() + 2 * $2 * interval '1 millisecond'`,
        [tenantId, leaseMs],
      );
    },

    async idleConnectors(tenantId) {
      return database.query(
        `SELECT "id", "timeOfDay", "zone", "watermark", "finishedAt" FROM "Connector" c
         WHERE "tenantId" = $1 AND "state" IN ('ACTIVE', 'NEEDS_ATTENTION') AND NOT EXISTS (
           SELECT 1 FROM "SyncRun" r
           WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
             AND r."state" IN ('QUEUED', 'TRANSFERRING') AND r."kind" IN ('SCHEDULED', 'MANUAL'))`,
        [tenantId],
      );
    },

    async openRun(tenantId, { connectorId, kind, window }) {
      return database.transaction(async (sql) => {
        // By a clock that runs ahead a window would end before its last records arrive.
        const live = await sql.query(
          `SELECT 1 FROM "Connector"
           WHERE "tenantId" = $1 AND "id" = $2 AND "state" IN ('ACTIVE', 'NEEDS_ATTENTION')
             AND $3 <= clock_timestamp() FOR NO KEY UPDATE`,
          [tenantId, connectorId, window.end],
        );
        if (live.length === 0) return null;
        if (isTransferredFirst(kind)) await makeWay(sql, tenantId, connectorId);
        const opened = await sql.query<Id>(
          `INSERT INTO "SyncRun" ("tenantId", "id", "connectorId", "kind", "windowStart", "windowEnd")
           VALUES ($1, $2, $3, $4::"RunKind", $5, $6) ON CONFLICT DO NOTHING RETURNING "id"`,
          [tenantId, uuid(), connectorId, toColumn(kind), window.start, window.end],
        );
        const id = opened[0]?.id ?? null;
        if (id !== null) {
          await appendAudit(sql, {
            tenantId,
            at: new Date(),
            actor: systemActor,
            action: "run.started",
            subject: `connector:${connectorId}`,
            details: {
              runId: id,
              kind,
              windowStart: window.start.toISOString(),
              windowEnd: window.end.toISOString(),
            },
          });
        }
        return id;
      });
    },

    async runsToTransfer(tenantId) {
      const rows = await database.query<Id>(
        `SELECT r."id" FROM "SyncRun" r
         JOIN "Connector" c ON c."tenantId" = r."tenantId" AND c."id" = r."connectorId"
         WHERE r."tenantId" = $1 AND r."state" = 'QUEUED' AND c."state" = 'ACTIVE'
           AND (r."notBefore" IS NULL OR r."notBefore" <= clock_timestamp()) AND ${hasTheWay}
         ORDER BY r."id" LIMIT 500`,
        [tenantId],
      );
      return rows.map(({ id }) => id);
    },

    async lanesToPoke(tenantId, inDoubtMs) {
      // Where nobody may import, nothing that waits is looked at: it may be a million deliveries.
      const rows = await database.query<Id>(
        `SELECT l."id" FROM "Lane" l
         WHERE l."tenantId" = $1
           AND (l."leaseUntil" IS NULL OR l."leaseUntil" <= clock_timestamp())
           AND (l."notBefore" IS NULL OR l."notBefore" <= clock_timestamp())
           AND ((EXISTS (SELECT 1 FROM "Connector" c WHERE c."tenantId" = $1 AND ${mayImport}) AND EXISTS (
             SELECT 1 FROM "Delivery" d
             JOIN "SyncItem" i ON i."tenantId" = d."tenantId" AND i."id" = d."itemId"
             JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
             WHERE d."tenantId" = l."tenantId" AND d."laneId" = l."id" AND d."state" = 'PENDING'
               AND (d."notBefore" IS NULL OR d."notBefore" <= clock_timestamp())
               AND i."attachmentsOpen" = 0 AND ${mayImport}
           )) OR EXISTS (
             SELECT 1 FROM "Delivery" d
             JOIN "Connector" c ON c."tenantId" = d."tenantId" AND c."id" = d."connectorId"
             WHERE d."tenantId" = l."tenantId" AND d."laneId" = l."id" AND d."state" = 'IMPORTING'
               AND (d."sentAt" IS NULL OR d."sentAt" > clock_timestamp() OR (
                 d."sentAt" <= clock_timestamp() - $2 * interval '1 millisecond'
                 AND (d."notBefore" IS NULL OR d."notBefore" <= clock_timestamp())
                 AND NOT (c."state" = 'NEEDS_ATTENTION' AND NOT ${mayImport})))
           ))
         LIMIT 5000`,
        [tenantId, inDoubtMs],
      );
      return rows.map(({ id }) => id);
    },

    async runsToClose(tenantId) {
      const rows = await database.query<Id>(
        `SELECT r."id" FROM "SyncRun" r
         WHERE r."tenantId" = $1 AND r."state" = 'IMPORTING' AND ${newestOf("IMPORTING")} IS NULL
           AND (r."isCancelRequested" OR ${newestOf("PENDING")} IS NULL)
         LIMIT 500`,
        [tenantId],
      );
      return rows.map(({ id }) => id);
    },

    async takeDay(tenantId, day) {
      const taken = await database.query(
        `UPDATE "Planner" SET "dailyOn" = $1::date
         WHERE "id" = 1 AND ("dailyOn" IS NULL OR "dailyOn" < $1::date OR "dailyOn" > $1::date + 1)
           AND EXISTS (SELECT 1 FROM "Tenant" WHERE "id" = $2) RETURNING "id"`,
        [day.toISOString().slice(0, 10), tenantId],
      );
      return taken.length > 0;
    },

    async abandonDrafts(tenantId, untouchedSince) {
      return database.transaction(async (sql) => {
        const drafts = await sql.query<AbandonedDraft>(
          `SELECT "id", "userId", "credentialId", "mappingFileId" FROM "ConnectorDraft"
           WHERE "tenantId" = $1 AND "state" = 'OPEN' AND "updatedAt" < $2 FOR NO KEY UPDATE`,
          [tenantId, untouchedSince],
        );
        await sweepUploads(sql, tenantId);
        if (drafts.length === 0) return 0;
        await sql.query(
          `UPDATE "ConnectorDraft" SET "state" = 'ABANDONED', "credentialId" = NULL, "mappingFileId" = NULL
           WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])`,
          [tenantId, drafts.map(({ id }) => id)],
        );
        await sql.query(
          `DELETE FROM "Credential" WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])`,
          [tenantId, drafts.flatMap(({ credentialId }) => credentialId ?? [])],
        );
        // A mapping holds names and numbers of people: it goes with the draft nobody finished.
        await sql.query(
          `DELETE FROM "MappingFile" WHERE "tenantId" = $1 AND "id" = ANY($2::uuid[])`,
          [tenantId, drafts.flatMap(({ mappingFileId }) => mappingFileId ?? [])],
        );
        for (const draft of drafts) {
          await appendAudit(sql, {
            tenantId,
            at: new Date(),
            actor: systemActor,
            action: "draft.deleted",
            subject: `draft:${draft.id}`,
            details: { userId: draft.userId, because: "untouched for 30 days" },
          });
        }
        return drafts.length;
      });
    },
  };
}

/** What a process left behind that died while a file came in. */
async function sweepUploads(sql: Sql, tenantId: string): Promise<void> {
  await sql.query(
    `DELETE FROM "MappingFile"
     WHERE "tenantId" = $1 AND "state" = 'UPLOADING' AND "createdAt" < clock_timestamp() - interval '1 day'`,
    [tenantId],
  );
}
