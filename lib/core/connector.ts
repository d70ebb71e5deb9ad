/** A connector: its states, its name, and the two statuses people see, derived from rows and the clock. */
import { type FailureCode, failures, isFailureCode } from "./errors";
import { type RunState, isClosed } from "./run";
import { type Schedule, nextScheduledInstant } from "./schedule";
import { settleMs } from "./window";

export type ConnectorState = "active" | "paused" | "needsAttention" | "deleted";

const successors: Record<ConnectorState, readonly ConnectorState[]> = {
  active: ["paused", "needsAttention", "deleted"],
  paused: ["active", "deleted"],
  needsAttention: ["active", "deleted"],
  deleted: [],
};

export function canConnectorBecome(from: ConnectorState, to: ConnectorState): boolean {
  return successors[from].includes(to);
}

export type ConnectionStatus =
  "Connected" | "Authentication failed" | "Source unreachable" | "Action required";

export type ImportStatus =
  | "Paused"
  | "Stalled"
  | "Failed"
  | "Late"
  | "In progress"
  | "Completed with warnings"
  | "Completed"
  | "Waiting for first import";

/** No worker for this long while there is work: something is wrong with the installation. */
export const stalledAfterMs = 60_000;

/** A scheduled import this long overdue is worth a word. */
export const lateAfterMs = 2 * 60 * 60_000;

export type ConnectionFacts = {
  readonly state: ConnectorState;
  /** Why the connector needs attention; null when it does not. */
  readonly attentionCode: string | null;
  /** The source's last failure that is not configuration; null once it answered again. */
  readonly sourceFailureCode: string | null;
};

/** A wrong password and a locked account are mended by signing in; everything else wants another hand. */
const authenticationCodes: readonly string[] = [
  "SourceAuthFailed",
  "SourceAccountLocked",
  "SourceKeyRefused",
  "SourceKeyUnreadable",
  "SourceKeyLocked",
] satisfies FailureCode[];

const unreachableCodes: readonly string[] = [
  "SourceUnavailable",
  "SourceNotFound",
  "SourceNotSftp",
] satisfies FailureCode[];

export function deriveConnectionStatus(facts: ConnectionFacts): ConnectionStatus {
  if (facts.attentionCode !== null && authenticationCodes.includes(facts.attentionCode)) {
    return "Authentication failed";
  }
  if (facts.attentionCode !== null || facts.state === "needsAttention") return "Action required";
  // A source that asks us to slow down is reachable.
  return unreachableCodes.includes(facts.sourceFailureCode ?? "")
    ? "Source unreachable"
    : "Connected";
}

export type ImportFacts = {
  readonly state: ConnectorState;
  readonly schedule: Schedule;
  readonly finishedAt: Date;
  readonly watermark: Date | null;
  /** States of the connector's runs that are not closed. */
  readonly openRuns: readonly RunState[];
  /** Outcome of the run that was closed last; one whose reading was cancelled has none to tell. */
  readonly newestClosed: RunState | null;
  /** When any worker last gave a sign of life. */
  readonly workerBeatAt: Date | null;
};

/** When several hold, the first. */
export function deriveImportStatus(facts: ImportFacts, now: Date): ImportStatus {
  if (facts.state === "paused") return "Paused";
  if (isStalled(facts, now)) return "Stalled";
  if (facts.newestClosed === "failed") return "Failed";
  if (isLate(facts, now)) return "Late";
  if (isUnderWay(facts)) return "In progress";
  if (facts.newestClosed === null) return "Waiting for first import";
  return facts.newestClosed === "succeeded" ? "Completed" : "Completed with warnings";
}

/** Work is open and no worker has given a sign of life for a minute. */
export function isStalled({ openRuns, workerBeatAt }: ImportFacts, now: Date): boolean {
  if (!openRuns.some((state) => !isClosed(state))) return false;
  return workerBeatAt === null || now.getTime() - workerBeatAt.getTime() > stalledAfterMs;
}

/** A scheduled instant after Finish is more than two hours past and the watermark lies before its window's end. */
export function isLate({ schedule, finishedAt, watermark }: ImportFacts, now: Date): boolean {
  const transferredMs = watermark === null ? -Infinity : watermark.getTime() + settleMs;
  const due = nextScheduledInstant(
    schedule,
    new Date(Math.max(finishedAt.getTime(), transferredMs)),
  );
  return now.getTime() - due.getTime() > lateAfterMs;
}

/** A run that waits for the administrator is not under way, one that waits for its turn is. */
function isUnderWay({ state, openRuns }: ImportFacts): boolean {
  return openRuns.some(
    (run) => !isClosed(run) && !(run === "queued" && state === "needsAttention"),
  );
}

/** The button that mends it, by what it does. */
export type Remedy = "edit" | "grantConsent" | "resume" | "retry" | "startWorker";

export type WhatToDo = { readonly advice: string; readonly remedy: Remedy | null };

const remedies: Partial<Record<FailureCode, Remedy>> = {
  SourceAuthFailed: "edit",
  SourceAccountLocked: "edit",
  SourceNoArchiveAccess: "edit",
  SourceHostKeyChanged: "edit",
  SourceKeyRefused: "edit",
  SourceKeyUnreadable: "edit",
  SourceKeyLocked: "edit",
  SourceOutdated: "edit",
  SourceFolderMissing: "edit",
  SourceFolderDenied: "edit",
  ConsentRevoked: "grantConsent",
  AppSecretRefused: "grantConsent",
};

/** What to do about the two statuses, in the administrator's words; null when all is well. */
export function whatToDo(
  connection: ConnectionFacts,
  importFacts: ImportFacts,
  now: Date,
): WhatToDo | null {
  if (connection.attentionCode !== null) return attentionAdvice(connection.attentionCode);
  const advice = importAdvice[deriveImportStatus(importFacts, now)];
  if (advice !== null) return advice;
  if (connection.state === "needsAttention") return attentionAdvice("Unexpected");
  if (connection.sourceFailureCode === null) return null;
  return attentionAdvice(connection.sourceFailureCode);
}

const importAdvice: Record<ImportStatus, WhatToDo | null> = {
  Paused: { advice: "The connector is paused. Resume it to import again.", remedy: "resume" },
  Stalled: {
    advice: "There is work to do and no worker has answered for a minute. Start the worker.",
    remedy: "startWorker",
  },
  Failed: {
    advice: "The last run imported nothing. See its items for the reasons, then retry it.",
    remedy: "retry",
  },
  Late: {
    advice:
      "A scheduled import is more than two hours overdue. It starts by itself as soon as TeleMessage and a worker can be reached.",
    remedy: null,
  },
  "Completed with warnings": {
    advice: "Some items were not imported or not completely. See the run for the reasons.",
    remedy: "retry",
  },
  "In progress": null,
  Completed: null,
  "Waiting for first import": null,
};

function attentionAdvice(word: string): WhatToDo {
  const code = isFailureCode(word) ? word : "Unexpected";
  return { advice: failures[code].advice, remedy: remedies[code] ?? null };
}

export const maxConnectorNameLength = 64;

export type ConnectorName =
  { readonly ok: true; readonly name: string } | { readonly ok: false; readonly message: string };

/** One to 64 characters on one line. Marks that turn the direction of text could make two names look alike. */
export function readConnectorName(text: string): ConnectorName {
  const name = text.trim().normalize("NFC");
  if (name === "") return { ok: false, message: "Enter a name for the connector." };
  if ([...name].length > maxConnectorNameLength) {
    return { ok: false, message: `A name has at most ${maxConnectorNameLength} characters.` };
  }
  if (/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)) {
    return {
      ok: false,
      message: "A name holds no control characters. Type it instead of pasting.",
    };
  }
  return { ok: true, name };
}
