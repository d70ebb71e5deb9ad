import type { Actor, Permission } from "@/lib/core/access";
import type { OriginalKind, OriginalView } from "@/lib/core/item-view";
import type {
  ActionResult,
  AuditFilter,
  AuditRow,
  ChainReport,
  HealthView,
  PageOf,
} from "@/lib/core/view";
import type { ConsentView, DraftView, HandedOverView } from "@/lib/core/wizard-view";
import type { ConnectorService } from "./portal-connectors";
import type { MappingService, MappingVersionService } from "./portal-mappings";
import type { ApiSignIn, SftpSignIn } from "./sign-in-input";

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
