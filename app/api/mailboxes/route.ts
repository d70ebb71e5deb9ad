import { z } from "zod";
import { isSameOrigin } from "@/app/_server/headers";
import { guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

const asked = z.strictObject({ typed: z.string().max(320) });

/** Asked by POST: what somebody types is a person, and does not belong in an address. */
export const POST = guardedRoute("manageConnectors", async ({ actor, request }) => {
  if (!isSameOrigin(request.headers)) return new Response("Ask from the portal", { status: 403 });
  const question = asked.safeParse(await request.json().catch(() => null));
  if (!question.success) return new Response("Ask for what is typed", { status: 400 });
  return Response.json(await portal().versions.mailboxes(actor, question.data.typed));
});
