/** The transfer's hold on its run: claim, heartbeat, give back, manifest, gap, end. */
import type { FailureCode } from "@/lib/core/errors";
import { systemActor } from "@/lib/core/audit";
import { HoldLost, type RunHold } from "@/lib/ports/transfer-records";
import type { AskedWith, TransferStore } from "@/lib/ports/transfer-store";
import { v7 as uuid } from "uuid";
import { appendAudit } from "./audit";
import { claimRun } from "./claim";
import type { Database, Sql } from "./client";
import { sourceCodes } from "./importable";

type HoldStore = Pick<
  TransferStore,
  | "claimRun"
  | "noteNotClaimed"
  | "heartbeat"
  | "giveBack"
  | "needsAttention"
  | "noteSource"
  | "restartWindow"
  | "noteManifest"
  | "ledgerManifest"
  | "recordGap"
  | "finishTransfer"
>;

/** SQL condition and its three values: this attempt still holds the run. */
const held = `"tenantId" = $1 AND "id" = $2 AND "attempt" = $3 AND "state" = 'TRANSFERRING'`;

export async function lockHeldRun(sql: Sql, tenantId: string, hold: RunHold): Promise<void> {
  const rows = await sql.query(`SELECT 1 FROM "SyncRun" WHERE ${held} FOR NO KEY UPDATE`, [
    tenantId,
    hold.runId,
    hold.attempt,
  ]);
  if (rows.length === 0) throw new HoldLost();
}

export function createTransferHold(database: Database): HoldStore {
  return {
    claimRun: (tenantId, runId) => claimRun(database, tenantId, runId),

    async noteNotClaimed(tenantId, runId, code, waitMs) {
      await database.query(
        `UPDATE "SyncRun" SET "failureCode" = $3,
           "notBefore" = clock_timestamp() + $4 * interval '1 millisecond'
         WHERE "tenantId" = $1 AND "id" = $2 AND "state" = 'QUEUED'`,
        [tenantId, runId, code, waitMs],
      );
    },

    async heartbeat(tenantId, hold) {
      const rows = await database.query<{ connectorState: string; isCancelRequested: boolean }>(
        `UPDATE "SyncRun" r SET "heartbeatAt" = clock_timestamp() FROM "Connector" c
         WHERE r."tenantId" = $1 AND r."id" = $2 AND r."attempt" = $3 AND r."state" = 'TRANSFERRING'
           AND c."tenantId" = r."tenantId" AND c."id" = r."connectorId"
         RETURNING c."state" AS "connectorState", r."isCancelRequested"`,
        [tenantId, hold.runId, hold.attempt],
      );
      const row = rows[0];
      if (row === undefined) return "lost";
      return row.connectorState === "ACTIVE" && !row.isCancelRequested ? "held" : "askedBack";
    },

    async giveBack(tenantId, hold, { code, waitMs, countsAsFailure }) {
      await database.query(
        `UPDATE "SyncRun"
         SET "state" = 'QUEUED', "failureCode" = $4, "heartbeatAt" = NULL,
             "notBefore" = clock_timestamp() + $5 * interval '1 millisecond',
             "failuresInRow" = CASE WHEN $6 THEN "failuresInRow" + 1 ELSE "failuresInRow" END
         WHERE ${held}`,
        [tenantId, hold.runId, hold.attempt, code, waitMs, countsAsFailure],
      );
    },

    needsAttention: (tenantId, connectorId, code, asked) =>
      database.transaction((sql) => needsAttention(sql, tenantId, connectorId, code, asked)),

    async noteSource(tenantId, connectorId, code) {
      await database.query(
        code === null
          ? `UPDATE "Connector" SET "sourceFailureCode" = NULL, "sourceFailureAt" = NULL, "sourceOkAt" = clock_timestamp()
             WHERE "tenantId" = $1 AND "id" = $2`
          : `UPDATE "Connector" SET "sourceFailureCode" = $3, "sourceFailureAt" = clock_timestamp()
             WHERE "tenantId" = $1 AND "id" = $2`,
        code === null ? [tenantId, connectorId] : [tenantId, connectorId, code],
      );
    },

    async restartWindow(tenantId, hold, { counts }) {
      const rows = await database.query(
        `UPDATE "SyncRun" SET "cursor" = NULL, "arePagesDone" = false, "alreadyRecorded" = 0,
           "manifestTries" = "manifestTries" + $4 WHERE ${held} RETURNING 1`,
        [tenantId, hold.runId, hold.attempt, counts ? 1 : 0],
      );
      if (rows.length === 0) throw new HoldLost();
    },

    async noteManifest(tenantId, hold, { count, sha256 }) {
      await database.query(
        `UPDATE "SyncRun" SET "manifestCount" = $4, "manifestSha256" = $5 WHERE ${held}`,
        [tenantId, hold.runId, hold.attempt, count, sha256],
      );
    },

    async ledgerManifest(tenantId, sourceAccountId, window) {
      // The form is the archive's (archive API, "manifest"): lines of id, TAB, revision, LF, sorted bytewise.
      const rows = await database.query<{ count: number; sha256: string }>(
        `SELECT count(*)::int AS "count",
                encode(sha256(coalesce(string_agg("line", ''::bytea ORDER BY "line"), ''::bytea)), 'hex') AS "sha256"
         FROM (
           SELECT DISTINCT coalesce("manifestLine", convert_to("sourceItemId" || E'\\t' ||
             CASE WHEN "isChangedWithoutRevision" THEN left("revision", -9) ELSE "revision" END || E'\\n', 'UTF8')) AS "line"
           FROM "SyncItem"
           WHERE "tenantId" = $1 AND "sourceAccountId" = $2 AND "isInManifest"
             -- Nor what a cancel let go of: it is not staged.
             AND NOT ("attachmentsOpen" > 0 AND "blobName" IS NULL)
             AND "receivedAt" >= $3 AND "receivedAt" < $4 AND ("receivedBefore" IS NULL OR "receivedBefore" <= $4)
         ) "lines"`,
        [tenantId, sourceAccountId, window.start, window.end],
      );
      return rows[0] ?? { count: 0, sha256: "" };
    },

    async recordGap(tenantId, hold, connectorId, gap) {
      await database.transaction(async (sql) => {
        await lockHeldRun(sql, tenantId, hold);
        // It may have grown since an earlier attempt of this run wrote it down, and somebody knew of less.
        const id = uuid();
        const inserted = await sql.query<{ id: string }>(
          `INSERT INTO "Gap" ("tenantId", "id", "connectorId", "runId", "gapStart", "gapEnd")
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT ("tenantId", "connectorId", "gapStart") WHERE "fileName" IS NULL DO UPDATE
           SET "gapEnd" = excluded."gapEnd", "acknowledgedAt" = NULL, "acknowledgedById" = NULL, "reason" = NULL
           WHERE "Gap"."gapEnd" < excluded."gapEnd" RETURNING "id"`,
          [tenantId, id, connectorId, hold.runId, gap.start, gap.end],
        );
        const [written] = inserted;
        if (written === undefined) return;
        await appendAudit(sql, {
          tenantId,
          at: new Date(),
          actor: systemActor,
          action: "gap.found",
          subject: `connector:${connectorId}`,
          details: {
            gapId: written.id,
            runId: hold.runId,
            start: gap.start.toISOString(),
            end: gap.end.toISOString(),
          },
        });
      });
    },

    async finishTransfer(tenantId, hold, { isManifestEqual, failureCode }) {
      await database.transaction(async (sql) => {
        await lockHeldRun(sql, tenantId, hold);
        await sql.query(
          `UPDATE "SyncRun"
           SET "state" = 'IMPORTING', "isTransferDone" = true, "transferredAt" = clock_timestamp(),
               "cursor" = NULL, "failuresInRow" = 0, "heartbeatAt" = NULL, "notBefore" = NULL,
               "isManifestEqual" = $4, "failureCode" = $5
           WHERE ${held}`,
          [tenantId, hold.runId, hold.attempt, isManifestEqual, failureCode],
        );
        // GREATEST ignores NULL: the first window sets the watermark, none ever moves it back.
        await sql.query(
          `UPDATE "Connector" c
           SET "watermark" = CASE WHEN r."kind" IN ('SCHEDULED', 'MANUAL')
                 THEN GREATEST(c."watermark", r."windowEnd") ELSE c."watermark" END
           FROM "SyncRun" r
           WHERE r."tenantId" = $1 AND r."id" = $2 AND c."tenantId" = r."tenantId" AND c."id" = r."connectorId"`,
          [tenantId, hold.runId],
        );
      });
    },
  };
}

/**
 * ACTIVE → NEEDS_ATTENTION once per cause; the audit event says which. One that waits for its source goes
 * on importing, so what keeps it from that too takes the place of the code that stands. A refusal that
 * comes in after somebody has mended its cause speaks of what is over: it would call them a second time.
 */
async function needsAttention(
  sql: Sql,
  tenantId: string,
  connectorId: string,
  code: FailureCode,
  { at, credentialId }: AskedWith,
): Promise<void> {
  // A statement of its own: one that waited for the lock would not see a grant recorded meanwhile.
  await sql.query(
    `SELECT 1 FROM "Connector" WHERE "tenantId" = $1 AND "id" = $2 FOR NO KEY UPDATE`,
    [tenantId, connectorId],
  );
  const changed = await sql.query(
    `UPDATE "Connector" SET "state" = 'NEEDS_ATTENTION', "attentionCode" = $3, "attentionAt" = clock_timestamp()
     WHERE "tenantId" = $1 AND "id" = $2
       AND ("state" = 'ACTIVE'
         OR ("state" = 'NEEDS_ATTENTION' AND "attentionCode" IN (${sourceCodes}) AND $3 NOT IN (${sourceCodes})))
       AND ($4::uuid IS NULL OR "credentialId" = $4)
       AND NOT ($3 IN ('ConsentRevoked', 'AppSecretRefused') AND EXISTS (
         SELECT 1 FROM "Consent" s WHERE s."tenantId" = $1 AND s."state" = 'GRANTED' AND s."usedAt" > $5))
     RETURNING 1`,
    [tenantId, connectorId, code, credentialId, at],
  );
  if (changed.length === 0) return;
  await appendAudit(sql, {
    tenantId,
    at: new Date(),
    actor: systemActor,
    action: "connector.attention",
    subject: `connector:${connectorId}`,
    details: { code },
  });
}
