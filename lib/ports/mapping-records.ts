/** Mapping files and their lines as the services see them. */
import type { MappingProblem } from "@/lib/core/mapping";
import type { MappingFileFacts } from "@/lib/core/mapping-view";

export type MappingFileRecord = MappingFileFacts & {
  readonly id: string;
  readonly connectorId: string | null;
  readonly version: number;
  readonly state: "uploading" | "checked" | "refused";
  readonly fileName: string;
  readonly sha256: string;
  readonly checkedAt: Date | null;
  readonly mailboxesFound: number | null;
  readonly withoutLicence: number | null;
  readonly unknownMailboxes: number | null;
  readonly createdById: string;
  readonly createdByName: string | null;
  readonly createdAt: Date;
};

/** A line that can be used has an entry, one with something to tell has problems; every line has one of them. */
export type MappingLineRecord = {
  readonly line: number;
  readonly writtenAs: string | null;
  readonly externalId: string | null;
  readonly mailboxAddress: string | null;
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
  readonly problems: readonly Omit<MappingProblem, "line">[];
  /** The mailbox of the directory the line leads to. */
  readonly matchedAddress: string | null;
  readonly matchedName: string | null;
  readonly hasExchangePlan: boolean | null;
};

export type MappingDifference = {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
};
