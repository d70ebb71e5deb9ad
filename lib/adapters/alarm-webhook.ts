/** Alarms as signed HTTP requests to an address of the operator's own. */
import { createHmac } from "node:crypto";
import { parseRetryAfter } from "@/lib/core/backoff";
import type { AlarmNotice, AlarmSink } from "@/lib/ports/alarm-sink";
import type { Clock } from "@/lib/ports/runtime";
import type { Http, HttpAnswer } from "./http";
import { headerOf } from "./http-json";

export type AlarmWebhookOptions = {
  readonly url: string;
  readonly secret: string;
  readonly portalUrl: string;
  /** Reaches this address and no other. */
  readonly http: Http;
  readonly clock: Clock;
};

const deadlineMs = 10_000;
/** Nothing is read from an answer but its status. */
const maxAnswerBytes = 64 * 1024;

export function createAlarmWebhook(options: AlarmWebhookOptions): AlarmSink {
  const { url, secret, portalUrl, http, clock } = options;
  return {
    async tell(notice, signal) {
      const body = JSON.stringify(bodyOf(notice, portalUrl));
      const seconds = Math.floor(clock.now().getTime() / 1000);
      const answer = await http.send({
        method: "POST",
        url,
        headers: {
          "content-type": "application/json; charset=utf-8",
          "x-alarm-id": `${notice.id}.${notice.event}`,
          "x-alarm-signature": `t=${seconds},v1=${signatureOf(secret, seconds, body)}`,
        },
        ...{ body, signal, deadlineMs, maxBytes: maxAnswerBytes },
      });
      if (isTaken(answer)) return { isTold: true };
      return { isTold: false, reason: reasonOf(answer), retryAfterMs: retryAfterOf(answer, clock) };
    },
  };
}

function bodyOf(notice: AlarmNotice, portalUrl: string) {
  const { id, event, cause, code, connectorId, connectorName, advice } = notice;
  return {
    ...{ id, event, cause, code: code || null, connectorId, connectorName },
    raisedAt: notice.raisedAt.toISOString(),
    mendedAt: notice.mendedAt?.toISOString() ?? null,
    advice,
    link: `${portalUrl}/data-connectors/${connectorId}`,
  };
}

/** The time is part of what is signed: an old request cannot be sent again as a new one. */
function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}

/** A status is enough: what a receiver says besides is its own affair, and may be cut off. */
function isTaken(answer: HttpAnswer): boolean {
  return answer.outcome === "answered" && answer.status >= 200 && answer.status <= 299;
}

function reasonOf(answer: HttpAnswer): string {
  return answer.outcome === "answered" ? `status ${answer.status}` : answer.because;
}

function retryAfterOf(answer: HttpAnswer, clock: Clock): number | null {
  if (answer.outcome !== "answered") return null;
  return parseRetryAfter(headerOf(answer.headers, "retry-after"), clock.now()) ?? null;
}
