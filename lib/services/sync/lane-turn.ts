import type { FailureCode } from "@/lib/core/errors";
import type { Pace } from "@/lib/core/pacing";
import type { ClaimedLane, LaneFolder, LaneHold } from "@/lib/ports/lane-store";
import type { SyncParts } from "./parts";

/** One holder's turn: what it knows, and why it stops. */
export type LaneTurn = {
  readonly parts: SyncParts;
  readonly begunAt: Date;
  readonly lane: ClaimedLane;
  readonly hold: LaneHold;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** False once the lease has run out: somebody else may be sending. */
  readonly holds: () => boolean;
  folder: LaneFolder | null;
  failuresInRow: number;
  /** Set once: nothing more is sent in this turn. */
  stop: LaneStop | null;
  /** Runs that may have come to their end. */
  readonly runIds: Set<string>;
};

export type LaneStop =
  /** The mailbox or the service asks for a pause; null: until somebody pokes. */
  | { readonly because: "wait"; readonly waitMs: number | null }
  | { readonly because: "blocked"; readonly code: FailureCode }
  | { readonly because: "configuration"; readonly code: FailureCode; readonly connectorId: string };
