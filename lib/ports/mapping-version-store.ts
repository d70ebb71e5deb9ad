/** Versions of a connector's mapping: made, compared, put in force, and who still waits for one. */
import type { MappingEntry } from "@/lib/core/mapping";
import type { MappingFileRecord } from "./mapping-records";
import type { MappingRules } from "./resolution-store";

export type VersionOrigin = "uploaded" | "edited" | "restored";

export type MappingVersionRecord = MappingFileRecord & {
  readonly origin: VersionOrigin;
  readonly basedOnVersion: number | null;
  readonly added: number | null;
  readonly changed: number | null;
  readonly removed: number | null;
  readonly losing: number | null;
  readonly appliedAt: Date | null;
  readonly appliedByName: string | null;
  /** Runs that began with it, or of which something was resolved by it later. */
  readonly runs: number;
};

export type DifferenceKind = "added" | "changed" | "removed";

/** External ids after one, up to and with another, in the database's order; null: no bound. */
export type IdSpan = { readonly after: string | null; readonly upTo: string | null };

/** What two versions say of one external id. */
export type DifferenceRecord = {
  readonly externalId: string;
  readonly before: readonly SaidOf[];
  readonly after: readonly SaidOf[];
};

export type SaidOf = Pick<MappingEntry, "mailboxAddress" | "validFrom" | "validTo">;

export type MailboxRecord = {
  readonly address: string;
  readonly displayName: string;
  readonly hasExchangePlan: boolean;
};

/** A number or mailbox that another connector's mapping names as well. */
export type ClaimRecord = {
  readonly kind: "externalId" | "mailbox";
  readonly value: string;
  readonly connectorName: string;
};

/** An archived person without a mailbox, and what of theirs waits. */
export type UnmappedRecord = {
  /** The first of the deliveries that wait: it names the person where a number must not be written. */
  readonly deliveryId: string;
  readonly externalId: string | null;
  readonly name: string;
  readonly items: number;
  /** Of these, without a staged original. */
  readonly removed: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
};

export type MappingVersionTable = {
  /** Newest first, from the version before `before` on. */
  versions(
    tenantId: string,
    connectorId: string,
    before: number | null,
    limit: number,
  ): Promise<readonly MappingVersionRecord[]>;
  version(tenantId: string, fileId: string): Promise<MappingVersionRecord | null>;
  /**
   * The next version, with the lines of another one and no line of its own. Under the connector's lock.
   * @returns its number
   */
  makeEdition(
    tenantId: string,
    edition: {
      readonly id: string;
      readonly basedOnId: string;
      readonly origin: "edited" | "restored";
      readonly byId: string;
      readonly at: Date;
    },
  ): Promise<number>;
  /** The first version of a connector without a mapping: empty. */
  makeEmpty(
    tenantId: string,
    version: {
      readonly id: string;
      readonly connectorId: string;
      readonly byId: string;
      readonly at: Date;
    },
  ): Promise<number>;
  /** In a version just made: a line goes, or comes (without a number: behind all others). */
  removeLine(tenantId: string, fileId: string, line: number): Promise<void>;
  addLine(
    tenantId: string,
    fileId: string,
    entry: Omit<MappingEntry, "line">,
    line: number | null,
  ): Promise<number>;
  /** The counts of a version that was made from another by changing lines of these ids and mailboxes. */
  recount(
    tenantId: string,
    fileId: string,
    touched: { readonly externalIds: readonly string[]; readonly mailboxes: readonly string[] },
  ): Promise<void>;
  line(tenantId: string, fileId: string, line: number): Promise<MappingEntry | null>;
  linesOf(tenantId: string, fileId: string, externalId: string): Promise<readonly MappingEntry[]>;
  /** In the order of the lines. */
  export(
    tenantId: string,
    fileId: string,
    afterLine: number,
    limit: number,
  ): Promise<readonly MappingEntry[]>;
  hasValidity(tenantId: string, fileId: string): Promise<boolean>;
  /**
   * Where a part of a comparison that begins after an id ends, so that neither version has many more
   * than a hundred thousand lines in it; null: at the end of both.
   */
  partEnd(
    tenantId: string,
    fileId: string,
    basisId: string,
    after: string | null,
  ): Promise<string | null>;
  /** By external id. */
  difference(
    tenantId: string,
    fileId: string,
    basisId: string,
    which: { readonly kind: DifferenceKind; readonly part: IdSpan; readonly limit: number },
  ): Promise<readonly DifferenceRecord[]>;
  /**
   * How many ids, and of how many the version finds no mailbox at this instant where the basis does;
   * `lines`: how many were compared, of both versions together.
   */
  countDifference(
    tenantId: string,
    fileId: string,
    basisId: string,
    which: { readonly at: Date; readonly part: IdSpan },
  ): Promise<Readonly<Record<DifferenceKind | "losing" | "lines", number>>>;
  /** Ids for which the basis finds a mailbox at this instant, and the version finds none. By external id. */
  losing(
    tenantId: string,
    fileId: string,
    basisId: string,
    which: { readonly at: Date; readonly part: IdSpan; readonly limit: number },
  ): Promise<readonly { readonly externalId: string; readonly mailboxAddress: string }[]>;
  noteDifference(
    tenantId: string,
    fileId: string,
    difference: Readonly<Record<"added" | "changed" | "removed" | "losing", number>>,
  ): Promise<void>;
  /**
   * Other rules from now on: what waits by those before is to be worked through. To be called under the
   * connector's lock; `at` is when the version was put in force, for whoever asks.
   */
  noteChange(
    tenantId: string,
    change: {
      readonly id: string;
      readonly connectorId: string;
      readonly from: MappingRules;
      readonly to: MappingRules;
      readonly byId: string;
      readonly at: Date;
    },
  ): Promise<void>;
  /** How far that is; null when nothing is left to do. */
  progress(
    tenantId: string,
    connectorId: string,
  ): Promise<{
    readonly looked: number;
    readonly total: number | null;
    readonly isPassed: boolean;
  } | null>;
  /** Among all live connectors but this one; at most `limit` of each kind. */
  claims(
    tenantId: string,
    connectorId: string,
    fileId: string,
    limit: number,
  ): Promise<readonly ClaimRecord[]>;
  claimsOf(
    tenantId: string,
    connectorId: string,
    named: { readonly externalId: string; readonly mailboxAddress: string },
  ): Promise<readonly ClaimRecord[]>;
  mailbox(tenantId: string, address: string): Promise<MailboxRecord | null>;
  /** Whose name or address begins so. */
  searchMailboxes(
    tenantId: string,
    prefix: string,
    limit: number,
  ): Promise<readonly MailboxRecord[]>;
  /** By external id; those the archive names by nothing come last. */
  unmapped(
    tenantId: string,
    connectorId: string,
    after: string | null,
    limit: number,
  ): Promise<readonly UnmappedRecord[]>;
  unmappedPerson(
    tenantId: string,
    connectorId: string,
    deliveryId: string,
  ): Promise<UnmappedRecord | null>;
};
