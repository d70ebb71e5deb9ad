/** What there is in the end: the ledger's rows and everything that lies in the mailboxes. */
import type { Control } from "./control";
import type { Mailbox } from "./people";
import type { Rows } from "./sql";

export type Item = {
  readonly id: string;
  readonly runId: string;
  readonly recordSha256: string;
  readonly sourceItemId: string;
  readonly attachmentsOpen: number;
};
export type Delivery = {
  readonly id: string;
  readonly itemId: string;
  readonly runId: string;
  readonly mailboxId: string | null;
  readonly state: string;
  readonly failureCode: string | null;
  readonly idempotencyKey: string;
  readonly duplicateOfId: string | null;
};
export type Run = {
  readonly id: string;
  readonly connectorId: string;
  readonly kind: string;
  readonly state: string;
  readonly windowStart: Date;
  readonly windowEnd: Date;
  readonly isManifestEqual: boolean | null;
  readonly isTransferCancelled: boolean;
  readonly failureCode: string | null;
  readonly availableFromSource: number;
  readonly availableForImport: number;
  readonly imported: number;
  readonly partiallyImported: number;
  readonly skipped: number;
  readonly failed: number;
  readonly open: number;
};
export type Connector = {
  readonly id: string;
  readonly state: string;
  readonly finishedAt: Date;
  readonly watermark: Date | null;
};
export type Gap = {
  readonly id: string;
  readonly runId: string;
  readonly gapStart: Date;
  readonly gapEnd: Date;
  readonly acknowledgedAt: Date | null;
};
export type DeliveredRow = {
  readonly connectorId: string;
  readonly name: string;
  readonly state: string;
  readonly sizeBytes: string;
  readonly sha256: string | null;
  readonly count: number | null;
  readonly deliveredAt: Date;
};
export type Message = {
  readonly id: string;
  readonly mailboxId: string;
  readonly folder: string;
  readonly internetMessageId: string;
  readonly idempotencyKey: string | null;
  readonly recordSha256: string | null;
  readonly isDraft: boolean;
  readonly body: string;
  readonly attachments: readonly { readonly name: string; readonly sha256: string }[];
};
export type Observation = {
  readonly items: readonly Item[];
  readonly deliveries: readonly Delivery[];
  readonly runs: readonly Run[];
  readonly connectors: readonly Connector[];
  readonly gaps: readonly Gap[];
  /** Of a delivery by files. */
  readonly files: readonly DeliveredRow[];
  readonly messages: readonly Message[];
  readonly duplicates: Readonly<Record<string, number>>;
};

export async function observe(
  rows: Rows,
  control: Control,
  mailboxes: readonly Mailbox[],
): Promise<Observation> {
  const [items, deliveries, runs, connectors, gaps, files, messages, stats] = await Promise.all([
    rows<Item>(
      `SELECT "id", "runId", "recordSha256", "sourceItemId", "attachmentsOpen" FROM "SyncItem"`,
    ),
    rows<Delivery>(
      `SELECT "id", "itemId", "runId", "mailboxId", "state", "failureCode", "idempotencyKey", "duplicateOfId"
       FROM "Delivery"`,
    ),
    rows<Run>(`SELECT * FROM "SyncRun" ORDER BY "windowStart", "id"`),
    rows<Connector>(
      `SELECT "id", "state", "finishedAt", "watermark" FROM "Connector" ORDER BY "id"`,
    ),
    rows<Gap>(`SELECT * FROM "Gap" ORDER BY "gapStart"`),
    rows<DeliveredRow>(`SELECT * FROM "DeliveredFile" ORDER BY "name"`),
    Promise.all(mailboxes.map((mailbox) => messagesIn(control, mailbox))),
    control<{ duplicates: Record<string, number> }>("GET", "/stats"),
  ]);
  const { duplicates } = stats;
  const ledger = { items, deliveries, runs, connectors, gaps, files };
  return { ...ledger, messages: messages.flat(), duplicates };
}

type Shown = {
  readonly id: string;
  readonly parentFolderId: string;
  readonly internetMessageId: string;
  readonly isDraft: boolean;
  readonly body: { readonly content: string };
  readonly internetMessageHeaders?: readonly { readonly name: string; readonly value: string }[];
  readonly singleValueExtendedProperties: readonly {
    readonly id: string;
    readonly value: string;
  }[];
  readonly attachments: readonly { readonly name: string; readonly sha256: string }[];
};

async function messagesIn(control: Control, { upn, id: mailboxId }: Mailbox): Promise<Message[]> {
  type Folders = { folders: { id: string; displayName: string }[] };
  const [{ folders }, { messages }] = await Promise.all([
    control<Folders>("GET", `/mailboxes/${upn}`),
    control<{ messages: Shown[] }>("GET", `/mailboxes/${upn}/messages`),
  ]);
  const nameOf = new Map(folders.map(({ id, displayName }) => [id, displayName]));
  return messages.map((shown) => {
    const header = shown.internetMessageHeaders?.find(
      ({ name }) => name.toLowerCase() === "x-archive-sha256",
    );
    const key = shown.singleValueExtendedProperties.find(({ id }) => id.endsWith("IdempotencyKey"));
    return {
      ...{ id: shown.id, mailboxId, isDraft: shown.isDraft, body: shown.body.content },
      folder: nameOf.get(shown.parentFolderId) ?? "",
      internetMessageId: shown.internetMessageId,
      idempotencyKey: key?.value ?? null,
      recordSha256: header?.value ?? null,
      attachments: shown.attachments.map(({ name, sha256 }) => ({ name, sha256 })),
    };
  });
}
