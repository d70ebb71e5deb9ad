import type { AlarmChange, AlarmFacts, OpenAlarm } from "@/lib/core/alarm";

/** A connector with what its alarms are derived from. */
export type WatchedConnector = AlarmFacts & {
  readonly id: string;
  readonly open: readonly OpenAlarm[];
};

/** What has to be told to somebody outside. */
export type AlarmEvent = "raised" | "mended";

/** One alarm of which the next event was not told yet; what comes after it waits until it was. */
export type UntoldAlarm = OpenAlarm & {
  readonly connectorId: string;
  readonly connectorName: string;
  readonly mendedAt: Date | null;
  readonly event: AlarmEvent;
  /** Failures to tell this event so far. */
  readonly tries: number;
};

/** Alarms are rows: what was raised and mended is kept, and what was told is remembered. */
export type AlarmStore = {
  /** Every connector that is not deleted, and deleted ones with an open alarm. */
  watchedConnectors(tenantId: string): Promise<readonly WatchedConnector[]>;
  /** @returns what really changed: somebody else may have looked at the same time */
  changeAlarms(tenantId: string, connectorId: string, change: AlarmChange): Promise<AlarmsChanged>;
  /** Oldest first; those that wait after a failure are left out until their time has come. */
  untoldAlarms(tenantId: string, limit: number): Promise<readonly UntoldAlarm[]>;
  noteAlarmTold(tenantId: string, alarmId: string, event: AlarmEvent): Promise<void>;
  noteAlarmNotTold(tenantId: string, alarmId: string, waitMs: number): Promise<void>;
};

export type AlarmsChanged = {
  readonly raised: readonly OpenAlarm[];
  readonly mended: readonly OpenAlarm[];
};
