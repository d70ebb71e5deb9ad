/** Rows of the control plane as the services see them. */
import type { OpenAlarm } from "@/lib/core/alarm";
import type { ConnectorState } from "@/lib/core/connector";
import type { Delivery } from "@/lib/core/delivery";
import type { DeliveryState, RunCounters, RunKind, RunState } from "@/lib/core/run";

/** How the source hands over, and of files where they lie; null where it is not by SFTP. */
export type SourceColumns = {
  readonly delivery: Delivery;
  readonly sftpHost: string | null;
  readonly sftpPort: number | null;
  readonly sftpFolder: string | null;
  readonly sftpHostKey: string | null;
  readonly movesFinishedFiles: boolean;
};

export type DraftRecord = SourceColumns & {
  readonly id: string;
  readonly userId: string;
  readonly state: "open" | "finished" | "abandoned";
  readonly version: number;
  readonly termsVersion: string | null;
  readonly termsAcceptedAt: Date | null;
  readonly sourceUsername: string | null;
  readonly sourceAccountId: string | null;
  readonly sourceAccountName: string | null;
  readonly credentialId: string | null;
  readonly signedInAt: Date | null;
  readonly automaticMapping: boolean;
  readonly mappingFileId: string | null;
  /** When the person went on from the step; null while it wants an answer. */
  readonly mappedAt: Date | null;
  /** When a fresh token proved the grant. */
  readonly consentVerifiedAt: Date | null;
  readonly consentedAt: Date | null;
  readonly name: string | null;
  readonly timeOfDay: string | null;
  readonly zone: string | null;
  readonly connectorId: string | null;
  readonly updatedAt: Date;
};

export type DraftChange = Partial<Omit<DraftRecord, "id" | "userId" | "version" | "updatedAt">>;

export type ConnectorRecord = SourceColumns & {
  readonly id: string;
  readonly name: string;
  readonly state: ConnectorState;
  readonly attentionCode: string | null;
  readonly sourceFailureCode: string | null;
  readonly sourceAccountId: string;
  readonly sourceAccountName: string;
  readonly sourceUsername: string;
  readonly credentialId: string | null;
  readonly timeOfDay: string;
  readonly zone: string;
  readonly automaticMapping: boolean;
  readonly mappingFileId: string | null;
  readonly messageDomain: string;
  readonly sizeLimitBytes: number;
  readonly largeAttachments: boolean;
  readonly watermark: Date | null;
  readonly finishedAt: Date;
  readonly createdById: string;
  readonly version: number;
};

export type NewConnector = Partial<SourceColumns> &
  Pick<
    ConnectorRecord,
    | "id"
    | "name"
    | "sourceAccountId"
    | "sourceAccountName"
    | "sourceUsername"
    | "credentialId"
    | "timeOfDay"
    | "zone"
    | "automaticMapping"
    | "mappingFileId"
    | "messageDomain"
    | "finishedAt"
    | "createdById"
  >;

export type ConnectorChange = Partial<
  Pick<
    ConnectorRecord,
    | "sftpHostKey"
    | "movesFinishedFiles"
    | "name"
    | "state"
    | "sourceUsername"
    | "sourceAccountName"
    | "credentialId"
    | "timeOfDay"
    | "zone"
    | "automaticMapping"
    | "mappingFileId"
    | "sizeLimitBytes"
    | "largeAttachments"
    | "attentionCode"
    | "sourceFailureCode"
  >
> & {
  readonly attentionAt?: Date | null;
  readonly sourceFailureAt?: Date | null;
  readonly sourceOkAt?: Date;
  readonly movesRefusedAt?: null;
  readonly deletedAt?: Date;
};

/** A connector with what its two statuses are derived from. */
export type ConnectorFacts = ConnectorRecord & {
  /** Since when Exchange adds no attachments to messages that exist, in the whole tenant. */
  readonly attachRefusedAt: Date | null;
  /** Since when the server refuses to move files that are done. */
  readonly movesRefusedAt: Date | null;
  readonly createdByName: string | null;
  readonly newestClosed: RunState | null;
  readonly lastImportAt: Date | null;
  readonly openRuns: readonly RunState[];
  /** The newest of the runs that are not closed. */
  readonly openRunId: string | null;
};

export type RunRecord = {
  readonly id: string;
  readonly connectorId: string;
  readonly delivery: "API" | "SFTP";
  readonly kind: RunKind;
  readonly state: RunState;
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly closedAt: Date | null;
  readonly notBefore: Date | null;
  readonly isTransferDone: boolean;
  readonly failureCode: string | null;
  readonly manifestCount: number | null;
  readonly isManifestEqual: boolean | null;
  readonly alreadyRecorded: number;
  readonly mappingVersion: number | null;
  /** The newest by which something of it was resolved later. */
  readonly laterMappingVersion: number | null;
  /** Of a closed run as it was closed, of an open one as it stands. */
  readonly counters: RunCounters;
};

export type NewRun = {
  readonly id: string;
  readonly connectorId: string;
  readonly kind: RunKind;
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly automaticMapping: boolean;
  readonly mappingFileId: string | null;
  readonly requestedById: string;
  readonly createdAt: Date;
};

export type ItemRecord = {
  readonly deliveryId: string;
  readonly itemId: string;
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: string;
  readonly messageAt: Date;
  readonly ownerValue: string | null;
  readonly mailboxAddress: string | null;
  readonly state: DeliveryState;
  readonly failureCode: string | null;
  readonly completedAt: Date | null;
  /** Null while the end is not known, and where there is no original. */
  readonly keptUntil: Date | null;
  readonly originalRemovedAt: Date | null;
  readonly dismissedAt: Date | null;
  readonly dismissReason: string | null;
  /** Staged still, so that it can be imported again. */
  readonly hasOriginal: boolean;
};

export type GapRecord = {
  readonly id: string;
  readonly gapStart: Date;
  readonly gapEnd: Date;
  /** Of a file that left the server unread; the span is the instant in which it was zipped. */
  readonly fileName: string | null;
  readonly foundAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly reason: string | null;
};

export type AlarmRecord = OpenAlarm & {
  /** By the webhook, or without one by the log. */
  readonly raisedToldAt: Date | null;
};

export type ConsentRecord = {
  readonly id: string;
  readonly kind: "own" | "handedOver";
  readonly state: "requested" | "granted" | "declined" | "failed";
  readonly sessionDigest: string | null;
  readonly draftId: string | null;
  readonly connectorId: string | null;
  readonly requestedById: string;
  readonly requestedByName: string | null;
  /** What the connector is called, or will be; null while nobody named it. */
  readonly connectorName: string | null;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly reason: string | null;
};

export type AuditRecord = {
  readonly sequence: bigint;
  readonly at: Date;
  readonly actorId: string;
  readonly actorName: string;
  readonly action: string;
  readonly subject: string;
  readonly subjectName: string | null;
  /** Canonical JSON. */
  readonly details: string;
  readonly hash: string;
};
