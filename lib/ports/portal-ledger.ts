/** The half of the portal's store that shows and changes what the sync engine works on, and the audit of it all. */
import type { DeliveredFile } from "@/lib/core/delivered-file";
import type { AuditActor, AuditHead, ChainedEvent } from "@/lib/core/audit";
import type { AuditAction } from "@/lib/core/audit-actions";
import type { DeliveryState, RunKind, RunState } from "@/lib/core/run";
import type { SyncWindow } from "@/lib/core/window";
import type {
  AuditRecord,
  ConnectorChange,
  ConnectorFacts,
  ConnectorRecord,
  AlarmRecord,
  GapRecord,
  ItemRecord,
  NewConnector,
  NewRun,
  RunRecord,
} from "./portal-records";

export type ConnectorTable = {
  /** Without the deleted ones. Two queries, however many there are. */
  list(
    tenantId: string,
  ): Promise<readonly (ConnectorFacts & { readonly openRun: RunRecord | null })[]>;
  /** A deleted one too: its history stays. */
  find(tenantId: string, connectorId: string): Promise<ConnectorFacts | null>;
  /** Held until the transaction ends. */
  lock(tenantId: string, connectorId: string): Promise<ConnectorRecord | null>;
  lockWaitingFor(tenantId: string, attentionCode: string): Promise<readonly ConnectorRecord[]>;
  findLiveByAccount(
    tenantId: string,
    sourceAccountId: string,
  ): Promise<{ readonly id: string; readonly name: string } | null>;
  /** "name" or "account" when a live connector has it already. */
  insert(tenantId: string, connector: NewConnector): Promise<"inserted" | "name" | "account">;
  /** @returns "name" when another live connector has it */
  save(
    tenantId: string,
    connectorId: string,
    change: ConnectorChange,
    at: Date,
    options?: { readonly isNextVersion: boolean },
  ): Promise<"saved" | "name">;
  /** Failed for want of a mailbox and not given up; counted up to `limit`. */
  countUnmapped(tenantId: string, connectorId: string, limit: number): Promise<number>;
  /** Those that nobody has acknowledged. */
  gaps(tenantId: string, connectorId: string): Promise<readonly GapRecord[]>;
  /** Those that are not done first, then the newest. */
  deliveredFiles(
    tenantId: string,
    connectorId: string,
    limit: number,
  ): Promise<readonly DeliveredFileRecord[]>;
  /** Newest first. */
  pageDeliveredFiles(
    tenantId: string,
    connectorId: string,
    filter: DeliveredFileFilter | null,
    after: DeliveredFileKey | null,
    limit: number,
  ): Promise<readonly DeliveredFileRecord[]>;
  /** Those that are open, oldest first. */
  alarms(tenantId: string, connectorId: string): Promise<readonly AlarmRecord[]>;
  /** @returns false when it was acknowledged already */
  acknowledgeGap(
    tenantId: string,
    connectorId: string,
    gapId: string,
    acknowledgement: { readonly byId: string; readonly reason: string; readonly at: Date },
  ): Promise<boolean>;
};

export type DeliveredFileRecord = DeliveredFile & {
  readonly doneAt: Date | null;
  /** Since when it is no longer there, though it was not read. */
  readonly goneAt: Date | null;
};

export type DeliveredFileFilter = "failed" | "waiting" | "done";

export type DeliveredFileKey = { readonly at: Date; readonly name: string };

/** Null does not narrow. */
export type RunFilter = { readonly kind: RunKind | null; readonly state: RunState | null };

export type RunTable = {
  /**
   * "window" or "transfer" names the law that refused it. A backfill or look-back under way gives way
   * to a manual run; a second one is refused while the first is to transfer.
   */
  insert(tenantId: string, run: NewRun): Promise<"inserted" | "window" | "transfer">;
  /** Counts its deliveries while it is open. */
  find(tenantId: string, connectorId: string, runId: string): Promise<RunRecord | null>;
  exists(tenantId: string, connectorId: string, runId: string): Promise<boolean>;
  /** Newest first. */
  page(
    tenantId: string,
    connectorId: string,
    filter: RunFilter,
    after: { readonly createdAt: Date; readonly id: string } | null,
    limit: number,
  ): Promise<readonly RunRecord[]>;
  /** What was read of the source's time, without what it no longer held: merged, newest first. */
  transferredSpans(
    tenantId: string,
    connectorId: string,
    limit: number,
  ): Promise<readonly SyncWindow[]>;
  /** What a run found no longer held, acknowledged or not. */
  gapsOf(tenantId: string, runId: string): Promise<readonly GapRecord[]>;
  /**
   * Its pending deliveries fail with `Cancelled`; what is being written ends by itself first
   * ("cancelling"), then the run is closed. A scheduled or manual run that is still to transfer is
   * "notCancellable": the watermark stands on it.
   */
  cancel(
    tenantId: string,
    runId: string,
    at: Date,
  ): Promise<"cancelled" | "cancelling" | "notCancellable" | "ended">;
  /**
   * Ends what is open as its connector is deleted; what is being written ends by itself first.
   * @returns the runs that are cancelled now
   */
  cancelAll(tenantId: string, connectorId: string, at: Date): Promise<readonly string[]>;
  /** What waited for the administrator may go on at once. */
  wake(
    tenantId: string,
    connectorIds: readonly string[],
  ): Promise<{ readonly runIds: readonly string[]; readonly laneIds: readonly string[] }>;
};

export type ItemTable = {
  page(
    tenantId: string,
    runId: string,
    query: {
      readonly outcome: DeliveryState | null;
      readonly search: string | null;
      readonly afterDeliveryId: string | null;
      readonly limit: number;
      readonly retentionDays: number;
    },
  ): Promise<readonly ItemRecord[]>;
  /** Somebody gives a failed delivery up. @returns null when it is not failed, or was dismissed already */
  dismiss(
    tenantId: string,
    connectorId: string,
    deliveryId: string,
    dismissal: { readonly byId: string; readonly reason: string; readonly at: Date },
  ): Promise<{ readonly runId: string; readonly itemId: string } | null>;
  /** Items that nobody imported or dismissed and whose original goes before `until`, counted up to `limit`. */
  expiring(
    tenantId: string,
    connectorId: string,
    query: { readonly retentionDays: number; readonly until: Date; readonly limit: number },
  ): Promise<Expiring>;
};

type Expiring = {
  readonly items: number;
  readonly first: { readonly at: Date; readonly runId: string } | null;
};

/** Words the table of actions does not have yet are written as they are. */
export type PortalAuditAction =
  AuditAction | "consent.linkRevoked" | "draft.consentConfirmed" | "source.signInRefused";

export type NewAuditEvent = {
  readonly actor: AuditActor;
  readonly action: PortalAuditAction;
  /** `connector:{id}` for everything about one connector, else `draft:`, `consent:`, `user:`, `tenant:`. */
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly at: Date;
};

export type AuditTable = {
  /** @returns its number in the chain */
  append(tenantId: string, event: NewAuditEvent): Promise<bigint>;
  find(tenantId: string, sequence: bigint): Promise<AuditRecord | null>;
  page(
    tenantId: string,
    filter: {
      readonly actorId: string | null;
      readonly subject: string | null;
      readonly from: Date | null;
      readonly to: Date | null;
    },
    before: bigint | null,
    limit: number,
  ): Promise<readonly AuditRecord[]>;
  /** Actions on a subject whose details carry a version above the given one, oldest first. */
  actionsSince(tenantId: string, subject: string, version: number): Promise<readonly string[]>;
  facets(tenantId: string): Promise<{
    readonly people: readonly { readonly id: string; readonly name: string }[];
    readonly connectors: readonly { readonly id: string; readonly name: string }[];
  }>;
  head(tenantId: string): Promise<AuditHead>;
  /** Oldest first, up to and with the given link. */
  chain(tenantId: string, upTo: bigint): AsyncIterable<ChainedEvent>;
};
