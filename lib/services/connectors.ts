/** Connectors as the portal shows them, and the way to each of their changes. */
import type { DeliveryState } from "@/lib/core/run";
import type { ConnectorDetail } from "@/lib/core/view";
import type { RunRecord } from "@/lib/ports/portal-records";
import { dismissDelivery, readExpiring } from "./connector-dismissal";
import { editConnector } from "./connector-edit";
import {
  acknowledgeGap,
  pauseConnector,
  removeConnector,
  resumeConnector,
} from "./connector-state";
import { readNotImported, retryItems } from "./connector-repair";
import { backfill, cancelRun, syncNow } from "./connector-runs";
import type { PortalServices } from "./portal";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";
import { writeRunLog } from "./run-log";
import { askHostKey } from "./sftp-secrets";
import {
  alarmView,
  connectorRow,
  gapView,
  isoOrNull,
  itemRow,
  mappingFileView,
  runView,
  sftpView,
  spanView,
} from "./views";
import { deliveredFileView, pageOfFiles } from "./delivered-file-view";

const runsPerPage = 20;
const itemsPerPage = 50;
const spansShown = 20;
/** An open page asks every second. */
const unmappedCounted = 10_000;

export function createConnectorService(
  deps: PortalDeps,
  mappings: PortalServices["mappings"],
): PortalServices["connectors"] {
  const { store, clock } = deps;
  return {
    async list(actor) {
      const [connectors, workerSeenAt] = await Promise.all([
        store.connectors.list(actor.tenantId),
        store.people.workerSeenAt(),
      ]);
      const now = clock.now();
      return connectors.map((each) => connectorRow(each, each.openRun, workerSeenAt, now));
    },

    async detail(actor, connectorId) {
      return isId(connectorId) ? readDetail(deps, actor.tenantId, connectorId) : null;
    },

    async runs(actor, connectorId, filter, after) {
      if (!isId(connectorId)) return { rows: [], next: null };
      const { tenantId } = actor;
      const from = runKeyIn(after);
      const found = await store.runs.page(tenantId, connectorId, filter, from, runsPerPage + 1);
      const page = found.slice(0, runsPerPage);
      const now = clock.now();
      const rows = page.map((run) => runView(run, now));
      return { rows, next: found.length > runsPerPage ? runKeyOf(page.at(-1)) : null };
    },

    async run(actor, connectorId, runId) {
      if (!isId(connectorId) || !isId(runId)) return null;
      const run = await store.runs.find(actor.tenantId, connectorId, runId);
      return run === null ? null : runView(run, clock.now());
    },

    async items(actor, connectorId, runId, filter, after) {
      if (!isId(connectorId) || !isId(runId)) return { rows: [], next: null };
      if (!(await store.runs.exists(actor.tenantId, connectorId, runId))) {
        return { rows: [], next: null };
      }
      const found = await store.items.page(actor.tenantId, runId, {
        outcome: outcomeIn(filter.outcome),
        search: filter.search?.trim() || null,
        afterDeliveryId: after !== null && isId(after) ? after : null,
        limit: itemsPerPage + 1,
        retentionDays: deps.retentionDays,
      });
      const rows = found.slice(0, itemsPerPage).map(itemRow);
      return {
        rows,
        next: found.length > itemsPerPage ? (rows.at(-1)?.deliveryId ?? null) : null,
      };
    },

    runLog: (actor, connectorId, runId) => writeRunLog(deps, actor, connectorId, runId),

    deliveredFiles: (actor, connectorId, filter, after) =>
      pageOfFiles(deps, actor, connectorId, filter, after),

    async runGaps(actor, connectorId, runId) {
      if (!isId(connectorId) || !isId(runId)) return [];
      const isThere = await store.runs.exists(actor.tenantId, connectorId, runId);
      return isThere ? (await store.runs.gapsOf(actor.tenantId, runId)).map(gapView) : [];
    },

    async transferredSpans(actor, connectorId) {
      if (!isId(connectorId)) return [];
      const spans = await store.runs.transferredSpans(actor.tenantId, connectorId, spansShown);
      return spans.map(spanView);
    },

    backfill: (actor, connectorId, days) => backfill(deps, actor, connectorId, days),
    cancelRun: (actor, connectorId, runId) => cancelRun(deps, actor, connectorId, runId),
    syncNow: (actor, connectorId) => syncNow(deps, actor, connectorId),
    notImported: (actor, connectorId, runId) => readNotImported(deps, actor, connectorId, runId),
    retry: (actor, connectorId, choice) => retryItems(deps, actor, connectorId, choice),
    pause: (actor, connectorId) => pauseConnector(deps, actor, connectorId),
    resume: (actor, connectorId) => resumeConnector(deps, actor, connectorId),
    hostKey: (actor, place, signal) => askHostKey(deps, actor, place, signal),
    edit: (actor, connectorId, version, input, signal) =>
      editConnector(deps, mappings, actor, connectorId, version, input, signal),
    acknowledgeGap: (actor, connectorId, gapId, reason) =>
      acknowledgeGap(deps, actor, connectorId, gapId, reason),
    dismiss: (actor, connectorId, deliveryId, reason) =>
      dismissDelivery(deps, actor, connectorId, deliveryId, reason),
    remove: (actor, connectorId, name) => removeConnector(deps, actor, connectorId, name),
  };
}

const filesShown = 20;

async function readDetail(
  deps: PortalDeps,
  tenantId: string,
  connectorId: string,
): Promise<ConnectorDetail | null> {
  const { store, clock } = deps;
  const connector = await store.connectors.find(tenantId, connectorId);
  if (connector === null) return null;
  const { mappingFileId } = connector;
  const sftp = sftpView(connector);
  const now = clock.now();
  const [workerSeenAt, runs, gaps, alarms, unmapped, expiring, file, resolving, files] =
    await Promise.all([
      store.people.workerSeenAt(),
      store.runs.page(tenantId, connectorId, { kind: null, state: null }, null, runsPerPage + 1),
      store.connectors.gaps(tenantId, connectorId),
      store.connectors.alarms(tenantId, connectorId),
      store.connectors.countUnmapped(tenantId, connectorId, unmappedCounted + 1),
      connector.state === "deleted" ? null : readExpiring(deps, tenantId, connectorId, now),
      mappingFileId === null ? null : store.mappings.find(tenantId, mappingFileId),
      store.versions.progress(tenantId, connectorId),
      sftp === null ? [] : store.connectors.deliveredFiles(tenantId, connectorId, filesShown),
    ]);
  // An open run far behind the newest ones is not worth a second count.
  const openRun = runs.find(({ id }) => id === connector.openRunId) ?? null;
  const { version, state, sourceAccountId, sourceAccountName, sourceUsername } = connector;
  const { timeOfDay, zone, automaticMapping, sizeLimitBytes } = connector;
  return {
    ...connectorRow(connector, openRun, workerSeenAt, now),
    ...{ version, state, sourceAccountId, sourceAccountName, sourceUsername },
    ...{ timeOfDay, zone, automaticMapping, sizeLimitBytes, expiring, resolving },
    unmappedItems: {
      count: Math.min(unmapped, unmappedCounted),
      isMore: unmapped > unmappedCounted,
    },
    mappingFile: file === null ? null : mappingFileView(file),
    sftp,
    largeAttachments: connector.largeAttachments,
    attachRefusedAt: isoOrNull(connector.attachRefusedAt),
    movesRefusedAt: isoOrNull(connector.movesRefusedAt),
    watermark: connector.watermark?.toISOString() ?? null,
    createdAt: connector.finishedAt.toISOString(),
    createdBy: connector.createdByName ?? "",
    runs: runs.slice(0, runsPerPage).map((run) => runView(run, now)),
    hasMoreRuns: runs.length > runsPerPage,
    gaps: gaps.map(gapView),
    alarms: alarms.map((alarm) => alarmView(alarm, deps.hasAlarmWebhook)),
    deliveredFiles: files.map(deliveredFileView),
  };
}

function runKeyOf(run: RunRecord | undefined): string | null {
  return run === undefined ? null : `${run.createdAt.getTime()}_${run.id}`;
}

function runKeyIn(after: string | null): { createdAt: Date; id: string } | null {
  const [, time, id] = /^(\d{1,15})_(.+)$/.exec(after ?? "") ?? [];
  return time !== undefined && id !== undefined && isId(id)
    ? { createdAt: new Date(Number(time)), id }
    : null;
}

const outcomes: Record<DeliveryState, true> = {
  pending: true,
  importing: true,
  imported: true,
  partiallyImported: true,
  skipped: true,
  failed: true,
};

function outcomeIn(word: string | null): DeliveryState | null {
  return word !== null && Object.hasOwn(outcomes, word) ? (word as DeliveryState) : null;
}
