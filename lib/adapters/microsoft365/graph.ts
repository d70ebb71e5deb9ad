/** One request to Microsoft Graph v1.0 with an application token, and what Graph says went wrong. */
import { randomUUID } from "node:crypto";
import type { Http, HttpAnswer, HttpRequest } from "@/lib/adapters/http";
import { readJson } from "@/lib/adapters/http-json";
import { SyncError } from "@/lib/core/errors";
import { z } from "zod";
import type { AppRole, AppToken, AppTokens } from "./token";

export type GraphRequest = Pick<HttpRequest, "method" | "body" | "maxBytes"> & {
  /** Below `/v1.0`, with its query; or the whole address of a next page. */
  readonly path: string;
  readonly role: AppRole;
  readonly signal: AbortSignal;
  /** Called when the request leaves, and again when it is repeated with a new token. */
  readonly onSend?: () => void;
};

export type Graph = {
  /**
   * One request, and one more with a new token after a 401.
   * @throws SyncError ConsentRevoked, AppSecretRefused, TokenThrottled, Interrupted: certainly nothing was done then
   */
  send(request: GraphRequest): Promise<HttpAnswer>;
  /** The path of a next page; null when it leads away from Graph. */
  pathOf(nextLink: string): string | null;
};

export type GraphOptions = {
  /** The host, without version. */
  readonly graphBaseUrl: string;
  readonly tokens: AppTokens;
  readonly http: Http;
  /** What changes something leaves at most this much later than it is asked for, or not at all. */
  readonly leaveWithinMs?: number;
};

export function createGraph(options: GraphOptions): Graph {
  const { graphBaseUrl, tokens, http, leaveWithinMs = 10_000 } = options;
  const root = `${graphBaseUrl}/v1.0`;

  async function ask(request: GraphRequest, token: AppToken, askedAt: number): Promise<HttpAnswer> {
    const { method, path, body, maxBytes, signal, onSend } = request;
    // The token took its time, or the process stood still meanwhile: whoever asked may have lost the
    // lane by now, and no timer may have told it yet.
    const isLate = method !== "GET" && performance.now() - askedAt > leaveWithinMs;
    if (isLate) return { outcome: "notSent", because: "deadline" };
    return http.send({
      method,
      url: root + path,
      headers: {
        authorization: `Bearer ${token.value}`,
        "client-request-id": randomUUID(),
        // The default ids change when a message is moved.
        prefer: 'IdType="ImmutableId"',
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal,
      ...(body === undefined ? {} : { body }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(onSend === undefined ? {} : { onLeaving: onSend }),
    });
  }

  return {
    async send(request) {
      const askedAt = performance.now();
      const token = await tokens.withRole(request.role, request.signal);
      const first = await ask(request, token, askedAt);
      if (!isUnauthorized(first)) return first;
      const renewed = await tokens.instead(token, request.role, request.signal);
      const second = await ask(request, renewed, askedAt);
      if (isUnauthorized(second)) throw new SyncError("ConsentRevoked");
      return second;
    },
    pathOf(nextLink) {
      if (!nextLink.startsWith(`${root}/`)) return null;
      // Parsed again: what looks like ours must still be ours once dots and escapes are resolved.
      const { origin, pathname, search } = new URL(nextLink);
      const rootUrl = new URL(root);
      if (origin !== rootUrl.origin || !pathname.startsWith(`${rootUrl.pathname}/`)) return null;
      return pathname.slice(rootUrl.pathname.length) + search;
    },
  };
}

/** A part of a path: ids of Exchange hold characters that mean something in one. */
export function inPath(id: string): string {
  return encodeURIComponent(id);
}

/** A string in an OData filter, ready for a query. */
export function inFilter(text: string): string {
  return encodeURIComponent(`'${text.replaceAll("'", "''")}'`);
}

const errorEnvelope = z.object({ error: z.unknown() });
const errorLevel = z.object({
  code: z.string().optional(),
  innerError: z.unknown().optional(),
  innererror: z.unknown().optional(),
});

/** Every code of the error envelope, the outermost first; the telling one is often within. */
export function errorCodes(answer: HttpAnswer): readonly string[] {
  if (answer.outcome !== "answered") return [];
  const json = readJson(answer);
  let level = json.isReadable ? errorEnvelope.safeParse(json.value).data?.error : undefined;
  const codes: string[] = [];
  for (let depth = 0; depth < 5; depth += 1) {
    const { data } = errorLevel.safeParse(level);
    if (data === undefined) break;
    if (data.code !== undefined) codes.push(data.code);
    level = data.innerError ?? data.innererror;
  }
  return codes;
}

/** For the log: a status and words of Graph's own, nothing of the request. */
export function reasonOf(answer: HttpAnswer): Error {
  if (answer.outcome !== "answered") return new Error(`Microsoft Graph: ${answer.because}`);
  const codes = errorCodes(answer).filter((code) => /^[\w.]{1,64}$/.test(code));
  return new Error(`Microsoft Graph answered ${answer.status} ${codes.join(" ")}`.trim());
}

export function wasStopped(answer: HttpAnswer): boolean {
  if (answer.outcome !== "answered") return answer.because === "aborted";
  return !answer.body.isWhole && answer.body.because === "aborted";
}

function isUnauthorized(answer: HttpAnswer): boolean {
  return answer.outcome === "answered" && answer.status === 401;
}
