/** The only room that knows everybody: what a worker and the portal are made of, once per process. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { createStaging } from "./adapters/azure-blob/staging";
import { startQueueWorkers } from "./adapters/run-queue";
import { type Config, config } from "./config";
import { toSyncError } from "./core/errors";
import { exchangeLimits } from "./core/pacing";
import { refreshDirectory } from "./services/directory";
import type { PortalServices } from "./services/portal";
import { beat } from "./services/sync/beat";
import { createSlots } from "./services/sync/concurrency";
import { createComposed } from "./services/sync/lane-composed";
import { createDigests } from "./services/sync/lane-evidence";
import { doDuty } from "./services/sync/duties";
import { healUserMapping } from "./services/sync/heal";
import { runLane } from "./services/sync/lane";
import { createLaneJobs } from "./services/sync/lane-jobs";
import { mappingChangeDuty } from "./services/sync/mapping-change";
import type { SyncLimits, SyncParts } from "./services/sync/parts";
import { tick } from "./services/sync/plan";
import { transferRun } from "./services/sync/transfer";
import { alarmDuty } from "./wiring-alarms";
import { duties } from "./wiring-duties";
import { closeOutside, createOutside, type Outside } from "./wiring-outside";
import { createPortalServices } from "./wiring-portal";

export const syncLimits: SyncLimits = {
  pageSize: 200,
  batchSize: 50,
  requestsPerMailbox: 3,
  attachmentsAtOnce: 4,
  createBytes: 4_000_000,
  traffic: exchangeLimits,
  uploadRetryMs: 250,
  heartbeatMs: 3_000,
  silentMs: 15_000,
  laneLeaseMs: 10_000,
  laneRenewMs: 3_000,
  inDoubtMs: 45_000,
  tickLeaseMs: 4_500,
};

/** Each holds some four megabytes, in a worker that is to stay below 512. */
const heavyAtOnce = 8;

/** More items than lanes have in their batches at a time; a megabyte. */
const digestsKept = 4_000;

/** Lanes that wait for their mailboxes and are no job of the queue meanwhile, besides those that are. */
const mostWaiting = 64;

/** What a worker does, and what tells it to. */
export const sync = {
  beat,
  tick,
  transferRun,
  runLane,
  laneJobs: (parts: SyncParts) =>
    createLaneJobs(
      (laneId, signal, onWait) => runLane(parts, laneId, signal, onWait),
      parts.log,
      mostWaiting,
    ),
  /** Each for itself: one that takes long, or waits for a service that is away, keeps no other. */
  duties: duties.map(
    (duty) => (parts: SyncParts, signal: AbortSignal) => doDuty(parts, duty, signal),
  ),
};
export { closeOutside, createOutside, type Outside, startQueueWorkers };

/** What a worker process works with. */
export function createSyncParts(
  config: Config,
  outside: Outside,
  limits: SyncLimits = syncLimits,
): SyncParts {
  const { tenantId, storage, encryptionKeys } = config;
  const { directory, portalStore, syncStore } = outside;
  const refreshing = { directory, store: portalStore };
  return {
    tenantId,
    workerId: `${hostname()}:${process.pid}:${randomBytes(4).toString("hex")}`,
    store: syncStore,
    source: outside.source,
    staging: createStaging({ ...storage, keys: encryptionKeys }),
    destination: outside.destination,
    queue: outside.queue,
    secretBox: outside.secretBox,
    refreshDirectory: (signal, options) => refreshDirectory(refreshing, tenantId, signal, options),
    watchAlarms: outside.alarms.watch,
    clock: outside.clock,
    random: Math.random,
    log: outside.log,
    limits,
    retentionDays: config.retentionDays,
    passes: () => undefined,
    // Until the first beat tells how many others there are.
    graphSlots: createSlots(1),
    graphMaxInFlight: config.graphMaxInFlight,
    heavySlots: createSlots(heavyAtOnce),
    mailSlots: createSlots(1),
    digests: createDigests(digestsKept),
    composed: createComposed(),
  };
}

/** How long somebody who changes a mapping waits for what waits by it; workers do the rest. */
const resolvePatienceMs = 5_000;

/** How long somebody who saves a mapping waits for the directory. */
const directoryPatienceMs = 20_000;

// Next loads a module once per bundle; one process still needs one pool, one queue and one token.
const shared = globalThis as { portalOutside?: Outside; portalServices?: PortalServices };

function portalOutside(): Outside {
  return (shared.portalOutside ??= createOutside(config(), "portal"));
}

/** What pages, actions and routes may ask for. */
export function portal(): PortalServices {
  shared.portalServices ??= openPortal(config(), portalOutside());
  return shared.portalServices;
}

/** The portal looks, too: when all workers are dead nobody else can say so. */
export async function watchFromPortal(signal: AbortSignal): Promise<void> {
  const { syncStore, alarms, log } = portalOutside();
  const workerId = `${hostname()}:${process.pid}:portal`;
  const holder = { store: syncStore, tenantId: config().tenantId, workerId, log };
  await doDuty({ ...holder, watchAlarms: alarms.watch }, alarmDuty, signal);
}

export function openPortal(
  settings: Config,
  outside = createOutside(settings, "portal"),
): PortalServices {
  const { syncStore, portalStore, queue, log } = outside;
  return createPortalServices({
    ...outside,
    tenantId: settings.tenantId,
    staging: createStaging({ ...settings.storage, keys: settings.encryptionKeys }),
    retentionDays: settings.retentionDays,
    hasAlarmWebhook: settings.alarmWebhook !== null,
    async resolveUnmapped(connectorId, rules) {
      const { tenantId } = settings;
      const refreshing = { directory: outside.directory, store: portalStore };
      // With the mirror as it is when Graph is away: what it knows already is worth healing.
      await refreshDirectory(refreshing, tenantId, AbortSignal.timeout(directoryPatienceMs)).catch(
        (thrown: unknown) => log.warn("directory.stale", { code: toSyncError(thrown).code }),
      );
      return healUserMapping({ store: syncStore, tenantId, queue, log }, connectorId, rules);
    },
    async resolveAnew() {
      const { tenantId } = settings;
      const holder = { store: syncStore, tenantId, log, queue, passes: () => undefined };
      const workerId = `${hostname()}:${process.pid}:portal`;
      await doDuty(
        { ...holder, workerId },
        mappingChangeDuty,
        AbortSignal.timeout(resolvePatienceMs),
      );
    },
  });
}
