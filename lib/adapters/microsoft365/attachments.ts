/**
 * Attachments that are added to a message after its create. Small ones are one request to Graph; large
 * ones go in pieces to an address that Graph names, without our token: the address is the permission.
 */
import { z } from "zod";
import type { Answered, Http, HttpAnswer } from "@/lib/adapters/http";
import { readJson } from "@/lib/adapters/http-json";
import type { Attaching, AttachFailure, PieceAnswer } from "@/lib/ports/destination";
import type { Clock } from "@/lib/ports/runtime";
import { errorCodes, inPath, wasStopped, type Graph } from "./graph";
import { mailboxFailure, namesNothing, refusalOf, retryAfterOf } from "./mailbox-failures";

export type AttachmentsOptions = {
  readonly graph: Graph;
  readonly http: Http;
  readonly clock: Clock;
};

const role = "Mail.ReadWrite";

export function createAttachments({ graph, http, clock }: AttachmentsOptions): Attaching {
  const pathOf = (mailboxId: string, messageId: string) =>
    `/users/${inPath(mailboxId)}/messages/${inPath(messageId)}/attachments`;

  return {
    async addAttachment(mailboxId, messageId, body, signal) {
      const path = pathOf(mailboxId, messageId);
      const answer = await graph.send({ method: "POST", path, body, role, signal });
      if (!isDone(answer)) return failureOf(answer, clock.now());
      // A success counts when it shows what was made: a proxy's page is one, too.
      return parsed(answer, madeShape) === null ? { outcome: "unclear" } : { outcome: "attached" };
    },

    async openSession(mailboxId, messageId, { name, contentType, sizeBytes }, signal) {
      const path = `${pathOf(mailboxId, messageId)}/createUploadSession`;
      const item = { attachmentType: "file", name, contentType, size: sizeBytes };
      const body = JSON.stringify({ AttachmentItem: item });
      const answer = await graph.send({ method: "POST", path, body, role, signal });
      if (!isDone(answer)) {
        const isSmall = errorCodes(answer).includes(tooSmallCode);
        return isSmall ? { outcome: "tooSmall" } : failureOf(answer, clock.now());
      }
      const session = parsed(answer, sessionShape);
      if (session === null) return { outcome: "unclear" };
      // Our bytes go where Microsoft says they go, and nowhere else.
      if (!http.permits(session.uploadUrl)) return { outcome: "notAllowed", status: answer.status };
      return { outcome: "opened", uploadUrl: session.uploadUrl };
    },

    async sendPiece(uploadUrl, { from, totalBytes, bytes }, signal) {
      const end = from + bytes.byteLength;
      const range = `bytes ${from}-${end - 1}/${totalBytes}`;
      const headers = { "content-type": "application/octet-stream", "content-range": range };
      const request = { method: "PUT", url: uploadUrl, headers, body: bytes, signal } as const;
      return judgedPiece(await http.send(request), end === totalBytes, clock.now());
    },

    async askSession(uploadUrl, signal) {
      const answer = await http.send({ method: "GET", url: uploadUrl, signal });
      const state = judgedPiece(answer, false, clock.now());
      const isTelling = state.outcome === "received" || state.outcome === "sessionGone";
      return isTelling || state.outcome === "throttled" ? state : { outcome: "unclear" };
    },

    async listAttachments(mailboxId, messageId, signal) {
      const path = `${pathOf(mailboxId, messageId)}?$select=name,size&$top=1000`;
      const answer = await graph.send({ method: "GET", path, role, signal });
      const list = parsed(answer, listShape);
      return list?.value.map(({ name, size }) => ({ name, sizeBytes: size })) ?? null;
    },
  };
}

const tooSmallCode = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize";

/** Refusals of this one attachment; with any other 400 Exchange may mean all of them. */
const ownFault = [
  "ErrorAttachmentSizeLimitExceeded",
  "ErrorMessageSizeExceeded",
  "ErrorInvalidPropertyRequest",
  "ErrorRequiredPropertyMissing",
  "ErrorInvalidArgument",
  "UnableToDeserializePostBody",
  tooSmallCode,
];

function failureOf(answer: HttpAnswer, now: Date): AttachFailure {
  if (wasStopped(answer)) throw mailboxFailure(answer, now);
  if (answer.outcome !== "answered") return { outcome: "unclear" };
  const { status } = answer;
  if (status === 429) return { outcome: "throttled", retryAfterMs: retryAfterOf(answer, now) };
  const refusal = refusalOf(answer);
  if (refusal === "MailboxFull") return { outcome: "refused", code: refusal };
  if (namesNothing(answer)) return { outcome: "messageGone" };
  if (status === 404 && refusal !== null) return { outcome: "refused", code: refusal };
  // The message has just been created here: a 403 cannot mean the mailbox, it means attachments.
  if (status === 403 || status === 405) return { outcome: "notAllowed", status };
  if (status === 400 && !errorCodes(answer).some((code) => ownFault.includes(code))) {
    return { outcome: "notAllowed", status };
  }
  const isCertain = status >= 400 && status < 500 && status !== 408;
  return isCertain ? { outcome: "refused", code: "AttachmentsNotWritten" } : { outcome: "unclear" };
}

/** 401: the address carries a permission of its own, and that one has run out. */
const sessionIsOver = [401, 404, 410];

function judgedPiece(answer: HttpAnswer, isLast: boolean, now: Date): PieceAnswer {
  if (answer.outcome !== "answered") return clear(failureOf(answer, now));
  const { status } = answer;
  if (isLast && (status === 201 || status === 204)) return { outcome: "attached" };
  if (isDone(answer)) {
    const next = nextByte(answer);
    return next === null ? { outcome: "unclear" } : { outcome: "received", next };
  }
  if (sessionIsOver.includes(status)) return { outcome: "sessionGone" };
  const isRange = errorCodes(answer).includes("ErrorInvalidContentRange");
  if (status === 416 || status === 409 || isRange) return { outcome: "outOfOrder" };
  return clear(failureOf(answer, now));
}

function clear(failure: AttachFailure): PieceAnswer {
  return failure.outcome === "messageGone" ? { outcome: "sessionGone" } : failure;
}

/** Exchange says "2097152", OneDrive "2097152-"; with and without a capital letter. */
function nextByte(answer: Answered): number | null {
  const state = parsed(answer, stateShape);
  const ranges = state?.nextExpectedRanges ?? state?.NextExpectedRanges;
  const [, start] = /^(\d{1,12})(?:-\d*)?$/.exec(ranges?.[0] ?? "") ?? [];
  return start === undefined ? null : Number(start);
}

const ranges = z.array(z.string()).optional();
const stateShape = z.object({ nextExpectedRanges: ranges, NextExpectedRanges: ranges });
const madeShape = z.object({ id: z.string().min(1) });
const sessionShape = z.object({ uploadUrl: z.string().min(1) });
const listShape = z.object({ value: z.array(z.object({ name: z.string(), size: z.number() })) });

function parsed<T>(answer: HttpAnswer, shape: z.ZodType<T>): T | null {
  if (!isDone(answer)) return null;
  const json = readJson(answer);
  return json.isReadable ? (shape.safeParse(json.value).data ?? null) : null;
}

function isDone(answer: HttpAnswer): answer is Answered {
  return answer.outcome === "answered" && answer.status >= 200 && answer.status < 300;
}
