/** Connectors with what their statuses are derived from. */
import { pageDeliveredFiles, readDeliveredFiles } from "./delivered-file-list";
import { isAlarmCause } from "@/lib/core/alarm";
import type { AlarmRecord, ConnectorFacts, ConnectorRecord } from "@/lib/ports/portal-records";
import type { ConnectorTable } from "@/lib/ports/portal-ledger";
import { violates, type Sql } from "./client";
import { selectGaps, selectRuns } from "./portal-runs";
import { insertRow, updateRow, withEnum } from "./rows";
import { fromColumn } from "./words";

export function connectorsOn(sql: Sql): ConnectorTable {
  return {
    async list(tenantId) {
      const tail = `AND c."state" <> 'DELETED' ORDER BY lower(c."name"), c."id"`;
      const connectors = await selectFacts(sql, tail, [tenantId]);
      const openRunIds = connectors.flatMap(({ openRunId }) => openRunId ?? []);
      const runs =
        openRunIds.length === 0
          ? []
          : await selectRuns(sql, `r."id" = ANY($2::uuid[])`, "", [tenantId, openRunIds]);
      const runOf = new Map(runs.map((run) => [run.id, run]));
      return connectors.map((connector) => {
        const { openRunId } = connector;
        return { ...connector, openRun: (openRunId && runOf.get(openRunId)) || null };
      });
    },
    async find(tenantId, connectorId) {
      const [connector] = await selectFacts(sql, `AND c."id" = $2`, [tenantId, connectorId]);
      return connector ?? null;
    },
    async lock(tenantId, connectorId) {
      const [row] = await sql.query<ConnectorRow>(
        `SELECT * FROM "Connector" WHERE "tenantId" = $1 AND "id" = $2 FOR NO KEY UPDATE`,
        [tenantId, connectorId],
      );
      return row === undefined ? null : toConnector(row);
    },
    async lockWaitingFor(tenantId, attentionCode) {
      // All of them first: one that is just being stopped does not wait yet, and would never be woken.
      await sql.query(
        `SELECT 1 FROM "Connector" WHERE "tenantId" = $1 AND "state" <> 'DELETED'
         ORDER BY "id" FOR NO KEY UPDATE`,
        [tenantId],
      );
      const rows = await sql.query<ConnectorRow>(
        `SELECT * FROM "Connector"
         WHERE "tenantId" = $1 AND "state" = 'NEEDS_ATTENTION' AND "attentionCode" = $2 ORDER BY "id"`,
        [tenantId, attentionCode],
      );
      return rows.map(toConnector);
    },
    async findLiveByAccount(tenantId, sourceAccountId) {
      const [row] = await sql.query<{ id: string; name: string }>(
        `SELECT "id", "name" FROM "Connector"
         WHERE "tenantId" = $1 AND "sourceAccountId" = $2 AND "state" <> 'DELETED'`,
        [tenantId, sourceAccountId],
      );
      return row ?? null;
    },
    async insert(tenantId, connector) {
      const row = { tenantId, ...connector, state: "ACTIVE", updatedAt: connector.finishedAt };
      if (await insertRow(sql, "Connector", row, "ON CONFLICT DO NOTHING")) return "inserted";
      const [account] = await sql.query(
        `SELECT 1 FROM "Connector"
         WHERE "tenantId" = $1 AND "sourceAccountId" = $2 AND "state" <> 'DELETED'`,
        [tenantId, connector.sourceAccountId],
      );
      return account === undefined ? "name" : "account";
    },
    async save(tenantId, connectorId, change, at, options) {
      const more = options?.isNextVersion === true ? [`"version" = "version" + 1`] : [];
      const values = { ...withEnum(change), updatedAt: at };
      await sql.query("SAVEPOINT rename");
      try {
        await updateRow(sql, "Connector", { tenantId, id: connectorId }, values, more);
        return "saved";
      } catch (thrown) {
        if (!violates(thrown, "Connector_live_name_key")) throw thrown;
        await sql.query("ROLLBACK TO SAVEPOINT rename");
        return "name";
      }
    },
    async countUnmapped(tenantId, connectorId, limit) {
      const [counted] = await sql.query<{ items: number }>(
        `SELECT count(*)::int AS "items" FROM (
           SELECT 1 FROM "Delivery" WHERE "tenantId" = $1 AND "connectorId" = $2
             AND "state" = 'FAILED' AND "failureCode" = 'UserMapping' AND "dismissedAt" IS NULL
           LIMIT $3) waiting`,
        [tenantId, connectorId, limit],
      );
      return counted?.items ?? 0;
    },
    async gaps(tenantId, connectorId) {
      return selectGaps(sql, `g."connectorId" = $2 AND g."acknowledgedAt" IS NULL`, [
        tenantId,
        connectorId,
      ]);
    },
    deliveredFiles: (tenantId, connectorId, limit) =>
      readDeliveredFiles(sql, tenantId, connectorId, limit),
    pageDeliveredFiles: (tenantId, connectorId, filter, after, limit) =>
      pageDeliveredFiles(sql, tenantId, connectorId, filter, after, limit),
    async alarms(tenantId, connectorId) {
      const rows = await sql.query<Omit<AlarmRecord, "cause"> & { readonly cause: string }>(
        `SELECT "id", "cause", "code", "raisedAt", "raisedToldAt" FROM "Alarm"
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "mendedAt" IS NULL
         ORDER BY "raisedAt", "id"`,
        [tenantId, connectorId],
      );
      return rows.flatMap(({ cause, ...row }) => (isAlarmCause(cause) ? [{ ...row, cause }] : []));
    },
    async acknowledgeGap(tenantId, connectorId, gapId, { byId, reason, at }) {
      const acknowledged = await sql.query(
        `UPDATE "Gap" SET "acknowledgedAt" = $4, "acknowledgedById" = $5, "reason" = $6
         WHERE "tenantId" = $1 AND "connectorId" = $2 AND "id" = $3 AND "acknowledgedAt" IS NULL
         RETURNING 1`,
        [tenantId, connectorId, gapId, at, byId, reason],
      );
      return acknowledged.length > 0;
    },
  };
}

/** int8 comes as text. */
type ConnectorRow = Omit<ConnectorRecord, "sizeLimitBytes"> & { readonly sizeLimitBytes: string };
type FactsRow = ConnectorRow & Omit<ConnectorFacts, keyof ConnectorRecord>;

async function selectFacts(
  sql: Sql,
  tail: string,
  values: readonly unknown[],
): Promise<ConnectorFacts[]> {
  const rows = await sql.query<FactsRow>(
    `SELECT c.*, t."attachRefusedAt", u."name" AS "createdByName", closed."state" AS "newestClosed",
       imported."at" AS "lastImportAt", coalesce(open."states", '{}') AS "openRuns",
       open."id" AS "openRunId"
     FROM "Connector" c
     JOIN "Tenant" t ON t."id" = c."tenantId"
     LEFT JOIN "User" u ON u."tenantId" = c."tenantId" AND u."id" = c."createdById"
     LEFT JOIN LATERAL (
       SELECT r."state" FROM "SyncRun" r
       WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
         AND r."state" IN ('SUCCEEDED', 'PARTIAL', 'FAILED')
       ORDER BY r."closedAt" DESC NULLS LAST, r."id" DESC LIMIT 1) closed ON true
     LEFT JOIN LATERAL (
       SELECT max(r."closedAt") AS "at" FROM "SyncRun" r
       WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
         AND r."state" IN ('SUCCEEDED', 'PARTIAL')) imported ON true
     LEFT JOIN LATERAL (
       SELECT array_agg(r."state"::text) AS "states",
         (array_agg(r."id" ORDER BY r."createdAt" DESC, r."id" DESC))[1] AS "id"
       FROM "SyncRun" r
       WHERE r."tenantId" = c."tenantId" AND r."connectorId" = c."id"
         AND r."state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING')) open ON true
     WHERE c."tenantId" = $1 ${tail}`,
    values,
  );
  return rows.map(({ newestClosed, openRuns, ...row }) => ({
    ...row,
    ...toConnector(row),
    newestClosed: newestClosed === null ? null : fromColumn(newestClosed),
    openRuns: openRuns.map((state) => fromColumn(state)),
  }));
}

function toConnector<T extends ConnectorRow>(row: T): Omit<T, "sizeLimitBytes"> & ConnectorRecord {
  return { ...row, state: fromColumn(row.state), sizeLimitBytes: Number(row.sizeLimitBytes) };
}
