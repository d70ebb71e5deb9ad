/** How a process watches for alarms: workers all of them, and the portal for the time when no worker is left. */
import { createAlarmWebhook } from "./adapters/alarm-webhook";
import { createHttp } from "./adapters/http";
import { createAlarmStore } from "./adapters/postgres/alarms";
import type { Database } from "./adapters/postgres/client";
import type { Config } from "./config";
import type { Clock, Log } from "./ports/runtime";
import { watchAlarms } from "./services/alarms";
import type { Duty } from "./services/sync/duties";
import type { SyncParts } from "./services/sync/parts";

export type AlarmWatch = {
  readonly watch: (signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
};

/** Twice a minute would be enough for an alarm within two; a look costs three small reads. */
export const alarmDuty: Duty<Pick<SyncParts, "watchAlarms">> = {
  name: "alarms",
  everyMs: 15_000,
  work: (parts, signal) => parts.watchAlarms(signal),
};

export function createAlarmWatch(
  { tenantId, alarmWebhook, portalUrl }: Config,
  { database, clock, log }: { database: Database; clock: Clock; log: Log },
): AlarmWatch {
  const store = createAlarmStore(database);
  // A client of its own: it reaches this one address, and the others do not.
  const http = alarmWebhook === null ? null : createHttp({ allow: [alarmWebhook.url] });
  const sink =
    alarmWebhook === null || http === null
      ? null
      : createAlarmWebhook({ ...alarmWebhook, portalUrl, http, clock });
  const deps = { ...{ store, sink, clock, log, tenantId }, random: Math.random };
  return {
    watch: (signal) => watchAlarms(deps, signal),
    close: () => http?.close(),
  };
}
