/**
 * What Graph's refusals mean for a mailbox. Decided by code first and status second, as Microsoft
 * asks; the pairs come from public code and reports, since the reference names few of them.
 */
import type { Answered, HttpAnswer } from "@/lib/adapters/http";
import { headerOf } from "@/lib/adapters/http-json";
import { parseRetryAfter } from "@/lib/core/backoff";
import { type FailureCode, SyncError } from "@/lib/core/errors";
import { errorCodes, reasonOf, wasStopped } from "./graph";

const noMailbox = [
  "MailboxNotEnabledForRESTAPI",
  "MailboxNotSupportedForRESTAPI",
  "ErrorInvalidUser",
  "ResourceNotFound",
  "Request_ResourceNotFound",
];
const noItem = ["ErrorItemNotFound", "ErrorFolderNotFound"];

/** A mailbox's own refusal, or the consent's; null when the answer is nothing of the kind. */
export function refusalOf(answer: Answered): FailureCode | null {
  const codes = errorCodes(answer);
  const says = (...words: string[]) => codes.some((code) => words.includes(code));
  // 507 or 403: nobody knows, and with this code any status is certain.
  if (says("ErrorQuotaExceeded")) return "MailboxFull";
  if (answer.status === 403 && says("Authorization_RequestDenied")) return "ConsentRevoked";
  if ((answer.status === 404 || answer.status === 403) && says(...noMailbox)) {
    return "MailboxNotFound";
  }
  if (answer.status === 403 && says("ErrorAccessDenied")) return "MailboxOutOfScope";
  return null;
}

/** True when what the path names is not there, while the mailbox may well be. */
export function namesNothing(answer: Answered): boolean {
  return answer.status === 404 && errorCodes(answer).some((code) => noItem.includes(code));
}

export function mailboxFailure(answer: HttpAnswer, now: Date): SyncError {
  if (wasStopped(answer)) return new SyncError("Interrupted");
  const cause = reasonOf(answer);
  if (answer.outcome !== "answered") return new SyncError("MailboxUnavailable", { cause });
  const isThrottled = answer.status === 429;
  const code = isThrottled ? "MailboxThrottled" : (refusalOf(answer) ?? "MailboxUnavailable");
  const retryAfterMs = retryAfterOf(answer, now);
  return new SyncError(code, { cause, ...(retryAfterMs === null ? {} : { retryAfterMs }) });
}

/** Here a 4xx nobody foresaw is told apart from an outage, which would be waited for as long as it lasts. */
export function refusedFailure(answer: HttpAnswer, now: Date): SyncError {
  const failure = mailboxFailure(answer, now);
  if (failure.code !== "MailboxUnavailable" || answer.outcome !== "answered") return failure;
  const { status } = answer;
  const isRefusal = status >= 400 && status < 500 && status !== 408;
  return isRefusal ? new SyncError("ItemRefused", { cause: failure.cause }) : failure;
}

export function retryAfterOf({ headers }: Answered, now: Date): number | null {
  return parseRetryAfter(headerOf(headers, "retry-after"), now) ?? null;
}
