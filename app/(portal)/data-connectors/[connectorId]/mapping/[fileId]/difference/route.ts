import { z } from "zod";
import { isSameOrigin } from "@/app/_server/headers";
import { guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

type Context = {
  readonly params: Promise<{ readonly connectorId: string; readonly fileId: string }>;
};

const ids = z.object({ connectorId: z.uuid(), fileId: z.uuid() });
const asked = z.strictObject({
  /** Null: not the ids, but how many there are. */
  kind: z.enum(["added", "changed", "removed", "losing"]).nullable(),
  after: z.string().max(512).nullable(),
});

/** Asked by POST: where to go on from is a person's number, which has no place in an address. */
export const POST = guardedRoute<Context>("viewItems", async ({ actor, params, request }) => {
  if (!isSameOrigin(request.headers)) return new Response("Another page asked", { status: 403 });
  const named = ids.safeParse(await params);
  const body = asked.safeParse(await request.json().catch(() => null));
  if (!named.success || !body.success) return new Response("Not found", { status: 404 });
  const { connectorId, fileId } = named.data;
  const { kind, after } = body.data;
  const { versions } = portal();
  return Response.json(
    kind === null
      ? await versions.differencePart(actor, connectorId, fileId, after)
      : await versions.difference(actor, connectorId, fileId, kind, after),
  );
});
