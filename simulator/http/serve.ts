import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Effect, Faults } from "../state/faults";
import type { Stats } from "../state/stats";
import { readBody } from "./body";
import type { Content, Reply, Request, RequestHead, Service } from "./reply";

/** What may be said of a request as soon as its head is there: who asks, and whether it is too much. */
export type Admission = {
  /** Answered instead of performing the request. Faults do not see a refused request. */
  readonly refusal?: Reply;
  /** Called once the body is there; may still refuse, for example for its size. */
  weigh?(bodyBytes: number): Reply | undefined;
  /** Called when the answer is about to leave. */
  release?(): void;
};

/** One service behind one port. */
export type Door = {
  readonly service: Service;
  readonly bodyLimitBytes: number;
  tooLarge(request: RequestHead): Reply;
  /** The path pattern a request is counted under. */
  routeOf(method: string, path: string): string;
  latencyMs(): number;
  admit?(request: RequestHead): Promise<Admission>;
  answer(request: Request): Promise<Reply> | Reply;
  /** A fault in the simulator itself. */
  failed(request: RequestHead, thrown: unknown): Reply;
};

export type Shared = { readonly faults: Faults; readonly stats: Stats };

export function createDoorServer(door: Door, shared: Shared): Server {
  const server = createServer((message, response) => {
    pass(door, shared, message, response).catch((thrown: unknown) => {
      process.stderr.write(`${door.service}: ${String(thrown)}\n`);
      response.destroy();
    });
  });
  // Clients keep connections for a while; closing one first would cut a request on its way.
  server.keepAliveTimeout = 65_000;
  server.requestTimeout = 0;
  return server;
}

async function pass(
  door: Door,
  shared: Shared,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const head = readHead(message);
  const admission = (await door.admit?.(head)) ?? {};
  let effect: Effect | undefined;
  let reply: Reply;
  try {
    const body = await readBody(message, door.bodyLimitBytes);
    if (body === "cut off") return void response.destroy();
    const refusal = admission.refusal ?? admission.weigh?.(body === "too large" ? 0 : body.length);
    if (refusal === undefined) effect = shared.faults.take(door.service, head.method, head.target);
    const delayMs = door.latencyMs() + (effect?.delayMs ?? 0);
    // From here on the request is carried out even if whoever sent it has gone: so does a server.
    if (delayMs > 0) await sleep(delayMs);
    reply = refusal ?? (await perform(door, head, body, effect));
  } finally {
    admission.release?.();
  }
  shared.stats.count(door.service, head.method, door.routeOf(head.method, head.path), reply.status);
  await send(message, response, reply, effect);
}

async function perform(
  door: Door,
  head: RequestHead,
  body: Buffer | "too large",
  effect: Effect | undefined,
): Promise<Reply> {
  if (effect !== undefined && effect.loseResponse !== true) {
    const made = madeUp(effect);
    if (made !== undefined) return made;
  }
  if (body === "too large") return door.tooLarge(head);
  try {
    return await door.answer({ ...head, body });
  } catch (thrown) {
    return door.failed(head, thrown);
  }
}

/** With a status or a body the answer is the fault's own and nothing is performed. */
function madeUp(effect: Effect): Reply | undefined {
  if (effect.status === undefined && effect.body === undefined) return undefined;
  const status = effect.status ?? 200;
  if (effect.body === undefined) return { status };
  if (typeof effect.body === "string") {
    return {
      status,
      headers: { "content-type": "text/plain; charset=utf-8" },
      content: effect.body,
    };
  }
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8" },
    content: JSON.stringify(effect.body),
  };
}

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  effect: Effect | undefined,
): Promise<void> {
  if (response.destroyed) return;
  if (effect?.loseResponse === true) return void message.socket.destroy();

  response.statusCode = reply.status;
  for (const headers of [reply.headers ?? {}, effect?.headers ?? {}]) {
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) response.setHeader(name, value);
    }
  }
  const content = message.method === "HEAD" ? undefined : reply.content;
  if (typeof content === "string" || Buffer.isBuffer(content)) {
    response.setHeader("content-length", Buffer.byteLength(content));
  }
  if (effect?.cutBodyAfter !== undefined && content !== undefined) {
    return sendCut(response, content, effect.cutBodyAfter);
  }
  if (content === undefined || typeof content === "string" || Buffer.isBuffer(content)) {
    return void response.end(content);
  }
  await sendStream(response, content);
}

async function sendStream(response: ServerResponse, chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

/** The head promises the whole body; the connection ends after some of it. */
async function sendCut(response: ServerResponse, content: Content, limit: number): Promise<void> {
  response.flushHeaders();
  let left = limit;
  for await (const chunk of chunksOf(content)) {
    if (left === 0 || response.destroyed) break;
    const part = chunk.subarray(0, left);
    left -= part.length;
    await new Promise<void>((resolve) => response.write(part, () => resolve()));
  }
  response.socket?.destroy();
}

async function* chunksOf(content: Content): AsyncIterable<Buffer> {
  if (typeof content === "string") yield Buffer.from(content);
  else if (Buffer.isBuffer(content)) yield content;
  else yield* content;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

function readHead(message: IncomingMessage): RequestHead {
  const target = message.url ?? "/";
  const mark = target.indexOf("?");
  return {
    method: message.method ?? "GET",
    target,
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? "" : target.slice(mark + 1)),
    headers: message.headers,
  };
}
