/** Requests that add to a message which exists: each waits for its mailbox, and keeps nothing meanwhile. */
import { backOffMs } from "@/lib/core/backoff";
import { SyncError } from "@/lib/core/errors";
import type { MessageAttachment } from "@/lib/core/message";
import type { AttachFailure } from "@/lib/ports/destination";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { pauseFor, type Place } from "./concurrency";
import type { FileToAdd, KeptMessage } from "./lane-kept";
import { type MustWait, pacedRequest } from "./lane-request";
import { pause } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";

/** The message attachments are added to. */
export type Adding = {
  readonly turn: LaneTurn;
  readonly delivery: LaneDelivery;
  readonly messageId: string;
  readonly kept: KeptMessage;
  readonly place: Place;
};

/** Exchange takes nothing into a message that exists, or the message is not there any more. */
export class NotAttached extends Error {
  override readonly name = "NotAttached";

  constructor(readonly because: "notAllowed" | "messageGone") {
    super(`The attachment was not added (${because})`);
  }
}

/** Failures in a row of one attachment. */
const troublesAllowed = 5;
/** A message half written waits this long for its mailbox; then the lane does, and it is begun anew. */
const longestWaitMs = 10 * 60_000;
const waitsAllowed = 20;
/** As long as a tick: others may as well have the turn's job meanwhile. */
const longMs = 5_000;

type Throttled = Extract<AttachFailure, { readonly outcome: "throttled" }>;
export type Waiting = Throttled | MustWait;
type Answer = { readonly outcome: string };

/** One request; what has to wait is for the caller, who may have to put something down first. */
export function asked<T extends Answer>(
  { turn, delivery }: Adding,
  bytes: number,
  send: () => Promise<T>,
): Promise<T | MustWait> {
  return pacedRequest(turn, { connectorId: delivery.connector.id, bytes }, send);
}

/** Until it is answered. What `ask` has in memory is gone when it returns. */
export async function patiently<T extends Answer>(
  adding: Adding,
  ask: () => Promise<T>,
): Promise<Exclude<T, Waiting>> {
  for (let throttled = 0; ;) {
    const answer = await ask();
    if (!isWaiting(answer)) return answer as Exclude<T, Waiting>;
    throttled = await waitOutside(adding, answer, throttled);
  }
}

export function isWaiting(answer: Answer): answer is Waiting {
  return answer.outcome === "throttled" || answer.outcome === "mustWait";
}

/**
 * With no place taken and nothing of the message in memory.
 * @param throttled how often in a row the mailbox has asked for a pause
 * @returns how often it has now
 */
export async function waitOutside(
  adding: Adding,
  answer: Waiting,
  throttled: number,
): Promise<number> {
  if (answer.outcome === "mustWait") {
    await rest(adding, answer.waitMs);
    return throttled;
  }
  const { turn } = adding;
  const retryAfterMs = answer.retryAfterMs ?? undefined;
  // The lane's other deliveries keep the pause too.
  pause(turn, retryAfterMs);
  const waitMs = backOffMs(throttled + 1, turn.parts.random, retryAfterMs);
  if (waitMs > longestWaitMs || throttled >= waitsAllowed) throw new SyncError("MailboxThrottled");
  await rest(adding, waitMs);
  return throttled + 1;
}

export async function afterTrouble(adding: Adding, troubles: number): Promise<void> {
  if (troubles > troublesAllowed) throw unclear();
  const { uploadRetryMs } = adding.turn.parts.limits;
  await rest(adding, uploadRetryMs * 2 ** (troubles - 1));
}

async function rest(adding: Adding, waitMs: number): Promise<void> {
  adding.kept.letGo();
  if (waitMs >= longMs) adding.turn.onWait();
  await adding.place.leaveFor(() => pauseFor(waitMs, signalOf(adding)));
}

/** Found is certain; not found is not: the server may still be at it. */
export async function isThere(adding: Adding, { name, sizeBytes }: FileToAdd): Promise<boolean> {
  const { turn, messageId } = adding;
  const { parts, lane } = turn;
  const { list } = await patiently(adding, () =>
    asked(adding, 0, async () => ({
      outcome: "listed",
      list: await parts.destination.listAttachments(lane.mailboxId, messageId, signalOf(adding)),
    })),
  );
  return list?.some((there) => there.name === name && there.sizeBytes >= sizeBytes) ?? false;
}

/** The file with its bytes, or where they are. */
export async function attachmentOf(
  { kept }: Adding,
  { nth }: FileToAdd,
): Promise<MessageAttachment> {
  const attachment = (await kept.message()).added[nth];
  if (attachment === undefined) throw new SyncError("StagingCorrupt");
  return attachment;
}

export function signalOf({ turn, delivery }: Adding): AbortSignal {
  return turn.signalOf(delivery.connector.id);
}

export function fail(failure: Exclude<AttachFailure, Throttled>): never {
  if (failure.outcome === "refused") throw new SyncError(failure.code);
  if (failure.outcome === "unclear") throw unclear();
  throw new NotAttached(failure.outcome);
}

export function unclear(): SyncError {
  return new SyncError("MailboxUnavailable");
}
