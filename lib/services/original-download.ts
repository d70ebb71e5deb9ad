/** The canonical message or the raw record of an item, composed anew and held against the ledger. */
import { createHash } from "node:crypto";
import { type FailureCode, failures, toSyncError } from "@/lib/core/errors";
import type { OriginalKind } from "@/lib/core/item-view";
import { messageFormat } from "@/lib/core/message-format";
import type { StoredOriginal } from "@/lib/ports/original-store";
import type { PortalDeps } from "./portal-deps";
import {
  canonicalBytes,
  type Digest,
  digestOf,
  planStored,
  readItem,
  readRecord,
} from "./stored-message";

type Deps = Pick<PortalDeps, "store" | "staging">;

export type Wanted = {
  readonly connectorId: string;
  readonly itemId: string;
  readonly what: OriginalKind;
};

export type Composed =
  | {
      readonly outcome: "composed";
      /** what was staged of it is a mail */
      readonly isMail: boolean;
      readonly digest: Digest;
      /** From the beginning, as often as they are asked for. */
      readonly bytes: () => AsyncIterable<Uint8Array>;
    }
  | Unfounded
  | { readonly outcome: "refused"; readonly message: string };

/** What the ledger says cannot be shown to be true. */
export type Unfounded = {
  readonly outcome: "unfounded";
  readonly code: FailureCode;
  readonly expected: string;
  readonly computed: string | null;
};

/** @throws SyncError StagingUnavailable: the staging store is away */
export async function composeOriginal(
  { store, staging }: Deps,
  tenantId: string,
  { connectorId, itemId, what }: Wanted,
  signal: AbortSignal,
): Promise<Composed> {
  const stored = await store.originals.stored(tenantId, connectorId, itemId);
  if (stored === null) return refuse(failures.OriginalRemoved.advice);
  const { recordSha256, evidence } = stored.item;
  if (what === "record") {
    return rawRecord(staging, stored, signal);
  }
  const planned = await planOriginal(staging, stored, signal);
  if (planned.outcome !== "message") return planned;
  const bytes = () => canonicalBytes({ staging }, stored, planned.message, signal);
  const digest = await readable(digestOf(bytes()));
  if (digest === null) return unfounded("StagingCorrupt", evidence?.sha256 ?? recordSha256);
  if (evidence !== null && evidence.sha256 !== digest.sha256) {
    if (evidence.format !== messageFormat) return refuse(otherForm(evidence.format));
    return unfounded("MessageDiffers", evidence.sha256, digest.sha256);
  }
  return { outcome: "composed", isMail: stored.item.isMail, digest, bytes };
}

/** As it was handed over; a large mail lies in a file of its own. */
async function rawRecord(
  staging: Deps["staging"],
  { item, attachments, areAttachmentsOpen }: StoredOriginal,
  signal: AbortSignal,
): Promise<Composed> {
  const { isMail, recordSha256: sha256 } = item;
  const composed = { outcome: "composed", isMail } as const;
  if (isMail && areAttachmentsOpen) return refuse(notFetched);
  const file = isMail ? attachments[0] : undefined;
  if (file?.outcome === "failed") return refuse(failures[file.code].advice);
  if (file !== undefined) {
    const digest = { sha256, sizeBytes: file.sizeBytes };
    return { ...composed, digest, bytes: () => staging.readFile(file.blobName, signal) };
  }
  const record = await readRecord(staging, item, signal);
  if (record === null) return unfounded("StagingCorrupt", sha256);
  const digest = { sha256, sizeBytes: record.byteLength };
  return { ...composed, digest, bytes: () => once(record) };
}

async function planOriginal(staging: Deps["staging"], stored: StoredOriginal, signal: AbortSignal) {
  if (stored.areAttachmentsOpen) return refuse(notFetched);
  const read = await readItem({ staging }, stored, signal);
  if (read.outcome === "failed") {
    return read.code === "StagingCorrupt"
      ? unfounded(read.code, stored.item.recordSha256)
      : refuse(noMessage(read.code));
  }
  // Under the limit it was imported with, so that the same attachments are named and not carried.
  const limit = stored.item.evidence?.sizeLimitBytes ?? stored.sizeLimitBytes;
  const plan = planStored(stored, read, limit);
  return plan.outcome === "failed" ? refuse(noMessage(plan.code)) : plan;
}

/** @returns null when an attachment cannot be opened, or is not what was staged */
async function readable(digest: Promise<Digest>): Promise<Digest | null> {
  return digest.catch((thrown: unknown) => {
    if (toSyncError(thrown).code === "StagingCorrupt") return null;
    throw thrown;
  });
}

function refuse(message: string) {
  return { outcome: "refused", message } as const;
}

const notFetched =
  "The attachments of this item are still being fetched. Try again when its run is done.";

function otherForm(format: number): string {
  return `This message was composed in form ${format} of the message format by another version of the portal; this one composes form ${messageFormat} and cannot repeat its bytes. The SHA-256 above still proves any copy that was kept. The raw record can be downloaded.`;
}

function noMessage(code: FailureCode): string {
  return `${failures[code].advice} So it has no message; its raw record can be downloaded.`;
}

function unfounded(code: FailureCode, expected: string, computed: string | null = null): Unfounded {
  return { outcome: "unfounded", code, expected, computed };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/**
 * The last piece leaves only when all of them are what was promised: whoever downloads something else
 * gets a download that broke off.
 * @param differ told the digest of what was read instead; throws
 */
export async function* proven(
  bytes: AsyncIterable<Uint8Array>,
  sha256: string,
  differ: (computed: string) => Promise<never>,
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256");
  let held: Uint8Array | null = null;
  for await (const chunk of bytes) {
    if (held !== null) yield held;
    hash.update(chunk);
    held = chunk;
  }
  const computed = hash.digest("hex");
  if (computed !== sha256) await differ(computed);
  if (held !== null) yield held;
}
