/** One exchange on undici's dispatch: when it left, what came back, and what ended it. */
import type { Agent, Dispatcher } from "undici";
import { type Answered, type Break, type HttpAnswer, HttpBroken } from "./http-answers";
import type { HttpSending } from "./http-answers";
import { onAbort } from "./on-abort";

/** Design §5: shorter than the 45 seconds that a create stays in doubt after it left. */
export const defaultDeadlineMs = 30_000;
/** Also for a body that never falls silent: one byte at a time must not hold a run for ever. */
export const longestBodyMs = 30 * 60_000;
export const defaultMaxBytes = 32 * 1024 * 1024;

type Head = Pick<Answered, "status" | "headers">;

export function exchange(
  agent: Agent,
  url: URL,
  request: HttpSending,
  leaveWithinMs: number,
): Promise<HttpAnswer> {
  const { method, body, signal, gapMs } = request;
  const { deadlineMs = defaultDeadlineMs, maxBytes = defaultMaxBytes } = request;
  if (signal?.aborted) return Promise.resolve({ outcome: "notSent", because: "aborted" });
  return new Promise((resolve) => {
    let sending: Dispatcher.DispatchController | null = null;
    let head: Head | null = null;
    let bodyEndsAt = 0;
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;

    const tell = (answer: HttpAnswer) => {
      isOver = true;
      clearTimeout(timer);
      clearTimeout(mustLeave);
      unlisten();
      resolve(answer);
    };
    const broken = (because: Break) => {
      if (isOver) return;
      if (head !== null) tell({ outcome: "answered", ...head, body: { isWhole: false, because } });
      else tell({ outcome: sending === null ? "notSent" : "noAnswer", because });
    };
    const giveUp = (because: Break) => {
      broken(because);
      sending?.abort(new HttpBroken(because));
    };
    const rearm = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp("deadline"), ms);
    };
    const awaitMore = () => {
      if (gapMs !== undefined) rearm(Math.min(gapMs, bodyEndsAt - performance.now()));
    };
    const askedAt = performance.now();
    const mustLeave = setTimeout(() => giveUp("deadline"), leaveWithinMs);
    const unlisten = onAbort(signal, () => giveUp("aborted"));
    rearm(deadlineMs);

    const handler: Dispatcher.DispatchHandler = {
      /** On a connection that stands, right before the first byte. */
      onRequestStart(controller) {
        // The process may have stood still, and lost its lane by now: what the network brings is seen to
        // before the timer that would have told.
        if (performance.now() - askedAt > leaveWithinMs) broken("deadline");
        // Given up while it waited for a connection; and what has left once must not leave again.
        if (isOver || sending !== null) {
          controller.abort(new HttpBroken("aborted"));
          broken("broken");
          return;
        }
        sending = controller;
        clearTimeout(mustLeave);
        request.onLeaving?.();
      },
      onResponseStart(_controller, status, headers) {
        // A status below 200 comes before the answer itself.
        if (status < 200) return;
        head = { status, headers };
        bodyEndsAt = performance.now() + longestBodyMs;
        awaitMore();
      },
      onResponseData(_controller, chunk) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > maxBytes) return giveUp("tooLarge");
        chunks.push(chunk);
        awaitMore();
      },
      onResponseEnd() {
        if (isOver || head === null) return;
        tell({
          outcome: "answered",
          ...head,
          body: { isWhole: true, bytes: Buffer.concat(chunks) },
        });
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
  });
}
