/**
 * The subject of a delivered message, read back into what it tells: `WhatsApp Message From 16174354634 to
 * 12124325249`, groups, deletions and calls. What is documented is read; what the vendor writes otherwise
 * is no known form, and the message is imported as it is.
 */
import type { Conversation } from "./item-body";
import type { Call, Change } from "./item-details";
import { oneLine } from "./text";

export type ReadSubject = {
  readonly kind: "CHAT" | "CALL" | "DELETED";
  /** as they stand there: a number, a name, or what else */
  readonly from: string;
  readonly to: string;
  readonly conversationType: NonNullable<Conversation["type"]>;
  readonly deleted: Change | null;
  readonly call: Call | null;
};

const dash = String.raw`\s*[-–—]\s*`;
const deletion = new RegExp(
  `^DELETED(?: For (?<scope>Me|All))?(?:${dash}(?:(?<state>READ|UNREAD|UNKNOWN)(?:${dash}|\\s+))?|\\s+)`,
  "i",
);
const known =
  /^WhatsApp (?:(?<status>Missed|Rejected|Busy|Incoming|Outgoing) )?(?<what>Message|(?:(?<video>Video)|Voice|Audio)? ?Call) from (?<from>.{1,500}?) to (?<to>.{1,500})$/i;
const callLength = / \((?:\d+ h ?)?(?:\d+ min ?)?(?:\d+ s)?\)$/i;

/** @returns null for a subject of no known form */
export function readSubject(subject: string): ReadSubject | null {
  const line = oneLine(subject.slice(0, 4096));
  const deletedBy = deletion.exec(line);
  const found = known.exec(line.slice(deletedBy?.[0].length ?? 0));
  const { from = "", to: toAndLength = "", what = "", status, video } = found?.groups ?? {};
  if (found === null) return null;
  const isCall = !/^message$/i.test(what);
  const to = isCall ? toAndLength.replace(callLength, "") : toAndLength;
  return {
    kind: deletedBy === null ? (isCall ? "CALL" : "CHAT") : "DELETED",
    from,
    to,
    conversationType: conversationType(to),
    deleted: deletedBy === null ? null : changeOf(deletedBy.groups ?? {}),
    call: isCall ? callOf(status, video !== undefined) : null,
  };
}

function changeOf({ scope, state }: Readonly<Record<string, string | undefined>>): Change {
  const readState = state?.toUpperCase();
  const scopes = { me: "FOR_ME", all: "FOR_ALL" } as const;
  return {
    originalId: null,
    scope: scope === undefined ? null : scopes[scope.toLowerCase() === "me" ? "me" : "all"],
    readState: readState === "READ" || readState === "UNREAD" ? readState : "UNKNOWN",
  };
}

function callOf(status: string | undefined, isVideo: boolean): Call {
  return {
    kind: isVideo ? "VIDEO" : "VOICE",
    status: status?.toUpperCase() ?? null,
    ...{ startedAt: null, endedAt: null, durationMs: null },
  };
}

function conversationType(to: string): ReadSubject["conversationType"] {
  if (/^broadcast group$/i.test(to)) return "BROADCAST";
  return /^group$/i.test(to) || numberIn(to) === null ? "GROUP" : "DIRECT";
}

/** The digits of a phone number that is all of a text. */
export function numberIn(text: string): string | null {
  const isNumber = /^\+?\d[\d\s().-]{4,30}\d$/.test(text.trim());
  const digits = isNumber ? text.replace(/\D/g, "") : "";
  return digits.length >= 7 && digits.length <= 15 ? digits : null;
}
