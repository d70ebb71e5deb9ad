/** Alarms: what is wrong with a connector as a set of causes, and what has to be told when the set changes. */
import { type ImportFacts, isLate, isStalled } from "./connector";
import { failures, isFailureCode } from "./errors";

export type AlarmCause = "needsAttention" | "failed" | "late" | "stalled";

/** One alarm lasts as long as one connector has one cause; where the cause has a code, this code. */
export type Alarm = {
  readonly cause: AlarmCause;
  /** Why the connector needs attention; empty with the other causes. */
  readonly code: string;
};

export type OpenAlarm = Alarm & { readonly id: string; readonly raisedAt: Date };

export type AlarmFacts = Omit<ImportFacts, "newestClosed"> & {
  readonly attentionCode: string | null;
  /** The run that was closed last. */
  readonly newestClosed: {
    readonly state: NonNullable<ImportFacts["newestClosed"]>;
    readonly closedAt: Date;
  } | null;
};

export type AlarmChange = {
  readonly raise: readonly Alarm[];
  /** Ids of alarms whose cause is gone. */
  readonly mend: readonly string[];
};

/** Every cause is judged by itself: a status shows the first of several, and the others still hold. */
export function changedAlarms(
  facts: AlarmFacts,
  open: readonly OpenAlarm[],
  now: Date,
): AlarmChange {
  const holding = causesOf(facts, now);
  const isSame = (a: Alarm, b: Alarm) => a.cause === b.cause && a.code === b.code;
  return {
    // Nobody expects anything of a paused connector.
    raise:
      facts.state === "paused"
        ? []
        : holding.filter((cause) => !open.some((alarm) => isSame(alarm, cause))),
    mend: open
      .filter((alarm) => !holding.some((cause) => isSame(alarm, cause)))
      .filter((alarm) => facts.state === "deleted" || isMended(alarm, facts))
      .map(({ id }) => id),
  };
}

function causesOf(facts: AlarmFacts, now: Date): readonly Alarm[] {
  const { state, newestClosed } = facts;
  if (state === "deleted") return [];
  const status: ImportFacts = { ...facts, newestClosed: newestClosed?.state ?? null };
  const holds: Record<AlarmCause, boolean> = {
    needsAttention: state === "needsAttention",
    failed: newestClosed?.state === "failed",
    late: isLate(status, now),
    stalled: isStalled(status, now),
  };
  return causes
    .filter((cause) => holds[cause])
    .map((cause) => ({ cause, code: cause === "needsAttention" ? attentionCode(facts) : "" }));
}

const causes = ["needsAttention", "failed", "late", "stalled"] as const satisfies AlarmCause[];

/** True for a word that stands in the list, e.g. one read back from a row. */
export function isAlarmCause(word: string): word is AlarmCause {
  return (causes as readonly string[]).includes(word);
}

function attentionCode({ attentionCode: code }: AlarmFacts): string {
  return code !== null && isFailureCode(code) ? code : "Unexpected";
}

/** A failed run that is tried again is out of sight while it works: only a later end without failure mends it. */
function isMended({ cause, raisedAt }: OpenAlarm, { newestClosed }: AlarmFacts): boolean {
  return cause !== "failed" || (newestClosed !== null && newestClosed.closedAt > raisedAt);
}

/** What somebody who hears the alarm should do, in the administrator's words. */
export function alarmAdvice({ cause, code }: Alarm): string {
  if (cause === "needsAttention") return failures[isFailureCode(code) ? code : "Unexpected"].advice;
  return advice[cause];
}

const advice: Record<Exclude<AlarmCause, "needsAttention">, string> = {
  failed: "The last run imported nothing. See its items for the reasons, then retry it.",
  late: "A scheduled import is more than two hours overdue. See whether TeleMessage and a worker can be reached.",
  stalled: "There is work to do and no worker has answered for a minute. Start the worker.",
};
