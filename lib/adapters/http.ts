/**
 * The one HTTP client. On undici's dispatch rather than fetch because only there can it be known whether
 * a request left this machine, and that decides whether a create is in doubt (design §5). Follows no
 * redirects, logs nothing, reaches no origin that was not named when it was made.
 */
import { Agent } from "undici";
import type { HttpAnswer, HttpRequest, HttpSending, Streaming } from "./http-answers";
import { exchange } from "./http-exchange";
import { type Reach, reachOf } from "./http-reach";
import { createStreams } from "./http-stream";

export type { Answered, HttpAnswer, HttpHeaders, HttpRequest, Streaming } from "./http-answers";
export { HttpBroken } from "./http-answers";

export type Http = {
  send(request: HttpSending): Promise<HttpAnswer>;
  /** As `send`, but the body of a 2xx is handed on as it comes, with flat memory. */
  open(request: HttpRequest): Promise<HttpAnswer | Streaming>;
  /** Whether an address that came from outside may be reached. */
  permits(url: string): boolean;
  close(): void;
};

const defaultConnections = 128;
/** Shorter than the usual front end's own limit, so that no request meets a closing connection. */
const idleConnectionMs = 15_000;

export type HttpOptions = Reach & {
  /** Per origin; and as many again for bodies that are handed on as they come. */
  readonly maxConnections?: number;
  /** A request leaves at most this much later than it is asked for, or not at all. */
  readonly leaveWithinMs?: number;
};

export function createHttp(settings: HttpOptions): Http {
  const { maxConnections = defaultConnections, leaveWithinMs = 10_000 } = settings;
  const mayReach = reachOf(settings);
  const agent = new Agent({
    connections: maxConnections,
    // One request at a time on a connection: behind another it could be neither stopped nor judged.
    pipelining: 1,
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: idleConnectionMs,
    connect: { timeout: leaveWithinMs, noDelay: true },
    // The deadlines are this file's own: they have to tell what became of the request.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const streams = createStreams({ maxConnections, idleConnectionMs, leaveWithinMs });

  function urlOf({ url: text }: HttpRequest): URL {
    const url = new URL(text);
    if (!mayReach(url)) throw new Error(`${url.origin} is not an address to be reached`);
    return url;
  }

  return {
    send: async (request) => exchange(agent, urlOf(request), request, leaveWithinMs),
    open: async (request) => streams.open(urlOf(request), request),
    permits: (url) => URL.canParse(url) && mayReach(new URL(url)),
    close() {
      streams.close();
      agent.destroy().catch(() => undefined);
    },
  };
}
