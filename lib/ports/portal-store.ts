/**
 * What the control plane keeps. Every method takes the tenant first; a row of another tenant is not
 * there. What changes together is called on the tables of one transaction, the audit event last:
 * it takes the lock everybody else waits for.
 */
import type { AuditAction, AuditActor, AuditHead, ChainedEvent } from "@/lib/core/audit";
import type { MappingCheck, MappingEntry, MappingProblem } from "@/lib/core/mapping";
import type { DeliveryState } from "@/lib/core/run";
import type { DirectoryUser } from "./directory";
import type {
  AuditRecord,
  ConnectorChange,
  ConnectorFacts,
  ConnectorRecord,
  ConsentRecord,
  DraftChange,
  DraftRecord,
  GapRecord,
  ItemRecord,
  MappingDifference,
  MappingFileRecord,
  NewConnector,
  NewRun,
  RunRecord,
} from "./portal-records";

export type PortalStore = PortalTables & {
  /** May be begun anew when the database chose it as the victim of a deadlock: no side effects inside. */
  transaction<T>(run: (tables: PortalTables) => Promise<T>): Promise<T>;
};

export type PortalTables = {
  readonly people: PeopleTable;
  readonly drafts: DraftTable;
  readonly credentials: CredentialTable;
  readonly signIns: SignInTable;
  readonly mappings: MappingTable;
  readonly consents: ConsentTable;
  readonly connectors: ConnectorTable;
  readonly runs: RunTable;
  readonly items: ItemTable;
  readonly directory: DirectoryTable;
  readonly audit: AuditTable;
};

export type PeopleTable = {
  remember(
    tenantId: string,
    person: { readonly id: string; readonly name: string; readonly upn: string },
    at: Date,
  ): Promise<void>;
  /** The domain of synthetic addresses; the first one given stays. */
  defaultDomain(tenantId: string, proposed: string): Promise<string>;
  /** When any worker last gave a sign of life. */
  workerSeenAt(): Promise<Date | null>;
};

export type DraftTable = {
  findOpen(tenantId: string, userId: string): Promise<DraftRecord | null>;
  /** Held until the transaction ends. */
  lockOpen(tenantId: string, userId: string): Promise<DraftRecord | null>;
  /** The newest one that became a connector when it had this version. */
  findFinished(tenantId: string, userId: string, version: number): Promise<DraftRecord | null>;
  /** Does nothing when the person has an open one. */
  open(tenantId: string, draft: { id: string; userId: string }, at: Date): Promise<void>;
  /** Every change is the next version, unless it leaves the version alone. */
  save(
    tenantId: string,
    draftId: string,
    change: DraftChange,
    at: Date,
    options?: { readonly keepsVersion: boolean },
  ): Promise<void>;
};

/** Sealed passwords: written, read for use, destroyed; never listed. */
export type CredentialTable = {
  insert(tenantId: string, id: string, ciphertext: Uint8Array, at: Date): Promise<void>;
  read(tenantId: string, id: string): Promise<Uint8Array | null>;
  remove(tenantId: string, id: string): Promise<void>;
};

export type SignInAttempt = {
  readonly id: string;
  readonly usernameDigest: string;
  readonly userId: string;
};

/** Failed sign-ins against the source: the vendor locks accounts that are tried too often. */
export type SignInTable = {
  /**
   * Counts the attempt as failed before it is made, so that parallel ones cannot slip through.
   * @returns null when it may be made, else when the next one may
   */
  reserve(
    tenantId: string,
    attempt: SignInAttempt,
    limit: { readonly failures: number; readonly withinMs: number },
    at: Date,
  ): Promise<Date | null>;
  /** The attempt did not fail for its credential. */
  release(tenantId: string, attemptId: string): Promise<void>;
  /** The account let somebody in: its earlier failures are over. */
  forget(tenantId: string, usernameDigest: string): Promise<void>;
};

export type MappingTable = {
  /** Also takes away what the person's uploads left an hour ago or longer: broken off, or refused for a draft. */
  begin(
    tenantId: string,
    file: {
      readonly id: string;
      readonly connectorId: string | null;
      readonly fileName: string;
      readonly sha256: string;
      readonly sizeBytes: number;
      readonly defaultCountry: string | null;
      readonly createdById: string;
      readonly createdAt: Date;
    },
  ): Promise<void>;
  addEntries(tenantId: string, fileId: string, entries: readonly MappingEntry[]): Promise<void>;
  addProblems(
    tenantId: string,
    fileId: string,
    firstPosition: number,
    problems: readonly MappingProblem[],
  ): Promise<void>;
  /** Takes back the entries whose line an error names, of a refused file all, and writes down the counts. */
  finish(
    tenantId: string,
    fileId: string,
    result: { readonly check: MappingCheck; readonly isRefused: boolean; readonly version: number },
  ): Promise<void>;
  remove(tenantId: string, fileId: string): Promise<void>;
  find(tenantId: string, fileId: string): Promise<MappingFileRecord | null>;
  /** Under the connector's lock. */
  nextVersion(tenantId: string, connectorId: string): Promise<number>;
  giveToConnector(tenantId: string, fileId: string, connectorId: string): Promise<void>;
  setLeavesBadLinesOut(tenantId: string, fileId: string, value: boolean): Promise<void>;
  compare(tenantId: string, fileId: string, previousId: string): Promise<MappingDifference>;
  problems(
    tenantId: string,
    fileId: string,
    after: number,
    limit: number,
  ): Promise<readonly (MappingProblem & { readonly position: number })[]>;
  /** Compares with the mirror of the directory and writes down what it found. */
  checkAgainstDirectory(tenantId: string, fileId: string, at: Date): Promise<void>;
  unknownMailboxes(
    tenantId: string,
    fileId: string,
    afterLine: number,
    limit: number,
  ): Promise<readonly Pick<MappingEntry, "line" | "externalId" | "mailboxAddress">[]>;
};

export type ConsentTable = {
  insert(
    tenantId: string,
    consent: {
      readonly id: string;
      readonly kind: "own" | "handedOver";
      readonly stateDigest: string;
      readonly sessionDigest: string | null;
      readonly draftId: string | null;
      readonly connectorId: string | null;
      readonly requestedById: string;
      readonly requestedAt: Date;
      readonly expiresAt: Date;
    },
  ): Promise<void>;
  findByDigest(tenantId: string, stateDigest: string): Promise<ConsentRecord | null>;
  /** One of any number of callbacks wins; the others get null. Another session's state stays as it is. */
  use(
    tenantId: string,
    stateDigest: string,
    sessionDigest: string | null,
    at: Date,
  ): Promise<ConsentRecord | null>;
  settle(
    tenantId: string,
    consentId: string,
    state: "granted" | "declined" | "failed",
    reason: string | null,
  ): Promise<void>;
  handedOver(
    tenantId: string,
    at: Date,
  ): Promise<readonly { readonly id: string; readonly expiresAt: Date }[]>;
  /** @returns false when it was used, revoked or over already */
  revoke(tenantId: string, consentId: string, at: Date): Promise<boolean>;
};

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
  countUnmapped(tenantId: string, connectorId: string): Promise<number>;
  gaps(tenantId: string, connectorId: string): Promise<readonly GapRecord[]>;
  /** @returns false when it was acknowledged already */
  acknowledgeGap(
    tenantId: string,
    connectorId: string,
    gapId: string,
    acknowledgement: { readonly byId: string; readonly reason: string; readonly at: Date },
  ): Promise<boolean>;
};

export type RunTable = {
  /** "window" or "transfer" names the law that refused it. */
  insert(tenantId: string, run: NewRun): Promise<"inserted" | "window" | "transfer">;
  /** Counts its deliveries while it is open. */
  find(tenantId: string, connectorId: string, runId: string): Promise<RunRecord | null>;
  exists(tenantId: string, connectorId: string, runId: string): Promise<boolean>;
  /** Newest first. */
  page(
    tenantId: string,
    connectorId: string,
    after: { readonly createdAt: Date; readonly id: string } | null,
    limit: number,
  ): Promise<readonly RunRecord[]>;
  /**
   * Failed and partially imported deliveries with a mailbox become pending, the run importing with
   * its counters counted again, under the run's lock.
   */
  reopen(
    tenantId: string,
    runId: string,
  ): Promise<{ readonly deliveries: number; readonly laneIds: readonly string[] }>;
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
    },
  ): Promise<readonly ItemRecord[]>;
};

export type DirectoryTable = {
  readAt(tenantId: string): Promise<Date | null>;
  savePage(tenantId: string, users: readonly DirectoryUser[], readAt: Date): Promise<void>;
  /** Whoever was not seen since `startedAt` is gone. */
  finish(tenantId: string, startedAt: Date, users: number): Promise<void>;
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
  append(tenantId: string, event: NewAuditEvent): Promise<void>;
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
