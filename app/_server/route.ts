/** What route handlers share: the guard, and files that stream out. */
import "server-only";
import type { NextRequest } from "next/server";
import { type Actor, type Permission, mayDo } from "@/lib/core/access";
import { somethingWentWrong } from "./action";
import { denied } from "./denied";
import { currentActor } from "./session";

/** A route for those who may; the answers to everybody else are plain text for scripts. */
export function guardedRoute<Context extends object>(
  permission: Permission,
  answer: (
    context: Context & { readonly actor: Actor; readonly request: NextRequest },
  ) => Promise<Response>,
) {
  return async function GuardedRoute(request: NextRequest, context: Context): Promise<Response> {
    try {
      const actor = await currentActor();
      if (!actor) return new Response("Sign in first", { status: 401 });
      if (!mayDo(actor, permission))
        return new Response(await denied(actor, permission), { status: 403 });
      return await answer({ ...context, actor, request });
    } catch (error) {
      return new Response(somethingWentWrong(error, "route.failed"), { status: 500 });
    }
  };
}

/** A file that is made while it is sent; nothing of it is held in memory. */
export function csvDownload(fileName: string, lines: AsyncIterable<string>): Response {
  return attachment(encoded(lines), {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="${fileName}"`,
  });
}

/** One whose length is known. It ends before that where it turns out to be something else. */
export function fileDownload(file: {
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}): Response {
  return attachment(file.bytes, {
    "Content-Type": file.contentType,
    "Content-Length": String(file.sizeBytes),
    "Content-Disposition": `attachment; filename="${file.fileName}"`,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const line of lines) yield encoder.encode(line);
}

function attachment(bytes: AsyncIterable<Uint8Array>, headers: Record<string, string>): Response {
  const iterator: AsyncIterator<Uint8Array, unknown> = bytes[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return new Response(body, { headers });
}
