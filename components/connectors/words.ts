/** The words and tones of states, where the state's own name is not a word for people. */
import type { ConnectionStatus, ImportStatus } from "@/lib/core/connector";
import type { DeliveryState, RunKind, RunState } from "@/lib/core/run";
import type { DeliveredFileView } from "@/lib/core/view";
import type { Tone } from "./status-word";

export const connectionTones: Record<ConnectionStatus, Tone> = {
  Connected: "good",
  "Authentication failed": "bad",
  "Source unreachable": "warning",
  "Action required": "bad",
};

export const importTones: Record<ImportStatus, Tone> = {
  Paused: "paused",
  Stalled: "bad",
  Failed: "bad",
  Late: "warning",
  "In progress": "busy",
  "Completed with warnings": "warning",
  Completed: "good",
  "Waiting for first import": "waiting",
};

type Word = { readonly word: string; readonly tone: Tone };

export const runStates: Record<RunState, Word> = {
  queued: { word: "Waiting", tone: "waiting" },
  transferring: { word: "Reading from TeleMessage", tone: "busy" },
  importing: { word: "Importing", tone: "busy" },
  succeeded: { word: "Completed", tone: "good" },
  partial: { word: "Completed with warnings", tone: "warning" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "paused" },
};

export const runKinds: Record<RunKind, string> = {
  scheduled: "Scheduled",
  manual: "Sync now",
  backfill: "Past period",
  lookback: "Look-back",
};

export const outcomes: Record<DeliveryState, Word> = {
  pending: { word: "Waiting", tone: "waiting" },
  importing: { word: "Importing", tone: "busy" },
  imported: { word: "Imported", tone: "good" },
  partiallyImported: { word: "Partially imported", tone: "warning" },
  skipped: { word: "Skipped", tone: "paused" },
  failed: { word: "Failed", tone: "bad" },
};

export const deliveryStates = Object.keys(outcomes) as readonly DeliveryState[];

/** What to do, where a file's own reason does not say it. */
export const fileStates: Record<DeliveredFileView["state"], Word & { readonly advice: string }> = {
  seen: { word: "Found", tone: "waiting", advice: "It is read with its run." },
  waiting: {
    word: "Waiting",
    tone: "waiting",
    advice: "It is still being written. It is read once it has its last name and size.",
  },
  refused: { word: "Left alone", tone: "bad", advice: "" },
  done: { word: "Done", tone: "good", advice: "" },
  gone: {
    word: "Missing",
    tone: "bad",
    advice: "It left the server before it was read. Ask whoever delivers it to put it there again.",
  },
};
