/** The words and tones of states, where the state's own name is not a word for people. */
import type { ConnectionStatus, ImportStatus } from "@/lib/core/connector";
import type { DeliveryState, RunKind, RunState } from "@/lib/core/run";
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
