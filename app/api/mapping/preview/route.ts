import { isSameOrigin } from "@/app/_server/headers";
import { somethingWentWrong } from "@/app/_server/action";
import { guardedRoute } from "@/app/_server/route";
import type { CoverageStep } from "@/lib/core/coverage-view";
import { portal } from "@/lib/wiring";

/** One step of the preview a line, as they come; whoever closes the connection cancels it. */
export const POST = guardedRoute("manageConnectors", async ({ actor, request }) => {
  if (!isSameOrigin(request.headers)) return new Response("Ask from the portal", { status: 403 });
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, request.signal]);
  const steps = portal().mappings.coverage(actor, signal)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await steps.next().catch(failed);
      if (next.done !== true) controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
      else controller.close();
    },
    async cancel() {
      abort.abort();
      await steps.return?.();
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/x-ndjson" } });

  function failed(error: unknown): IteratorResult<CoverageStep> {
    if (signal.aborted) return { done: true, value: undefined };
    const message = somethingWentWrong(error, "coverage.failed");
    return { done: false, value: { kind: "refused", message } };
  }
});
