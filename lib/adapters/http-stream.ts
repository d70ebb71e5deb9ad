/**
 * Bodies that are handed on as they come, over node:http: undici 7 ends the process where a connection
 * that is not kept ends while its reader is slow (nodejs/undici #5360, mended only in a version for a
 * newer Node.js).
 */
import { Agent, request as httpRequest } from "node:http";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { Agent as TlsAgent, request as httpsRequest } from "node:https";
import { HttpBroken } from "./http-answers";
import type { Answered, Break, HttpAnswer, HttpBody } from "./http-answers";
import type { HttpHeaders, HttpRequest, NoAnswer, NotSent, Streaming } from "./http-answers";
import { defaultDeadlineMs, defaultMaxBytes, longestBodyMs } from "./http-exchange";
import { onAbort } from "./on-abort";

export type StreamClient = {
  /** The body of a 2xx as it comes; every other answer is read whole. */
  open(url: URL, request: HttpRequest): Promise<HttpAnswer | Streaming>;
  close(): void;
};

export type StreamOptions = {
  readonly maxConnections: number;
  readonly idleConnectionMs: number;
  readonly leaveWithinMs: number;
};

export function createStreams(options: StreamOptions): StreamClient {
  const { maxConnections, idleConnectionMs, leaveWithinMs } = options;
  const pool = {
    keepAlive: true,
    maxSockets: maxConnections,
    maxFreeSockets: Math.min(maxConnections, 32),
    timeout: idleConnectionMs,
  };
  const plain = new Agent(pool);
  const secure = new TlsAgent(pool);

  function begin(url: URL, request: HttpRequest): Promise<NotSent | NoAnswer | Head> {
    const isSecure = url.protocol === "https:";
    const given: RequestOptions = {
      method: request.method,
      headers: { accept: "application/json", ...request.headers },
      agent: isSecure ? secure : plain,
    };
    const create = () => (isSecure ? httpsRequest(url, given) : httpRequest(url, given));
    return exchange(create, request, leaveWithinMs, isSecure ? "secureConnect" : "connect");
  }

  return {
    async open(url, request) {
      const head = await begin(url, request);
      if (head.outcome !== "head") return head;
      const { status, headers } = head;
      if (status < 200 || status > 299) return collected(head, request);
      const gapMs = request.gapMs ?? defaultDeadlineMs;
      head.rearm(gapMs);
      return { outcome: "streaming", status, headers, bytes: streamed(head, gapMs) };
    },
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
  readonly headers: HttpHeaders;
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
