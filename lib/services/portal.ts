import type { Actor, Permission } from "@/lib/core/access";
import type { CoverageStep } from "@/lib/core/coverage-view";
import type { TypedPlace } from "@/lib/core/delivery";
import type {
  ItemRow,
  NotImportedView,
  OriginalKind,
  OriginalView,
  RetryChoice,
} from "@/lib/core/item-view";
import type {
  ClaimView,
  DifferenceCounts,
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
import type {
  ActionResult,
  AuditFilter,
  AuditRow,
  ChainReport,
  ConnectorDetail,
  ConnectorRow,
  GapView,
  HealthView,
  PageOf,
  RunFilterView,
  RunView,
  SpanView,
} from "@/lib/core/view";
import type { ConsentView, DraftView, HandedOverView } from "@/lib/core/wizard-view";

/**
 * Everything the portal may ask for. The roof knows these signatures and nothing behind them.
 * Methods that change something write their audit event in the same transaction. Expected refusals
 * are values; what stops the work is thrown and becomes a reference number on the page.
 * `version` is what the page had read: when the row has moved on, the answer is a refusal that says
 * what changed.
 */
export type PortalServices = {
  readonly session: SessionService;
  readonly wizard: WizardService;
  readonly mappings: MappingService;
  readonly versions: MappingVersionService;
  readonly consent: ConsentService;
  readonly connectors: ConnectorService;
  readonly originals: OriginalService;
  readonly audit: AuditService;
  readonly health: () => Promise<HealthView>;
};

type SessionService = {
  /** Remembers who signed in, with an audit event. */
  signedIn(actor: Actor): Promise<void>;
  /** From now on the session's cookie opens nothing, in no process and after no restart. */
  signedOut(actor: Actor, session: { readonly id: string; readonly until: Date }): Promise<void>;
  isEnded(tenantId: string, sessionId: string): Promise<boolean>;
  /** Somebody without a role. */
  refused(actor: Actor): Promise<void>;
  /** Somebody whose roles do not allow it; told once a minute, however often they ask. */
  denied(actor: Actor, permission: Permission): Promise<void>;
};

export type ApiSignIn = {
  /** Unless another is named. */
  readonly delivery?: "API";
  readonly username: string;
  readonly password: string;
};

/** Blank secrets keep what was sealed for the same place. */
export type TypedSecrets = {
  readonly password: string;
  readonly privateKey: string;
  readonly passphrase: string;
};

export type SftpSignIn = TypedPlace &
  TypedSecrets & {
    readonly delivery: "SFTP";
    /** As it was shown and confirmed; "" before. */
    readonly hostKey: string;
    readonly movesFinishedFiles: boolean;
  };

type WizardService = {
  /** The person's open draft, made when there is none. */
  openDraft(actor: Actor): Promise<DraftView>;
  findDraft(actor: Actor): Promise<DraftView | null>;
  acceptTerms(actor: Actor, version: number): Promise<ActionResult<DraftView>>;
  /**
   * Signs in against TeleMessage before anything is stored. Fields: username, password; by SFTP also
   * host, port, folder, privateKey, passphrase, hostKey.
   */
  signIn(
    actor: Actor,
    version: number,
    input: ApiSignIn | SftpSignIn,
    signal: AbortSignal,
  ): Promise<ActionResult<DraftView>>;
  saveMapping(
    actor: Actor,
    version: number,
    input: {
      readonly automaticMapping: boolean;
      readonly mappingFileId: string | null;
      readonly leavesBadLinesOut: boolean;
    },
  ): Promise<ActionResult<DraftView>>;
  /** Goes on when the grant is proven by a fresh token. */
  confirmConsent(
    actor: Actor,
    version: number,
    signal: AbortSignal,
  ): Promise<ActionResult<DraftView>>;
  /** Makes the connector and its first run. A second Finish gives the same connector. Fields: name, timeOfDay, zone. */
  finish(
    actor: Actor,
    version: number,
    input: { readonly name: string; readonly timeOfDay: string; readonly zone: string },
  ): Promise<ActionResult<{ readonly connectorId: string }>>;
  discard(actor: Actor): Promise<void>;
};

type MappingService = {
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

type MappingVersionService = {
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

type ConsentService = {
  /** A fresh token, read for its roles. */
  view(actor: Actor, signal: AbortSignal): Promise<ConsentView>;
  /**
   * Where to send the browser: Entra's admin-consent page with a single-use state.
   * @param sessionSecret value of the cookie the state is bound to
   */
  begin(
    actor: Actor,
    input: { readonly connectorId: string | null; readonly sessionSecret: string },
  ): Promise<{ readonly url: string }>;
  /** A link that needs no session; the secret is in the link only. Lives 7 days. */
  handOver(
    actor: Actor,
    connectorId: string | null,
  ): Promise<{ readonly id: string; readonly secret: string; readonly expiresAt: string }>;
  revoke(actor: Actor, consentId: string): Promise<void>;
  /** What the handed-over link shows; null when it is unknown, used, revoked or over. */
  handedOver(secret: string): Promise<HandedOverView | null>;
  /** From the handed-over page on to Entra. */
  followHandedOver(secret: string): Promise<{ readonly url: string } | null>;
  /**
   * What came back to /api/consent/callback. Single use; the tenant must be ours; only a fresh token
   * counts as proof. Tells where the browser goes next and, when refused, why in words.
   */
  complete(
    query: {
      readonly state: string | null;
      readonly tenant: string | null;
      readonly error: string | null;
      readonly errorDescription: string | null;
    },
    sessionSecret: string | null,
    signal: AbortSignal,
  ): Promise<{
    readonly kind: "own" | "handedOver" | "unknown";
    readonly connectorId: string | null;
    readonly result: ActionResult<null>;
  }>;
};

type ConnectorService = {
  list(actor: Actor): Promise<readonly ConnectorRow[]>;
  detail(actor: Actor, connectorId: string): Promise<ConnectorDetail | null>;
  runs(
    actor: Actor,
    connectorId: string,
    filter: RunFilterView,
    after: string | null,
  ): Promise<PageOf<RunView>>;
  run(actor: Actor, connectorId: string, runId: string): Promise<RunView | null>;
  items(
    actor: Actor,
    connectorId: string,
    runId: string,
    filter: { readonly outcome: string | null; readonly search: string | null },
    after: string | null,
  ): Promise<PageOf<ItemRow>>;
  /** Lines of the CSV log of one run, header first. */
  runLog(actor: Actor, connectorId: string, runId: string): AsyncIterable<string>;
  syncNow(actor: Actor, connectorId: string): Promise<ActionResult<{ readonly message: string }>>;
  pause(actor: Actor, connectorId: string): Promise<ActionResult<null>>;
  resume(actor: Actor, connectorId: string): Promise<ActionResult<null>>;
  /** The key that an SFTP server shows, before it is told anything. Fields: host, port, folder, username. */
  hostKey(
    actor: Actor,
    place: TypedPlace,
    signal: AbortSignal,
  ): Promise<ActionResult<{ readonly hostKey: string }>>;
  /** Fields: name, timeOfDay, zone, username, password, privateKey, passphrase, hostKey. Blank secrets keep. */
  edit(
    actor: Actor,
    connectorId: string,
    version: number,
    input: {
      readonly name: string;
      readonly timeOfDay: string;
      readonly zone: string;
      readonly username: string;
      readonly password: string;
      readonly automaticMapping: boolean;
      /** In mebibytes, as typed. */
      readonly sizeLimit: string;
      readonly largeAttachments: boolean;
      /** null: no custom mapping; otherwise a checked file of this connector. */
      readonly mappingFileId: string | null;
      readonly leavesBadLinesOut: boolean;
      /** Of a delivery by SFTP, whose place cannot be changed. */
      readonly sftp?: Omit<SftpSignIn, keyof TypedPlace | "delivery" | "password"> | null;
    },
    signal: AbortSignal,
  ): Promise<ActionResult<null>>;
  /** What a run found no longer held. */
  runGaps(actor: Actor, connectorId: string, runId: string): Promise<readonly GapView[]>;
  /** What was read of the source's time so far, newest first. */
  transferredSpans(actor: Actor, connectorId: string): Promise<readonly SpanView[]>;
  /** A past period in whole days of the connector's zone. Fields: from, to. */
  backfill(
    actor: Actor,
    connectorId: string,
    days: { readonly from: string; readonly to: string },
  ): Promise<ActionResult<{ readonly runId: string; readonly message: string }>>;
  cancelRun(
    actor: Actor,
    connectorId: string,
    runId: string,
  ): Promise<ActionResult<{ readonly message: string }>>;
  /** Of one run, or of all that the connector has. */
  notImported(actor: Actor, connectorId: string, runId: string | null): Promise<NotImportedView>;
  /** Failed and partially imported items become pending again; the message says how many. */
  retry(
    actor: Actor,
    connectorId: string,
    choice: RetryChoice,
  ): Promise<ActionResult<{ readonly items: number; readonly message: string }>>;
  acknowledgeGap(
    actor: Actor,
    connectorId: string,
    gapId: string,
    reason: string,
  ): Promise<ActionResult<null>>;
  /** A failed item is given up; a retry takes that back. Field: reason. */
  dismiss(
    actor: Actor,
    connectorId: string,
    deliveryId: string,
    reason: string,
  ): Promise<ActionResult<null>>;
  /** `name` must be the connector's own, typed by the person. */
  remove(actor: Actor, connectorId: string, name: string): Promise<ActionResult<null>>;
};

type OriginalService = {
  /** null where the connector has no such item */
  view(actor: Actor, connectorId: string, itemId: string): Promise<OriginalView | null>;
  /** Composed anew and held against the ledger; the reason goes into the audit. Fields: reason. */
  grant(
    actor: Actor,
    wanted: OriginalChoice & { readonly reason: string },
    signal: AbortSignal,
  ): Promise<ActionResult<{ readonly grant: string }>>;
  /** For who was granted it a moment ago; null for everybody else. */
  open(
    actor: Actor,
    wanted: OriginalChoice & { readonly grant: string },
    signal: AbortSignal,
  ): Promise<OriginalFile | null>;
};

type OriginalChoice = {
  readonly connectorId: string;
  readonly itemId: string;
  readonly what: OriginalKind;
};

type OriginalFile = {
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
};

type AuditService = {
  list(actor: Actor, filter: AuditFilter, after: string | null): Promise<PageOf<AuditRow>>;
  /** People and connectors that occur, for the filters. */
  facets(actor: Actor): Promise<{
    readonly people: readonly { readonly id: string; readonly name: string }[];
    readonly connectors: readonly { readonly id: string; readonly name: string }[];
  }>;
  verify(actor: Actor): Promise<ChainReport>;
};
