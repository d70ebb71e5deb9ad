/** Attachments of a run: fetched beside the pages, a few at a time, each into a blob of its own. */
import { createHash } from "node:crypto";
import { backOffMs } from "@/lib/core/backoff";
import { type FailureCode, type SyncError, toSyncError } from "@/lib/core/errors";
import { decodeStaged } from "@/lib/core/item";
import { duplicateKey } from "@/lib/core/keys";
import { type SourceDownload, WindowExpired } from "@/lib/ports/source";
import type { AttachmentOutcome, ClosedItem, OpenAttachment } from "@/lib/ports/transfer-records";
import { eachOf } from "./concurrency";
import { pokeLanes } from "./poke";
import type { Transfer } from "./transfer-turn";

const attachmentsAtATime = 64;

/** Bytes that disagree with what was said of them are fetched again, three times in all (archive API). */
const corruptionsAllowed = 3;

/** Five refusals end an attachment (design, §6). */
const refusalsAllowed = 5;

type Bell = { wait(signal: AbortSignal): Promise<void> };

/**
 * Until every page is recorded and no attachment is open.
 * @throws AttachmentsWait when everything else is done and some have to be tried again later
 */
export async function fetchAttachments(
  transfer: Transfer,
  signal: AbortSignal,
  bell: Bell,
  arePagesDone: () => boolean,
): Promise<void> {
  const { parts, run } = transfer;
  for (;;) {
    const isLastLook = arePagesDone();
    const { due, open, nextInMs } = await parts.store.openAttachments(
      parts.tenantId,
      run.id,
      attachmentsAtATime,
    );
    if (due.length > 0) await fetchDue(transfer, due, signal);
    await releaseItems(transfer, signal);
    if (due.length > 0) continue;
    if (!isLastLook) await bell.wait(signal);
    else if (open === 0) return;
    else throw new AttachmentsWait(nextInMs ?? 0);
  }
}

/** Nothing is wrong with the source as such: some attachments are to be asked for again later. */
export class AttachmentsWait extends Error {
  override readonly name = "AttachmentsWait";

  constructor(readonly waitMs: number) {
    super("Attachments have to be asked for again");
  }
}

/** What an attempt at one attachment came to; a failure waits for the judgement over its neighbours. */
type Attempt =
  | { readonly outcome: "closed" }
  | { readonly outcome: "failed"; readonly attachment: OpenAttachment; readonly error: SyncError };

async function fetchDue(
  transfer: Transfer,
  due: readonly OpenAttachment[],
  signal: AbortSignal,
): Promise<void> {
  const { parts } = transfer;
  const failed: Extract<Attempt, { outcome: "failed" }>[] = [];
  await eachOf(due, parts.limits.attachmentsAtOnce, async (attachment) => {
    const attempt = await fetchOne(transfer, attachment, signal);
    if (attempt.outcome === "failed") failed.push(attempt);
  });
  if (failed.length === 0) return;
  // It may be an outage, also where others of the batch were fetched: it may have begun behind them.
  // Then the question itself fails, and nothing counts.
  await askSource(transfer, signal);
  for (const { attachment, error } of failed) {
    const refusals = attachment.refusals + 1;
    const outcome: AttachmentOutcome =
      refusals >= refusalsAllowed
        ? { outcome: "failed", code: "AttachmentUnavailable" }
        : {
            outcome: "again",
            refusals,
            corruptions: attachment.corruptions,
            waitMs: backOffMs(refusals, parts.random, error.retryAfterMs),
          };
    await close(transfer, attachment, outcome);
  }
}

/** @throws SyncError when the source does not answer at all */
async function askSource({ session, window }: Transfer, signal: AbortSignal): Promise<void> {
  try {
    await session.fetchManifest(window, signal);
  } catch (thrown) {
    if (!(thrown instanceof WindowExpired)) throw thrown;
  }
}

async function fetchOne(
  transfer: Transfer,
  attachment: OpenAttachment,
  signal: AbortSignal,
): Promise<Attempt> {
  const { parts } = transfer;
  let outcome: AttachmentOutcome;
  try {
    outcome = { outcome: "staged", ...(await fetchAndStage(transfer, attachment, signal)) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const error = toSyncError(thrown);
    const ended = outcomeOf(attachment, thrown);
    if (ended === null) {
      if (!isOwnTrouble.has(error.code)) throw thrown;
      if (error.code === "Unexpected") {
        parts.log.error("attachment.unexpected", { itemId: attachment.itemId }, error.cause);
      }
      return { outcome: "failed", attachment, error };
    }
    outcome = ended;
  }
  // Outside: that the ledger is away says nothing about the attachment.
  await close(transfer, attachment, outcome);
  parts.passes("attachment.closed");
  return { outcome: "closed" };
}

/** Of this one attachment, a fault of our own too: it must not make the run begin anew for ever. */
export const isOwnTrouble: ReadonlySet<FailureCode> = new Set(["SourceUnavailable", "Unexpected"]);

export async function fetchAndStage(
  { parts, session, hold }: Transfer,
  {
    sourceAttachmentId,
    declaredSha256,
  }: Pick<OpenAttachment, "sourceAttachmentId" | "declaredSha256">,
  signal: AbortSignal,
) {
  const download = await session.fetchAttachment(sourceAttachmentId, signal);
  parts.passes("attachment.asked");
  const checked = checkedBytes(download, declaredSha256);
  const prefix = `${parts.tenantId}/${hold.runId}/${hold.attempt}`;
  const staged = await parts.staging.writeFile(prefix, checked, signal);
  parts.passes("attachment.staged");
  return staged;
}

/** @returns null when what was thrown says nothing final about the attachment */
export function outcomeOf(
  { refusals, corruptions }: Pick<OpenAttachment, "refusals" | "corruptions">,
  thrown: unknown,
): AttachmentOutcome | null {
  if (toSyncError(thrown).code === "AttachmentGone") {
    return { outcome: "failed", code: "AttachmentGone" };
  }
  if (!(thrown instanceof Disagreement)) return null;
  return corruptions + 1 >= corruptionsAllowed
    ? { outcome: "failed", code: "AttachmentCorrupt" }
    : { outcome: "again", refusals, corruptions: corruptions + 1, waitMs: 0 };
}

async function close(
  { parts, hold }: Transfer,
  attachment: OpenAttachment,
  outcome: AttachmentOutcome,
): Promise<void> {
  await parts.store.closeAttachment(parts.tenantId, hold, attachment, outcome);
  if (outcome.outcome !== "staged") {
    const code: FailureCode | null = outcome.outcome === "failed" ? outcome.code : null;
    parts.log.warn("attachment.notStaged", { runId: hold.runId, itemId: attachment.itemId, code });
  }
}

class Disagreement extends Error {
  override readonly name = "Disagreement";
}

/** Passes the bytes on and, at their end, refuses them when they are not what was announced. */
async function* checkedBytes(
  { bytes, contentType, sizeBytes, sha256 }: SourceDownload,
  declaredSha256: string | null,
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256");
  let received = 0;
  try {
    for await (const chunk of bytes) {
      hash.update(chunk);
      received += chunk.byteLength;
      yield chunk;
    }
  } catch (thrown) {
    // Cut in the middle: fewer bytes than announced, whatever the connection says about it.
    const isCut = toSyncError(thrown).code === "SourceUnavailable" && received < (sizeBytes ?? 0);
    throw isCut ? new Disagreement("Content-Length") : thrown;
  }
  const is = hash.digest("hex");
  if (sizeBytes !== null && sizeBytes !== received) throw new Disagreement("Content-Length");
  if (sha256 !== null && sha256 !== is) throw new Disagreement("Digest");
  if (declaredSha256 !== null && declaredSha256 !== is) throw new Disagreement("sha256");
  // The archive always says a digest; a page of something in between says none, with status 200.
  const isUnsaid = sha256 === null && declaredSha256 === null;
  if (isUnsaid && /^text\/html\b/i.test(contentType ?? "")) throw new Disagreement("Content-Type");
}

/** Items whose attachments are all closed get their duplicate key and are open to their lanes. */
async function releaseItems(transfer: Transfer, signal: AbortSignal): Promise<void> {
  const { parts, run, hold } = transfer;
  const { store, tenantId } = parts;
  for (;;) {
    const items = await store.closedItems(tenantId, run.id, attachmentsAtATime);
    if (items.length === 0) return;
    const lanes = new Set<string>();
    for (const item of items) {
      const key = await duplicateKeyOf(transfer, item, signal);
      for (const lane of await store.releaseItem(tenantId, hold, item.itemId, key)) lanes.add(lane);
    }
    parts.passes("items.released");
    await pokeLanes(parts, [...lanes]);
  }
}

/** What can no longer be opened, or makes us stumble, has no duplicates; its lane finds out and says so. */
async function duplicateKeyOf(
  { parts }: Transfer,
  item: ClosedItem,
  signal: AbortSignal,
): Promise<string | null> {
  const { itemId, sourceAccountId, blobName, frame, receivedAt, revision } = item;
  try {
    const bytes = await parts.staging.readRecord(blobName, frame, signal);
    const decoded = decodeStaged(bytes, receivedAt, revision);
    if (decoded.outcome === "unreadable") return null;
    return duplicateKey(sourceAccountId, decoded.item, item.attachmentSha256s);
  } catch (thrown) {
    const { code, cause } = toSyncError(thrown);
    if (signal.aborted || (code !== "StagingCorrupt" && code !== "Unexpected")) throw thrown;
    if (code === "Unexpected") parts.log.error("item.unexpected", { itemId }, cause);
    return null;
  }
}
