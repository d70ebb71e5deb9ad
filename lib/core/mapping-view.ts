/** What pages show of mappings and their versions; see view.ts for the form. */
import type { MappingLineState } from "./mapping-entry";

/** What was found in a file, and what is done about it. */
export type MappingFileFacts = {
  readonly lines: number;
  readonly entries: number;
  readonly people: number;
  readonly numbers: number;
  readonly otherIds: number;
  readonly errors: number;
  readonly warnings: number;
  readonly ignoredColumns: readonly string[];
  readonly leavesBadLinesOut: boolean;
};

export type MappingFileView = MappingFileFacts & {
  readonly id: string;
  readonly fileName: string;
  readonly version: number;
  readonly state: "uploading" | "checked" | "refused";
  /** Of a file that was refused as a whole: the sentence that says why. Only in answer to its upload. */
  readonly refusal?: string;
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
  /** The first part of it; null where there is nothing to compare with. */
  readonly difference: DifferencePartView | null;
};

/** The versions are compared in parts by external id, so that a million lines show how far they are. */
export type DifferencePartView = {
  readonly counts: DifferenceCounts;
  /** Compared in this part, of both versions together, and of how many in all. */
  readonly lines: number;
  readonly of: number;
  /** After which id to go on; null at the end. */
  readonly next: string | null;
};

export function addDifferences(one: DifferenceCounts, other: DifferenceCounts): DifferenceCounts {
  return {
    added: one.added + other.added,
    changed: one.changed + other.changed,
    removed: one.removed + other.removed,
    losing: one.losing + other.losing,
  };
}

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
