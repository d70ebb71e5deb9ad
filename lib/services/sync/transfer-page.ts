/** One page: decode, recognise, stage, resolve, record. Then the lanes are told. */
import type { FailureCode } from "@/lib/core/errors";
import { type DecodedRecord, changedWithoutRevision, decodeRecord } from "@/lib/core/item";
import { duplicateKey, idempotencyKey, itemDigest } from "@/lib/core/keys";
import type { SyncWindow } from "@/lib/core/window";
import type { SourceSession } from "@/lib/ports/source";
import type { StagedSegment } from "@/lib/ports/staging";
import {
  type ClaimedRun,
  DataRefused,
  type NewDelivery,
  type NewItem,
  type PageRecord,
  type RunHold,
} from "@/lib/ports/store";
import { v7 as uuid } from "uuid";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";
import { type PageResolution, resolvePage } from "./resolve";

/** What all steps of one transfer share. */
export type Transfer = {
  readonly parts: SyncParts;
  readonly run: ClaimedRun;
  readonly hold: RunHold;
  /** What the archive still holds of the run's window. */
  readonly window: SyncWindow;
  readonly session: SourceSession;
  /** Mailbox id → lane id, as far as this transfer has met them. */
  readonly laneOf: Map<string, string>;
};

type NewRecord = { readonly digest: string; readonly decoded: DecodedRecord };

/** @returns how many records were new to the ledger */
export async function recordRecords(
  transfer: Transfer,
  records: readonly unknown[],
  nextCursor: string | null,
  signal: AbortSignal,
): Promise<number> {
  const { parts, run, hold } = transfer;
  const recognised = await recognise(transfer, records);
  const segment = await stage(transfer, recognised.fresh, signal);
  const resolution = await resolvePage(
    parts,
    run,
    recognised.fresh.flatMap(({ decoded }) => (decoded.outcome === "item" ? [decoded.item] : [])),
  );
  const items = recognised.fresh.map((record, index) =>
    newItem(transfer, record, segment, index, resolution),
  );
  await learnLanes(transfer, items);
  const end = { cursor: nextCursor, isLastPage: nextCursor === null };
  const { takenOver, alreadyRecorded } = recognised;
  await recordByHalves(transfer, { items, takenOver, alreadyRecorded, ...end });
  parts.log.debug("page.recorded", { runId: hold.runId, items: items.length, alreadyRecorded });
  await pokeLanes(parts, lanesWithWork(transfer, items));
  return items.length;
}

/** Which records of the page are new, which were recorded before, which a deleted connector left behind. */
async function recognise(
  { parts, run, window }: Transfer,
  records: readonly unknown[],
): Promise<{ fresh: NewRecord[]; takenOver: string[]; alreadyRecorded: number }> {
  const { store, tenantId } = parts;
  const accountId = run.connector.sourceAccountId;
  let candidates = records.map((raw) => withDigest(accountId, decodeRecord(raw, window.start)));
  const fresh = new Map<string, NewRecord>();
  const takenOver = new Set<string>();
  const already = new Set<string>();
  // Twice: a record that changed without a new revision is looked up again under its longer revision.
  for (let pass = 0; pass < 2 && candidates.length > 0; pass += 1) {
    const known = await store.knownItems(tenantId, [
      ...new Set(candidates.map(({ digest }) => digest)),
    ]);
    const knownByDigest = new Map(known.map((item) => [item.itemDigest, item]));
    const changed: NewRecord[] = [];
    for (const candidate of candidates) {
      const { digest, decoded } = candidate;
      const before = knownByDigest.get(digest);
      const onPage = fresh.get(digest);
      const sha256 = before?.recordSha256 ?? onPage?.decoded.recordSha256;
      if (before?.isOrphan === true && onPage === undefined) {
        takenOver.add(digest);
        fresh.set(digest, candidate);
      } else if (sha256 === undefined) {
        fresh.set(digest, candidate);
      } else if (sha256 !== decoded.recordSha256) {
        changed.push(withDigest(accountId, changedWithoutRevision(decoded)));
      } else if (before !== undefined && before.runId !== run.id) {
        already.add(digest);
      }
    }
    candidates = changed;
  }
  return { fresh: [...fresh.values()], takenOver: [...takenOver], alreadyRecorded: already.size };
}

function withDigest(accountId: string, decoded: DecodedRecord): NewRecord {
  const { sourceItemId, revision } = decoded.outcome === "item" ? decoded.item : decoded;
  return { digest: itemDigest(accountId, sourceItemId, revision), decoded };
}

async function stage(
  { parts, hold }: Transfer,
  fresh: readonly NewRecord[],
  signal: AbortSignal,
): Promise<StagedSegment | null> {
  if (fresh.length === 0) return null;
  const prefix = `${parts.tenantId}/${hold.runId}/${hold.attempt}`;
  return parts.staging.writeSegment(
    prefix,
    fresh.map(({ decoded }) => decoded.recordBytes),
    signal,
  );
}

function newItem(
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
  };
  if (decoded.outcome === "unreadable") {
    const { sourceItemId, revision } = decoded;
    const isChangedWithoutRevision = revision !== (decoded.manifestEntry?.revision ?? "1");
    return {
      ...staged,
      ...{ sourceItemId, revision, isChangedWithoutRevision },
      ...{ kind: "GENERIC", receivedAt: window.start, messageAt: window.start },
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

/** A delivery to nobody: it stands in the list of failures with its reason. */
function failedDelivery(
  accountId: string,
  sourceItemId: string,
  revision: string,
  failureCode: FailureCode,
): NewDelivery {
  const key = idempotencyKey(accountId, sourceItemId, revision, "");
  return { id: uuid(), mailbox: null, via: null, idempotencyKey: key, failureCode };
}

async function learnLanes({ parts, laneOf }: Transfer, items: readonly NewItem[]): Promise<void> {
  const mailboxes = items.flatMap(({ deliveries }) =>
    deliveries.flatMap(({ mailbox }) => mailbox?.id ?? []),
  );
  const unknown = [...new Set(mailboxes)].filter((id) => !laneOf.has(id));
  if (unknown.length === 0) return;
  const lanes = await parts.store.laneIds(parts.tenantId, unknown);
  for (const [mailboxId, laneId] of lanes) laneOf.set(mailboxId, laneId);
}

/** A page the store refuses for its data is recorded by halves until the bad record stands alone. */
async function recordByHalves(transfer: Transfer, page: PageRecord): Promise<void> {
  const { parts, run, hold, laneOf } = transfer;
  const { id, sourceAccountId } = run.connector;
  try {
    await parts.store.recordPage(parts.tenantId, hold, id, sourceAccountId, page, laneOf);
  } catch (thrown) {
    if (!(thrown instanceof DataRefused)) throw thrown;
    const { items } = page;
    if (items.length === 0) throw thrown;
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      if (only.participants.length === 0 && only.attachments.length === 0) throw thrown;
      parts.log.warn("item.refusedByStore", { runId: hold.runId, itemId: only.id });
      await recordByHalves(transfer, { ...page, items: [withoutDetails(only, sourceAccountId)] });
      return;
    }
    const middle = Math.ceil(items.length / 2);
    // The cursor moves with the second half only: a crash in between reads the page again.
    const rest = { ...page, items: items.slice(middle) };
    await recordByHalves(transfer, {
      ...page,
      items: items.slice(0, middle),
      alreadyRecorded: 0,
      cursor: run.cursor,
      isLastPage: false,
    });
    await recordByHalves(transfer, rest);
  }
}

/** What is left of an item whose details PostgreSQL cannot hold: its identity, its bytes and its failure. */
function withoutDetails(item: NewItem, accountId: string): NewItem {
  const sourceItemId = `raw-${item.recordSha256}`;
  return {
    ...item,
    sourceItemId,
    ownerValue: null,
    participants: [],
    attachments: [],
    warnings: [],
    duplicateKey: null,
    deliveries: [failedDelivery(accountId, sourceItemId, item.revision, "SourceDecodeError")],
  };
}

function lanesWithWork({ laneOf }: Transfer, items: readonly NewItem[]): string[] {
  const ready = items.filter(({ attachments }) => attachments.length === 0);
  const lanes = ready.flatMap(({ deliveries }) =>
    deliveries.flatMap(({ mailbox }) => laneOf.get(mailbox?.id ?? "") ?? []),
  );
  return [...new Set(lanes)];
}
