/**
 * What staging lost, the archive may still have: a run that reads such an item again stages it anew, with
 * those of its files that are lost too. It is whole in the transaction of its page, or left as it is.
 */
import { createHash } from "node:crypto";
import { type FailureCode, toSyncError } from "@/lib/core/errors";
import { duplicateKey } from "@/lib/core/keys";
import type { EndedAttachment, LostFile, Restaged } from "@/lib/ports/transfer-records";
import { eachOf } from "./concurrency";
import { fetchAndStage, isOwnTrouble, outcomeOf } from "./transfer-attachments";
import type { NewRecord } from "./transfer-item";
import type { Transfer } from "./transfer-turn";

export async function restage(
  transfer: Transfer,
  lost: readonly NewRecord[],
  signal: AbortSignal,
): Promise<readonly Restaged[]> {
  if (lost.length === 0) return [];
  const { parts, run, hold } = transfer;
  const { staging, store, tenantId, log } = parts;
  const { blobName, frames } = await staging.writeSegment(
    `${tenantId}/${hold.runId}/${hold.attempt}`,
    lost.map(({ decoded }) => decoded.recordBytes),
    signal,
  );
  const files = await store.lostFiles(
    tenantId,
    lost.map(({ digest }) => digest),
  );
  const restaged: Restaged[] = [];
  await eachOf(lost.entries(), parts.limits.attachmentsAtOnce, async ([index, record]) => {
    const { digest: itemDigest } = record;
    const own = files.filter((file) => file.itemDigest === itemDigest);
    const again = await restageFiles(transfer, own, signal);
    const frame = frames[index];
    if (again === null || frame === undefined) return;
    const key = keyOf(run.connector.sourceAccountId, record, own, again);
    restaged.push({ itemDigest, blobName, frame, files: again, duplicateKey: key });
  });
  log.info("originals.restaged", { runId: hold.runId, lost: lost.length, items: restaged.length });
  return restaged;
}

type RestagedFile = Restaged["files"][number];

/** @returns those that were lost; null where one of them cannot be had now, or not as it was written */
async function restageFiles(
  transfer: Transfer,
  files: readonly LostFile[],
  signal: AbortSignal,
): Promise<readonly RestagedFile[] | null> {
  const restaged: RestagedFile[] = [];
  for (const file of files) {
    if (await isThere(transfer, file, signal)) continue;
    const again = await fetchAgain(transfer, file, signal);
    if (again === null) return null;
    if (file.wasWritten && !isSame(file, again)) {
      notStaged(transfer, file, again.outcome === "failed" ? again.code : null);
      return null;
    }
    restaged.push({ position: file.position, ...again });
  }
  return restaged;
}

/** Without it a whole copy would look like one that was cut off, and be removed; another would be denied its evidence. */
function isSame(file: LostFile, again: EndedAttachment): boolean {
  return again.outcome === "staged" && again.sha256 === file.sha256;
}

async function isThere(
  { parts }: Transfer,
  { blobName, sha256 }: LostFile,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const hash = createHash("sha256");
    for await (const chunk of parts.staging.readFile(blobName, signal)) hash.update(chunk);
    return hash.digest("hex") === sha256;
  } catch (thrown) {
    if (toSyncError(thrown).code !== "StagingCorrupt") throw thrown;
    return false;
  }
}

async function fetchAgain(
  transfer: Transfer,
  file: LostFile,
  signal: AbortSignal,
): Promise<EndedAttachment | null> {
  for (let corruptions = 0; ; corruptions += 1) {
    try {
      return { outcome: "staged", ...(await fetchAndStage(transfer, file, signal)) };
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const outcome = outcomeOf({ refusals: 0, corruptions }, thrown);
      if (outcome?.outcome === "failed") return outcome;
      if (outcome !== null) continue;
      const { code } = toSyncError(thrown);
      // What was fetched for the page goes with it: under a limit of requests it would never be whole.
      if (!isOwnTrouble.has(code) && code !== "SourceThrottled") throw thrown;
      notStaged(transfer, file, code);
      return null;
    }
  }
}

function notStaged(
  { parts, run }: Transfer,
  { itemId, position }: LostFile,
  code: FailureCode | null,
): void {
  parts.log.warn("attachment.notStaged", { runId: run.id, itemId, position, code });
}

/** As at its first staging. Null leaves the item the one it has: of a mail nothing of it depends on its files. */
function keyOf(
  sourceAccountId: string,
  { decoded }: NewRecord,
  files: readonly LostFile[],
  again: readonly RestagedFile[],
): string | null {
  if (decoded.outcome === "unreadable" || decoded.isMail === true) return null;
  const sha256s = files.flatMap(({ position, sha256 }) => {
    const restaged = again.find((file) => file.position === position);
    if (restaged === undefined) return sha256;
    return restaged.outcome === "staged" ? restaged.sha256 : [];
  });
  return duplicateKey(sourceAccountId, decoded.item, sha256s);
}
