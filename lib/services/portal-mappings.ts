/** What the portal may ask about mapping files and the versions in force; see portal.ts for the form. */
import type { Actor } from "@/lib/core/access";
import type { CoverageStep } from "@/lib/core/coverage-view";
import type {
  ClaimView,
  DifferenceCounts,
  DifferencePartView,
  DifferenceView,
  MappingFileView,
  MappingProgressView,
  MappingReviewView,
  MappingSaidView,
  MappingVersionView,
  MappingLineFilter,
  MappingLineView,
  MappingProblemView,
  UnmappedPersonView,
} from "@/lib/core/mapping-view";
import type { ActionResult, PageOf } from "@/lib/core/view";

export type MappingService = {
  /**
   * Takes the file as it streams in; length and SHA-256 are compared at the end.
   * For the person's draft, or for a connector's next version (not in force until applied).
   */
  upload(
    actor: Actor,
    input: {
      readonly connectorId: string | null;
      readonly fileName: string;
      readonly sizeBytes: number;
      readonly sha256: string;
      readonly defaultCountry: string | null;
    },
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ActionResult<MappingFileView>>;
  view(actor: Actor, mappingFileId: string): Promise<MappingFileView | null>;
  /** In the order of the file; `next` is the position to go on from. */
  problems(
    actor: Actor,
    mappingFileId: string,
    after: string | null,
  ): Promise<PageOf<MappingProblemView>>;
  /** The lines of the file, good and bad; `next` is the line to go on from. Null where there is no such file. */
  lines(
    actor: Actor,
    mappingFileId: string,
    filter: MappingLineFilter,
    after: string | null,
  ): Promise<PageOf<MappingLineView> | null>;
  /** What the person's draft would import, step by step; leaving off cancels it. */
  coverage(actor: Actor, signal: AbortSignal): AsyncIterable<CoverageStep>;
  /** CSV lines of all problems. */
  problemsCsv(actor: Actor, mappingFileId: string): AsyncIterable<string>;
  /** Compares the file's mailboxes with the directory, brought up to date first; needs consent. */
  checkAgainstDirectory(
    actor: Actor,
    mappingFileId: string,
    signal: AbortSignal,
  ): Promise<ActionResult<MappingFileView>>;
};

export type MappingVersionService = {
  /** The version in force and, while what waits is resolved anew, how far that is. */
  overview(
    actor: Actor,
    connectorId: string,
  ): Promise<{
    readonly inForce: MappingVersionView | null;
    readonly progress: MappingProgressView | null;
  } | null>;
  /** Newest first; `next` is the version to go on before. */
  list(
    actor: Actor,
    connectorId: string,
    before: string | null,
  ): Promise<PageOf<MappingVersionView>>;
  /** A version beside the one in force. */
  review(actor: Actor, connectorId: string, fileId: string): Promise<MappingReviewView | null>;
  /** The counts of the next part; null where there is nothing to compare with. */
  differencePart(
    actor: Actor,
    connectorId: string,
    fileId: string,
    after: string | null,
  ): Promise<DifferencePartView | null>;
  /** A page may hold fewer than it could, or nobody, and still go on. */
  difference(
    actor: Actor,
    connectorId: string,
    fileId: string,
    kind: keyof DifferenceCounts,
    after: string | null,
  ): Promise<PageOf<DifferenceView>>;
  /** Numbers and mailboxes that another connector names as well. */
  claims(actor: Actor, connectorId: string, fileId: string): Promise<readonly ClaimView[]>;
  /** A line of the version in force. */
  line(
    actor: Actor,
    connectorId: string,
    line: number,
  ): Promise<(MappingSaidView & { readonly line: number; readonly externalId: string }) | null>;
  /** Members of the directory whose name or address begins so. */
  mailboxes(
    actor: Actor,
    typed: string,
  ): Promise<readonly { readonly address: string; readonly displayName: string }[]>;
  /** Puts an upload in force, or makes a new version that says what an earlier one says. */
  apply(
    actor: Actor,
    connectorId: string,
    choice: {
      readonly fileId: string;
      readonly inForceId: string | null;
      readonly leavesBadLinesOut: boolean;
    },
    signal: AbortSignal,
  ): Promise<ActionResult<{ readonly version: number; readonly message: string }>>;
  /** Fields: externalId, mailbox, validFrom, validTo. A new version, in force at once. */
  changeLine(
    actor: Actor,
    connectorId: string,
    typed: {
      readonly inForceId: string | null;
      /** null: a new line. */
      readonly line: number | null;
      readonly externalId: string;
      readonly mailbox: string;
      readonly validFrom: string;
      readonly validTo: string;
      readonly country: string | null;
    },
    signal: AbortSignal,
  ): Promise<ActionResult<{ readonly version: number; readonly message: string }>>;
  removeLine(
    actor: Actor,
    connectorId: string,
    which: { readonly inForceId: string | null; readonly line: number },
  ): Promise<ActionResult<{ readonly version: number; readonly message: string }>>;
  /** CSV lines of the version in force, header first. */
  export(actor: Actor, connectorId: string): AsyncIterable<string>;
  /** Archived people without a mailbox. */
  unmapped(
    actor: Actor,
    connectorId: string,
    after: string | null,
  ): Promise<PageOf<UnmappedPersonView>>;
  unmappedPerson(
    actor: Actor,
    connectorId: string,
    deliveryId: string,
  ): Promise<UnmappedPersonView | null>;
  /** Fields: mailbox, validFrom, validTo. A new version; what waits for the person is imported. */
  mapPerson(
    actor: Actor,
    connectorId: string,
    choice: {
      readonly deliveryId: string;
      readonly mailbox: string;
      readonly validFrom: string;
      readonly validTo: string;
    },
    signal: AbortSignal,
  ): Promise<ActionResult<{ readonly message: string }>>;
};
