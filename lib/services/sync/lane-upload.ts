/** One attachment on its way into a message that exists. A lost answer is asked for before anything is sent again. */
import { addedAttachment } from "@/lib/core/graph-message";
import { type Adding, afterTrouble, asked, attachmentOf, fail } from "./lane-adding";
import { isThere, patiently, signalOf, unclear } from "./lane-adding";
import { bytesOf } from "./lane-files";
import type { FileToAdd } from "./lane-kept";
import { sendPieces } from "./lane-pieces";

/** "3 MB" counted in thousands: whoever counts otherwise says so, and gets it in one request. */
const sessionBytes = 3_000_000;
/** Sessions of one attachment that expired. */
const sessionsAllowed = 3;

/** @throws SyncError and NotAttached; what is `MailboxUnavailable` or interrupted may have been added */
export async function addAttachment(adding: Adding, file: FileToAdd): Promise<void> {
  if (file.sizeBytes < sessionBytes) return addWhole(adding, file);
  for (let sessions = 0; sessions < sessionsAllowed; sessions += 1) {
    const uploadUrl = await openSession(adding, file);
    if (uploadUrl === null) return addWhole(adding, file);
    adding.turn.parts.passes("upload.opened");
    if (await sendPieces(adding, file, uploadUrl)) return;
  }
  throw unclear();
}

async function addWhole(adding: Adding, file: FileToAdd): Promise<void> {
  const answer = await patiently(adding, () => sendWhole(adding, file));
  if (answer.outcome === "attached") return;
  if (answer.outcome === "unclear" && (await isThere(adding, file))) return;
  fail(answer);
}

async function sendWhole(adding: Adding, file: FileToAdd) {
  const { turn, delivery, messageId } = adding;
  const { parts, lane } = turn;
  const signal = signalOf(adding);
  const attachment = await attachmentOf(adding, file);
  const bytes = await bytesOf(parts, delivery, attachment, signal);
  const body = addedAttachment({ attachment, bytes });
  return asked(adding, Buffer.byteLength(body), () =>
    parts.destination.addAttachment(lane.mailboxId, messageId, body, signal),
  );
}

/** @returns null where Exchange wants it in one request; a session nobody heard of is nobody's trouble */
async function openSession(adding: Adding, file: FileToAdd): Promise<string | null> {
  const { turn, messageId } = adding;
  const { parts, lane } = turn;
  for (let troubles = 1; ; troubles += 1) {
    const answer = await patiently(adding, () =>
      asked(adding, 0, () =>
        parts.destination.openSession(lane.mailboxId, messageId, file, signalOf(adding)),
      ),
    );
    if (answer.outcome === "opened") return answer.uploadUrl;
    if (answer.outcome === "tooSmall") return null;
    if (answer.outcome !== "unclear") fail(answer);
    await afterTrouble(adding, troubles);
  }
}
