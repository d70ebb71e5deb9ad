/** One exchange on undici's dispatch: when it left, what came back, and what ended it. */
import type { Agent, Dispatcher } from "undici";
import { HttpBroken } from "./http-answers";
import type {
  Answered,
  Break,
  HttpBody,
  HttpHeaders,
  HttpRequest,
  NoAnswer,
  NotSent,
} from "./http-answers";
import { onAbort } from "./on-abort";

/** Design §5: a create's 45 seconds of doubt are counted from this deadline. */
export const defaultDeadlineMs = 30_000;
/** Also for a body that never falls silent: one byte at a time must not hold a run for ever. */
export const longestBodyMs = 30 * 60_000;
export const defaultMaxBytes = 32 * 1024 * 1024;

/** An answer has begun, and its connection is still ours. */
export type Head = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly line: Line;
};

type Line = {
  /** The answer is given up unless this is called again, or it ends, within so long. */
  readonly rearm: (ms: number) => void;
  readonly disarm: () => void;
  /** Gives the answer up: nothing more is received, and the connection is closed. */
  readonly end: (because: Break) => void;
};

/** What becomes of a body. Exactly one of `end` and `broken` is called, and nothing after it. */
type Receiver = {
  take(chunk: Uint8Array): void;
  end(): void;
  broken(because: Break): void;
};

type Exchange = {
  readonly agent: Agent;
  readonly url: URL;
  readonly request: HttpRequest;
  readonly leaveWithinMs: number;
  readonly onNothing: (answer: NotSent | NoAnswer) => void;
  readonly onHead: (head: Head) => Receiver;
};

export function exchange({
  agent,
  url,
  request,
  leaveWithinMs,
  onNothing,
  onHead,
}: Exchange): void {
  const { method, body, signal, deadlineMs = defaultDeadlineMs } = request;
  if (signal?.aborted) return onNothing({ outcome: "notSent", because: "aborted" });
  let sending: Dispatcher.DispatchController | null = null;
  let receiver: Receiver | null = null;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;

  const settle = () => {
    isOver = true;
    clearTimeout(timer);
    clearTimeout(mustLeave);
    unlisten();
  };
  const broken = (because: Break) => {
    if (isOver) return;
    settle();
    if (receiver !== null) receiver.broken(because);
    else onNothing({ outcome: sending === null ? "notSent" : "noAnswer", because });
  };
  const line: Line = {
    rearm: (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => line.end("deadline"), ms);
    },
    disarm: () => clearTimeout(timer),
    end: (because) => {
      broken(because);
      sending?.abort(new HttpBroken(because));
    },
  };
  const mustLeave = setTimeout(() => line.end("deadline"), leaveWithinMs);
  const unlisten = onAbort(signal, () => line.end("aborted"));
  line.rearm(deadlineMs);

  const handler: Dispatcher.DispatchHandler = {
    /** On a connection that stands, right before the first byte. */
    onRequestStart(controller) {
      // Given up while it waited for a connection; and what has left once must not leave again.
      if (isOver || sending !== null) {
        controller.abort(new HttpBroken("aborted"));
        broken("broken");
        return;
      }
      sending = controller;
      clearTimeout(mustLeave);
    },
    onResponseStart(_controller, status, headers) {
      // A status below 200 comes before the answer itself.
      if (status >= 200) receiver = onHead({ status, headers, line });
    },
    onResponseData: (_controller, chunk) => receiver?.take(chunk),
    onResponseEnd() {
      if (isOver) return;
      settle();
      receiver?.end();
    },
    onResponseError: () => broken("broken"),
  };
  agent.dispatch(
    {
      ...{ origin: url.origin, path: url.pathname + url.search, method },
      headers: { accept: "application/json", ...request.headers },
      ...(body === undefined ? {} : { body }),
    },
    handler,
  );
}

export function whole(
  { status, headers, line }: Head,
  { maxBytes = defaultMaxBytes, gapMs }: HttpRequest,
  answer: (answer: Answered) => void,
): Receiver {
  const tell = (body: HttpBody) => answer({ outcome: "answered", status, headers, body });
  const rearm = gapMs === undefined ? () => undefined : gapTimer(line, gapMs);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  rearm();
  return {
    take(chunk) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) return line.end("tooLarge");
      chunks.push(chunk);
      rearm();
    },
    end: () => tell({ isWhole: true, bytes: Buffer.concat(chunks) }),
    broken: (because) => tell({ isWhole: false, because }),
  };
}

/** How long a body may be silent, and never longer than the longest that a body may take. */
function gapTimer(line: Line, gapMs: number): () => void {
  const endAt = performance.now() + longestBodyMs;
  return () => line.rearm(Math.min(gapMs, endAt - performance.now()));
}
