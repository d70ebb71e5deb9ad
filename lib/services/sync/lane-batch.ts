/** One batch of a lane: prepare, send a few at a time, record all outcomes in one update. */
import { failures, SyncError, toSyncError } from "@/lib/core/errors";
import type { CreateAnswer, FolderGone } from "@/lib/ports/destination";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import { eachOf } from "./concurrency";
import { lookBeforeWriting } from "./lane-doubt";
import { folderFor } from "./lane-folder";
import { createBody, type LeftOut, prepare } from "./lane-message";
import { counts, failed, imported, tryAgain, unsent } from "./lane-outcome";
import { noteFailure, notSent, pause } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";

/** @returns how many deliveries are in the mailbox now */
export async function writeBatch(turn: LaneTurn, batch: readonly LaneDelivery[]): Promise<number> {
  const outcomes: DeliveryOutcome[] = [];
  const { parts } = turn;
  await preload(turn, batch);
  await eachOf(batch, parts.limits.requestsPerMailbox, async (delivery) => {
    outcomes.push(await outcomeOf(turn, delivery));
  });
  parts.passes("lane.beforeOutcomes");
  const { runIds } = await parts.store.recordOutcomes(parts.tenantId, turn.hold, outcomes);
  parts.passes("lane.outcomesRecorded");
  for (const runId of runIds) turn.runIds.add(runId);
  return outcomes.filter(({ state }) => state === "imported" || state === "partiallyImported")
    .length;
}

/** One request for neighbouring records. Where it fails each record is read, and judged, alone. */
async function preload(turn: LaneTurn, batch: readonly LaneDelivery[]): Promise<void> {
  const frames = new Map<string, LaneDelivery["item"]["frame"][]>();
  for (const { item } of batch) {
    const list = frames.get(item.blobName) ?? [];
    list.push(item.frame);
    frames.set(item.blobName, list);
  }
  for (const [blobName, list] of frames) {
    await turn.parts.staging.preload(blobName, list, turn.signal).catch(() => undefined);
  }
}

async function outcomeOf(turn: LaneTurn, delivery: LaneDelivery): Promise<DeliveryOutcome> {
  if (turn.stop !== null || turn.signal.aborted) return unsent(delivery);
  const { parts } = turn;
  try {
    if (delivery.writes > 0) {
      const found = await lookBeforeWriting(turn, delivery);
      if (found !== null) return found;
    }
    const prepared = await prepare(parts, delivery, turn.signal);
    if (prepared.outcome === "failed") return failed(delivery, prepared.code);
    const body = await createBody(parts, delivery, prepared, turn.signal);
    parts.passes("item.prepared");
    return await send(turn, delivery, body, prepared.leftOut);
  } catch (thrown) {
    const error = toSyncError(thrown);
    // Bytes that cannot be opened and items that cannot be converted are this item's own trouble.
    if (error.code === "StagingCorrupt") return failed(delivery, error.code);
    if (error.code === "Unexpected") {
      parts.log.error("item.unexpected", { itemId: delivery.itemId }, error.cause);
      return tryAgain(parts.random, delivery, "ConversionError");
    }
    return notSent(turn, delivery, error);
  }
}

async function send(
  turn: LaneTurn,
  delivery: LaneDelivery,
  body: string,
  leftOut: readonly LeftOut[],
): Promise<DeliveryOutcome> {
  const { parts, pace } = turn;
  const bytes = Buffer.byteLength(body);
  const folderId = await folderFor(turn, delivery);
  const giveBack = await parts.graphSlots.take(turn.signal);
  try {
    const nowMs = parts.clock.now().getTime();
    const waitMs = pace.waitMs(bytes, nowMs);
    if (waitMs > 0) turn.stop ??= { because: "wait", waitMs };
    // A holder whose lease has run out sends nothing more, however late it comes to notice.
    if (turn.stop !== null || !turn.holds()) return unsent(delivery);
    pace.note(bytes, nowMs);
    const askedAt = performance.now();
    parts.passes("item.beforeCreate");
    const answer = await create(turn, delivery, folderId, body);
    parts.passes("item.created");
    return judge(turn, delivery, answer, leftOut, performance.now() - askedAt);
  } finally {
    giveBack();
  }
}

/** A fault of our own must not pass for "certainly not written": the request may have left before it. */
async function create(
  { parts, lane, signal }: LaneTurn,
  { itemId }: LaneDelivery,
  folderId: string,
  body: string,
): Promise<CreateAnswer | FolderGone> {
  const sentAt = parts.clock.now();
  try {
    return await parts.destination.createMessage(lane.mailboxId, folderId, body, signal);
  } catch (thrown) {
    if (thrown instanceof SyncError) throw thrown;
    parts.log.error("item.unexpected", { itemId }, thrown);
    return { outcome: "inDoubt", status: null, sentAt };
  }
}

function judge(
  turn: LaneTurn,
  delivery: LaneDelivery,
  answer: CreateAnswer | FolderGone,
  leftOut: readonly LeftOut[],
  tookMs: number,
): DeliveryOutcome {
  const { random, clock } = turn.parts;
  switch (answer.outcome) {
    case "created":
      turn.failuresInRow = 0;
      return imported(delivery, answer.messageId, leftOut, delivery.writes + 1);
    case "folderGone": {
      turn.folder = null;
      // Looked up again at once; a folder that goes on vanishing is a refusal like any other.
      const again = tryAgain(random, delivery, "ItemRefused");
      return again.state === "pending" && delivery.refusals === 0 ? { ...again, waitMs: 0 } : again;
    }
    case "throttled":
      pause(turn, answer.retryAfterMs ?? undefined);
      return unsent(delivery);
    case "refused":
      if (failures[answer.code].kind !== "mailbox") return tryAgain(random, delivery, answer.code);
      turn.stop ??= { because: "blocked", code: answer.code };
      return failed(delivery, answer.code);
    case "inDoubt": {
      noteFailure(turn);
      // The clock may have been set meanwhile: the age is never more than the call took.
      const age = clock.now().getTime() - answer.sentAt.getTime();
      const sentMsAgo = Math.min(Math.max(age, 0), tookMs);
      const { writes } = delivery;
      return {
        ...counts(delivery),
        ...{ writes: writes + 1, failuresInRow: delivery.failuresInRow + 1 },
        ...{ state: "importing", sentMsAgo, waitMs: null },
      };
    }
  }
}
