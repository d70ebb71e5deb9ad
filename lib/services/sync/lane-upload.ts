/** One attachment on its way into a message that exists. A lost answer is asked for before anything is sent again. */
import { backOffMs } from "@/lib/core/backoff";
import { SyncError } from "@/lib/core/errors";
import { addedAttachment } from "@/lib/core/graph-message";
import type { MessageAttachment } from "@/lib/core/message";
import type { AttachFailure, PieceAnswer } from "@/lib/ports/destination";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { pauseFor } from "./concurrency";
import { bytesOf, type Piece, piecesOf } from "./lane-files";
import { pacedRequest } from "./lane-request";
import { pause } from "./lane-stop";
import type { LaneTurn } from "./lane-turn";

/** The message an attachment is added to. */
export type Adding = {
  readonly turn: LaneTurn;
  readonly delivery: LaneDelivery;
  readonly messageId: string;
};

/** Exchange takes nothing into a message that exists, or the message is not there any more. */
export class NotAttached extends Error {
  override readonly name = "NotAttached";

  constructor(readonly because: "notAllowed" | "messageGone") {
    super(`The attachment was not added (${because})`);
  }
}

/** "3 MB" counted in thousands: whoever counts otherwise says so, and gets it in one request. */
const sessionBytes = 3_000_000;
/** At most 4 MB; twelve times 320 KiB, which other services behind upload sessions insist on. */
const pieceBytes = 12 * 320 * 1024;
/** Failures in a row of one attachment, and sessions that expired. */
const troublesAllowed = 5;
const sessionsAllowed = 3;
/** A message half written waits this long for its mailbox; then the lane does, and it is begun anew. */
const longestWaitMs = 10 * 60_000;
const waitsAllowed = 20;

/** @throws SyncError and NotAttached; what is `MailboxUnavailable` or interrupted may have been added */
export async function addAttachment(adding: Adding, attachment: MessageAttachment): Promise<void> {
  if (attachment.sizeBytes < sessionBytes) return addWhole(adding, attachment);
  const room = Buffer.allocUnsafe(Math.min(pieceBytes, attachment.sizeBytes));
  for (let sessions = 0; sessions < sessionsAllowed; sessions += 1) {
    const uploadUrl = await openSession(adding, attachment);
    if (uploadUrl === null) return addWhole(adding, attachment);
    adding.turn.parts.passes("upload.opened");
    if (await sendPieces(adding, attachment, uploadUrl, room)) return;
  }
  throw unclear();
}

async function addWhole(adding: Adding, attachment: MessageAttachment): Promise<void> {
  const { turn, delivery, messageId } = adding;
  const { parts, lane } = turn;
  const signal = signalOf(adding);
  const bytes = await bytesOf(parts, delivery, attachment, signal);
  const body = addedAttachment({ attachment, bytes });
  const answer = await asked(adding, Buffer.byteLength(body), () =>
    parts.destination.addAttachment(lane.mailboxId, messageId, body, signal),
  );
  if (answer.outcome === "attached") return;
  if (answer.outcome === "unclear" && (await isThere(adding, attachment))) return;
  fail(answer);
}

/** @returns null where Exchange wants it in one request; a session nobody heard of is nobody's trouble */
async function openSession(adding: Adding, file: MessageAttachment): Promise<string | null> {
  const { turn, messageId } = adding;
  const { parts, lane } = turn;
  const signal = signalOf(adding);
  for (let troubles = 1; ; troubles += 1) {
    const answer = await asked(adding, 0, () =>
      parts.destination.openSession(lane.mailboxId, messageId, file, signal),
    );
    if (answer.outcome === "opened") return answer.uploadUrl;
    if (answer.outcome === "tooSmall") return null;
    if (answer.outcome !== "unclear") fail(answer);
    await afterTrouble(adding, troubles);
  }
}

type Upload = {
  readonly uploadUrl: string;
  readonly totalBytes: number;
  troubles: number;
  /** Once the last piece has left without an answer, a session that is gone may have been completed. */
  isLastInDoubt: boolean;
};

/** @returns false when the session expired before it had everything */
async function sendPieces(
  adding: Adding,
  attachment: MessageAttachment,
  uploadUrl: string,
  room: Uint8Array,
): Promise<boolean> {
  const { turn, delivery } = adding;
  const totalBytes = attachment.sizeBytes;
  const upload: Upload = { uploadUrl, totalBytes, troubles: 0, isLastInDoubt: false };
  let from = 0;
  while (from < totalBytes) {
    const pieces = piecesOf(turn.parts, delivery, attachment, from, room, signalOf(adding));
    for await (const piece of pieces) {
      const next = await sendPiece(adding, upload, piece);
      turn.parts.passes("upload.piece");
      if (next === "attached") return true;
      if (next === "sessionGone") {
        if (!upload.isLastInDoubt) return false;
        if (await isThere(adding, attachment)) return true;
        throw unclear();
      }
      from = next;
      // The session wants to go on elsewhere: it is read from there.
      if (next !== piece.from + piece.bytes.byteLength) break;
    }
  }
  if (await isThere(adding, attachment)) return true;
  throw unclear();
}

/** @returns where to go on; another place than where it was, or the attempts are used up */
async function sendPiece(
  adding: Adding,
  upload: Upload,
  piece: Piece,
): Promise<number | "attached" | "sessionGone"> {
  const { destination } = adding.turn.parts;
  const { uploadUrl, totalBytes } = upload;
  const end = piece.from + piece.bytes.byteLength;
  for (;;) {
    const answer = await asked(adding, piece.bytes.byteLength, () =>
      destination.sendPiece(uploadUrl, { ...piece, totalBytes }, signalOf(adding)),
    );
    if (answer.outcome === "attached" || answer.outcome === "sessionGone") return answer.outcome;
    if (answer.outcome === "received" && answer.next === end) {
      upload.troubles = 0;
      return end;
    }
    if (answer.outcome === "notAllowed" || answer.outcome === "refused") fail(answer);
    if (end === totalBytes) upload.isLastInDoubt = true;
    upload.troubles += 1;
    await afterTrouble(adding, upload.troubles);
    const next = await whereToGoOn(adding, upload, piece, answer);
    if (next !== piece.from) return next;
  }
}

/** Where the session cannot be asked the piece is sent again: in order, it had not arrived; else it had. */
async function whereToGoOn(
  adding: Adding,
  { uploadUrl, totalBytes }: Upload,
  { from, bytes }: Piece,
  answer: PieceAnswer,
): Promise<number | "sessionGone"> {
  const { destination } = adding.turn.parts;
  const state = await asked(adding, 0, () => destination.askSession(uploadUrl, signalOf(adding)));
  if (state.outcome === "sessionGone") return "sessionGone";
  if (state.outcome === "unclear") {
    return answer.outcome === "outOfOrder" ? from + bytes.byteLength : from;
  }
  if (state.next > totalBytes) throw unclear();
  return state.next;
}

/** Found is certain; not found is not: the server may still be at it. */
async function isThere(
  { turn, delivery, messageId }: Adding,
  { name, sizeBytes }: MessageAttachment,
): Promise<boolean> {
  const { parts, lane } = turn;
  const connectorId = delivery.connector.id;
  const list = await pacedRequest(turn, { connectorId, bytes: 0 }, () =>
    parts.destination.listAttachments(lane.mailboxId, messageId, turn.signalOf(connectorId)),
  );
  return list?.some((there) => there.name === name && there.sizeBytes >= sizeBytes) ?? false;
}

type Throttled = Extract<AttachFailure, { readonly outcome: "throttled" }>;

/** One request, sent again when the mailbox has had the pause it asked for. */
async function asked<T extends { readonly outcome: string }>(
  { turn, delivery }: Adding,
  bytes: number,
  send: () => Promise<T | Throttled>,
): Promise<Exclude<T, Throttled>> {
  const connectorId = delivery.connector.id;
  for (let waits = 1; ; waits += 1) {
    const answer = await pacedRequest(turn, { connectorId, bytes }, send);
    if (!isThrottled(answer)) return answer as Exclude<T, Throttled>;
    const retryAfterMs = answer.retryAfterMs ?? undefined;
    // The lane's other deliveries keep the pause too.
    pause(turn, retryAfterMs);
    const waitMs = backOffMs(waits, turn.parts.random, retryAfterMs);
    if (waitMs > longestWaitMs || waits > waitsAllowed) throw new SyncError("MailboxThrottled");
    await pauseFor(waitMs, turn.signalOf(connectorId));
  }
}

function isThrottled(answer: { readonly outcome: string }): answer is Throttled {
  return answer.outcome === "throttled";
}

async function afterTrouble(adding: Adding, troubles: number): Promise<void> {
  if (troubles > troublesAllowed) throw unclear();
  const { uploadRetryMs } = adding.turn.parts.limits;
  await pauseFor(uploadRetryMs * 2 ** (troubles - 1), signalOf(adding));
}

function signalOf({ turn, delivery }: Adding): AbortSignal {
  return turn.signalOf(delivery.connector.id);
}

function fail(failure: Exclude<AttachFailure, Throttled>): never {
  if (failure.outcome === "refused") throw new SyncError(failure.code);
  if (failure.outcome === "unclear") throw unclear();
  throw new NotAttached(failure.outcome);
}

function unclear(): SyncError {
  return new SyncError("MailboxUnavailable");
}
