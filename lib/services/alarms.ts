/** Alarms: looked for by one process at a time, written down, then told until somebody has heard them. */
import { alarmAdvice, changedAlarms } from "@/lib/core/alarm";
import { backOffMs } from "@/lib/core/backoff";
import type { AlarmAnswer, AlarmSink } from "@/lib/ports/alarm-sink";
import type { AlarmStore, UntoldAlarm } from "@/lib/ports/alarm-store";
import type { Clock, Log, Random } from "@/lib/ports/runtime";

export type AlarmDeps = {
  readonly store: AlarmStore;
  /** null: the log is all there is. */
  readonly sink: AlarmSink | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tenantId: string;
};

/** So many are told in one go; the next look goes on. */
const toldAtOnce = 50;

/** Safe to do twice, and to stop anywhere: an event may be told again, none is left out. */
export async function watchAlarms(deps: AlarmDeps, signal: AbortSignal): Promise<void> {
  await noteChanges(deps);
  await tellAll(deps, signal);
}

async function noteChanges({ store, tenantId, clock, log }: AlarmDeps): Promise<void> {
  const now = clock.now();
  for (const connector of await store.watchedConnectors(tenantId)) {
    const { id: connectorId } = connector;
    try {
      const change = changedAlarms(connector, connector.open, now);
      if (change.raise.length + change.mend.length === 0) continue;
      const { raised, mended } = await store.changeAlarms(tenantId, connectorId, change);
      for (const { id, cause, code } of raised) {
        log.error("alarm.raised", { alarmId: id, connectorId, cause, code });
      }
      for (const { id, cause, code } of mended) {
        log.info("alarm.mended", { alarmId: id, connectorId, cause, code });
      }
    } catch (thrown) {
      // One connector nobody can judge must not silence the others.
      log.error("alarm.notJudged", { connectorId }, thrown);
    }
  }
}

async function tellAll(deps: AlarmDeps, signal: AbortSignal): Promise<void> {
  const { store, tenantId } = deps;
  for (const alarm of await store.untoldAlarms(tenantId, toldAtOnce)) {
    const answer = await tell(deps, alarm, signal);
    if (answer.isTold) await store.noteAlarmTold(tenantId, alarm.id, alarm.event);
    // It would not hear the others either, and each costs the time of a whole deadline.
    else return signal.aborted ? undefined : tellLater(deps, alarm, answer);
  }
}

async function tellLater(
  { store, tenantId, random, log }: AlarmDeps,
  { id, event, tries }: UntoldAlarm,
  { reason, retryAfterMs }: Extract<AlarmAnswer, { isTold: false }>,
): Promise<void> {
  const waitMs = backOffMs(tries + 1, random, retryAfterMs ?? undefined);
  log.warn("alarm.notTold", { alarmId: id, told: event, reason, waitMs });
  await store.noteAlarmNotTold(tenantId, id, waitMs);
}

async function tell(
  { sink }: AlarmDeps,
  alarm: UntoldAlarm,
  signal: AbortSignal,
): Promise<AlarmAnswer> {
  if (sink === null) return { isTold: true };
  const { id, event, cause, code, connectorId, connectorName, raisedAt, mendedAt } = alarm;
  const notice = { id, event, cause, code, connectorId, connectorName, raisedAt };
  const advice = alarmAdvice(alarm);
  return sink.tell({ ...notice, mendedAt: event === "raised" ? null : mendedAt, advice }, signal);
}
