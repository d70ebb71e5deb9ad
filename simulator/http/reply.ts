import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** The four programs in one: three stand-ins, and the control that steers them. */
export type Service = "telemessage" | "entra" | "graph" | "control";

/** What is known of a request before its body has arrived. */
export type RequestHead = {
  readonly method: string;
  /** Path and query exactly as received: what a fault's pattern is matched against. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
};

export type Request = RequestHead & { readonly body: Buffer };

export type Content = string | Buffer | AsyncIterable<Buffer>;

export type Reply = {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /** A stream brings its own content-length in the headers. */
  readonly content?: Content;
};

export function json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    content: JSON.stringify(value),
  };
}

export function html(status: number, content: string, headers: OutgoingHttpHeaders = {}): Reply {
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      ...headers,
    },
    content,
  };
}

export function redirect(location: string, headers: OutgoingHttpHeaders = {}): Reply {
  return { status: 303, headers: { location, "cache-control": "no-store", ...headers } };
}

export const noContent: Reply = { status: 204 };

/** The value of one header, were it sent once; several are nobody's business here. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
