/**
 * What pages show. Plain, serialisable values: instants are ISO 8601 strings in UTC, ids are strings.
 * Metadata only, never message text.
 */
import type { AlarmCause } from "./alarm";
import type { ConnectionStatus, ImportStatus } from "./connector";
import type { SftpView } from "./delivery";
import type { MappingFileView, MappingProgressView } from "./mapping-view";
import type { RunCounters, RunKind, RunState } from "./run";

/** The refusal every form understands: one sentence, and where it is about a field, one per field. */
export type ActionResult<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly message: string;
      readonly fields?: Readonly<Record<string, string>>;
    };

/** Who is signed in, as pages need it. */
export type ActorView = {
  readonly name: string;
  readonly upn: string;
  readonly roles: readonly string[];
  readonly isGlobalAdministrator: boolean;
};

export type ProgressView = {
  readonly phase: "waiting" | "transferring" | "importing";
  /** Of a run that waits after a failure: when it is tried again. Null: as soon as somebody takes it. */
  readonly nextTryAt: string | null;
  /** Of the transfer: records so far and, once the manifest is known, of how many. */
  readonly transferred: number;
  readonly expected: number | null;
  /** Of the import: deliveries that reached an end, and all of them so far. */
  readonly done: number;
  readonly total: number;
  readonly ratePerMinute: number | null;
  readonly remainingMs: number | null;
};

export type StatusView = {
  readonly connection: ConnectionStatus;
  readonly import: ImportStatus;
  /** What to do about it, in the administrator's words; null when all is well. */
  readonly advice: string | null;
  readonly attentionCode: string | null;
};

export type ConnectorRow = {
  readonly id: string;
  readonly name: string;
  readonly status: StatusView;
  readonly progress: ProgressView | null;
  readonly lastImportAt: string | null;
  readonly nextImportAt: string | null;
};

export type RunView = {
  readonly id: string;
  readonly kind: RunKind;
  readonly state: RunState;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly closedAt: string | null;
  readonly notBefore: string | null;
  readonly failureCode: string | null;
  /** It read files of a delivery, whose times are those in which they were zipped. */
  readonly areFiles: boolean;
  /** Of files the source counts by their manifests. */
  readonly counters: RunCounters;
  readonly alreadyRecorded: number;
  readonly mappingVersion: number | null;
  /** The newest version by which something of it was resolved after it began. */
  readonly laterMappingVersion: number | null;
  /** Why it waits, or why it is not complete, in words. */
  readonly reason: string | null;
  readonly isCancellable: boolean;
  readonly progress: ProgressView | null;
};

export type SpanView = { readonly start: string; readonly end: string };

export type RunFilterView = { readonly kind: RunKind | null; readonly state: RunState | null };

export type GapView = {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  /** Null of a span; else the file that left the server unread, zipped at `start`. */
  readonly fileName: string | null;
  readonly foundAt: string;
  /** Null until somebody puts their name to it. */
  readonly acknowledged: {
    readonly at: string;
    readonly by: string;
    readonly reason: string;
  } | null;
};

/** An alarm that is open, and who has heard of it. */
export type AlarmView = {
  readonly id: string;
  readonly cause: AlarmCause;
  readonly advice: string;
  readonly raisedAt: string;
  /** "log": there is no webhook to tell. "waiting": it could not be told yet. */
  readonly told: "log" | "webhook" | "waiting";
};

/** A file of a delivery, and what became of it. */
export type DeliveredFileView = {
  readonly name: string;
  /** "seen": it is there, and will be read. */
  readonly state: "seen" | "waiting" | "refused" | "done" | "gone";
  readonly reason: string | null;
  readonly sizeBytes: number;
  /** What its manifest counts; null while nobody knows. */
  readonly count: number | null;
  readonly zippedAt: string;
  readonly doneAt: string | null;
  readonly goneAt: string | null;
};

export type DeliveredFileFilterView = "failed" | "waiting" | "done";

export type ConnectorDetail = ConnectorRow & {
  readonly version: number;
  readonly state: "active" | "paused" | "needsAttention" | "deleted";
  readonly sourceAccountId: string;
  readonly sourceAccountName: string;
  readonly sourceUsername: string;
  /** null: the archive API. */
  readonly sftp: SftpView | null;
  readonly timeOfDay: string;
  readonly zone: string;
  readonly automaticMapping: boolean;
  readonly mappingFile: MappingFileView | null;
  readonly sizeLimitBytes: number;
  readonly largeAttachments: boolean;
  /** Exchange refused to add attachments to messages that exist; null once it does again. */
  readonly attachRefusedAt: string | null;
  /** The SFTP server refuses to move files that are done; null where it does not. */
  readonly movesRefusedAt: string | null;
  readonly watermark: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Newest first. */
  readonly runs: readonly RunView[];
  readonly hasMoreRuns: boolean;
  readonly gaps: readonly GapView[];
  /** Oldest first. */
  readonly alarms: readonly AlarmView[];
  /** Those that are not done first, then the newest; none of the archive API. */
  readonly deliveredFiles: readonly DeliveredFileView[];
  /** Items that were not imported and whose original goes within 30 days. */
  readonly expiring: {
    readonly items: number;
    /** There are more than were counted. */
    readonly isMore: boolean;
    readonly firstAt: string;
    /** Where the first of them is. */
    readonly firstRunId: string;
  } | null;
  /** How far what waits was resolved anew after a change of the mapping; null when that is over. */
  readonly resolving: MappingProgressView | null;
  /** Over all runs, waiting for a mapping and not dismissed; not counted any further than here. */
  readonly unmappedItems: { readonly count: number; readonly isMore: boolean };
};

/** One page of a list that is paged by key: give `next` back to get the following one. */
export type PageOf<T> = {
  readonly rows: readonly T[];
  readonly next: string | null;
};

export type AuditRow = {
  readonly sequence: string;
  readonly at: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly action: string;
  readonly subject: string;
  readonly subjectName: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hash: string;
};

export type AuditFilter = {
  readonly actorId?: string;
  readonly connectorId?: string;
  /** UTC day, YYYY-MM-DD. */
  readonly day?: string;
};

export type ChainReport =
  | {
      readonly ok: true;
      readonly events: number;
      readonly headHash: string;
      /** Of the newest head that is kept beside the database, the day; null when there is none to compare with. */
      readonly keptOn: string | null;
    }
  | { readonly ok: false; readonly sequence: string; readonly reason: string };

export type HealthView = {
  readonly status: "ok" | "silent";
  readonly database: boolean;
  readonly workerSeenAt: string | null;
};
