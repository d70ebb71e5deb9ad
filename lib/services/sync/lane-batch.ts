/** One batch of a lane: prepare, send a few at a time, record all outcomes in one update. */
import { backOffMs } from "@/lib/core/backoff";
import { failures, type FailureCode, SyncError, toSyncError } from "@/lib/core/errors";
import { messageCategory } from "@/lib/core/graph-message";
import type { CreateAnswer, FolderGone } from "@/lib/ports/destination";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/store";
import { eachOf } from "./concurrency";
import { lookBeforeWriting } from "./lane-doubt";
import { createBody, type LeftOut, prepare } from "./lane-message";
import { counts, failed, imported, tryAgain, unsent } from "./lane-outcome";
import type { LaneTurn } from "./lane-turn";

/** @returns how many deliveries are in the mailbox now */
export async function writeBatch(turn: LaneTurn, batch: readonly LaneDelivery[]): Promise<number> {
  const outcomes: DeliveryOutcome[] = [];
  const { parts } = turn;
  try {
    await preload(turn, batch);
    await eachOf(batch, parts.limits.requestsPerMailbox, async (delivery) => {
      outcomes.push(await outcomeOf(turn, delivery));
    });
  } catch (thrown) {
    // Folder, staging or token failed: nothing of the rest was sent.
    stopFor(turn, batch[0], thrown);
  }
  const ended = new Set(outcomes.map(({ deliveryId }) => deliveryId));
  for (const delivery of batch) {
    if (!ended.has(delivery.id)) outcomes.push(unsent(delivery));
  }
  const written = outcomes.filter(
    ({ state }) => state === "imported" || state === "partiallyImported",
  ).length;
  const judged = written > 0 ? outcomes.map(countBesideSuccess) : outcomes;
  const { runIds } = await parts.store.recordOutcomes(parts.tenantId, turn.hold, judged);
  for (const runId of runIds) turn.runIds.add(runId);
  return written;
}

/** A failure that nobody answered counts as a refusal only where another request came through beside it. */
function countBesideSuccess(outcome: DeliveryOutcome): DeliveryOutcome {
  return outcome.state === "importing" ? { ...outcome, refusals: outcome.refusals + 1 } : outcome;
}

async function preload(turn: LaneTurn, batch: readonly LaneDelivery[]): Promise<void> {
  const frames = new Map<string, LaneDelivery["item"]["frame"][]>();
  for (const { item } of batch) {
    const list = frames.get(item.blobName) ?? [];
    list.push(item.frame);
    frames.set(item.blobName, list);
  }
  for (const [blobName, list] of frames) {
    await turn.parts.staging.preload(blobName, list, turn.signal);
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
    return await send(turn, delivery, body, prepared.leftOut);
  } catch (thrown) {
    const error = toSyncError(thrown);
    // Bytes that cannot be opened and items that cannot be converted are this item's own trouble.
    if (error.code === "StagingCorrupt") return failed(delivery, error.code);
    if (error.code === "Unexpected") {
      parts.log.error("item.unexpected", { itemId: delivery.itemId }, error.cause);
      return tryAgain(parts.random, delivery, "ConversionError");
    }
    stopFor(turn, delivery, thrown);
    return unsent(delivery);
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
    if (turn.stop !== null) return unsent(delivery);
    pace.note(bytes, nowMs);
    const sentAt = parts.clock.now();
    const { mailboxId } = turn.lane;
    const answer = await parts.destination.createMessage(mailboxId, folderId, body, turn.signal);
    return judge(turn, delivery, answer, leftOut, sentAt);
  } finally {
    giveBack();
  }
}

/** Looked up by name once a run; a remembered id alone is not trusted (message format, "In the mailbox"). */
async function folderFor(turn: LaneTurn, { runId }: LaneDelivery): Promise<string> {
  const { folder } = turn;
  if (folder !== null && folder.runId >= runId) return folder.id;
  // Several deliveries of a batch ask at once; the first one looks for all of them.
  folderLookups.set(turn, folderLookups.get(turn) ?? lookUpFolder(turn, runId));
  const id = await folderLookups.get(turn);
  if (id === undefined) throw new SyncError("Unexpected");
  return id;
}

const folderLookups = new WeakMap<LaneTurn, Promise<string>>();

async function lookUpFolder(turn: LaneTurn, runId: string): Promise<string> {
  const { parts, lane, pace, signal } = turn;
  const giveBack = await parts.graphSlots.take(signal);
  try {
    const note = (bytes: number) => pace.note(bytes, parts.clock.now().getTime());
    const id = await parts.destination.ensureFolder(lane.mailboxId, messageCategory, signal, note);
    turn.folder = { id, runId };
    return id;
  } finally {
    giveBack();
    folderLookups.delete(turn);
  }
}

function judge(
  turn: LaneTurn,
  delivery: LaneDelivery,
  answer: CreateAnswer | FolderGone,
  leftOut: readonly LeftOut[],
  sentAt: Date,
): DeliveryOutcome {
  const writes = delivery.writes + 1;
  switch (answer.outcome) {
    case "created":
      turn.failuresInRow = 0;
      return imported(delivery, answer.messageId, leftOut, writes);
    case "folderGone":
      turn.folder = null;
      return { ...unsent(delivery), refusals: delivery.refusals };
    case "throttled": {
      turn.failuresInRow += 1;
      const asked = answer.retryAfterMs ?? undefined;
      const waitMs = backOffMs(turn.failuresInRow, turn.parts.random, asked);
      turn.stop ??= { because: "wait", waitMs };
      return unsent(delivery);
    }
    case "refused":
      if (failures[answer.code].kind === "mailbox") {
        turn.stop ??= { because: "blocked", code: answer.code };
        return failed(delivery, answer.code);
      }
      return tryAgain(turn.parts.random, delivery, answer.code);
    case "inDoubt":
      noteDoubt(turn);
      return { ...counts(delivery), state: "importing", writes, sentAt };
  }
}

function noteDoubt(turn: LaneTurn): void {
  turn.failuresInRow += 1;
  if (turn.failuresInRow >= 5) {
    const waitMs = backOffMs(turn.failuresInRow - 4, turn.parts.random);
    turn.stop ??= { because: "wait", waitMs };
  }
}

/** What stops the whole lane: its mailbox, the consent, or a service that is away. */
function stopFor(turn: LaneTurn, delivery: LaneDelivery | undefined, thrown: unknown): void {
  const error = toSyncError(thrown);
  const { code, kind } = error;
  if (code === "Interrupted" || turn.signal.aborted || delivery === undefined) return;
  if (kind === "configuration") {
    turn.stop ??= { because: "configuration", code, connectorId: delivery.connector.id };
  } else if (kind === "mailbox") {
    turn.stop ??= { because: "blocked", code };
  } else {
    turn.failuresInRow += 1;
    const waitMs = backOffMs(turn.failuresInRow, turn.parts.random, error.retryAfterMs);
    turn.stop ??= { because: "wait", waitMs };
    turn.parts.log.warn("lane.waits", { laneId: turn.hold.laneId, code, waitMs });
    if (code === "Unexpected") turn.parts.log.error("lane.unexpected", {}, error.cause);
  }
}
