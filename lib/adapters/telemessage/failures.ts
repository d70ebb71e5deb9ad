/** What an answer of TeleMessage means when it is not the one that was asked for (design §8). */
import { headerOf, readJson } from "@/lib/adapters/http-json";
import type { HttpAnswer } from "@/lib/adapters/http";
import { parseRetryAfter } from "@/lib/core/backoff";
import { type FailureCode, SyncError } from "@/lib/core/errors";
import { CursorExpired, WindowExpired } from "@/lib/ports/source";
import { errorShape } from "./shapes";

/** Narrow on purpose: these stop a connector until an administrator acts. Everything else is retried. */
const codes: Readonly<Record<number, FailureCode>> = {
  401: "SourceAuthFailed",
  403: "SourceNoArchiveAccess",
  423: "SourceAccountLocked",
  429: "SourceThrottled",
};

export function sourceFailure(answer: HttpAnswer, now: Date): SyncError {
  if (answer.outcome !== "answered") {
    if (answer.because === "aborted") return new SyncError("Interrupted");
    return sourceUnavailable(`No answer (${answer.because})`);
  }
  const { status, headers, body } = answer;
  if (!body.isWhole && body.because === "aborted") return new SyncError("Interrupted");
  const retryAfterMs = parseRetryAfter(headerOf(headers, "retry-after"), now);
  return new SyncError(codes[status] ?? "SourceUnavailable", {
    cause: new Error(`TeleMessage answered ${status} ${errorWord(answer)}`),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * An attachment's failure says nothing about the archive: a refusal of one must not stop the
 * connector, and only the word of the contract proves that one is gone for good.
 */
export function attachmentFailure(answer: HttpAnswer, now: Date): SyncError {
  const status = answer.outcome === "answered" ? answer.status : null;
  const word = errorWord(answer);
  if (status === 404 && word === "attachment_gone") return new SyncError("AttachmentGone");
  if (status === 403 && word !== "no_archive_access") {
    return sourceUnavailable(`TeleMessage refused an attachment: ${word}`);
  }
  return sourceFailure(answer, now);
}

/** 410 has two meanings for a window, and neither is a failure of the source. */
export function expiry(
  answer: HttpAnswer,
  hasCursor: boolean,
): CursorExpired | WindowExpired | null {
  if (answer.outcome !== "answered") return null;
  // A cursor belongs to the window and the limit it came with. The archive may have let go of a part of
  // the window since, or taken it back, and the limit may be another after an update.
  if (hasCursor && answer.status === 400 && errorOf(answer)?.error === "invalid_window") {
    return new CursorExpired();
  }
  if (answer.status !== 410) return null;
  const { error, oldestAvailable } = errorOf(answer) ?? {};
  if (error === "cursor_expired") return new CursorExpired();
  if (error !== "window_expired" || oldestAvailable === undefined) return null;
  return new WindowExpired(new Date(oldestAvailable));
}

export function sourceUnavailable(reason: string): SyncError {
  return new SyncError("SourceUnavailable", { cause: new Error(reason) });
}

function errorWord(answer: HttpAnswer): string {
  return errorOf(answer)?.error ?? "without a readable reason";
}

function errorOf(answer: HttpAnswer) {
  if (answer.outcome !== "answered") return undefined;
  const json = readJson(answer);
  return json.isReadable ? errorShape.safeParse(json.value).data : undefined;
}
