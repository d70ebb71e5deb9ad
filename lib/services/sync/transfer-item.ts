/** From a decoded record to the rows of the ledger: the item, its attachments, whose mailboxes it goes to. */
import type { FailureCode } from "@/lib/core/errors";
import type { DecodedRecord } from "@/lib/core/item";
import { duplicateKey, idempotencyKey } from "@/lib/core/keys";
import { storable } from "@/lib/core/text";
import type { StagedSegment } from "@/lib/ports/staging";
import type { NewDelivery, NewItem } from "@/lib/ports/transfer-records";
import { v7 as uuid } from "uuid";
import type { PageResolution } from "./resolve";
import type { Transfer } from "./transfer-turn";

export type NewRecord = { readonly digest: string; readonly decoded: DecodedRecord };

export function newItem(
  { run, window }: Transfer,
  { digest, decoded }: NewRecord,
  segment: StagedSegment | null,
  index: number,
  resolution: PageResolution,
): NewItem {
  const accountId = run.connector.sourceAccountId;
  const frame = segment?.frames[index] ?? null;
  const staged = {
    id: uuid(),
    itemDigest: digest,
    recordSha256: decoded.recordSha256,
    blobName: frame === null ? null : (segment?.blobName ?? null),
    frame,
    isInManifest: decoded.manifestEntry !== null,
    manifestLine: ownManifestLine(decoded),
    isMail: decoded.isMail === true,
  };
  if (decoded.outcome === "unreadable") {
    const { sourceItemId, revision } = decoded;
    const isChangedWithoutRevision = revision !== (decoded.manifestEntry?.revision ?? "1");
    return {
      ...staged,
      ...{ sourceItemId, revision, isChangedWithoutRevision },
      ...{ kind: "GENERIC", receivedAt: window.start, messageAt: window.start },
      receivedBefore: window.end,
      ...{ ownerValue: null, participants: [], duplicateKey: null, warnings: [], attachments: [] },
      deliveries: [failedDelivery(accountId, sourceItemId, revision, "SourceDecodeError")],
    };
  }
  const { item } = decoded;
  const resolved = resolution.of(item);
  const deliveries: NewDelivery[] = resolved.mailboxes.map(({ mailbox, via }) => ({
    id: uuid(),
    mailbox,
    via,
    idempotencyKey: idempotencyKey(accountId, item.sourceItemId, item.revision, mailbox.id),
    failureCode: null,
  }));
  if (resolved.needsUserMapping || deliveries.length === 0) {
    deliveries.push(failedDelivery(accountId, item.sourceItemId, item.revision, "UserMapping"));
  }
  return {
    ...staged,
    sourceItemId: item.sourceItemId,
    revision: item.revision,
    kind: item.kind,
    receivedAt: item.receivedAt,
    receivedBefore: item.isUndated ? window.end : null,
    messageAt: item.messageAt,
    ownerValue: item.owner?.value ?? null,
    participants: resolved.participants,
    duplicateKey: item.attachments.length === 0 ? duplicateKey(accountId, item, []) : null,
    isChangedWithoutRevision: item.isChangedWithoutRevision,
    warnings: resolved.warnings,
    attachments: item.attachments.map((attachment, position) => ({
      position,
      sourceAttachmentId: attachment.id,
      declaredSha256: attachment.sha256,
      failureCode: attachment.id === "" ? "AttachmentGone" : null,
    })),
    deliveries,
  };
}

/** The ledger cannot hold every id: what it lost of one (NUL, half a surrogate pair) the manifest counts. */
function ownManifestLine(decoded: DecodedRecord): Buffer | null {
  const { manifestEntry } = decoded;
  if (manifestEntry === null) return null;
  const { id, revision } = manifestEntry;
  return storable(id) === id && storable(revision) === revision ? null : manifestLine(id, revision);
}

/** The archive API's form: id, TAB, revision, LF. */
export function manifestLine(id: string, revision: string): Buffer {
  return Buffer.from(`${id}\t${revision}\n`);
}

/** A delivery to nobody: it stands in the list of failures with its reason. */
export function failedDelivery(
  accountId: string,
  sourceItemId: string,
  revision: string,
  failureCode: FailureCode,
): NewDelivery {
  const key = idempotencyKey(accountId, sourceItemId, revision, "");
  return { id: uuid(), mailbox: null, via: null, idempotencyKey: key, failureCode };
}
