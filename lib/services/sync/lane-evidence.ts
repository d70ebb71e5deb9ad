/** What the ledger says of the canonical message: computed once for all copies of an item. */
import { toSyncError } from "@/lib/core/errors";
import type { LaneDelivery, NewEvidence } from "@/lib/ports/lane-store";
import { messageFormat } from "@/lib/core/message-format";
import { newest } from "@/lib/core/newest";
import { canonicalBytes, digestOf } from "@/lib/services/stored-message";
import type { PreparedMessage } from "./lane-message";
import type { Digests, RecordedDigest, SyncParts } from "./parts";

/** A message that may be written: nothing is, before the ledger can be told what it is. */
export type ReadyMessage = PreparedMessage & { readonly evidence: NewEvidence };

export async function ready(
  parts: Pick<SyncParts, "staging" | "digests">,
  delivery: LaneDelivery,
  prepared: PreparedMessage,
  signal: AbortSignal,
): Promise<ReadyMessage> {
  return { ...prepared, evidence: await evidenceOf(parts, delivery, prepared, signal) };
}

/** It lies in the mailbox already, so an original that went bad meanwhile must not keep it in doubt. */
export async function alreadyThere(
  parts: Pick<SyncParts, "staging" | "digests" | "log">,
  delivery: LaneDelivery,
  prepared: PreparedMessage,
  signal: AbortSignal,
): Promise<ReadyMessage> {
  try {
    return await ready(parts, delivery, prepared, signal);
  } catch (thrown) {
    const { code } = toSyncError(thrown);
    if (code !== "StagingCorrupt") throw thrown;
    parts.log.error("item.withoutEvidence", { itemId: delivery.itemId, code }, thrown);
    return { ...prepared, evidence: null };
  }
}

/** Anew where the limit was raised since: then the message may carry what it only named before. */
async function evidenceOf(
  parts: Pick<SyncParts, "staging" | "digests">,
  delivery: LaneDelivery,
  { whole }: PreparedMessage,
  signal: AbortSignal,
): Promise<NewEvidence> {
  const { item, itemId, connector } = delivery;
  const { sizeLimitBytes } = connector;
  if (item.evidence !== null && item.evidence.sizeLimitBytes >= sizeLimitBytes) return null;
  if (parts.digests.isRecorded({ itemId, sizeLimitBytes })) return null;
  const key = `${itemId} ${item.recordedBy.connectorId} ${sizeLimitBytes}`;
  const known = parts.digests.get(key);
  const evidence = { itemId, sizeLimitBytes, format: messageFormat };
  if (known !== undefined) return { ...evidence, sha256: known };
  const { sha256 } = await digestOf(canonicalBytes(parts, delivery, whole, signal));
  parts.digests.set(key, sha256);
  return { ...evidence, sha256 };
}

/** The copies of an item are written within seconds, by lanes that cannot see each other's outcomes yet. */
export function createDigests(most: number): Digests {
  const known = newest<string>(most);
  const recorded = newest<true>(most);
  return {
    get: known.get,
    set: known.set,
    isRecorded: (of) => recorded.get(keyOf(of)) ?? false,
    noteRecorded: (of) => recorded.set(keyOf(of), true),
  };
}

function keyOf({ itemId, sizeLimitBytes }: RecordedDigest): string {
  return `${itemId} ${sizeLimitBytes}`;
}
