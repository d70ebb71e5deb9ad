/**
 * What the control plane keeps. Every method takes the tenant first; a row of another tenant is not
 * there. What changes together is called on the tables of one transaction, the audit event last:
 * it takes the lock everybody else waits for.
 */
import type { MappingCheck, MappingEntry, MappingProblem } from "@/lib/core/mapping";
import type { MappingLineState } from "@/lib/core/mapping-entry";
import type { OriginalTable } from "./original-store";
import type { DirectoryChanges, DirectoryUser } from "./directory";
import type { AuditTable, ConnectorTable, ItemTable, RunTable } from "./portal-ledger";
import type { MappingDifference, MappingFileRecord, MappingLineRecord } from "./mapping-records";
import type { ConsentRecord, DraftChange, DraftRecord } from "./portal-records";
import type { MappingVersionTable } from "./mapping-version-store";
import type { RepairTable } from "./repair-store";
import type { ResolutionStore } from "./resolution-store";

export type PortalStore = PortalTables & {
  /** The runs' own look-ups, for whoever wants to know what they would find. */
  readonly resolution: ResolutionStore;
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
  readonly originals: OriginalTable;
  readonly repairs: RepairTable;
  readonly versions: MappingVersionTable;
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
  /** Refuses the session from now on; forgets those that would be over by themselves. */
  endSession(tenantId: string, sessionId: string, until: Date, now: Date): Promise<void>;
  isSessionEnded(tenantId: string, sessionId: string): Promise<boolean>;
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
  /** Takes back the entries whose line an error names; of a refused file all. */
  takeBack(tenantId: string, fileId: string, isRefused: boolean): Promise<void>;
  /** Counts and version of a file that is complete. */
  finish(
    tenantId: string,
    fileId: string,
    result: { readonly check: MappingCheck; readonly isRefused: boolean; readonly version: number },
  ): Promise<void>;
  remove(tenantId: string, fileId: string): Promise<void>;
  find(tenantId: string, fileId: string): Promise<MappingFileRecord | null>;
  /** Under the connector's lock. */
  nextVersion(tenantId: string, connectorId: string): Promise<number>;
  /** Its first version, in force from the beginning. */
  giveToConnector(
    tenantId: string,
    fileId: string,
    connectorId: string,
    applied: { readonly at: Date; readonly byId: string },
  ): Promise<void>;
  /** @returns false when it was so already */
  setLeavesBadLinesOut(tenantId: string, fileId: string, value: boolean): Promise<boolean>;
  compare(tenantId: string, fileId: string, previousId: string): Promise<MappingDifference>;
  problems(
    tenantId: string,
    fileId: string,
    after: number,
    limit: number,
  ): Promise<readonly (MappingProblem & { readonly position: number })[]>;
  lines(
    tenantId: string,
    fileId: string,
    which: {
      readonly state: MappingLineState | null;
      readonly search: { readonly text: string; readonly externalId: string } | null;
      /** Compared with the directory already, so that an unknown mailbox makes its line a bad one. */
      readonly isCompared: boolean;
      readonly afterLine: number;
      readonly limit: number;
    },
  ): Promise<readonly MappingLineRecord[]>;
  /** Compares with the mirror of the directory and writes down what it found. */
  checkAgainstDirectory(tenantId: string, fileId: string, at: Date): Promise<void>;
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

export type DirectoryTable = {
  /**
   * Before anything is asked of Graph. Its stamp is later than that of every update begun before, on any
   * machine; where the clock was set back by far, those count for nothing.
   */
  begin(tenantId: string): Promise<MirrorState>;
  /**
   * A page of a whole reading. What an update begun later has written stays.
   * @returns false when a whole reading begun later has ended, or the clock was set back by far since:
   *   this one is worth nothing any more
   */
  savePage(tenantId: string, users: readonly DirectoryUser[], stamp: Date): Promise<boolean>;
  /** Whoever no update since `stamp` has seen is gone. @returns as savePage */
  finish(tenantId: string, stamp: Date, link: string): Promise<boolean>;
  /**
   * What changed since the link `from`, and where it goes on, together. "moved": the mirror stands
   * elsewhere by now, or the clock was set back by far since, and nothing is written; "nobody": it would
   * be empty then, which nobody believes.
   */
  saveChanges(
    tenantId: string,
    from: string,
    changes: DirectoryChanges,
    stamp: Date,
  ): Promise<"saved" | "moved" | "nobody">;
};

export type MirrorState = {
  readonly stamp: Date;
  /** Null: it is to be read whole. */
  readonly link: string | null;
  /** Since it was last up to date; null when it never was. */
  readonly ageMs: number | null;
};
