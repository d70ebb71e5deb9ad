/**
 * What pages show. Plain, serialisable values: instants are ISO 8601 strings in UTC, ids are strings.
 * Metadata only, never message text.
 */
import type { AlarmCause } from "./alarm";
import type { ConnectionStatus, ImportStatus } from "./connector";
import type { MappingLineState } from "./mapping-entry";
import type { DeliveryState, RunKind, RunState } from "./run";
import type { WizardStep } from "./wizard";

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

export type CountersView = {
  readonly availableFromSource: number;
  readonly availableForImport: number;
  readonly imported: number;
  readonly partiallyImported: number;
  readonly skipped: number;
  readonly failed: number;
  readonly open: number;
};

export type ProgressView = {
  readonly phase: "waiting" | "transferring" | "importing";
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
  readonly counters: CountersView;
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

/** What did not reach a mailbox whole, and what a retry can do about it. */
export type NotImportedView = {
  readonly byReason: readonly NotImportedRow[];
  /** The most first; more than these are not shown. */
  readonly byMailbox: readonly (NotImportedRow & {
    readonly mailboxId: string;
    readonly address: string;
  })[];
  readonly hasMoreMailboxes: boolean;
};

export type NotImportedRow = {
  readonly outcome: "failed" | "partiallyImported";
  readonly code: string;
  /** The code's advice, in words. */
  readonly reason: string;
  readonly count: number;
  /** How many a retry takes up. */
  readonly retryable: number;
};

/** Which items a retry means; what is null does not narrow. */
export type RetryChoice = {
  readonly runId: string | null;
  readonly deliveryIds: readonly string[] | null;
  readonly code: string | null;
  readonly mailboxId: string | null;
};

export type GapView = {
  readonly id: string;
  readonly start: string;
  readonly end: string;
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

export type MappingFileView = {
  readonly id: string;
  readonly fileName: string;
  readonly version: number;
  readonly state: "uploading" | "checked" | "refused";
  /** Of a file that was refused as a whole: the sentence that says why. Only in answer to its upload. */
  readonly refusal?: string;
  readonly lines: number;
  readonly entries: number;
  readonly people: number;
  readonly numbers: number;
  readonly otherIds: number;
  readonly errors: number;
  readonly warnings: number;
  readonly ignoredColumns: readonly string[];
  readonly leavesBadLinesOut: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Against the directory; null until admin consent is there and the check has run. */
  readonly directory: {
    readonly checkedAt: string;
    readonly found: number;
    readonly withoutLicence: number;
    readonly unknown: number;
  } | null;
};

/** What two versions say otherwise; `losing` of these find no mailbox any more. */
export type DifferenceCounts = {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly losing: number;
};

export type MappingVersionView = MappingFileView & {
  readonly origin: "uploaded" | "edited" | "restored";
  readonly basedOnVersion: number | null;
  /** "" for one that came without a file. */
  readonly sha256: string;
  /** Null: it never was in force. */
  readonly appliedAt: string | null;
  readonly appliedBy: string | null;
  readonly runs: number;
  /** From the version before; null for the first. */
  readonly difference: DifferenceCounts | null;
};

export type MappingReviewView = {
  readonly version: MappingVersionView;
  readonly inForce: MappingVersionView | null;
  readonly isInForce: boolean;
  /** Null where there is nothing to compare with. */
  readonly difference: DifferenceCounts | null;
};

export type MappingSaidView = {
  readonly mailboxAddress: string;
  readonly validFrom: string | null;
  readonly validTo: string | null;
};

export type DifferenceView = {
  readonly externalId: string;
  readonly before: readonly MappingSaidView[];
  readonly after: readonly MappingSaidView[];
};

export type ClaimView = {
  readonly kind: "externalId" | "mailbox";
  readonly value: string;
  readonly connectorName: string;
};

/** An archived person without a mailbox; a delivery that waits names them in addresses of pages. */
export type UnmappedPersonView = {
  readonly deliveryId: string;
  readonly externalId: string;
  readonly name: string;
  readonly items: number;
  /** Of these, without an original to import. */
  readonly removed: number;
  readonly firstAt: string;
  readonly lastAt: string;
};

export type MappingProgressView = {
  readonly looked: number;
  readonly total: number | null;
  /** Everything was looked at; what was in doubt is still to end. */
  readonly isPassed: boolean;
};

export type MappingProblemView = {
  readonly line: number;
  readonly column: string;
  readonly severity: "error" | "warning";
  readonly value: string;
  readonly message: string;
};

/** By the custom mapping, by the e-mail property, or not at all. */
export type CoverageCounts = {
  readonly customMapping: number;
  readonly emailProperty: number;
  readonly leftOut: number;
};

/** Somebody whose items would not be imported, and the line that would mend it. */
export type LeftOutView = {
  readonly externalId: string;
  readonly name: string;
  readonly items: number;
  readonly reason: string;
  /** Of a mapping file; without a mailbox where none is known. Null where no line can help. */
  readonly csvLine: string | null;
};

export type CoverageView = {
  readonly people: CoverageCounts;
  readonly items: CoverageCounts;
  /** Records that cannot be read; they are in none of the counts. */
  readonly unreadable: number;
  /** Of the items left out of their owner's mailbox those that reach others who took part. */
  readonly reachingOthers: number;
  /** Most items first. */
  readonly leftOut: readonly LeftOutView[];
  readonly hasMoreLeftOut: boolean;
  /** How far back was looked, and whether that was cut off by the number of items. */
  readonly days: number;
  readonly isCut: boolean;
  readonly hasFile: boolean;
  readonly automaticMapping: boolean;
};

/** What a preview tells on its way; the last one is its end. */
export type CoverageStep =
  | {
      readonly kind: "progress";
      readonly people: number;
      readonly items: number;
      /** The day that is read, as it begins. */
      readonly day: string | null;
    }
  | { readonly kind: "done"; readonly result: CoverageView }
  | { readonly kind: "refused"; readonly message: string };

/** One line of a mapping file, with what is wrong with it and the mailbox it leads to. */
export type MappingLineView = {
  readonly line: number;
  readonly state: "good" | "warning" | "bad";
  /** As the file has it, and as it is compared; null for a line that cannot be used. */
  readonly writtenAs: string | null;
  readonly externalId: string | null;
  readonly mailboxAddress: string | null;
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly problems: readonly Omit<MappingProblemView, "line">[];
  /** Null until the file has been compared with the directory. */
  readonly mailbox:
    | null
    | { readonly state: "unknown" }
    | {
        readonly state: "found" | "withoutLicence";
        readonly address: string;
        readonly displayName: string;
      };
};

/** What is null does not narrow. */
export type MappingLineFilter = {
  readonly state: MappingLineState | null;
  readonly search: string | null;
};

export type ConnectorDetail = ConnectorRow & {
  readonly version: number;
  readonly state: "active" | "paused" | "needsAttention" | "deleted";
  readonly sourceAccountId: string;
  readonly sourceAccountName: string;
  readonly sourceUsername: string;
  readonly timeOfDay: string;
  readonly zone: string;
  readonly automaticMapping: boolean;
  readonly mappingFile: MappingFileView | null;
  readonly sizeLimitBytes: number;
  readonly largeAttachments: boolean;
  /** Exchange refused to add attachments to messages that exist; null once it does again. */
  readonly attachRefusedAt: string | null;
  readonly watermark: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Newest first. */
  readonly runs: readonly RunView[];
  readonly hasMoreRuns: boolean;
  readonly gaps: readonly GapView[];
  /** Oldest first. */
  readonly alarms: readonly AlarmView[];
  /** Items that were not imported and whose original goes within 30 days. */
  readonly expiring: {
    readonly items: number;
    /** There are more than were counted. */
    readonly isMore: boolean;
    readonly firstAt: string;
    /** Where the first of them is. */
    readonly firstRunId: string;
  } | null;
  /** Over all runs, waiting for a mapping and not dismissed; not counted any further than here. */
  readonly unmappedItems: { readonly count: number; readonly isMore: boolean };
};

export type ItemRow = {
  readonly deliveryId: string;
  readonly itemId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly messageAt: string;
  readonly owner: string | null;
  readonly mailbox: string | null;
  readonly outcome: DeliveryState;
  readonly reasonCode: string | null;
  /** The code's advice, in words. */
  readonly reason: string | null;
  readonly completedAt: string | null;
  /** Null while the end is not known, and where there is no original. */
  readonly originalKeptUntil: string | null;
  readonly originalRemovedAt: string | null;
  /** Why somebody gave it up. */
  readonly dismissReason: string | null;
  readonly isDismissible: boolean;
  readonly isRetryable: boolean;
};

/** What a reviewer may download of an item. */
export const originalKinds = ["message", "record"] as const;
export type OriginalKind = (typeof originalKinds)[number];

export type OriginalView = {
  readonly itemId: string;
  readonly runId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly owner: string | null;
  readonly people: number;
  readonly messageAt: string;
  readonly archivedAt: string;
  readonly recordedAt: string;
  readonly recordSha256: string;
  /** Null until a copy is in a mailbox. */
  readonly messageSha256: string | null;
  readonly hasOriginal: boolean;
  /** Null while the end is not known, and where there is no original. */
  readonly originalKeptUntil: string | null;
  readonly originalRemovedAt: string | null;
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly mailbox: string | null;
    readonly outcome: DeliveryState;
    readonly reason: string | null;
    readonly completedAt: string | null;
  }[];
  readonly attachments: readonly {
    readonly position: number;
    readonly state: "pending" | "staged" | "failed";
    readonly reason: string | null;
    readonly sizeBytes: number | null;
    readonly sha256: string | null;
  }[];
};

/** One page of a list that is paged by key: give `next` back to get the following one. */
export type PageOf<T> = {
  readonly rows: readonly T[];
  readonly next: string | null;
};

export type DraftView = {
  readonly id: string;
  readonly version: number;
  readonly openSteps: readonly WizardStep[];
  readonly firstOpenStep: WizardStep;
  readonly terms: { readonly version: string; readonly acceptedAt: string } | null;
  readonly source: {
    readonly username: string;
    readonly accountId: string;
    readonly accountName: string;
  } | null;
  readonly automaticMapping: boolean;
  readonly mappingFile: MappingFileView | null;
  readonly isMapped: boolean;
  readonly consentVerifiedAt: string | null;
  readonly name: string | null;
  readonly timeOfDay: string | null;
  readonly zone: string | null;
};

/** The state the consent step shows. */
export type ConsentView = {
  readonly isGranted: boolean;
  readonly missing: readonly string[];
  /** Links handed over to a Global Administrator that are still good. */
  readonly handedOver: readonly {
    readonly id: string;
    readonly expiresAt: string;
  }[];
};

/** What a handed-over consent link shows to somebody without a session. */
export type HandedOverView = {
  readonly tenantId: string;
  readonly connectorName: string;
  readonly requestedBy: string;
  readonly permissions: readonly string[];
  readonly expiresAt: string;
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
