/** Rows as pages show them. */
import { alarmAdvice } from "@/lib/core/alarm";
import {
  type ConnectionFacts,
  deriveConnectionStatus,
  deriveImportStatus,
  type ImportFacts,
  whatToDo,
} from "@/lib/core/connector";
import type { SftpView } from "@/lib/core/delivery";
import { failures, isFailureCode } from "@/lib/core/errors";
import { isClosed, isTransferredFirst, progressOf } from "@/lib/core/run";
import { nextScheduledInstant } from "@/lib/core/schedule";
import type { SyncWindow } from "@/lib/core/window";
import type { ItemRow } from "@/lib/core/item-view";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type {
  AlarmView,
  ConnectorRow,
  GapView,
  ProgressView,
  RunView,
  SpanView,
} from "@/lib/core/view";
import type { MappingFileRecord } from "@/lib/ports/mapping-records";
import type {
  AlarmRecord,
  ConnectorFacts,
  GapRecord,
  ItemRecord,
  RunRecord,
  SourceColumns,
} from "@/lib/ports/portal-records";

export function sftpView(row: SourceColumns): SftpView | null {
  const { sftpHost: host, sftpPort: port, sftpFolder: folder, sftpHostKey: hostKey } = row;
  if (host === null || port === null || folder === null || hostKey === null) return null;
  return { host, port, folder, hostKey, movesFinishedFiles: row.movesFinishedFiles };
}

export function connectorRow(
  connector: ConnectorFacts,
  openRun: RunRecord | null,
  workerBeatAt: Date | null,
  now: Date,
): ConnectorRow {
  const { state, timeOfDay, zone, attentionCode, sourceFailureCode } = connector;
  const { finishedAt, watermark, openRuns, newestClosed } = connector;
  const schedule = { timeOfDay, zone };
  const connection: ConnectionFacts = { state, attentionCode, sourceFailureCode };
  const facts: ImportFacts = {
    ...{ state, schedule, finishedAt, watermark },
    ...{ openRuns, newestClosed, workerBeatAt },
  };
  return {
    id: connector.id,
    name: connector.name,
    status: {
      connection: deriveConnectionStatus(connection),
      import: deriveImportStatus(facts, now),
      advice: state === "deleted" ? null : (whatToDo(connection, facts, now)?.advice ?? null),
      attentionCode,
    },
    progress: openRun === null ? null : progressView(openRun, now),
    lastImportAt: isoOrNull(connector.lastImportAt),
    nextImportAt: state === "active" ? nextScheduledInstant(schedule, now).toISOString() : null,
  };
}

export function progressView(run: RunRecord, now: Date): ProgressView | null {
  if (isClosed(run.state)) return null;
  const { done, total, ratePerMinute, remainingMs } = progressOf(run.counters, {
    startedAt: run.startedAt ?? run.createdAt,
    now,
    isTotalKnown: run.isTransferDone,
  });
  const phase = run.state === "importing" ? "importing" : "transferring";
  return {
    phase: run.state === "queued" ? "waiting" : phase,
    nextTryAt:
      run.state === "queued" && run.notBefore !== null && run.notBefore > now
        ? run.notBefore.toISOString()
        : null,
    transferred: run.counters.availableFromSource + run.alreadyRecorded,
    expected: run.manifestCount,
    done,
    total,
    ratePerMinute: done === 0 ? null : ratePerMinute,
    remainingMs,
  };
}

export function runView(run: RunRecord, now: Date): RunView {
  const { id, kind, state, failureCode, counters, alreadyRecorded } = run;
  const areFiles = run.delivery === "SFTP";
  const availableFromSource = (areFiles ? run.manifestCount : null) ?? counters.availableFromSource;
  const { mappingVersion, laterMappingVersion } = run;
  return {
    ...{ id, kind, state, failureCode, alreadyRecorded, areFiles },
    counters: { ...counters, availableFromSource },
    ...{ mappingVersion, laterMappingVersion },
    reason: reasonOfRun(run),
    isCancellable: state === "importing" || (!isClosed(state) && !isTransferredFirst(kind)),
    windowStart: run.windowStart.toISOString(),
    windowEnd: run.windowEnd.toISOString(),
    createdAt: run.createdAt.toISOString(),
    startedAt: isoOrNull(run.startedAt),
    closedAt: isoOrNull(run.closedAt),
    notBefore: isoOrNull(run.notBefore),
    progress: progressView(run, now),
  };
}

/** Stopped by us and continued by itself is nothing to explain. */
function reasonOfRun(run: RunRecord): string | null {
  if (run.failureCode === "Interrupted") return null;
  if (run.failureCode === null && isWithoutFiles(run)) return nothingDelivered;
  if (run.failureCode !== "ManifestMismatch") return reasonInWords(run.failureCode);
  const received = run.counters.availableFromSource + run.alreadyRecorded;
  const said = run.manifestCount ?? received;
  const difference =
    said === received
      ? "TeleMessage lists other items in this window than it sent."
      : `TeleMessage counts ${inFigures(said)} items in this window, ${inFigures(received)} were received.`;
  return `${difference} It is asked again every day for 14 days.`;
}

const nothingDelivered =
  "No file that was zipped in this time lies on the server. Whether one is missing, nobody can tell: what is delivered has no list of its files.";

function isWithoutFiles({ delivery, isTransferDone, manifestCount }: RunRecord): boolean {
  return delivery === "SFTP" && isTransferDone && manifestCount === 0;
}

function inFigures(count: number): string {
  return count.toLocaleString("en-US");
}

export function itemRow(item: ItemRecord): ItemRow {
  const { deliveryId, itemId, sourceItemId, revision, kind, failureCode } = item;
  return {
    ...{ deliveryId, itemId, sourceItemId, revision, kind },
    messageAt: item.messageAt.toISOString(),
    owner: item.ownerValue,
    mailbox: item.mailboxAddress,
    outcome: item.state,
    reasonCode: failureCode,
    reason: reasonInWords(failureCode),
    completedAt: isoOrNull(item.completedAt),
    originalKeptUntil: isoOrNull(item.keptUntil),
    originalRemovedAt: isoOrNull(item.originalRemovedAt),
    dismissReason: item.dismissReason,
    isDismissible: item.state === "failed" && item.dismissedAt === null,
    isRetryable: canBeRetried(item),
  };
}

function canBeRetried({ state, hasOriginal, mailboxAddress, failureCode }: ItemRecord): boolean {
  if (state !== "failed" && state !== "partiallyImported") return false;
  return hasOriginal && (mailboxAddress !== null || failureCode === "UserMapping");
}

export function reasonInWords(failureCode: string | null): string | null {
  if (failureCode === null) return null;
  return failures[isFailureCode(failureCode) ? failureCode : "Unexpected"].advice;
}

export function spanView({ start, end }: SyncWindow): SpanView {
  return { start: start.toISOString(), end: end.toISOString() };
}

export function gapView(gap: GapRecord): GapView {
  const { id, acknowledgedAt: at, acknowledgedBy: by, reason } = gap;
  return {
    id,
    start: gap.gapStart.toISOString(),
    end: gap.gapEnd.toISOString(),
    fileName: gap.fileName,
    foundAt: gap.foundAt.toISOString(),
    acknowledged:
      at === null ? null : { at: at.toISOString(), by: by ?? "the portal", reason: reason ?? "" },
  };
}

export function alarmView(alarm: AlarmRecord, hasWebhook: boolean): AlarmView {
  const { id, cause, raisedAt, raisedToldAt } = alarm;
  const told = raisedToldAt === null ? "waiting" : "webhook";
  return {
    ...{ id, cause, advice: alarmAdvice(alarm), raisedAt: raisedAt.toISOString() },
    told: hasWebhook ? told : "log",
  };
}

export function mappingFileView(file: MappingFileRecord): MappingFileView {
  const { id, fileName, version, state, lines, entries, people, numbers, otherIds } = file;
  const { errors, warnings, ignoredColumns, leavesBadLinesOut, checkedAt } = file;
  return {
    ...{ id, fileName, version, state, lines, entries, people, numbers, otherIds },
    ...{ errors, warnings, ignoredColumns, leavesBadLinesOut },
    createdAt: file.createdAt.toISOString(),
    createdBy: file.createdByName ?? "",
    directory:
      checkedAt === null
        ? null
        : {
            checkedAt: checkedAt.toISOString(),
            found: file.mailboxesFound ?? 0,
            withoutLicence: file.withoutLicence ?? 0,
            unknown: file.unknownMailboxes ?? 0,
          },
  };
}

export function isoOrNull(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
