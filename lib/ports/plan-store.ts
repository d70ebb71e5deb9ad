import type { RunKind } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";

export type PlanStore = {
  /** Answers how many processes have beaten in the last 20 seconds, this one among them. */
  beat(workerId: string, startedAt: Date): Promise<number>;
  /** True for the one process that may tick now. */
  takeTick(workerId: string, leaseMs: number): Promise<boolean>;
  /** Transferring runs whose worker fell silent, or beat by a clock that was set back since, go back to queued. */
  requeueSilent(tenantId: string, silentMs: number): Promise<readonly string[]>;
  /** Leases of lanes that no holder can have been given, the clock having been set back, get their length. */
  shortenLeases(tenantId: string, leaseMs: number): Promise<void>;
  /** Live connectors without a queued or transferring run of the schedule or of "Sync now". */
  idleConnectors(tenantId: string): Promise<readonly IdleConnector[]>;
  /**
   * Null when the window stands already, another transfer is under way, or the window ends in the
   * future by the database's clock. A backfill or look-back under way gives way to a scheduled or manual run and goes on after it.
   */
  openRun(tenantId: string, run: NewRun): Promise<string | null>;
  /** Queued, due, and of a connector that may transfer. */
  runsToTransfer(tenantId: string): Promise<readonly string[]>;
  /** Lanes somebody should look at: due pending deliveries, or deliveries in doubt that may be looked for. */
  lanesToPoke(tenantId: string, inDoubtMs: number): Promise<readonly string[]>;
  /** Importing runs that look finished. */
  runsToClose(tenantId: string): Promise<readonly string[]>;
  /** True once a UTC day, for the first process that asks. */
  takeDay(tenantId: string, day: Date): Promise<boolean>;
  /** Open drafts nobody touched since; their credentials go with them. Audited. */
  abandonDrafts(tenantId: string, untouchedSince: Date): Promise<number>;
};

export type IdleConnector = {
  readonly id: string;
  readonly timeOfDay: string;
  readonly zone: string;
  readonly watermark: Date | null;
  readonly finishedAt: Date;
};

export type NewRun = {
  readonly connectorId: string;
  readonly kind: RunKind;
  readonly window: SyncWindow;
};
