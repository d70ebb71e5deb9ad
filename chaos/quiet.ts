/** I8: after the storm the product comes to rest by itself, within a bound. Hours of back-off pass in no time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Rows } from "./sql";

const lookEveryMs = 180;

/** A duty's holder renews for half a minute; one that was killed does not. */
const dutyLeaseMs = 1_500;

/** Every wait of the ledger is over: what takes minutes by design must not take minutes here. */
export async function passTime(rows: Rows): Promise<void> {
  for (const table of ["SyncRun", "Lane", "Delivery", "StagedAttachment"]) {
    await rows(
      `UPDATE "${table}" SET "notBefore" = NULL
       WHERE "notBefore" > clock_timestamp() + interval '300 milliseconds'`,
    );
  }
  await rows(
    `UPDATE "Duty" SET "leaseUntil" = clock_timestamp() + $1 * interval '1 millisecond'
     WHERE "leaseUntil" > clock_timestamp() + $1 * interval '1 millisecond'`,
    [dutyLeaseMs],
  );
}

/** Look-back is due again; with a new day also for the windows it has asked for already. */
export async function passLookBack(rows: Rows, isNewDay: boolean): Promise<void> {
  await rows(
    `UPDATE "Duty" SET "doneAt" = NULL WHERE "name" = 'lookBack' AND "doneAt" IS NOT NULL`,
  );
  if (isNewDay) await rows(`UPDATE "SyncRun" SET "lookedBackAt" = NULL`);
}

/** Windows of the connector that is there which look-back has not asked for again today. */
export async function notLookedBack(rows: Rows): Promise<number> {
  const [left] = await rows<{ count: number }>(
    `SELECT count(*)::int AS "count" FROM "SyncRun" r JOIN "Connector" c ON c."id" = r."connectorId"
     WHERE c."state" <> 'DELETED' AND r."kind" IN ('SCHEDULED', 'MANUAL') AND r."isTransferDone"
       AND r."lookedBackAt" IS NULL`,
  );
  return left?.count ?? 0;
}

export type Rest = {
  readonly open: number;
  readonly runs: number;
  /** Of a mapping, not worked through yet. */
  readonly changes: number;
  readonly state: string;
  readonly watermark: Date | null;
};

export async function restOf(rows: Rows): Promise<Rest> {
  const [rest] = await rows<Rest>(
    `SELECT c."state", c."watermark",
       (SELECT count(*)::int FROM "Delivery" WHERE "state" IN ('PENDING', 'IMPORTING')) AS "open",
       (SELECT count(*)::int FROM "SyncRun" WHERE "state" IN ('QUEUED', 'TRANSFERRING', 'IMPORTING')) AS "runs",
       (SELECT count(*)::int FROM "MappingChange" WHERE "doneAt" IS NULL) AS "changes"
     FROM "Connector" c ORDER BY c."state" = 'DELETED', c."id" DESC LIMIT 1`,
  );
  if (rest === undefined) throw new Error("There is no connector");
  return rest;
}

export async function doneOf(rows: Rows): Promise<number> {
  const [done] = await rows<{ count: number }>(
    `SELECT count(*)::int AS "count" FROM "Delivery" WHERE "state" NOT IN ('PENDING', 'IMPORTING')`,
  );
  return done?.count ?? 0;
}

/** @returns null when it came to rest, else what was still going on at the end of the bound */
export async function waitForRest(
  rows: Rows,
  isThere: (rest: Rest) => boolean | Promise<boolean>,
  boundMs: number,
): Promise<Rest | null> {
  const endsAt = performance.now() + boundMs;
  for (;;) {
    await passTime(rows);
    const rest = await restOf(rows);
    const isStill = rest.runs + rest.open + rest.changes === 0 && rest.state === "ACTIVE";
    if (isStill && (await isThere(rest))) return null;
    if (performance.now() > endsAt) return rest;
    await sleep(lookEveryMs);
  }
}
