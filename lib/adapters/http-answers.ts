/** What is asked over HTTP, and every way in which it can end. */

/** Lower-cased names; a header that came several times is a list. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;

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

/** One whose body is received as a whole. */
export type HttpSending = HttpRequest & {
  /** Called once, right before the first byte; never for what does not leave. */
  readonly onLeaving?: () => void;
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
  readonly headers: HttpHeaders;
  readonly body: HttpBody;
};
/** A 2xx whose body is still on its way; reading it ends with HttpBroken or whole. */
export type Streaming = {
  readonly outcome: "streaming";
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly bytes: AsyncIterable<Uint8Array>;
};

export type HttpAnswer = NotSent | NoAnswer | Answered;

export class HttpBroken extends Error {
  override readonly name = "HttpBroken";

  constructor(readonly because: Break) {
    super(`The answer's body ended early (${because})`);
  }
}
