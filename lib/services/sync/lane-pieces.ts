/** A file in pieces, in an upload session that says where to go on. */
import type { PieceAnswer } from "@/lib/ports/destination";
import { type Adding, afterTrouble, asked, attachmentOf, fail, isThere } from "./lane-adding";
import { isWaiting, patiently, signalOf, unclear, waitOutside } from "./lane-adding";
import { newReading, piecesOf, type Reading } from "./lane-files";
import type { FileToAdd } from "./lane-kept";
import type { MustWait } from "./lane-request";

/** At most 4 MB; twelve times 320 KiB, which other services behind upload sessions insist on. */
const pieceBytes = 12 * 320 * 1024;
/** A mail that had to wait is read again, all of it: not for every piece. */
const partOfMailBytes = 8 * pieceBytes;

type Upload = {
  readonly uploadUrl: string;
  readonly file: FileToAdd;
  readonly reading: Reading;
  /** Where the session goes on. */
  next: number;
  /** The end of the piece that was sent last, answered or not. */
  sentTo: number;
  troubles: number;
  /** Once the last piece has left without an answer, a session that is gone may have been completed. */
  isLastInDoubt: boolean;
};

/** @returns false when the session expired before it had everything */
export async function sendPieces(
  adding: Adding,
  file: FileToAdd,
  uploadUrl: string,
): Promise<boolean> {
  const counts = { next: 0, sentTo: 0, troubles: 0, isLastInDoubt: false };
  const upload: Upload = { uploadUrl, file, reading: newReading(), ...counts };
  const ended = await untilEnded(adding, upload);
  if (ended === "attached") return true;
  if (ended === "sessionGone" && !upload.isLastInDoubt) return false;
  if (await isThere(adding, file)) return true;
  throw unclear();
}

async function untilEnded(
  adding: Adding,
  upload: Upload,
): Promise<"attached" | "sessionGone" | "allSent"> {
  for (let throttled = 0; upload.next < upload.file.sizeBytes;) {
    const before = upload.next;
    const answer = await sendSome(adding, upload);
    if (upload.next !== before) throttled = 0;
    if (answer === null) continue;
    if (isWaiting(answer)) {
      throttled = await waitOutside(adding, answer, throttled);
      continue;
    }
    if (answer.outcome === "attached" || answer.outcome === "sessionGone") return answer.outcome;
    if (answer.outcome === "notAllowed" || answer.outcome === "refused") fail(answer);
    if (upload.sentTo === upload.file.sizeBytes) upload.isLastInDoubt = true;
    upload.troubles += 1;
    await afterTrouble(adding, upload.troubles);
    const next = await whereToGoOn(adding, upload, answer);
    if (next === "sessionGone") return next;
    upload.next = next;
  }
  return "allSent";
}

/** Piece after piece as long as each is taken: null when all were. Its memory is gone when it returns. */
async function sendSome(adding: Adding, upload: Upload): Promise<PieceAnswer | MustWait | null> {
  const { turn, delivery } = adding;
  const { uploadUrl, file, reading } = upload;
  const { sizeBytes: totalBytes } = file;
  const tooEarly = roomFor(adding, upload);
  if (tooEarly !== null) return tooEarly;
  const attachment = await attachmentOf(adding, file);
  const room = Buffer.allocUnsafe(Math.min(pieceBytes, totalBytes));
  const at = { start: upload.next, reading, room };
  for await (const piece of piecesOf(turn.parts, delivery, attachment, at, signalOf(adding))) {
    const end = piece.from + piece.bytes.byteLength;
    const answer = await asked(adding, piece.bytes.byteLength, () => {
      upload.sentTo = end;
      const sent = { ...piece, totalBytes };
      return turn.parts.destination.sendPiece(uploadUrl, sent, signalOf(adding));
    });
    turn.parts.passes("upload.piece");
    if (answer.outcome !== "received" || answer.next !== end) return answer;
    upload.next = end;
    upload.troubles = 0;
    const wait = end < totalBytes ? roomFor(adding, upload) : null;
    if (wait !== null) return wait;
  }
  return null;
}

/** Before a piece is read that could not be sent yet. */
function roomFor({ turn }: Adding, { file, next }: Upload): MustWait | null {
  const most = file.isPartOfMail ? partOfMailBytes : pieceBytes;
  const bytes = Math.min(most, file.sizeBytes - next);
  const nowMs = turn.parts.clock.now().getTime();
  // Only who would have to wait now waits for more than a piece.
  if (turn.pace.waitMs(Math.min(bytes, pieceBytes), nowMs) === 0) return null;
  return { outcome: "mustWait", waitMs: turn.pace.waitMs(bytes, nowMs) };
}

/** Where the session cannot be asked the piece is sent again: in order, it had not arrived; else it had. */
async function whereToGoOn(
  adding: Adding,
  { uploadUrl, file, next, sentTo }: Upload,
  answer: PieceAnswer,
): Promise<number | "sessionGone"> {
  const { destination } = adding.turn.parts;
  const state = await patiently(adding, () =>
    asked(adding, 0, () => destination.askSession(uploadUrl, signalOf(adding))),
  );
  if (state.outcome === "sessionGone") return "sessionGone";
  if (state.outcome === "unclear") return answer.outcome === "outOfOrder" ? sentTo : next;
  if (state.next > file.sizeBytes) throw unclear();
  return state.next;
}
