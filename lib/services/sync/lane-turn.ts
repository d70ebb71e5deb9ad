import type { FailureCode } from "@/lib/core/errors";
import type { Pace } from "@/lib/core/pacing";
import type { ClaimedLane, LaneDelivery, LaneFolder, LaneHold } from "@/lib/ports/lane-store";
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
  /** True when nothing more may be sent for the connector; the other connectors' deliveries go on. */
  readonly rests: (connectorId: string) => boolean;
  readonly signalOf: (connectorId: string) => AbortSignal;
  /** A part of it is about to wait, for so long that its job is better given to another lane. */
  readonly onWait: () => void;
  folder: LaneFolder | null;
  failuresInRow: number;
  /** Learnt in this turn: the deliveries it has taken do not know of it yet. */
  areAttachmentsRefused: boolean;
  /** Set once: nothing more is sent in this turn. */
  stop: LaneStop | null;
  /** Runs that may have come to their end. */
  readonly runIds: Set<string>;
};

export type LaneStop =
  /** The mailbox or the service asks for a pause, at `since` on the monotonic clock. */
  | { readonly because: "wait"; readonly waitMs: number; readonly since: number }
  | { readonly because: "blocked"; readonly code: FailureCode }
  | { readonly because: "configuration"; readonly code: FailureCode; readonly connectorId: string };

/** Whether what does not fit into a create may be added to its message at this moment. */
export function addsAttachments(turn: LaneTurn, { connector }: LaneDelivery): boolean {
  return connector.largeAttachments !== "leftOut" && !turn.areAttachmentsRefused;
}
