import type { CrashPoint } from "./crash-points";
import type { PlannedMessage } from "@/lib/core/message";
import type { TrafficLimits } from "@/lib/core/pacing";
import type { Destination } from "@/lib/ports/destination";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import type { Clock, Log, Random, RunQueue, SecretBox } from "@/lib/ports/runtime";
import type { Source } from "@/lib/ports/source";
import type { Staging } from "@/lib/ports/staging";
import type { MessageEvidence } from "@/lib/ports/stored-item";
import type { SyncStore } from "@/lib/ports/store";

/** What every step of a sync run works with; the wiring puts it together once per process. */
export type SyncParts = {
  readonly tenantId: string;
  /** Names this process in leases and beats. */
  readonly workerId: string;
  readonly store: SyncStore;
  readonly source: Source;
  readonly staging: Staging;
  readonly destination: Destination;
  readonly queue: RunQueue;
  readonly secretBox: SecretBox;
  /** Brings the directory's mirror up to date, unless somebody just did; or reads everybody. */
  readonly refreshDirectory: (
    signal: AbortSignal,
    options?: { readonly isWhole?: boolean },
  ) => Promise<void>;
  /** Looks for what is wrong with connectors, and tells it. */
  readonly watchAlarms: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: SyncLimits;
  /** How long an original is kept after the last delivery of its item ended. */
  readonly retentionDays: number;
  /** Told at every crash point; see there. */
  readonly passes: (point: CrashPoint) => void;
  /** Requests in flight towards Graph over the whole process: its share of `graphMaxInFlight`. */
  readonly graphSlots: Slots;
  /** Over all processes that beat. */
  readonly graphMaxInFlight: number;
  /** Messages of megabytes in the making at a time: what they hold in memory must not add up. */
  readonly heavySlots: Slots;
  /** Mails of megabytes, which are read as a whole, one at a time. */
  readonly mailSlots: Slots;
  /** Of messages composed lately, by item. */
  readonly digests: Digests;
  readonly composed: Composed;
};

/** Messages composed lately, as far as they are small. */
export type Composed = {
  get(delivery: LaneDelivery): PlannedMessage | undefined;
  set(delivery: LaneDelivery, planned: PlannedMessage): void;
};

/** The newest few thousand. */
export type Digests = {
  get(key: string): string | undefined;
  set(key: string, digest: string): void;
  /** The ledger holds what was found of the item, so no copy need bring it again. */
  isRecorded(of: RecordedDigest): boolean;
  noteRecorded(of: RecordedDigest): void;
};

export type RecordedDigest = Pick<MessageEvidence, "sizeLimitBytes"> & { readonly itemId: string };

export type SyncLimits = {
  readonly pageSize: number;
  readonly batchSize: number;
  readonly requestsPerMailbox: number;
  readonly attachmentsAtOnce: number;
  /** The largest create, in bytes of its JSON (message format contract, "In the mailbox"). */
  readonly createBytes: number;
  readonly traffic: TrafficLimits;
  /** After the first failure of an upload; twice as long after each further one. */
  readonly uploadRetryMs: number;
  readonly heartbeatMs: number;
  readonly silentMs: number;
  readonly laneLeaseMs: number;
  readonly laneRenewMs: number;
  /** How long a create nobody answered may still be finished by the server (design, "In doubt"). */
  readonly inDoubtMs: number;
  readonly tickLeaseMs: number;
};

/** A counting gate. `take` waits for a place; what it answers gives the place back. */
export type Slots = {
  take(signal: AbortSignal): Promise<() => void>;
  /** So many places from now on. */
  resize(places: number): void;
};
