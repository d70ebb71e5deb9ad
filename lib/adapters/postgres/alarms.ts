/** Alarms: what connectors are judged by, the alarms that are open, and what was told of them. */
import { v7 as uuid } from "uuid";
import { type AlarmCause, isAlarmCause, type OpenAlarm } from "@/lib/core/alarm";
import type {
  AlarmEvent,
  AlarmStore,
  UntoldAlarm,
  WatchedConnector,
} from "@/lib/ports/alarm-store";
import { newestBeat } from "./beats";
import type { Database } from "./client";
import { fromColumn } from "./words";

export function createAlarmStore(database: Database): AlarmStore {
  return {
    watchedConnectors: (tenantId) => watchedConnectors(database, tenantId),

    changeAlarms: (tenantId, connectorId, { raise, mend }) =>
      database.transaction(async (sql) => {
        const raised = await sql.query<AlarmRow>(
          `INSERT INTO "Alarm" ("tenantId", "id", "connectorId", "cause", "code", "raisedAt")
           SELECT $1, n."id", $2, n."cause", n."code", clock_timestamp()
           FROM unnest($3::uuid[], $4::text[], $5::text[]) AS n("id", "cause", "code")
           ON CONFLICT DO NOTHING RETURNING "id", "cause", "code", "raisedAt"`,
          [
            ...[tenantId, connectorId, raise.map(() => uuid())],
            ...[raise.map(({ cause }) => cause), raise.map(({ code }) => code)],
          ],
        );
        const mended = await sql.query<AlarmRow>(
          `UPDATE "Alarm" SET "mendedAt" = clock_timestamp()
           WHERE "tenantId" = $1 AND "connectorId" = $2 AND "id" = ANY($3::uuid[])
             AND "mendedAt" IS NULL
           RETURNING "id", "cause", "code", "raisedAt"`,
          [tenantId, connectorId, mend],
        );
        return { raised: raised.flatMap(alarmOf), mended: mended.flatMap(alarmOf) };
      }),

    async untoldAlarms(tenantId, limit) {
      const rows = await database.query<AlarmRow & Omit<UntoldAlarm, keyof OpenAlarm>>(
        `SELECT a."id", a."connectorId", c."name" AS "connectorName", a."cause", a."code",
           a."raisedAt", a."mendedAt", a."tries",
           CASE WHEN a."raisedToldAt" IS NULL THEN 'raised' ELSE 'mended' END AS "event"
         FROM "Alarm" a
         JOIN "Connector" c ON c."tenantId" = a."tenantId" AND c."id" = a."connectorId"
         WHERE a."tenantId" = $1
           AND (a."raisedToldAt" IS NULL OR (a."mendedAt" IS NOT NULL AND a."mendedToldAt" IS NULL))
           AND (a."notBefore" IS NULL OR a."notBefore" <= clock_timestamp())
         ORDER BY a."raisedAt", a."id" LIMIT $2`,
        [tenantId, limit],
      );
      return rows.flatMap((row) => alarmOf(row).map((alarm) => ({ ...row, ...alarm })));
    },

    async noteAlarmTold(tenantId, alarmId, event) {
      await database.query(
        `UPDATE "Alarm" SET "${toldColumn[event]}" = clock_timestamp(), "tries" = 0, "notBefore" = NULL
         WHERE "tenantId" = $1 AND "id" = $2 AND "${toldColumn[event]}" IS NULL`,
        [tenantId, alarmId],
      );
    },

    async noteAlarmNotTold(tenantId, alarmId, waitMs) {
      await database.query(
        `UPDATE "Alarm" SET "tries" = "tries" + 1,
           "notBefore" = clock_timestamp() + $3 * interval '1 millisecond'
         WHERE "tenantId" = $1 AND "id" = $2`,
        [tenantId, alarmId, waitMs],
      );
    },
  };
}

const toldColumn: Record<AlarmEvent, string> = { raised: "raisedToldAt", mended: "mendedToldAt" };

type AlarmRow = Omit<OpenAlarm, "cause"> & { readonly cause: string };

/** A cause that an older or newer build knew is nobody's to tell. */
function alarmOf({ id, cause, code, raisedAt }: AlarmRow): OpenAlarm[] {
  return isAlarmCause(cause) ? [{ id, cause, code, raisedAt }] : [];
}

type WatchedRow = Omit<WatchedConnector, "schedule" | "open" | "newestClosed"> & {
  readonly timeOfDay: string;
  readonly zone: string;
  readonly closedState: string | null;
  readonly closedAt: Date | null;
};

async function watchedConnectors(
  database: Database,
  tenantId: string,
): Promise<WatchedConnector[]> {
  const alarms = await database.query<AlarmRow & { connectorId: string; cause: AlarmCause }>(
    `SELECT "id", "connectorId", "cause", "code", "raisedAt" FROM "Alarm"
     WHERE "tenantId" = $1 AND "mendedAt" IS NULL`,
    [tenantId],
  );
  const connectors = await database.query<WatchedRow>(
    `SELECT c."id", c."state", c."attentionCode", c."timeOfDay", c."zone", c."finishedAt",
       c."watermark", closed."state" AS "closedState", closed."closedAt",
       ARRAY(SELECT r."state"::text FROM "SyncRun" r
         WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
           AND r."state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING')) AS "openRuns",
       (${newestBeat}) AS "workerBeatAt"
     FROM "Connector" c
     LEFT JOIN LATERAL (
       SELECT r."state", r."closedAt" FROM "SyncRun" r
       WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id" AND r."closedAt" IS NOT NULL
         AND r."state" IN ('SUCCEEDED', 'PARTIAL', 'FAILED')
       ORDER BY r."closedAt" DESC, r."id" DESC LIMIT 1) closed ON true
     WHERE c."tenantId" = $1 AND (c."state" <> 'DELETED' OR c."id" = ANY($2::uuid[]))
     ORDER BY c."id"`,
    [tenantId, alarms.map(({ connectorId }) => connectorId)],
  );
  return connectors.map((row) => {
    const { timeOfDay, zone, closedState, closedAt, ...facts } = row;
    return {
      ...facts,
      state: fromColumn(row.state),
      schedule: { timeOfDay, zone },
      openRuns: row.openRuns.map((state) => fromColumn(state)),
      newestClosed:
        closedState === null || closedAt === null
          ? null
          : { state: fromColumn(closedState), closedAt },
      open: alarms.filter(({ connectorId }) => connectorId === row.id).flatMap(alarmOf),
    };
  });
}
