import type { AlarmEvent } from "./alarm-store";

/** What a receiver of alarms is told: ids, instants and words of ours; no text and no person. */
export type AlarmNotice = {
  readonly id: string;
  readonly event: AlarmEvent;
  readonly cause: string;
  readonly code: string;
  readonly connectorId: string;
  readonly connectorName: string;
  readonly raisedAt: Date;
  readonly mendedAt: Date | null;
  readonly advice: string;
};

/** Where alarms go besides the log. It may hear the same event more than once. */
export type AlarmSink = {
  tell(notice: AlarmNotice, signal: AbortSignal): Promise<AlarmAnswer>;
};

export type AlarmAnswer =
  | { readonly isTold: true }
  | {
      readonly isTold: false;
      /** For the log: a status or why there was none. */
      readonly reason: string;
      readonly retryAfterMs: number | null;
    };
