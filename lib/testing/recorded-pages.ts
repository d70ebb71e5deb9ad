/** A transfer under way, and pages as it hands them to the ledger. */
import { v7 as uuid } from "uuid";
import type { NewDelivery, NewItem, PageRecord } from "@/lib/ports/transfer-records";
import type { Ledger } from "./ledger";

type Lane = { readonly id: string; readonly mailboxId: string };

/** Of a connector of its own. */
export async function beginTransfer(ledger: Ledger) {
  const { store, tenantId } = ledger;
  const connectorId = await ledger.addConnector();
  const runId = await ledger.addRun({ connectorId, state: "QUEUED" });
  const hold = { runId, attempt: (await store.claimRun(tenantId, runId))?.attempt ?? 0 };
  return {
    ...{ connectorId, runId, hold },
    record: (page: PageRecord, lanes: readonly Lane[] = []) =>
      store.recordPage(
        ...([tenantId, hold, connectorId, "acc", page] as const),
        new Map(lanes.map(({ id, mailboxId }) => [mailboxId, id])),
      ),
  };
}

export function pageOf(items: readonly NewItem[] = []): PageRecord {
  return {
    ...{ items, takenOver: [], restaged: [], alreadyRecorded: 0, undated: null, completed: [] },
    ...{ rules: { mappingFileId: null, automaticMapping: true }, cursor: "x", isLastPage: false },
  };
}

/** For these mailboxes, with one attachment that is still to be fetched. */
export function newItem(mailboxIds: readonly string[], more: Partial<NewItem> = {}): NewItem {
  const id = uuid();
  const at = new Date();
  return {
    ...{ id, sourceItemId: id, revision: "1", itemDigest: id, kind: "CHAT", recordSha256: "" },
    ...{ receivedAt: at, receivedBefore: null, messageAt: at, ownerValue: null, participants: [] },
    ...{ blobName: "blob", frame: { offset: 0, length: 1 }, duplicateKey: null, isMail: false },
    ...{ isChangedWithoutRevision: false, isInManifest: true, manifestLine: null, warnings: [] },
    attachments: [
      { position: 0, sourceAttachmentId: "a", declaredSha256: null, failureCode: null },
    ],
    deliveries: mailboxIds.map(newDelivery),
    ...more,
  };
}

function newDelivery(mailboxId: string): NewDelivery {
  const mailbox = { id: mailboxId, address: `${mailboxId}@contoso.com` };
  const id = uuid();
  return { id, mailbox, via: "emailProperty", idempotencyKey: id, failureCode: null };
}
