/** What the portal may ask of connectors, their runs and items; see portal.ts for the form. */
import type { Actor } from "@/lib/core/access";
import type { TypedPlace } from "@/lib/core/delivery";
import type { ItemRow, NotImportedView, RetryChoice } from "@/lib/core/item-view";
import type {
  ActionResult,
  ConnectorDetail,
  ConnectorRow,
  DeliveredFileFilterView,
  DeliveredFileView,
  GapView,
  PageOf,
  RunFilterView,
  RunView,
  SpanView,
} from "@/lib/core/view";
import type { SftpSignIn } from "./sign-in-input";

export type ConnectorService = {
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
      /** In MB (of 1,048,576 bytes), as typed. */
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
  /** Newest first. */
  deliveredFiles(
    actor: Actor,
    connectorId: string,
    filter: DeliveredFileFilterView | null,
    after: string | null,
  ): Promise<PageOf<DeliveredFileView>>;
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
