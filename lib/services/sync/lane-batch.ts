/** One batch of a lane: prepare, send a few at a time, record all outcomes in one update. */
import { failures, SyncError, toSyncError } from "@/lib/core/errors";
import type { CreateAnswer, FolderGone } from "@/lib/ports/destination";
import type { DeliveryOutcome, LaneDelivery } from "@/lib/ports/lane-store";
import { eachOf, inPlace, noPlace, type Place } from "./concurrency";
import { attachAll } from "./lane-attach";
import { lookBeforeWriting } from "./lane-doubt";
import { folderFor } from "./lane-folder";
import { type KeptMessage, keptMessage } from "./lane-kept";
import { createBody, isLargeMail } from "./lane-message";
import { doubtful, failed, imported, tryAgain, unsent, writeAgain } from "./lane-outcome";
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
  for (const outcome of outcomes) {
    if ("evidence" in outcome && outcome.evidence !== null) {
      parts.digests.noteRecorded(outcome.evidence);
    }
  }
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

async function outcomeOf(turn: LaneTurn, taken: LaneDelivery): Promise<DeliveryOutcome> {
  const { parts, signal } = turn;
  try {
    if (!isLargeMail(taken)) return await outcomeInPlace(turn, taken, noPlace);
    return await inPlace(parts.mailSlots, noPlace, signal, (place) =>
      outcomeInPlace(turn, taken, place),
    );
  } catch (thrown) {
    const error = toSyncError(thrown);
    // Bytes that cannot be opened and items that cannot be converted are this item's own trouble.
    if (error.code === "StagingCorrupt") return failed(taken, error.code);
    if (error.code === "Unexpected" && !signal.aborted) {
      parts.log.error("item.unexpected", { itemId: taken.itemId }, error.cause);
      return tryAgain(parts.random, taken, "ConversionError");
    }
    // The mailbox does not give away its folder: that is the refusal of whatever was to go there.
    if (error.code === "ItemRefused") return tryAgain(parts.random, taken, error.code);
    return notSent(turn, taken, error);
  }
}

async function outcomeInPlace(
  turn: LaneTurn,
  taken: LaneDelivery,
  place: Place,
): Promise<DeliveryOutcome> {
  if (turn.stop !== null || turn.signal.aborted || turn.rests(taken.connector.id)) {
    return unsent(taken);
  }
  const delivery = await notInMailbox(turn, taken);
  if ("state" in delivery) return delivery;
  const kept = await keptMessage(turn, delivery);
  if (kept.outcome === "failed") return failed(delivery, kept.code);
  if (kept.inlineBytes <= heavyBytes && kept.files.length === 0) {
    return write(turn, delivery, kept, place);
  }
  return inPlace(turn.parts.heavySlots, place, turn.signal, (own) =>
    write(turn, delivery, kept, own),
  );
}

/** Megabytes of it will be in memory, so not too many of its kind at a time. */
const heavyBytes = 1024 * 1024;

/** What was ever written is looked for first: found it has ended, half of it is removed and counted. */
async function notInMailbox(
  turn: LaneTurn,
  delivery: LaneDelivery,
): Promise<LaneDelivery | DeliveryOutcome> {
  if (delivery.writes === 0) return delivery;
  const { ended, wasRemoved } = await lookBeforeWriting(turn, delivery);
  if (ended !== null) return ended;
  if (!wasRemoved) return delivery;
  const again = writeAgain(delivery);
  return again.state === "failed" ? again : { ...delivery, writes: again.writes };
}

async function write(
  turn: LaneTurn,
  delivery: LaneDelivery,
  kept: KeptMessage,
  place: Place,
): Promise<DeliveryOutcome> {
  const sent = await send(turn, delivery, kept);
  if (sent === null) return unsent(delivery);
  if (sent.answer.outcome === "created" && kept.files.length > 0) {
    return attachAll(turn, delivery, sent.answer.messageId, kept, place);
  }
  return judge(turn, delivery, sent, kept);
}

type Sent = { readonly answer: CreateAnswer | FolderGone; readonly tookMs: number };

/** @returns null when it was not sent: the pace, the lease or the connector forbids it */
async function send(
  turn: LaneTurn,
  delivery: LaneDelivery,
  kept: KeptMessage,
): Promise<Sent | null> {
  const { parts, pace } = turn;
  const signal = turn.signalOf(delivery.connector.id);
  const body = await createBody(parts, delivery, await kept.message(), signal);
  parts.passes("item.prepared");
  const bytes = Buffer.byteLength(body);
  const folderId = await folderFor(turn, delivery);
  const giveBack = await parts.graphSlots.take(signal);
  try {
    const nowMs = parts.clock.now().getTime();
    const waitMs = pace.waitMs(bytes, nowMs);
    if (waitMs > 0) turn.stop ??= { because: "wait", waitMs, since: performance.now() };
    if (turn.stop !== null || turn.rests(delivery.connector.id)) return null;
    // A holder whose lease has run out sends nothing more, however late it comes to notice.
    if (!turn.holds()) return null;
    pace.note(bytes, nowMs);
    const askedAt = performance.now();
    parts.passes("item.beforeCreate");
    const answer = await create(turn, delivery, folderId, body, signal);
    parts.passes("item.created");
    return { answer, tookMs: performance.now() - askedAt };
  } finally {
    giveBack();
  }
}

/** A fault of our own must not pass for "certainly not written": the request may have left before it. */
async function create(
  { parts, lane }: LaneTurn,
  { itemId }: LaneDelivery,
  folderId: string,
  body: string,
  signal: AbortSignal,
): Promise<CreateAnswer | FolderGone> {
  try {
    return await parts.destination.createMessage(lane.mailboxId, folderId, body, signal);
  } catch (thrown) {
    if (thrown instanceof SyncError) throw thrown;
    parts.log.error("item.unexpected", { itemId }, thrown);
    return { outcome: "inDoubt", status: null, sentAt: parts.clock.now() };
  }
}

function judge(
  turn: LaneTurn,
  delivery: LaneDelivery,
  { answer, tookMs }: Sent,
  kept: KeptMessage,
): DeliveryOutcome {
  const { random, clock } = turn.parts;
  switch (answer.outcome) {
    case "created":
      turn.failuresInRow = 0;
      return imported(delivery, answer.messageId, kept);
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
      // What we ended ourselves says nothing about the mailbox.
      if (!turn.signalOf(delivery.connector.id).aborted) noteFailure(turn);
      // The clock may have been set meanwhile: the age is never more than the call took.
      const age = clock.now().getTime() - answer.sentAt.getTime();
      return doubtful(delivery, Math.min(Math.max(age, 0), tookMs));
    }
  }
}
