import { z } from "zod";
import { watch } from "@/app/_server/progress";
import { guardedRoute } from "@/app/_server/route";

export const dynamic = "force-dynamic";

/** Server-sent events: the connectors, or one of them. One stream a page. */
export const GET = guardedRoute<object>("viewConnectors", async ({ actor, request }) => {
  const connector = request.nextUrl.searchParams.get("connector");
  const id = z.uuid().nullable().safeParse(connector);
  if (!id.success) return new Response("Not found", { status: 404 });
  return new Response(watch(actor, id.data, request), {
    headers: {
      "Content-Type": "text/event-stream; charset=utf-8",
      // Reverse proxies that collect an answer before they pass it on would show nothing.
      "X-Accel-Buffering": "no",
    },
  });
});
