import { randomUUID } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { header, type Reply, type RequestHead } from "../http/reply";

type Asked = { readonly request: RequestHead; readonly base: string };

const contentType =
  "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

export function ok({ request, base }: Asked, context: string, value: object): Reply {
  return reply(
    request,
    200,
    JSON.stringify({ "@odata.context": `${base}/v1.0/$metadata#${context}`, ...value }),
  );
}

export function created({ request, base }: Asked, context: string, value: object): Reply {
  return reply(
    request,
    201,
    JSON.stringify({ "@odata.context": `${base}/v1.0/$metadata#${context}`, ...value }),
  );
}

/** JSON that was put together already. */
export function reply(
  request: RequestHead,
  status: number,
  content: string,
  headers: OutgoingHttpHeaders = {},
): Reply {
  return {
    status,
    headers: { "content-type": contentType, ...requestIds(request), ...headers },
    content,
  };
}

export function nothing({ request }: Pick<Asked, "request">): Reply {
  return { status: 204, headers: requestIds(request) };
}

export function requestIds(request: RequestHead): OutgoingHttpHeaders {
  const id = randomUUID();
  return {
    "request-id": id,
    "client-request-id": header(request.headers, "client-request-id") ?? id,
  };
}
