/**
 * The one HTTP client. Built on node:http rather than fetch because only there can it be known
 * whether a request left this machine, and that decides whether a create is in doubt (design §5).
 * Follows no redirects, logs nothing, reaches no origin that was not named when it was made.
 */
import { Agent, request as httpRequest } from "node:http";
import type {
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  RequestOptions,
} from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import { type Reach, reachOf } from "./http-reach";
import { onAbort } from "./on-abort";

export type HttpRequest = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For the whole exchange, or for its head where `gapMs` or a stream is asked for. */
  readonly deadlineMs?: number;
  /** For large bodies: not how long one takes but how long it may be silent. */
  readonly gapMs?: number;
  readonly maxBytes?: number;
};

/** Why an exchange, or the reading of a body, came to no end. */
export type Break = "aborted" | "deadline" | "broken" | "tooLarge";

export type HttpBody =
  | { readonly isWhole: true; readonly bytes: Uint8Array }
  | { readonly isWhole: false; readonly because: Break };

/** No byte of the request has left: there is nothing to be in doubt about. */
export type NotSent = { readonly outcome: "notSent"; readonly because: Break };
/** It left, or may have, and no status line came back. */
export type NoAnswer = { readonly outcome: "noAnswer"; readonly because: Break };
export type Answered = {
  readonly outcome: "answered";
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: HttpBody;
};
/** A 2xx whose body is still on its way; reading it ends with HttpBroken or whole. */
export type Streaming = {
  readonly outcome: "streaming";
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: AsyncIterable<Uint8Array>;
};

export type HttpAnswer = NotSent | NoAnswer | Answered;

export type Http = {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** As `send`, but the body of a 2xx is handed on as it comes, with flat memory. */
  open(request: HttpRequest): Promise<HttpAnswer | Streaming>;
  /** Whether an address that came from outside may be reached. */
  permits(url: string): boolean;
  close(): void;
};

export class HttpBroken extends Error {
  override readonly name = "HttpBroken";

  constructor(readonly because: Break) {
    super(`The answer's body ended early (${because})`);
  }
}

/** Design §5: a create's 45 seconds of doubt are counted from this deadline. */
export const defaultDeadlineMs = 30_000;
/** Also for a body that never falls silent: one byte at a time must not hold a run for ever. */
const longestBodyMs = 30 * 60_000;
const defaultMaxBytes = 32 * 1024 * 1024;
const defaultConnections = 128;
/** Shorter than the usual front end's own limit, so that no request meets a closing connection. */
const idleConnectionMs = 15_000;

export type HttpOptions = Reach & {
  /** Per origin. */
  readonly maxConnections?: number;
  /** A request leaves at most this much later than it is asked for, or not at all. */
  readonly leaveWithinMs?: number;
};

export function createHttp(settings: HttpOptions): Http {
  const { maxConnections = defaultConnections, leaveWithinMs = 10_000 } = settings;
  const mayReach = reachOf(settings);
  const pool = {
    keepAlive: true,
    maxSockets: maxConnections,
    maxFreeSockets: Math.min(maxConnections, 32),
    timeout: idleConnectionMs,
  };
  const plain = new Agent(pool);
  const secure = new TlsAgent(pool);

  function begin(request: HttpRequest): Promise<NotSent | NoAnswer | Head> {
    const url = new URL(request.url);
    if (!mayReach(url)) throw new Error(`${url.origin} is not an address to be reached`);
    const isSecure = url.protocol === "https:";
    const options: RequestOptions = {
      method: request.method,
      headers: { accept: "application/json", ...request.headers },
      agent: isSecure ? secure : plain,
    };
    const create = () => (isSecure ? httpsRequest(url, options) : httpRequest(url, options));
    return exchange(create, request, leaveWithinMs, isSecure ? "secureConnect" : "connect");
  }

  return {
    async send(request) {
      const head = await begin(request);
      return head.outcome === "head" ? collected(head, request) : head;
    },
    async open(request) {
      const head = await begin(request);
      if (head.outcome !== "head") return head;
      const { status, headers } = head;
      if (status < 200 || status > 299) return collected(head, request);
      const gapMs = request.gapMs ?? defaultDeadlineMs;
      head.rearm(gapMs);
      return { outcome: "streaming", status, headers, bytes: streamed(head, gapMs) };
    },
    permits: (url) => URL.canParse(url) && mayReach(new URL(url)),
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** An answer has begun. `settle` ends deadline and abort; `broken` says which of them struck. */
type Head = {
  readonly outcome: "head";
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly incoming: IncomingMessage;
  readonly settle: () => void;
  readonly brokenBy: () => Break;
  readonly rearm: (ms: number) => void;
  readonly disarm: () => void;
};

async function exchange(
  create: () => ClientRequest,
  { body, signal, deadlineMs = defaultDeadlineMs }: HttpRequest,
  leaveWithinMs: number,
  connected: "connect" | "secureConnect",
): Promise<NotSent | NoAnswer | Head> {
  if (signal?.aborted) return { outcome: "notSent", because: "aborted" };
  return new Promise((resolve) => {
    const outgoing = create();
    let hasLeft = false;
    let struck: Break = "broken";
    let timer: NodeJS.Timeout | undefined;

    const end = (because: Break) => {
      struck = because;
      outgoing.destroy();
    };
    const mustLeave = setTimeout(() => {
      if (!hasLeft) end("deadline");
    }, leaveWithinMs);
    const disarm = () => clearTimeout(timer);
    const rearm = (ms: number) => {
      disarm();
      timer = setTimeout(() => end("deadline"), ms);
    };
    const unlisten = onAbort(signal, () => end("aborted"));
    const settle = () => {
      disarm();
      clearTimeout(mustLeave);
      unlisten();
    };

    rearm(deadlineMs);
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) hasLeft = true;
      else socket.once(connected, () => (hasLeft = true));
    });
    outgoing.on("response", (incoming) => {
      const { statusCode: status = 0, headers } = incoming;
      const brokenBy = () => struck;
      resolve({ outcome: "head", status, headers, incoming, settle, brokenBy, rearm, disarm });
    });
    // Stays for good: the connection may fail once more while the body is read.
    outgoing.on("error", () => undefined);
    outgoing.on("close", () => {
      settle();
      resolve({ outcome: hasLeft ? "noAnswer" : "notSent", because: struck });
    });
    outgoing.end(body);
  });
}

async function collected(head: Head, { maxBytes, gapMs }: HttpRequest): Promise<Answered> {
  const { status, headers, incoming, settle, brokenBy } = head;
  const chunks = gapMs === undefined ? incoming : streamed(head, gapMs);
  const body = await wholeBody(chunks, maxBytes ?? defaultMaxBytes, brokenBy);
  settle();
  return { outcome: "answered", status, headers, body };
}

async function wholeBody(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  brokenBy: () => Break,
): Promise<HttpBody> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of source) {
      sizeBytes += chunk.byteLength;
      // Leaving the loop destroys the connection, so nothing more is received.
      if (sizeBytes > maxBytes) return { isWhole: false, because: "tooLarge" };
      chunks.push(chunk);
    }
  } catch {
    return { isWhole: false, because: brokenBy() };
  }
  return { isWhole: true, bytes: Buffer.concat(chunks) };
}

/** The gap is counted only while we wait: a slow reader is no fault of the server. */
async function* streamed(head: Head, gapMs: number): AsyncGenerator<Uint8Array> {
  const reader = (head.incoming as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const endAt = performance.now() + longestBodyMs;
  try {
    for (;;) {
      head.rearm(Math.min(gapMs, endAt - performance.now()));
      const next = await reader.next().catch(() => {
        throw new HttpBroken(head.brokenBy());
      });
      if (next.done) return;
      head.disarm();
      yield next.value;
    }
  } finally {
    head.settle();
    head.incoming.destroy();
  }
}
